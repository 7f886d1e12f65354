"""What a reader must know of the data before believing a figure: what is missing, late, or counted otherwise. Nothing is filled in."""

from collections.abc import Iterator, Mapping, Sequence

from stopship.application.compute_kpis import Computed, Tallies, compute
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Slice
from stopship.domain.kpi.weeks import Span


def notes(
    facts: Tallies, spans: Sequence[Span], computed: Mapping[str, Computed], untold: Sequence[str]
) -> Iterator[str]:
    """``untold`` are weeks of the trend of which there are no facts."""
    if any(span.as_of < span.end for span in spans):
        yield f"The week is not over: what is shown is as of {max(x.as_of for x in spans)[:16].replace('T', ' ')} UTC."
    if untold:
        yield f"Nobody told of any order or case in {', '.join(untold)}: nothing is shown for it, which is not the same as zero."
    yield from _channels_without_orders(facts, spans)
    yield from _orders_of_unknown_type(facts, spans)
    yield from _undecided(facts, spans)
    yield from _unpriced(facts, spans, computed)
    yield from _unknown_ages(facts, spans)
    yield "Facts that come late change the week that they belong to: a report made later may show other figures for this week."


def _channels_without_orders(facts: Tallies, spans: Sequence[Span]) -> Iterator[str]:
    for figure in _by(facts, "cancellation_rate", "channel", spans):
        if not figure.lower and figure.upper:
            yield f"Nobody told of orders on {figure.key[0]}: its cases ({figure.upper:,}) have no rate, and are in the total's numerator."


def _orders_of_unknown_type(facts: Tallies, spans: Sequence[Span]) -> Iterator[str]:
    figures = _by(facts, "orders_placed", "fulfillment_type", spans)
    unknown = sum(x.upper or 0 for x in figures if x.key == ("unknown",))
    everything = sum(x.upper or 0 for x in figures)
    if unknown:
        yield (
            f"Of {unknown:,} of {everything:,} orders nobody told the fulfillment type; the cases on them have one. Cancellation rates by "
            "fulfillment type are too high by as much: compare them with their own past, not with each other."
        )


def _undecided(facts: Tallies, spans: Sequence[Span]) -> Iterator[str]:
    pending = sum(x.upper or 0 for x in _by(facts, "cases_received", "outcome", spans) if x.key == ("",))
    if pending:
        yield f"Open cases that came in this week: {pending:,}. Their outcome, cause and money will count when they end."


def _unpriced(facts: Tallies, spans: Sequence[Span], computed: Mapping[str, Computed]) -> Iterator[str]:
    (unknown,) = compute(facts, [KPIS["leakage_unpriced"]], spans)["leakage_unpriced"].figures
    if unknown.upper:
        yield f"Refunds that others made and that were not owed: {unknown.upper:,}. Nobody told their amounts, and they are in no sum of money."
    missing = sorted(computed["double_cost"].unpriced)
    if missing:
        yield f"The policy of {', '.join(missing)} names no costs of a parcel: their double cost is counted in cases, not in money."


def _unknown_ages(facts: Tallies, spans: Sequence[Span]) -> Iterator[str]:
    figures = _by(facts, "stop_chance", "order_age", spans)
    unknown = sum(x.lower or 0 for x in figures if x.key == ("unknown",))
    if unknown:
        yield f'Legs of which nobody told when the order was placed: {unknown:,}. They are in the row "unknown" of the chance of a stop.'


def _by(facts: Tallies, name: str, dimension: str, spans: Sequence[Span]) -> list[Figure]:
    return compute(facts, [KPIS[name]], spans, Slice((dimension,)))[name].figures
