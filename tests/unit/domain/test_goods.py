"""Goods of which nobody can tell at which of several places they lie: each piece counts once, and is stopped when all of the places have stopped it."""

import pytest

from stopship.application.close_loop import line_outcomes
from stopship.domain import events as e
from stopship.domain.case import Case, apply

LINES = {"L1": 2, "L2": 1}


def planned(leg_id: str, instead_of: str = "", lines: dict[str, int] | None = None) -> e.Event:
    return e.LegPlanned(leg_id, leg_id, "third_party", "", lines or LINES, instead_of=instead_of)


def ended(leg_id: str, outcome: str, lines: dict[str, int] | None = None, kind: str = "human") -> e.Event:
    return e.LegSettled(leg_id, outcome, lines or LINES, {"kind": kind, "evidence": [1]})


def case_of(*facts: e.Event) -> Case:
    case = Case("acme", "case-1")
    for version, fact in enumerate(facts, 1):
        apply(case, fact, version, "2026-11-24T12:00:00.000000Z")
    return case


def at_places(*outcomes: str) -> Case:
    """The same goods at so many places, and how each has ended; "" for one that has not."""
    names = [f"place-{n}" for n in range(len(outcomes))]
    plans = [planned(name, names[0] if name != names[0] else "") for name in names]
    return case_of(*plans, *(ended(name, x) for name, x in zip(names, outcomes, strict=True) if x))


def ends(case: Case) -> set[tuple[str, str, int]]:
    return {(row["line_id"], row["outcome"], row["quantity"]) for row in line_outcomes(case)}


@pytest.mark.parametrize(
    ("outcomes", "stopped", "shipped"),
    [
        (("stopped", "stopped"), True, False),
        (("stopped", "stopped", "stopped"), True, False),
        (("stopped", ""), False, False),
        (("stopped", "shipped"), False, True),
        (("stopped", "stopped", "shipped"), False, True),
        (("shipped", "shipped"), False, True),
        (("stopped", "withdrawn"), False, False),
        (("withdrawn", "shipped"), False, True),
        (("saved", "saved"), False, False),
    ],
)
def test_every_piece_ends_once_and_by_the_weakest_of_its_ends(
    outcomes: tuple[str, ...], stopped: bool, shipped: bool
) -> None:
    case = at_places(*outcomes)
    assert case.planned_lines == LINES
    assert case.stopped_lines == (LINES if stopped else {}) and case.shipped_lines == (LINES if shipped else {})
    if case.all_settled:
        counted = ends(case)
        assert len({outcome for _, outcome, _ in counted}) == 1
        assert {(line, n) for line, _, n in counted} == set(LINES.items())


def test_what_left_one_place_and_is_back_is_back_only_when_no_other_place_has_shipped_it() -> None:
    plans = (planned("north"), planned("south", "north"))
    back = ended("north", "shipped", kind="human_returned")
    assert case_of(*plans, back, ended("south", "stopped")).returned_lines == LINES
    assert case_of(*plans, back, ended("south", "shipped")).returned_lines == {}
    assert case_of(*plans, back, ended("south", "shipped", kind="human_returned")).returned_lines == LINES


def test_a_part_that_was_split_off_counts_as_the_leg_did() -> None:
    plans = (planned("north"), planned("south", "north"), e.LegSplit("south", "south~2", {"L1": 2}, {"L2": 1}))
    stops = (ended("north", "stopped"), ended("south", "stopped", {"L1": 2}), ended("south~2", "shipped", {"L2": 1}))
    case = case_of(*plans, *stops)
    assert (case.planned_lines, case.stopped_lines, case.shipped_lines) == (LINES, {"L1": 2}, {"L2": 1})
    assert ends(case) == {("L1", "stopped", 2), ("L2", "shipped", 1)}


def test_other_goods_of_the_order_are_counted_beside_them() -> None:
    plans = (planned("a", lines={"L1": 1}), planned("north"), planned("south", "north"))
    stops = (ended("a", "stopped", {"L1": 1}), ended("north", "shipped"), ended("south", "shipped"))
    case = case_of(*plans, *stops)
    assert case.planned_lines == {"L1": 3, "L2": 1}
    assert (case.stopped_lines, case.shipped_lines) == ({"L1": 1}, LINES)


def test_a_leg_gets_a_name_that_no_other_has() -> None:
    case = case_of(planned("all-north"), planned("all-north~3"))
    assert (case.free_leg_id("all-north"), case.free_leg_id("all-south")) == ("all-north~2", "all-south")
