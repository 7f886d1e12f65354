"""Amazon's rate is one truth: what a report shows is what a cancel is weighed by."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from infra.bench.told_case import ToldCase
from stopship.application.compute_kpis import compute
from stopship.domain import events as e
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.facts import OrderFact
from stopship.domain.kpi.weeks import Span, Week, span
from stopship.domain.market import SellerCancel, day_before, project
from tests.unit.kpi.week import BERLIN

TODAY = "2026-11-18"
NOW: Span = span("acme", Week(2026, 47), BERLIN, f"{TODAY}T15:00:00.000000Z")
RATES = [KPIS["amazon_cancel_rate"], KPIS["amazon_cancel_rate_next"]]
cancels = st.tuples(st.integers(0, 9), st.integers(0, 5), st.sampled_from(("sent", "refused", "official", "stayed")))


def case(number: int, order: int, days_ago: int, kind: str) -> ToldCase:
    at = f"{day_before(TODAY, days_ago)}T10:00:00.000000Z"
    told = ToldCase(f"case-{number}", "amazon", f"o-{order}", number + 1).asked(at, at, "stockout", "ops")
    excluded = "official_buyer_request" if kind == "official" else ""
    weighed = e.CancelWeighed({"1": 1}, "NoInventory", "NoInventory", "", 0, 0, "", "2.5", False, excluded)
    told.add(at, weighed)
    if kind != "stayed":
        told.add(at, e.OrderCancelRequested("amazon", "full", {"1": 1}, 1))
    return told.add(at, e.OrderCancelRefused("amazon", "late", "no", 1)) if kind == "refused" else told


@given(st.lists(cancels, max_size=12), st.integers(0, 60))
def test_the_reported_rate_is_the_one_that_a_cancel_is_weighed_by(made: list[tuple[int, int, str]], count: int) -> None:
    cases = [case(n, order, days, kind).facts for n, (days, order, kind) in enumerate(made)]
    placed = [OrderFact("acme", "amazon", f"p{n}", day_before(TODAY, n % 9), "unknown") for n in range(count)]
    in_window = sum(1 for x in placed if x.day >= day_before(TODAY, 6))
    known = [
        SellerCancel(
            "amazon", f"o-{order}", f"case-{n}", day_before(TODAY, days), (), "sent" if kind == "sent" else "refused"
        )
        for n, (days, order, kind) in enumerate(made)
        if kind in ("sent", "refused")
    ]
    weighed = project(
        order_ref="one-more", skus=(), known=known, orders=in_window, today=TODAY, limit=Decimal("2.5"), excluded=""
    )
    now, with_one = (x.figures[0] for x in compute(Memory.of(cases, placed), RATES, [NOW]).values())
    assert (now.upper, now.lower) == (weighed.cancels, in_window)
    assert str(with_one.value if with_one.value is not None else "") == weighed.percent


def test_other_channels_are_not_amazons() -> None:
    told = ToldCase("case-1", "shopify", "o-1").asked(NOW.start, NOW.start, "stockout", "ops").facts
    placed = [OrderFact("acme", "shopify", "p", TODAY, "unknown")]
    (now, _) = (x.figures[0] for x in compute(Memory.of([told], placed), RATES, [NOW]).values())
    assert (now.upper, now.lower, now.value) == (0, 0, None)
