"""The outcome is told in the language of the order, where its order system tells one."""

import pytest

from stopship.application.messages import Template
from stopship.application.outcome_texts import MONEY, outcome_text
from stopship.domain.letter import Language
from stopship.domain.outcome import Outcome
from tests.fakes.partners import captured
from tests.statemachines.play import Play
from tests.statemachines.test_tickets import answered, by_ticket


@pytest.mark.parametrize(
    ("told", "language"),
    [("de", Language.DE), ("fr", Language.FR), ("en", Language.EN), ("nl", Language.EN), ("", Language.EN)],
)
def test_a_customer_is_told_in_his_language_or_in_english(play: Play, told: str, language: Language) -> None:
    captured(play.world.order(language=told))
    play.world.ask()
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    (mail,) = play.world.mailer.sent
    expected = outcome_text(Template.STOPPED, language, "#1001", "refunded")
    assert (mail.subject, mail.text) == (expected.subject, expected.text)
    assert MONEY[language]["refunded"] in mail.text


def test_a_ticket_is_answered_in_the_customers_language_and_noted_in_the_desks(play: Play) -> None:
    captured(play.world.order(language="de"))
    by_ticket(play)
    (told,) = answered(play)
    assert "ist storniert" in told.reply and "has ended: stopped" in told.note
