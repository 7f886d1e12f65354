"""What is told of a leg after its end, and whether that end can stand beside it."""

from types import ModuleType
from typing import Any

import pytest

from stopship.domain import contradiction as original
from stopship.domain import events as e
from stopship.domain.order import AckLevel
from stopship.domain.resolution import Resolution
from tests.unit.domain.decision_table import LEG, PLACE, SILENT, Row, answered, asked, at, case_of, seen, signal, word
from tests.unit.domain.mutants import mutants


def ended(outcome: str, proof: str) -> e.Event:
    return e.LegSettled(LEG, outcome, {"L1": 1}, {"kind": proof, "evidence": []})


def said(text: str, outcome: str = "shipped") -> tuple[e.Event, ...]:
    """Its warehouse was silent, and a person knew the end."""
    return (*SILENT, word(text), ended(outcome, "human"))


UNPICKED = (seen("released", at(5)), asked(), answered("system_cancelled"), ended("stopped", "system_cancelled"))
HELD = (seen("picked", at(5)), asked(), answered("physically_stopped"), ended("stopped", "physically_stopped"))
BLOCKED = (*HELD[:-1], ended("blocked", "physically_stopped"))
VOUCHED, PART = said("they_stopped_it", "stopped"), said("stopped_in_part", "stopped")
SHIPPED = said("it_shipped")

NOT_STOPPED, LEFT = "its warehouse did not stop it", "it left after it was stopped"
BEGUN, KEPT = "work on it began after it was cancelled in the system", "its warehouse holds it back"

NO, YES = answered("rejected"), answered("physically_stopped", "picked")
SHORT = e.AcknowledgementReceived(LEG, 1, "physically_stopped", PLACE, "picked", at(30), "", "", "", {}, partial=True)
ALL = e.AcknowledgementReceived(LEG, 1, "physically_stopped", PLACE, "picked", at(30), "", "", "", {}, partial=False)
THIS_PART = answered("physically_stopped", "picked", partial=True)
"""A part of the work, which is all of the leg."""

TOLD: tuple[tuple[str, tuple[e.Event, ...], e.Event, str], ...] = (
    ("no end", SILENT, NO, ""),
    ("no end, and a label", SILENT, signal(departed=False), ""),
    ("no to a person's word", VOUCHED, NO, NOT_STOPPED),
    ("no to a person's word about a part", PART, NO, NOT_STOPPED),
    ("no to its own yes", HELD, NO, NOT_STOPPED),
    ("no to a block", BLOCKED, NO, NOT_STOPPED),
    ("only a part", VOUCHED, SHORT, NOT_STOPPED),
    ("the very part", PART, THIS_PART, ""),
    ("yes to a person's word", VOUCHED, YES, ""),
    ("yes again", HELD, YES, ""),
    ("accepted", VOUCHED, answered("accepted"), ""),
    (
        "accepted, a part",
        VOUCHED,
        e.AcknowledgementReceived(LEG, 1, "accepted", PLACE, "", "", "", "", "", {}, True),
        "",
    ),
    ("an answer that it left", VOUCHED, answered("rejected", "shipped"), LEFT),
    ("a yes that says that it left", HELD, answered("physically_stopped", "delivered"), LEFT),
    ("it left", HELD, signal(departed=True), LEFT),
    ("a reading that it left", HELD, seen("shipped", at(90)), LEFT),
    ("a reading that it is as it was", UNPICKED, seen("released", at(90)), ""),
    ("a label, and nobody had begun", UNPICKED, signal(departed=False), BEGUN),
    ("picking, and nobody had begun", UNPICKED, seen("picking", at(90)), BEGUN),
    ("a label on what is held back", HELD, signal(departed=False), ""),
    ("a label on what a person vouched for", VOUCHED, signal(departed=False), ""),
    ("held back, and called shipped", SHIPPED, YES, KEPT),
    ("held back, says an answer that it left", SHIPPED, answered("physically_stopped", "shipped"), ""),
    ("a part held back, and called shipped", SHIPPED, SHORT, ""),
    ("no, and called shipped", SHIPPED, NO, ""),
    ("cancelled in the system, and called shipped", SHIPPED, answered("system_cancelled"), ""),
    ("it left, and was called shipped", SHIPPED, signal(departed=True), ""),
    ("held back, and it had left", (*SILENT, signal(departed=True), *SHIPPED[-2:]), YES, ""),
    ("held back, and it is seen to have left", (*SHIPPED[:-1], ended("shipped", "departure")), YES, ""),
    ("held back, and nobody spoke", (*SILENT, ended("shipped", "departure")), YES, ""),
    ("held back, and let go", said("let_it_ship"), YES, ""),
    ("no, and let go", said("let_it_ship"), NO, ""),
    ("no, and taken back", said("withdrawn", "withdrawn"), NO, ""),
    ("it left, and was taken back", said("withdrawn", "withdrawn"), signal(departed=True), ""),
    ("no, to a person who has spoken, and no end yet", (*SILENT, word("they_stopped_it")), NO, ""),
    ("held back, and nobody's word is left", (*SILENT, ended("shipped", "human")), YES, ""),
    ("all of it, and it counts nothing", VOUCHED, ALL, ""),
    ("something else", VOUCHED, e.SilenceRecorded(LEG, 1, at(900)), ""),
)


