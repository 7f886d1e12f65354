"""What the newest part of a mail asks for, by the words of words.py and nothing else. No model, no guess: what is not understood is unclear.

A wish to cancel is a clause with a word for cancelling in which every other word is known to change nothing, about the order as a whole,
in a sentence without a condition, in a mail that speaks neither of a part of the order nor of goods that have arrived.
"""

import re
import unicodedata
from collections.abc import Sequence

from stopship.adapters.mail import words
from stopship.adapters.mail.order_names import MARK
from stopship.domain.letter import Intent, Language

_ORDER = MARK.strip()
_TOKEN = re.compile(rf"[^\W\d_]+|\d+|{_ORDER}")
_DATE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b|\b\d{4}-\d{2}-\d{2}\b")
_BECAUSE = {
    Language.EN: re.compile(r"\b(?:because|since|as i|as we)\b"),
    Language.DE: re.compile(r"\b(?:weil|denn|da ich|da wir)\b"),
    Language.FR: re.compile(r"\b(?:car|parce que|puisque|comme je)\b"),
}
"""Where a reason begins, by language: an English car is no reason."""
MAX_TEXT = 20_000
"""Characters from which on a text is no plain wish any more."""
MAX_WORDS = 120
"""Of a clause."""
_WRAPPED_AT = 60
"""Characters from which on a line was probably broken by a mail program."""
_APOSTROPHES = dict.fromkeys((0x2019, 0x2018, 0x0060, 0x00B4, 0x02BC), "'")


