"""What changed most against the week before, and which part of it did it.

A rate's change is the sum of what its parts contributed: the part's numerator over the whole denominator, now and before. The part with the
largest contribution in the change's own direction is named; nothing is attributed that the numbers do not add up to.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from stopship.application.compute_kpis import Tallies, compute
from stopship.application.report.model import Change, Headline
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Quantile, Slice
from stopship.domain.kpi.weeks import Span

MOST = 4
_PARTS = ("merchant", "warehouse", "channel", "reason", "fulfillment_type", "cause", "tier")
_LEAST_CASES = 20
"""A change of fewer is chance as likely as not, and is left to the tables."""


def what_changed(facts: Tallies, headlines: Sequence[Headline], spans: Sequence[Span], week: str) -> Iterator[Change]:
    """The strongest first, by the change over what there was; of measures that say much the same, the strongest."""
    moved = [(strength, place, x) for place, x in enumerate(headlines) if (strength := _strength(x)) > 0 and x.tone]
    strongest: dict[str, Headline] = {}
    for _, _, headline in sorted(moved, key=lambda m: (-m[0], m[1])):
        strongest.setdefault(f"{headline.kpi.group} {headline.kpi.unit}", headline)
    for headline in list(strongest.values())[:MOST]:
        yield _change(facts, headline, spans, week)


def _strength(x: Headline) -> Fraction:
    if x.now is None or x.before is None or x.now.value is None or x.before.value is None:
        return Fraction(0)
    if x.kpi.unit == "percent" and min(x.now.lower or 0, x.before.lower or 0) < _LEAST_CASES:
        return Fraction(0)
    if x.kpi.unit == "count" and max(x.now.upper or 0, x.before.upper or 0) < _LEAST_CASES:
        return Fraction(0)
    now, before = Fraction(x.now.value), Fraction(x.before.value)
    return abs(now - before) / max(now, before) if now != before else Fraction(0)


def _change(facts: Tallies, headline: Headline, spans: Sequence[Span], week: str) -> Change:
    kpi = KPIS[headline.kpi.name]
    if kpi.priced or isinstance(kpi.upper.of, Quantile):
        return Change(headline, "", "", None, None)
    best: tuple[Fraction, str, str, Figure | None, Figure | None] | None = None
    several = len({span.merchant for span in spans}) > 1
    for by in _PARTS:
        if by not in kpi.dimensions or (by == "merchant" and not several):
            continue
        figures = compute(facts, [kpi], spans, Slice((by,), headline.only))[kpi.name].figures
        for found in _contributions(headline, by, figures, week):
            best = found if best is None or found[0] > best[0] else best
    if best is None:
        return Change(headline, "", "", None, None)
    return Change(headline, *best[1:])


def _contributions(
    headline: Headline, by: str, figures: Iterable[Figure], week: str
) -> Iterator[tuple[Fraction, str, str, Figure | None, Figure | None]]:
    """Of parts that went the same way; nothing for a dimension with one value, which explains nothing."""
    now = {x.slice[by]: x for x in figures if x.week == week}
    before = {x.slice[by]: x for x in figures if x.week != week}
    if len(set(now) | set(before)) < 2 or headline.now is None or headline.before is None:
        return
    whole = _part(headline.now, headline.now) - _part(headline.before, headline.before)
    for name in sorted(set(now) | set(before)):
        moved = _part(now.get(name), headline.now) - _part(before.get(name), headline.before)
        if moved * whole > 0:
            yield abs(moved), by, name, now.get(name), before.get(name)


def _part(part: Figure | None, whole: Figure) -> Fraction:
    """What the part makes of the whole's number."""
    if part is None or part.upper is None:
        return Fraction(0)
    return Fraction(part.upper, whole.lower) if whole.lower else Fraction(part.upper)
