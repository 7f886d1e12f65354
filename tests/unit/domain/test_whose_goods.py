"""Of a piece of work of which a part may go: which of its legs a message about it means."""

from types import ModuleType
from typing import Any

import pytest

from stopship.domain import events as e
from stopship.domain import whose_goods as original
from stopship.domain.case import Case, apply
from stopship.domain.outcome import Outcome
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.unit.domain.mutants import mutants

NOW, LATER = "2026-11-24T12:00:00.000000Z", "2026-11-24T13:00:00.000000Z"
OTHER = "the shop"


def planned(leg_id: str, lines: dict[str, int], work: str = "a", place: str = "north") -> e.Event:
    return e.LegPlanned(leg_id, place, "third_party", "", lines, work_id=work)


def said(word: str, leg_id: str = "a", number: int = 1) -> tuple[e.Event, ...]:
    asked = e.ExceptionOpened(f"x-{number}", leg_id, "silent_warehouse", "P2", "warehouse", "call", NOW, "")
    return asked, e.ExceptionResolved(f"x-{number}", word, "ann", "", "")


def ended(leg_id: str, outcome: str) -> e.Event:
    return e.LegSettled(leg_id, outcome, {}, {"kind": "human", "evidence": []})


def split(wanted: dict[str, int], rest: dict[str, int]) -> tuple[e.Event, ...]:
    return e.LegSplit("a", "a~2", wanted, rest), e.LegReopened("a", "asked again", anew=True)


def gone(lines: dict[str, int], number: str = "1", leg_id: str = "a~2", source: str = "north") -> e.Event:
    told = signal(lines, number)
    return e.ShipmentSeen(leg_id, source, told.occurred_at, True, lines, original.tracking_hash(told))


def label(number: str = "1") -> e.Event:
    return e.ShipmentSeen("a~2", "north", NOW, False, {"L1": 1}, original.tracking_hash(signal({}, number)))


def signal(
    lines: dict[str, int], number: str = "1", *, departed: bool = True, at: str = NOW, work: str = "a"
) -> Signal:
    return Signal(
        "acme", "shop", "north", "left", "d", "1001", work, SignalKind.SHIPMENT, at, at, lines, departed, number
    )


WHOLE = planned("a", {"L1": 3})
REST = (WHOLE, *said("let_it_ship"), *split({"L1": 2}, {"L1": 1}))
"""Two are wanted again, one may go."""
BIG = (WHOLE, *said("let_it_ship"), *split({"L1": 1}, {"L1": 2}))
TWO_LINES = (planned("a", {"L1": 1, "L2": 1}), *said("let_it_ship"), *split({"L1": 1}, {"L2": 1}))
GROWN = (planned("a", {"L1": 1}), planned("a~2", {"L1": 1}))
"""Somebody wanted one, and then one more."""
PART = (WHOLE, e.LegSplit("a", "a~2", {"L1": 2}, {"L1": 1}), *said("stopped_in_part"))
ALL = planned("all-north", {"L1": 1}, "")
HERE, AWAY, BOTH = ["a"], ["a~2"], ["a", "a~2"]

