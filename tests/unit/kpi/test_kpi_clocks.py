"""Which week a moment lies in, to the microsecond: in memory and in DuckDB."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from infra.bench.told_case import ToldCase
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.application.compute_kpis import Tallies
from stopship.domain.instant import plus
from stopship.domain.kpi.definitions import HOUR_US
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from stopship.domain.kpi.measure import Clock, During, EarlierMonth, LastDays, OnDay, Over, Standing, Tally, Test
from stopship.domain.kpi.weeks import Week, spans
from tests.unit.kpi.week import MERCHANT, week_of

WEEK = week_of()
JUST = 0.000001

type Count = Callable[..., int]


@pytest.fixture(params=["memory", "duckdb"])
def count(request: pytest.FixtureRequest) -> Iterator[Count]:
    databases: list[FactsDatabase] = []

    def counted(
        table: str, clock: Clock, *tests: Test, facts: list[CaseFacts], orders: list[OrderFact] | None = None
    ) -> int:
        source: Tallies = Memory.of(facts, orders or [])
        if request.param == "duckdb":
            databases.append(FactsDatabase())
            databases[-1].read_rows(facts, orders or [])
            source = databases[-1]
        (found,) = source.counted([Tally(table, clock, tests)], [WEEK], (), {})  # type: ignore[arg-type]
        return sum(found.values())

    yield counted
    for database in databases:
        database.close()


def received(moment: str) -> list[CaseFacts]:
    return [ToldCase("case-1", "shopify", "1").asked(moment, moment, "customer_request").facts]


@pytest.mark.parametrize(
    ("moment", "counts"),
    [(plus(WEEK.start, -JUST), 0), (WEEK.start, 1), (plus(WEEK.end, -JUST), 1), (WEEK.end, 0)],
)
def test_a_week_has_its_first_moment_and_not_the_next_ones(count: Count, moment: str, counts: int) -> None:
    assert count("cases", During("received_at"), facts=received(moment)) == counts


def open_exception(opened: str, ended: str = "") -> list[CaseFacts]:
    case = ToldCase("case-1", "shopify", "1").asked(WEEK.start, WEEK.start, "fraud", "ops")
    case.exception(opened, "x", "", "unknown_order", "P3", "ops", plus(opened, 3_600))
    return [(case.resolve(ended, "x", "retry") if ended else case).facts]


@pytest.mark.parametrize(
    ("opened", "ended", "stands"),
    [
        (plus(WEEK.end, -3_600), "", 1),
        (plus(WEEK.end, -3_600 + JUST), "", 0),
        (plus(WEEK.end, -7_200), WEEK.end, 0),
        (plus(WEEK.end, -7_200), plus(WEEK.end, JUST), 1),
        (plus(WEEK.end, -7_200), plus(WEEK.end, -JUST), 0),
    ],
)
def test_what_stands_for_an_hour_began_an_hour_ago_and_ends_later(
    count: Count, opened: str, ended: str, stands: int
) -> None:
    clock = Standing("opened_at", "ended_at", HOUR_US)
    assert count("exceptions", clock, facts=open_exception(opened, ended)) == stands


@pytest.mark.parametrize(
    ("day", "of_week", "of_last_seven"),
    [("2026-11-15", 0, 0), ("2026-11-16", 1, 1), ("2026-11-22", 1, 1), ("2026-11-23", 0, 0)],
)
def test_an_orders_date_is_one_of_the_weeks_dates(count: Count, day: str, of_week: int, of_last_seven: int) -> None:
    orders = [OrderFact(MERCHANT, "amazon", "o", day, "unknown")]
    assert count("orders", OnDay("day"), facts=[], orders=orders) == of_week
    assert count("orders", LastDays("day", 7), facts=[], orders=orders) == of_last_seven


def moved(proven: str, moved_at: str) -> list[CaseFacts]:
    case = ToldCase("case-1", "shopify", "1").asked(proven, proven, "customer_request").order(proven, {"L1": 1})
    case.leg(proven, "1", "north", "in_house", {"L1": 1}).settle(proven, "1", "stopped", {"L1": 1})
    return [case.refund(moved_at, moved_at, "m", "1.00", {"L1": 1}).facts]


@pytest.mark.parametrize(("seconds", "late"), [(86_400.0, 0), (86_400 + JUST, 1)])
def test_a_day_is_not_more_than_a_day(count: Count, seconds: float, late: int) -> None:
    facts = moved(WEEK.start, plus(WEEK.start, seconds))
    assert count("money", During("moved_at"), Over("delay_us", 24 * HOUR_US), facts=facts) == late


@pytest.mark.parametrize(("proven", "earlier"), [(WEEK.month, 0), (plus(WEEK.month, -JUST), 1)])
def test_a_month_begins_with_its_first_moment_there(count: Count, proven: str, earlier: int) -> None:
    facts = moved(proven, WEEK.start)
    assert count("money", During("moved_at"), EarlierMonth("proven_at", "moved_at"), facts=facts) == earlier


def test_one_week_of_two_merchants_whose_clocks_differ_is_two_spans() -> None:
    """The same moment is in the one's week and not in the other's."""
    moment = "2026-11-15T23:30:00.000000Z"
    facts = [
        ToldCase(f"case-{m}", "shopify", "1", merchant=m).asked(moment, moment, "fraud", "ops").facts
        for m in ("a", "b")
    ]
    zones = {"a": ZoneInfo("Europe/Berlin"), "b": ZoneInfo("UTC")}
    database = FactsDatabase()
    try:
        database.read_rows(facts)
        for source in (Memory.of(facts), database):
            (found,) = source.counted(
                [Tally("cases", During("received_at"))],
                spans(zones, [Week(2026, 47)], "2026-12-01T00:00:00.000000Z"),
                ("merchant",),
                {},
            )
            assert found == {("2026-W47", ("a",)): 1}
    finally:
        database.close()
