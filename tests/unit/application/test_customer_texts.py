"""What customers are told, in every language: something for every outcome, and never more than is true."""

import re
from itertools import combinations, product
from string import Formatter

import pytest

from stopship.application import buyer_texts, mail_texts, outcome_texts, send_receipt
from stopship.application.messages import CameBack, Template, template_for
from stopship.application.outcome_texts import MONEY, outcome_text
from stopship.domain.letter import Language
from stopship.domain.outcome import Outcome

LANGUAGES = pytest.mark.parametrize("language", list(Language))
CANCELLED = {
    Language.EN: re.compile(r"\bcancell?ed\b", re.IGNORECASE),
    Language.DE: re.compile(r"\bstorniert", re.IGNORECASE),
    Language.FR: re.compile(r"\bannulée?s?\b", re.IGNORECASE),
}
SAYS_CANCELLED = {Template.STOPPED, Template.PART_STOPPED, Template.MIXED}


def words(template: str, language: Language) -> list[str]:
    """Everything that a customer may read under this name."""
    found = [buyer_texts.TEXTS[language][template]]
    if template in set(Template):
        text = outcome_texts.TEXTS[language][Template(template)]
        found += [text.subject, text.text]
    return found


@LANGUAGES
def test_every_outcome_however_it_is_mixed_has_a_text(language: Language) -> None:
    sets = [set(some) for n in range(1, len(Outcome) + 1) for some in combinations(Outcome, n)]
    reached = {
        template_for(ends, part=part, let_ship=let_ship, came_back=back)
        for ends, part, let_ship, back in product(sets, (True, False), (True, False), CameBack)
    }
    assert reached == set(Template)
    for template in reached:
        told = outcome_text(template, language, "#1001", "refunded")
        assert "#1001" in told.subject and "#1001" in told.text
        assert "{" not in told.subject + told.text
        assert "#1001" in buyer_texts.buyer_texts(template, "#1001")[language]


@LANGUAGES
@pytest.mark.parametrize("template", [*Template, buyer_texts.ASK_OFFICIAL])
def test_only_what_was_stopped_is_called_cancelled(language: Language, template: str) -> None:
    for text in words(template, language):
        assert bool(CANCELLED[language].search(text)) == (template in SAYS_CANCELLED), text


@LANGUAGES
def test_nothing_that_is_told_before_an_outcome_calls_it_cancelled(language: Language) -> None:
    receipt = send_receipt._TEXTS[language]
    early = [receipt.subject, receipt.body]
    early += [part for text in mail_texts.TEXTS[language].values() for part in (text.subject, text.text)]
    assert len(early) == 2 + 2 * len(mail_texts.MailTemplate)
    assert [text for text in early if CANCELLED[language].search(text)] == []


@LANGUAGES
def test_a_language_says_as_much_as_english_does(language: Language) -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for template in Template:
        mine, english = outcome_texts.TEXTS[language][template], outcome_texts.TEXTS[Language.EN][template]
        assert (fields(mine.subject), fields(mine.text)) == (fields(english.subject), fields(english.text))
    assert set(MONEY[language]) == set(MONEY[Language.EN])
    assert (
        set(buyer_texts.TEXTS[language]) == set(buyer_texts.TEXTS[Language.EN]) == {*Template, buyer_texts.ASK_OFFICIAL}
    )


@LANGUAGES
def test_no_two_languages_share_a_text(language: Language) -> None:
    """What was copied and not translated would be found here."""
    others = [x for x in Language if x is not language]
    for template in Template:
        mine = set(words(template, language))
        assert all(not mine & set(words(template, other)) for other in others)
    assert all(not set(MONEY[language].values()) & set(MONEY[other].values()) for other in others)


@LANGUAGES
def test_money_of_which_nothing_true_can_be_said_is_not_spoken_of(language: Language) -> None:
    told = outcome_text(Template.STOPPED, language, "#1001", "blocked_by_dispute")
    assert not any(sentence in told.text for sentence in MONEY[language].values())