def told(module: Any, before: tuple[e.Event, ...], fact: e.Event) -> str:
    return str(module.contradiction(case_of(Row("", before, "", ())).legs[LEG], fact))


@pytest.mark.parametrize(("before", "fact", "why"), [x[1:] for x in TOLD], ids=[x[0] for x in TOLD])
def test_what_is_told_after_the_end(before: tuple[e.Event, ...], fact: e.Event, why: str) -> None:
    assert told(original, before, fact) == why


BEGINS = (signal(departed=False), seen("labelled", at(90)))
OTHERS = (signal(departed=True), seen("shipped", at(90)), seen("released", at(90)), NO, answered("rejected", "picked"))


def begun(module: Any) -> list[bool]:
    return [module.begins_work(x) for x in (*BEGINS, *OTHERS)]


def test_that_work_has_begun_is_no_departure() -> None:
    assert begun(original) == [True] * len(BEGINS) + [False] * len(OTHERS)


GAINSAID = {Resolution.THEY_STOPPED_IT, Resolution.STOPPED_IN_PART}


def gainsaid(module: Any, answer: e.AcknowledgementReceived = NO) -> set[Resolution]:
    leg = case_of(Row("", SILENT, "", ())).legs[LEG]
    return {word for word in Resolution if module.belies(leg, answer, word)}


def test_a_no_gainsays_only_who_vouched_for_the_stop() -> None:
    assert gainsaid(original) == GAINSAID


def test_a_yes_gainsays_only_who_said_that_it_shipped() -> None:
    assert gainsaid(original, YES) == {Resolution.IT_SHIPPED}


SAME_IN_EFFECT = {
    'without leg.settled is not None in: unpicked = leg.settled is not None and leg.settled.fact.proof.get("kind") == UNPICKED'
}
"""Only legs with an end are asked."""


def fails(module: ModuleType) -> bool:
    try:
        if gainsaid(module) != GAINSAID or gainsaid(module, YES) != {Resolution.IT_SHIPPED}:
            return True
        return begun(module) != begun(original) or any(
            told(module, before, fact) != why for _, before, fact, why in TOLD
        )
    except Exception:  # noqa: BLE001 - a change that breaks it is noticed
        return True


def test_every_change_of_it_makes_a_row_fail() -> None:
    words = {kind.__name__: [member.name for member in kind] for kind in (AckLevel, Resolution)}
    unnoticed = [what for what, module in mutants(original, words) if not fails(module)]
    assert [what for what in unnoticed if what not in SAME_IN_EFFECT] == []
