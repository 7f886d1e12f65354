"""What holds for the figures of any weeks: they do not depend on the order in which facts come, nor on repeats, nor on where the clock stands;
slices add up to the whole; and DuckDB says what the definitions say, row by row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from stopship.adapters import facts_json
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.application.compute_kpis import Costs, ParcelCost, Tallies, compute, trace
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.facts import CaseFacts
from stopship.domain.kpi.from_events import facts_of
from stopship.domain.kpi.measure import Distinct, Quantile, Slice
from stopship.domain.kpi.weeks import Span, Week, span
from tests.unit.kpi.weeks import MERCHANTS, Plot, orders, plots, story

WEEKS = [Week(2026, 46), Week(2026, 47), Week(2026, 48)]
NOW = "2026-11-24T09:00:00.000000Z"
COSTS = Costs({"acme": ParcelCost("EUR", 7_250)})
TRACED = (
    "cancellation_rate",
    "save_rate_net",
    "silent_rate",
    "exception_backlog",
    "finance_drift",
    "amazon_cancel_rate",
)
"""One of each table and clock."""
many = st.lists(plots, min_size=1, max_size=25)


def spans(hours: Sequence[int] = (1, -8), shift: int = 0, now: str = NOW) -> list[Span]:
    zones = [timezone(timedelta(hours=h - shift)) for h in hours]
    return [span(m, week, zone, now) for m, zone in zip(MERCHANTS, zones, strict=True) for week in WEEKS]


def facts(told: Sequence[Plot], shift: int = 0) -> list[CaseFacts]:
    return [story(place, plot, shift).facts for place, plot in enumerate(told)]


def all_figures(
    source: Tallies, by: tuple[str, ...] = (), only: Mapping[str, str] | None = None, **more: object
) -> object:
    kpis = [k for k in KPIS.values() if set(by) | set(only or {}) <= set(k.dimensions)]
    found = compute(source, kpis, spans(**more), Slice(by, only or {}), COSTS)  # type: ignore[arg-type]
    return {name: ([(f.week, f.key, f.upper, f.lower) for f in x.figures], x.unpriced) for name, x in found.items()}


@settings(max_examples=10)
@given(many, st.sampled_from([(), ("merchant",), ("channel", "reason"), ("warehouse",), ("avoidable", "root_cause")]))
def test_duckdb_says_what_the_definitions_say(told: list[Plot], by: tuple[str, ...]) -> None:
    made, placed = facts(told), orders(30)
    memory, database = Memory.of(made, placed), FactsDatabase()
    try:
        database.read_rows(made, placed)
        assert all_figures(database, by) == all_figures(memory, by)
        assert all_figures(database, (), {"merchant": "bolt"}) == all_figures(memory, (), {"merchant": "bolt"})
        for kpi in (KPIS[name] for name in TRACED):
            assert trace(database, kpi, spans(), {}) == trace(memory, kpi, spans(), {}), kpi.name
    finally:
        database.close()


@given(many, st.randoms(use_true_random=False))
def test_neither_order_nor_repeats_nor_older_versions_change_a_figure(told: list[Plot], random: Random) -> None:
    stories = [story(place, plot) for place, plot in enumerate(told)]
    once = [s.facts for s in stories]
    earlier = [
        facts_of(s.merchant, s.case_id, s.recorded[: random.randint(1, len(s.recorded))]) for s in stories for _ in "ab"
    ]
    mixed = [*once, *once, *(x for x in earlier if x)]
    random.shuffle(mixed)
    placed = orders(20)
    assert all_figures(Memory.of(mixed, placed + placed)) == all_figures(Memory.of(once, placed))


@given(many)
def test_replaying_the_events_gives_the_same_facts_byte_for_byte(told: list[Plot]) -> None:
    first, second = facts(told), facts(told)
    assert [facts_json.dump(x) for x in first] == [facts_json.dump(x) for x in second]
    assert [facts_json.load(facts_json.dump(x)) for x in first] == first


@given(many, st.integers(-11, 12))
def test_the_same_week_in_another_time_zone_has_the_same_figures(told: list[Plot], hours: int) -> None:
    """All moments so many hours later, and the merchants' clocks as many hours behind. Dates are UTC's: what counts by them is left out."""
    here = all_figures(Memory.of(facts(told)))
    now = f"2026-11-{24 + (9 + hours) // 24:02d}T{(9 + hours) % 24:02d}:00:00.000000Z"
    there = all_figures(Memory.of(facts(told, hours)), shift=hours, now=now)
    by_date = {"amazon_cancel_rate", "amazon_cancel_rate_next"}
    assert {k: v for k, v in there.items() if k not in by_date} == {  # type: ignore[attr-defined]
        k: v
        for k, v in here.items()
        if k not in by_date  # type: ignore[attr-defined]
    }


@settings(max_examples=10)
@given(many)
def test_slices_add_up_to_the_whole(told: list[Plot]) -> None:
    """Whatever a measure is broken down by. What takes a middle, or counts things once, does not add up and says so by its kind."""
    memory = Memory.of(facts(told), orders(40))
    for kpi in KPIS.values():
        if isinstance(kpi.upper.of, Quantile | Distinct):
            continue
        whole = _sums(memory, kpi.name, ())
        for dimension in kpi.dimensions:
            assert _sums(memory, kpi.name, (dimension,)) == whole, (kpi.name, dimension)


def _sums(memory: Memory, name: str, by: tuple[str, ...]) -> Counter[str]:
    found: Counter[str] = Counter()
    for figure in compute(memory, [KPIS[name]], spans(), Slice(by), COSTS)[name].figures:
        found[figure.week] += figure.upper or 0
    return +found


@given(many)
@settings(max_examples=10)
def test_a_figure_counts_the_cases_that_it_leads_to(told: list[Plot]) -> None:
    memory = Memory.of(facts(told))
    for name in ("cases_received", "cases_ended", "double_cost_cases"):
        (week,) = spans(now=NOW)[1:2]
        (figure,) = compute(memory, [KPIS[name]], [week])[name].figures
        assert figure.upper == len(trace(memory, KPIS[name], [week], {}))


def test_nearest_rank_is_the_same_in_duckdb_for_any_number_of_values() -> None:
    database = FactsDatabase()
    try:
        for known in range(1, 201):
            values = sorted((7919 * i) % 1000 for i in range(known))
            for percent in (50, 90, 95):
                sql = f"SELECT quantile_disc(x, {percent / 100:.2f}) FROM (SELECT unnest($v) AS x)"
                found = database.connection.execute(sql, {"v": values}).fetchall()[0][0]
                assert found == values[Quantile("", percent).place(known) - 1], (known, percent)
    finally:
        database.close()
