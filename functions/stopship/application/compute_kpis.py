"""Figures from facts, by the written definitions: the one place where a numerator meets its denominator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Protocol

from stopship.domain.errors import InvalidInput
from stopship.domain.kpi.definitions import DIMENSIONS
from stopship.domain.kpi.figure import Figure, Group
from stopship.domain.kpi.measure import Kpi, Quantile, Rows, Slice, Sum, Tally
from stopship.domain.kpi.weeks import Span
from stopship.frozen import frozen


class Tallies(Protocol):
    """Where facts can be counted: in memory, in Parquet files, in a database."""

    def counted(
        self, tallies: Sequence[Tally], spans: Sequence[Span], by: tuple[str, ...], only: Mapping[str, str]
    ) -> list[dict[Group, int]]:
        """For each tally what it comes to, by week and dimensions. What comes to nothing is left out."""

    def traced(self, tally: Tally, spans: Sequence[Span], only: Mapping[str, str]) -> list[tuple[str, str]]:
        """(merchant, case id) of all that was counted, or the order's reference where orders were; each once, in order."""


@frozen
class ParcelCost:
    """What one parcel costs that goes out and comes back, in thousandths."""

    currency: str
    each: int


@frozen
class Computed:
    """``unpriced`` are merchants of whom something was to be priced, and whose policy names no cost."""

    figures: list[Figure]
    unpriced: frozenset[str] = frozenset()


@frozen
class Costs:
    by_merchant: Mapping[str, ParcelCost] = field(default_factory=dict)


NO_COSTS = Costs()
EVERYTHING = Slice()


def compute(
    facts: Tallies,
    kpis: Sequence[Kpi],
    spans: Sequence[Span],
    asked: Slice = EVERYTHING,
    costs: Costs = NO_COSTS,
) -> dict[str, Computed]:
    """Every measure by its name. Raises InvalidInput for a dimension that a measure does not have. A measure without ``by`` has a figure for
    each week, also where nothing happened; a broken-down one has those of the groups that occur."""
    for kpi in kpis:
        check(kpi, asked)
    plain = [kpi for kpi in kpis if not kpi.priced]
    found = {kpi.name: Computed(figures) for kpi, figures in _shared(facts, plain, spans, asked)}
    found |= {kpi.name: _priced(facts, kpi, spans, asked, costs) for kpi in kpis if kpi.priced}
    return {kpi.name: found[kpi.name] for kpi in kpis}


def check(kpi: Kpi, asked: Slice) -> None:
    for name in (*asked.by, *asked.only):
        if name not in kpi.dimensions:
            raise InvalidInput(name, f"{kpi.name} has no such dimension", f"use {', '.join(kpi.dimensions)}")


def trace(
    facts: Tallies, kpi: Kpi, spans: Sequence[Span], only: Mapping[str, str], *, lower: bool = False
) -> list[tuple[str, str]]:
    """The cases behind a figure: those counted above the line, or below it."""
    check(kpi, Slice(only=only))
    tally = kpi.lower if lower else kpi.upper
    if tally is None:
        raise InvalidInput("lower", f"{kpi.name} is not divided by anything", "leave it out")
    known = {name: value for name, value in only.items() if name in DIMENSIONS[tally.table]}
    return facts.traced(tally, spans, known)


# ---------------------------------------------------------------------------------------------- counting


type _Only = tuple[tuple[str, str], ...]
type _Asked = tuple[tuple[str, ...], _Only, Tally]
"""Dimensions, filters, and what is counted."""


def _shared(
    facts: Tallies, kpis: Sequence[Kpi], spans: Sequence[Span], asked: Slice
) -> Iterable[tuple[Kpi, list[Figure]]]:
    """Measures that are counted alike are counted together."""
    wanted = [_asked(kpi, tally, asked) for kpi in kpis for tally in _tallies(kpi)]
    counted = _count(facts, dict.fromkeys(wanted), spans)
    weeks = list(dict.fromkeys(span.week for span in spans))
    for kpi in kpis:
        results = [counted[_asked(kpi, tally, asked)] for tally in _tallies(kpi)]
        yield kpi, _figures(kpi, weeks, _by(kpi, asked), results)


