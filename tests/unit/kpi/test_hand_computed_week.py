"""Every measure of a small week, worked out by hand from its events (``week``): in memory and in DuckDB it is exactly that number."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.application.compute_kpis import Costs, ParcelCost, Tallies, compute, trace
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.measure import Slice
from tests.unit.kpi.week import MERCHANT, facts_of_week, orders, week_of

COSTS = Costs({MERCHANT: ParcelCost("EUR", 14_500)})

TOTALS: dict[str, str | None] = {
    # 16 + 4 of shopify and 20 of amazon; the one of the Monday after is another week's.
    "orders_placed": "40",
    # A to I: all were received in the week, H one second before its end.
    "cases_received": "9",
    # A, B, C, D, E, F, I. G is open, H was closed when the week was over.
    "cases_ended": "7",
    # 9 of 40.
    "cancellation_rate": "22.50",
    # Ended as stopped or shipped: A 180 s, B 72 h = 259200 s, C 14400 s, D 600 s, F 7200 s, I 51 h = 183600 s.
    # In order: 180, 600, 7200, 14400, 183600, 259200. Place ceil(6 x 0.50) = 3; ceil(5.4) = 6; ceil(5.7) = 6.
    "time_to_cancel_p50": "7200",
    "time_to_cancel_p90": "259200",
    "time_to_cancel_p95": "259200",
    # Stopped: A, C, D, I. Shipped: B, F. 4 of 6.
    "stop_success_rate": "66.67",
    # Legs of the cases received in the week: A, B, C, D, E, F, H, I have one each: 8. Sent: all but E, which was saved before: 7.
    "funnel_sent": "87.50",
    # Accepted: A, B, D, H, I, by their word. C was only sent, F rejected: 5 of 8.
    "funnel_accepted": "62.50",
    # Said to be stopped: A, B, D, H, I: 5 of 8.
    "funnel_acknowledged": "62.50",
    # And it was: not B, which left. 4 of 8.
    "funnel_stopped": "50.00",
    # Decided and not through: B (stopped), C (accepted), E (sent), F (accepted).
    "funnel_lost": "4",
    # C, by a person's word.
    "stopped_otherwise": "1",
    # Saved: E, of the 7 that ended; none was withdrawn.
    "save_rate_gross": "14.29",
    # F came after E on the same order.
    "save_rate_net": "0.00",
    # m-b paid for goods that left; m-i paid for 2 of 4 that an agent had paid for.
    "leakage_count": "2",
    "leakage_unpriced": "0",
    # B shipped, was refunded and comes back; F shipped and stayed sold.
    "double_cost_cases": "1",
    # Moved and done: m-a 20 s after its proof, m-b before its last proof (it was settled anew on Thursday), m-i 50 h after: 1 of 3.
    "finance_drift": "33.33",
    # Everything that was asked for is done.
    "money_pending": "0",
    # x-g; x-c was ended on Tuesday.
    "exceptions_open": "1",
    # At the week's end x-g has been open for more than a day.
    "exception_backlog": "1",
    "exceptions_overdue": "1",
    # x-c was ended within its 4 hours, x-g not within its hour.
    "sla_attainment": "50.00",
    # The evidence shows a reason: A agrees, B does not (out of stock), D agrees (ops said so), E agrees (address), I agrees. C and F show
    # none. 1 of 5.
    "reason_noise": "20.00",
    # Answers to messages of the week: A 120 s, B 300 s, D 60 s, F 90 s, I 240 s (H was sent when it was over). In order 60, 90, 120, 240,
    # 300: place ceil(2.5) = 3 and ceil(4.75) = 5.
    "answer_time_p50": "120",
    "answer_time_p95": "300",
    # Messages sent: A, B, C, D, F, I. C's warehouse was silent.
    "silent_rate": "16.67",
    # Answered in the week that it was stopped: A, B, D, I. B left.
    "false_ok_rate": "25.00",
    "left_after_ok_rate": "25.00",
    # Legs that ended as stopped (A, C, D, H, I) of those that ended as stopped or shipped (and B, F): 5 of 7.
    "stop_chance": "71.43",
    # D, of 20 Amazon orders in the seven days up to the week's end; then one more.
    "amazon_cancel_rate": "5.00",
    "amazon_cancel_rate_next": "10.00",
}
BY_CURRENCY = {
    # m-b: 30.00, all 3 left. m-i: 40.00 for 4, of which 2 had been paid for: 20.00.
    "leakage": "50",
    # B's one parcel at 14.50.
    "double_cost": "14.5",
}


@pytest.fixture(params=["memory", "duckdb"])
def facts(request: pytest.FixtureRequest) -> Iterator[Tallies]:
    if request.param == "memory":
        yield Memory.of(facts_of_week(), orders())
        return
    database = FactsDatabase()
    database.read_rows(facts_of_week(), orders())
    yield database
    database.close()


def test_every_measure_of_the_week_is_what_it_is_by_hand(facts: Tallies) -> None:
    found = compute(facts, list(KPIS.values()), [week_of()], costs=COSTS)
    totals = {name: x.figures[0].value for name, x in found.items() if name in TOTALS}
    assert totals == {name: None if value is None else Decimal(value) for name, value in TOTALS.items()}
    money = {name: [(f.key, f.value) for f in found[name].figures] for name in BY_CURRENCY}
    assert money == {name: [(("EUR",), Decimal(value))] for name, value in BY_CURRENCY.items()}
    assert set(TOTALS) | set(BY_CURRENCY) == set(KPIS), "each measure is worked out"


SLICES = [
    # Cases: shopify A, B, C, E, F, G, H, I = 8 of 20 orders; amazon D = 1 of 20.
    ("cancellation_rate", ("channel",), [(("amazon",), "5.00"), (("shopify",), "40.00")]),
    # G has no leg. Orders: 16 third party, 4 in house, 20 of which nobody told it. D is amazon's, whose orders have no known type.
    (
        "cancellation_rate",
        ("fulfillment_type",),
        [(("in_house",), "75.00"), (("none",), None), (("third_party",), "31.25"), (("unknown",), "0.00")],
    ),
    # Of a reason, all orders are below the line: 5 x customer_request of 40, 2 x address, fraud, stockout.
    (
        "cancellation_rate",
        ("reason",),
        [(("address",), "5.00"), (("customer_request",), "12.50"), (("fraud",), "2.50"), (("stockout",), "2.50")],
    ),
    # Avoidable: B shipped; C, D stopped. Structural: F shipped; A, I stopped.
    ("stop_success_rate", ("avoidable",), [(("avoidable",), "66.67"), (("structural",), "66.67")]),
    # North: A, B, D, I were promised, B left. South promised nothing.
    ("false_ok_rate", ("warehouse",), [(("north",), "25.00")]),
    # South: C silent, F not.
    ("silent_rate", ("warehouse",), [(("north",), "0.00"), (("south",), "50.00")]),
    # A's order was 35 min old, B's 5, I's 60 (the next band), F's 50 h; of C, D and H nobody told it.
    (
        "stop_chance",
        ("order_age",),
        [
            (("0000-0015 min",), "0.00"),
            (("0030-0060 min",), "100.00"),
            (("0060-0120 min",), "100.00"),
            (("over 2880 min",), "0.00"),
            (("unknown",), "100.00"),
        ],
    ),
    ("funnel_lost", ("lost_stage",), [(("accepted",), "2"), (("sent",), "1"), (("stopped",), "1")]),
    # The escalation has made ops the owner.
    ("exceptions_open", ("tier", "owner", "cause"), [(("P1", "ops", "fraud_without_evidence"), "1")]),
    ("leakage", ("leak",), [(("shipped", "EUR"), "30"), (("twice", "EUR"), "20")]),
    ("double_cost", ("channel",), [(("shopify", "EUR"), "14.5")]),
]


@pytest.mark.parametrize(
    ("name", "by", "expected"), SLICES, ids=[f"{name} by {'+'.join(by)}" for name, by, _ in SLICES]
)
def test_slices_of_the_week_are_what_they_are_by_hand(
    facts: Tallies, name: str, by: tuple[str, ...], expected: list[tuple[tuple[str, ...], str | None]]
) -> None:
    found = compute(facts, [KPIS[name]], [week_of()], Slice(by), COSTS)[name].figures
    assert [(f.key, f.value) for f in found] == [(key, None if v is None else Decimal(v)) for key, v in expected]


TRACES = [
    ("stop_success_rate", {}, False, "adci"),
    ("stop_success_rate", {}, True, "abcdfi"),
    ("stop_success_rate", {"avoidable": "structural"}, True, "afi"),
    ("leakage_count", {}, False, "bi"),
    ("exceptions_open", {"tier": "P1"}, False, "g"),
    ("exceptions_open", {"tier": "P3"}, False, ""),
    ("time_to_cancel_p50", {}, False, "abcdfi"),
    ("save_rate_gross", {}, False, "e"),
    ("save_rate_net", {}, False, ""),
    ("double_cost", {}, False, "b"),
]


@pytest.mark.parametrize(("name", "only", "lower", "cases"), TRACES)
def test_a_figure_leads_to_its_cases(facts: Tallies, name: str, only: dict[str, str], lower: bool, cases: str) -> None:
    found = trace(facts, KPIS[name], [week_of()], only, lower=lower)
    assert found == [(MERCHANT, f"case-{x}") for x in sorted(cases)]


def test_a_rate_of_orders_leads_to_the_orders(facts: Tallies) -> None:
    found = trace(facts, KPIS["cancellation_rate"], [week_of()], {"fulfillment_type": "in_house"}, lower=True)
    assert found == [(MERCHANT, f"h{i}") for i in range(4)]


def test_a_merchant_without_costs_is_named_and_nothing_is_guessed(facts: Tallies) -> None:
    found = compute(facts, [KPIS["double_cost"]], [week_of()])["double_cost"]
    assert (found.figures, found.unpriced) == ([], {MERCHANT})


def test_another_merchant_has_none_of_it(facts: Tallies) -> None:
    found = compute(facts, [KPIS["cases_received"], KPIS["cancellation_rate"]], [week_of("other")])
    assert [(f.upper, f.lower, f.value) for x in found.values() for f in x.figures] == [(0, None, 0), (0, 0, None)]


def test_while_the_week_lasts_only_what_has_happened_counts(facts: Tallies) -> None:
    """On Tuesday at 13:00 UTC: A to C, E and I are in, x-c is open and not yet due."""
    now = week_of(now="2026-11-17T13:00:00.000000Z")
    names = ["cases_received", "exceptions_open", "exceptions_overdue", "sla_attainment"]
    found = compute(facts, [KPIS[name] for name in names], [now])
    assert [found[name].figures[0].value for name in names] == [5, 1, 0, None]
