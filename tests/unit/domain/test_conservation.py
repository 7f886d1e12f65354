"""Ordered = shipped + cancelled + open: what is short of what was to be cancelled is named, and so is what nobody meant to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopship.domain.conservation import LineCount, counts, disturbed, not_cancelled, rows
from stopship.domain.order import OrderLine


def line(name: str, ordered: int, shipped: int = 0, cancelled: int = 0) -> LineCount:
    return LineCount(name, ordered, shipped, cancelled)


def test_a_line_that_goes_on_although_it_was_to_be_cancelled_is_named() -> None:
    assert not_cancelled([line("a", 3, cancelled=1), line("b", 2, cancelled=2)], {"a": 2, "b": 2}) == ["a"]


def test_what_shipped_is_not_due() -> None:
    assert not_cancelled([line("a", 3, shipped=2, cancelled=1)], {"a": 3}) == []


def test_more_that_others_cancelled_is_no_misfit() -> None:
    assert not_cancelled([line("a", 3, cancelled=3)], {"a": 1}) == []


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ([line("a", 3), line("b", 2)], []),
        ([line("a", 3, shipped=1), line("b", 2)], []),
        ([line("a", 3), line("b", 2, cancelled=2)], []),
        ([line("a", 2), line("b", 2)], ["a"]),
        ([line("a", 3, cancelled=1), line("b", 2)], ["a"]),
        ([line("b", 2)], ["a"]),
        ([line("a", 3), line("b", 2), line("c", 1)], ["c"]),
    ],
)
def test_only_what_nobody_meant_to_change_is_disturbed(after: list[LineCount], found: list[str]) -> None:
    assert disturbed([line("a", 3), line("b", 2)], after, {"b"}) == found


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_line_is_named_exactly_when_it_may_still_ship_more_than_it_should(
    shipped: int, cancelled: int, still_open: int, due: int
) -> None:
    ordered = shipped + cancelled + still_open
    named = not_cancelled([line("a", ordered, shipped, cancelled)], {"a": due})
    assert bool(named) == (cancelled < due and still_open > 0)


def test_a_count_is_recorded_as_it_was_read() -> None:
    (row,) = rows(counts([OrderLine("7", "sku", 5, 2, 1)]))
    assert row == {"line_id": "7", "ordered": 5, "shipped": 2, "cancelled": 1}
    assert LineCount(**row).open == OrderLine("7", "sku", 5, 2, 1).open == 2