def _count(facts: Tallies, wanted: Iterable[_Asked], spans: Sequence[Span]) -> dict[_Asked, dict[Group, int]]:
    """One reading for each table: what adds up is read by all the dimensions that anybody asks for, and added up."""
    wanted = list(wanted)
    widest: dict[tuple[str, _Only], tuple[str, ...]] = {}
    for by, only, tally in wanted:
        if _adds_up(tally):
            place = tally.table, only
            widest[place] = tuple(dict.fromkeys((*widest.get(place, ()), *by)))
    readings: dict[tuple[str, _Only, tuple[str, ...]], list[_Asked]] = {}
    for by, only, tally in wanted:
        read_by = widest[tally.table, only] if _adds_up(tally) else by
        readings.setdefault((tally.table, only, read_by), []).append((by, only, tally))
    found: dict[_Asked, dict[Group, int]] = {}
    for (_, only, by), group in readings.items():
        results = facts.counted([tally for *_, tally in group], spans, by, dict(only))
        for one, result in zip(group, results, strict=True):
            found[one] = _added_up(result, by, one[0])
    return found


def _adds_up(tally: Tally) -> bool:
    return isinstance(tally.of, Rows | Sum)


def _added_up(counted: dict[Group, int], by: tuple[str, ...], wanted: tuple[str, ...]) -> dict[Group, int]:
    if by == wanted:
        return counted
    places = [by.index(name) for name in wanted]
    sums: dict[Group, int] = {}
    for (week, key), value in counted.items():
        group = week, tuple(key[place] for place in places)
        sums[group] = sums.get(group, 0) + value
    return sums


def _tallies(kpi: Kpi) -> list[Tally]:
    return [kpi.upper, kpi.lower] if kpi.lower else [kpi.upper]


def _by(kpi: Kpi, asked: Slice) -> tuple[str, ...]:
    return (*asked.by, *(name for name in kpi.always_by if name not in asked.by))


def _asked(kpi: Kpi, tally: Tally, asked: Slice) -> _Asked:
    """As far as the table has such dimensions: orders have no reason, so that of a reason, all of them are below the line."""
    known = DIMENSIONS[tally.table]
    only = tuple(sorted((name, value) for name, value in asked.only.items() if name in known))
    return tuple(x for x in _by(kpi, asked) if x in known), only, tally


def _figures(kpi: Kpi, weeks: Sequence[str], by: tuple[str, ...], results: list[dict[Group, int]]) -> list[Figure]:
    upper = results[0]
    lower = results[1] if kpi.lower else None
    groups = set(upper)
    if lower is not None and kpi.lower is not None and _all_known(kpi.lower, by):
        groups |= set(lower)
    if not by:
        groups |= {(week, ()) for week in weeks}
    order = {week: place for place, week in enumerate(weeks)}
    rows = sorted(groups, key=lambda group: (order[group[0]], group[1]))
    return [_figure(kpi, group, by, upper, lower) for group in rows]


def _all_known(tally: Tally, by: tuple[str, ...]) -> bool:
    return set(by) <= set(DIMENSIONS[tally.table])


def _figure(
    kpi: Kpi, group: Group, by: tuple[str, ...], upper: Mapping[Group, int], lower: Mapping[Group, int] | None
) -> Figure:
    week, key = group
    nothing = None if isinstance(kpi.upper.of, Quantile) else 0
    above = upper.get(group, nothing)
    if lower is None or kpi.lower is None:
        return Figure(kpi, week, by, key, above)
    known = DIMENSIONS[kpi.lower.table]
    below = week, tuple(value for name, value in zip(by, key, strict=True) if name in known)
    return Figure(kpi, week, by, key, (above or 0) + kpi.plus, lower.get(below, 0))


# ---------------------------------------------------------------------------------------------- prices


def _priced(facts: Tallies, kpi: Kpi, spans: Sequence[Span], asked: Slice, costs: Costs) -> Computed:
    """Counted by merchant, times what the merchant says; summed by currency, which is always told apart."""
    by = (*(x for x in asked.by if x != "merchant"), "merchant")
    (counted,) = facts.counted([kpi.upper], spans, by, asked.only)
    told = (*asked.by, "currency")
    sums: dict[Group, int] = {}
    unpriced: set[str] = set()
    for (week, key), parcels in counted.items():
        at = dict(zip(by, key, strict=True))
        cost = costs.by_merchant.get(at["merchant"])
        if cost is None:
            unpriced.add(at["merchant"])
            continue
        group = week, (*(at[name] for name in asked.by), cost.currency)
        sums[group] = sums.get(group, 0) + parcels * cost.each
    weeks = list(dict.fromkeys(span.week for span in spans))
    order = {week: place for place, week in enumerate(weeks)}
    rows = sorted(sums, key=lambda group: (order[group[0]], group[1]))
    return Computed([Figure(kpi, week, told, key, sums[week, key]) for week, key in rows], frozenset(unpriced))
