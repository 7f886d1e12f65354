"""Plots are honest: from zero, to an end that nothing exceeds, and what nobody knows is not drawn as zero."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from stopship.console.views.kpi_plot import FOOT, HEAD, TALL, plot, small
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.figure import Figure

GROUND = TALL - FOOT


def figures(name: str, *values: int | None) -> tuple[list[Figure | None], list[str]]:
    weeks = [f"2026-W{n + 1:02}" for n in range(len(values))]
    told = [None if v is None else Figure(KPIS[name], w, (), (), v) for v, w in zip(values, weeks, strict=True)]
    return told, weeks


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=12))
def test_columns_stand_on_zero_and_are_as_tall_as_their_numbers(values: list[int]) -> None:
    drawn = plot(*figures("cases_ended", *values)).columns
    assert all(abs(x.y + x.height - GROUND) < 0.2 and x.y >= HEAD - 0.1 for x in drawn)
    most = max(values)
    for x, value in zip(drawn, values, strict=True):
        share = Fraction(value, most) if most else Fraction(0)
        assert abs(x.height - float(share) * max(y.height for y in drawn)) < 0.2


def test_what_nobody_knows_has_no_column_and_zero_has_one_without_height() -> None:
    unknown, zero, five = plot(*figures("cases_ended", None, 0, 5)).columns
    assert not unknown.known and "nobody knows" in unknown.text
    assert zero.known and zero.height == 0 and five.height > 0


def test_the_axis_begins_at_zero_and_ends_above_the_largest() -> None:
    assert [x.text for x in plot(*figures("cases_ended", 7)).lines] == ["0", "4", "8"]
    assert [x.text for x in plot(*figures("cases_ended", 1)).lines] == ["0", "1"], "there is no half of a case"
    assert plot(*figures("cases_ended", 7)).lines[0].y == GROUND


def test_only_the_last_week_is_marked_as_this_one() -> None:
    assert [x.now for x in small(*figures("cases_ended", 1, 2, 3)).columns] == [False, False, True]