ROWS: tuple[tuple[str, tuple[e.Event, ...], Signal, list[str]], ...] = (
    ("one leg", (WHOLE,), signal({"L1": 1}), HERE),
    ("one leg that may go", (WHOLE, *said("let_it_ship")), signal({"L1": 1}), HERE),
    ("two that are wanted", GROWN, signal({"L1": 1}), BOTH),
    ("another piece of work", (*REST, planned("b", {"L1": 1}, "b")), signal({"L1": 3}, work="b"), ["b"]),
    ("the work beside another", (*REST, planned("b", {"L1": 1}, "b")), signal({"L1": 3}), BOTH),
    ("all that a place has", (*REST, ALL), signal({"L1": 1}, work="all-north"), ["all-north"]),
    ("a leg's name, which is no work's", (*REST, ALL), signal({"L3": 1}, work="a~2"), []),
    ("what may go", REST, signal({"L1": 1}), AWAY),
    ("more than may go", REST, signal({"L1": 2}), BOTH),
    ("the same told again", (*REST, gone({"L1": 1})), signal({"L1": 1}), AWAY),
    ("the same, told later", (*REST, gone({"L1": 1})), signal({"L1": 1}, at=LATER), AWAY),
    ("more of the same", (*REST, gone({"L1": 1})), signal({"L1": 2}), BOTH),
    ("another, after that", (*REST, gone({"L1": 1})), signal({"L1": 1}, "2"), HERE),
    ("another, after one that told no lines", (*REST, gone({})), signal({"L1": 1}, "2"), HERE),
    ("another, after a label", (*REST, label()), signal({"L1": 1}, "2"), AWAY),
    ("told by others before", (*REST, gone({"L1": 1}, source=OTHER)), signal({"L1": 1}, "2"), AWAY),
    ("the same without a number", (*REST, gone({"L1": 1}, "")), signal({"L1": 1}, ""), AWAY),
    ("another without a number", (*REST, gone({"L1": 1}, "")), signal({"L1": 1}, "", at=LATER), HERE),
    ("the second of two that may go", (*BIG, gone({"L1": 1})), signal({"L1": 1}, "2"), AWAY),
    ("all after the first of two", (*BIG, gone({"L1": 1})), signal({"L1": 2}, "2"), BOTH),
    ("a line that may go", TWO_LINES, signal({"L2": 1}), AWAY),
    ("a line that may not", TWO_LINES, signal({"L1": 1}), HERE),
    ("a line of neither", TWO_LINES, signal({"L3": 1}), BOTH),
    ("a part by a person's word", PART, signal({"L1": 1}), AWAY),
    ("more than is out by it", PART, signal({"L1": 2}), BOTH),
    ("a line of neither, and of no work", TWO_LINES, signal({"L3": 1}, work=""), []),
    ("nobody says how much", REST, signal({}), AWAY),
    ("nor after it is stopped", (*REST, ended("a", "stopped")), signal({}), BOTH),
    ("nor after it is blocked", (*REST, ended("a", "blocked")), signal({}), BOTH),
    ("how much, after it is stopped", (*REST, ended("a", "stopped")), signal({"L1": 1}), AWAY),
    ("nor of another", (*REST, gone({"L1": 1})), signal({}, "2"), HERE),
    ("nor of the same", (*REST, gone({"L1": 1})), signal({}), AWAY),
    ("a label for what may go", REST, signal({"L1": 1}, departed=False), BOTH),
    ("a label beside what is stopped", (*REST, ended("a", "stopped")), signal({"L1": 1}, departed=False), AWAY),
    ("a label for more", (*REST, ended("a", "stopped")), signal({"L1": 2}, departed=False), BOTH),
    ("a label for another line", TWO_LINES, signal({"L2": 1}, departed=False), AWAY),
    ("a label, and nobody for what", REST, signal({}, departed=False), BOTH),
    ("a label, nor after it is stopped", (*REST, ended("a", "stopped")), signal({}, departed=False), BOTH),
    ("saved as a whole", (*GROWN, ended("a~2", "saved")), signal({"L1": 1}), AWAY),
    ("withdrawn as a whole", (*GROWN, ended("a~2", "withdrawn")), signal({"L1": 1}), AWAY),
    ("it left", (*GROWN, ended("a~2", "shipped")), signal({"L1": 1}), BOTH),
    ("let go, and stopped all the same", (*REST, ended("a~2", "stopped")), signal({"L1": 1}), BOTH),
    *(
        (f"by {word}", (*GROWN, *said(word, "a~2")), signal({"L1": 1}), AWAY)
        for word in ("let_it_ship", "saved", "address_fixed", "withdrawn", "it_shipped")
    ),
    *(
        (f"by {word}", (*GROWN, *said(word, "a~2")), signal({"L1": 1}), BOTH)
        for word in ("they_stopped_it", "came_back", "stopped_in_part")
    ),
)


def meant(module: Any, facts: tuple[e.Event, ...], told: Signal) -> list[str]:
    case = Case("acme", "case-1")
    for version, fact in enumerate(facts, 1):
        apply(case, fact, version, NOW)
    goods = module.whose_goods(case, told)
    assert not (told.leg_id and goods.perhaps)
    return sorted(leg.plan.leg_id for leg in goods.all)


@pytest.mark.parametrize(("facts", "told", "legs"), [x[1:] for x in ROWS], ids=[x[0] for x in ROWS])
def test_what_is_told_of_a_work_is_put_on_what_may_go_as_far_as_that_goes(
    facts: tuple[e.Event, ...], told: Signal, legs: list[str]
) -> None:
    assert meant(original, facts, told) == legs


OF_NO_WORK = ("here", "sure", "perhaps", "ordered", "case.order")
"""In lines about messages that name no work: tests/statemachines/test_whose_goods.py is about those."""


def fails(module: ModuleType) -> bool:
    try:
        return any(meant(module, facts, told) != legs for _, facts, told, legs in ROWS)
    except Exception:  # noqa: BLE001 - a change that breaks it is noticed
        return True


def test_every_change_of_it_makes_a_row_fail() -> None:
    words = {kind.__name__: [member.name for member in kind] for kind in (Outcome, Resolution)}
    unnoticed = [what for what, module in mutants(original, words) if not fails(module)]
    assert [what for what in unnoticed if not any(word in what for word in OF_NO_WORK)] == []