def plain(text: str) -> str:
    """Lower case, no accents, one kind of apostrophe, English contractions written out."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    text = "".join(x for x in text if not unicodedata.combining(x))
    text = re.sub(r"\bj'annule\b(?!e)", "annuler", text)
    text = re.sub(r"\bje (vous )?annule\b", "je annuler", text)
    text = re.sub(r"n't\b|\bcannot\b", " not", text)
    text = re.sub(rf"\bn[°º]\.?\s?|\bn\.?\s?o?\.?(?=\s*[{_ORDER}\d#])", " numero ", text)
    return re.sub(r"[:()\[\]\"*]|\s[-\u2013\u2014]+\s", " ", _DATE.sub(" ", text))


def language(text: str) -> Language:
    """The one most of whose everyday words are in the text; English when none is."""
    tokens = _tokens(plain(text))
    counted = {x: sum(token in known for token in tokens) for x, known in words.SPOKEN.items()}
    return max(counted, key=lambda x: counted[x])


def read(text: str) -> Intent:
    """``text`` is the newest part only, with a mark for each order that it names."""
    if len(text) > MAX_TEXT:
        return Intent.UNCLEAR if _cancel_words(plain(text)) else Intent.NONE
    simple = plain(_continued(text))
    for polite in words.POLITE:
        simple = simple.replace(polite, "")
    tokens = frozenset(_tokens(simple))
    speaks = [_read_sentence(sentence) for sentence in _sentences(simple)]
    found = [intent for intent in speaks if intent is not Intent.NONE]
    if found:
        taken_back = any(phrase in " ".join(_tokens(simple)) for phrase in words.PHRASES_TAKEN_BACK)
        return Intent.UNCLEAR if taken_back else _together(found, tokens)
    if tokens & words.ABOUT_CANCELLING or _cancel_words(simple) or any(x in simple for x in words.PHRASES_ABOUT):
        return Intent.UNCLEAR
    if _agrees(simple):
        return Intent.YES
    return _other(tokens)


def _together(found: Sequence[Intent], tokens: frozenset[str]) -> Intent:
    if set(found) == {Intent.KEEP}:
        return Intent.KEEP
    beside = tokens & _UNSETTLES
    return Intent.CANCEL if set(found) == {Intent.CANCEL} and not beside else Intent.UNCLEAR


_UNSETTLES = words.PART | words.INSTEAD | words.HAS_ARRIVED | words.ADDRESS | words.ABOUT_CANCELLING | words.TAKEN_BACK
"""Words anywhere in a mail that leave it open what is wanted, however plain the rest is."""


def _continued(text: str) -> str:
    """A line that begins in lower case goes on from the one before it, unless its writer has no capitals at all."""
    if text == text.lower():
        return text
    return re.sub(r"(?<=[^\s.!?,;:])[ \t]*\n[ \t]*(?=[a-zà-ÿ])", " ", text)


def _other(tokens: frozenset[str]) -> Intent:
    if tokens & words.ADDRESS:
        return Intent.ADDRESS
    if tokens & words.RETURN and not tokens & words.NOT:
        return Intent.RETURN
    if tokens & words.STATUS:
        return Intent.STATUS
    return Intent.RETURN if tokens & words.RETURN else Intent.NONE


def _agrees(simple: str) -> bool:
    """The first thing that is said is yes, and nothing takes it back."""
    lines = [_tokens(line) for line in re.split(r"[\n.!,;]", simple)]
    said: list[str] = next((x for x in lines if x and not set(x) <= words.SAID_BESIDE - words.YES), [])
    everything = set(_tokens(simple))
    return bool(said) and bool(set(said) & words.YES) and set(said) <= words.WITH_YES and not everything & _TAKES_BACK


_TAKES_BACK = (
    words.NOT | words.CONDITION | words.PART | words.INSTEAD | frozenset({"but", "aber", "mais", "no", "nein", "non"})
)


def _sentences(simple: str) -> list[str]:
    """What stands between full stops or empty lines, each with the stop that ends it. A stop after one letter ends nothing."""
    ended = re.sub(r"(?:(?<=[^\W\d_]{2})|(?<=[\d\s]))([.!?]+)(?=\s|$)", "\\1\n\n", simple)
    return [x for x in re.split(r"\n\s*\n", ended) if x.strip()]


def _read_sentence(sentence: str) -> Intent:
    """What one sentence says about cancelling; none when it does not speak of it, or only wants it confirmed."""
    clauses = [part for part in re.split(r"[,;]", sentence) if part.strip()]
    about = [number for number, clause in enumerate(clauses) if _cancel_words(clause)]
    if not about:
        return Intent.NONE
    negated = [number for number in about if _is_negated(clauses[number])]
    if negated:
        return Intent.KEEP if negated == about else Intent.UNCLEAR
    tokens = _tokens(sentence)
    if any(_ends_in_not(clauses[number - 1]) for number in about if number):
        return Intent.UNCLEAR
    if set(tokens) & words.CONDITION or (set().union(*map(_tokens, clauses[about[0] :])) & words.NOT):
        return Intent.UNCLEAR
    if "?" in sentence and not set(tokens) & words.ADDRESSED:
        return Intent.UNCLEAR
    alone = all(number in about or set(_tokens(clause)) <= words.SAID_BESIDE for number, clause in enumerate(clauses))
    found = [_read_clause(clauses[number], alone=alone and len(about) == 1) for number in about]
    if Intent.UNCLEAR in found:
        return Intent.UNCLEAR
    return Intent.CANCEL if Intent.CANCEL in found else Intent.NONE


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _cancel_words(text: str) -> set[str]:
    return {token for token in _tokens(text) if any(token in known for known in words.CANCEL.values())}


def _is_negated(clause: str) -> bool:
    return any(set(_tokens(line)) & words.NOT for line in _lines(clause) if _cancel_words(line))


def _ends_in_not(clause: str) -> bool:
    """ "Please do not, I repeat not," - what comes after may be meant."""
    return bool(set(_tokens(clause)[-2:]) & words.NOT)


def _lines(clause: str) -> list[str]:
    """Lines that their writer broke; one that a mail program broke, or in which a sentence cannot end, goes on in the next."""
    lines: list[str] = []
    for line in clause.split("\n"):
        if lines and _goes_on(lines[-1]):
            lines[-1] = f"{lines[-1]} {line.strip()}"
        else:
            lines.append(line.strip())
    return [line for line in lines if line]


def _goes_on(line: str) -> bool:
    tokens = _tokens(line)
    return len(line) >= _WRAPPED_AT or bool(tokens and tokens[-1] in words.DANGLING)


def _read_clause(clause: str, *, alone: bool) -> Intent:
    """``alone``: its sentence says nothing else."""
    lines = _lines(clause)
    if len(lines) > 1 and set(_tokens(clause)) & words.NOT:
        return Intent.UNCLEAR
    found = [_read_line(line, alone=alone and len(lines) == 1) for line in lines if _cancel_words(line)]
    if Intent.UNCLEAR in found:
        return Intent.UNCLEAR
    return Intent.CANCEL if Intent.CANCEL in found else Intent.NONE


def _read_line(line: str, *, alone: bool) -> Intent:
    tokens = _tokens(line)
    if len(tokens) > MAX_WORDS:
        return Intent.UNCLEAR
    if _cancel_words(line) <= words.NOUNS and set(tokens) & words.CONFIRM and _ORDER not in tokens:
        return Intent.NONE
    said = ((x, _until_thanks(_tokens(_BECAUSE[x].split(line)[0]))) for x in Language)
    return Intent.CANCEL if any(_is_wish(x, told, alone=alone) for x, told in said) else Intent.UNCLEAR


def _until_thanks(tokens: list[str]) -> list[str]:
    """What stands behind thanks is a name, as long as it does not speak of cancelling again."""
    for number, token in enumerate(tokens):
        if number and token in words.THANKS and not _cancel_words(" ".join(tokens[number:])):
            return tokens[:number]
    return tokens


def _is_wish(spoken: Language, tokens: list[str], *, alone: bool) -> bool:
    """Everything beside the word for cancelling must be harmless, and say that it is about the order; said alone, it needs not say so."""
    cancels, known = words.CANCEL[spoken], words.HARMLESS[spoken] | {_ORDER}
    parts = _conjuncts(tokens)
    if not any(set(part) & cancels for part in parts) or tokens[-1] in words.DANGLING or _is_no_request(tokens):
        return False
    for part in parts:
        rest = {token for token in part if token not in cancels}
        if not rest <= (known if set(part) & cancels else known | words.AFTER_AND):
            return False
    about = words.ORDER[spoken] | words.POINTS_AT_IT[spoken] | {_ORDER}
    return alone or bool(set(tokens) & about)


def _conjuncts(tokens: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token in ("and", "und", "et"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _is_no_request(tokens: list[str]) -> bool:
    """ "Can I cancel" and "is it right to cancel" are questions, "in order to cancel" a purpose, "you cancel" a report."""
    joined = f" {' '.join(tokens)} "
    if (
        any(x in joined for x in (" you cancel ", " sie stornieren ", " vous annulez "))
        and not set(tokens) & words.REQUESTS
    ):
        return True
    if tokens[0] == "to" or " in order to " in joined or {"um", "zu"} <= set(tokens):
        return True
    if tokens[0] in ("is", "have", "must", "would") and "you" not in tokens[1:2]:
        return True
    asked = {
        "can": ("you",),
        "could": ("you",),
        **dict.fromkeys(("konnen", "koennen", "konnten", "koennten"), ("sie", "ihr", "du")),
    }
    return any(
        token in asked and not set(asked[token]) & set(tokens[max(0, n - 1) : n + 2]) for n, token in enumerate(tokens)
    )
