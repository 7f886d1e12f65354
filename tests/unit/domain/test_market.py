"""The cancel rate and the request allowance: figures, without a ledger and without a clock."""

from decimal import Decimal

import pytest

from stopship.domain.instant import plus
from stopship.domain.market import Allowance, Projection, SellerCancel, day_before, project

TODAY = "2026-03-08"
NOW = "2026-03-08T12:00:00.000000Z"


def cancel(ref: str, day: str = TODAY, sku: str = "A", state: str = "sent") -> SellerCancel:
    return SellerCancel("amazon", ref, f"case-{ref}", day, (sku,), state)


def projected(known: list[SellerCancel], orders: int, excluded: str = "", limit: str = "2.5") -> Projection:
    return project(
        order_ref="me", skus=["A"], known=known, orders=orders, today=TODAY, limit=Decimal(limit), excluded=excluded
    )


@pytest.mark.parametrize(
    ("known", "orders", "percent", "above"),
    [
        ([], 100, "1.00", False),
        ([cancel("1")], 80, "2.50", False),
        ([cancel("1")], 79, "2.53", True),
        ([cancel("1"), cancel("1")], 100, "2.00", False),
        ([cancel("1", state="refused"), cancel("me")], 100, "1.00", False),
        ([cancel("1", day="2026-03-02"), cancel("2", day="2026-03-01")], 100, "2.00", False),
        ([], 0, "", False),
    ],
)
def test_the_rate_with_one_more_cancel(known: list[SellerCancel], orders: int, percent: str, above: bool) -> None:
    found = projected(known, orders)
    assert (found.percent, found.above) == (percent, above)


def test_what_does_not_count_leaves_the_rate_and_never_warns() -> None:
    found = projected([cancel("1"), cancel("2"), cancel("3")], 100, excluded="official_buyer_request")
    assert (found.percent, found.above, found.repeated_skus) == ("3.00", False, ())


def test_an_article_that_was_cancelled_within_a_month_is_named() -> None:
    assert projected([cancel("1", day="2026-02-07")], 100).repeated_skus == ("A",)
    assert projected([cancel("1", day="2026-02-06")], 100).repeated_skus == ()
    assert projected([cancel("1", sku="B")], 100).repeated_skus == ()


def test_days_are_counted_over_the_end_of_a_month() -> None:
    assert day_before("2026-03-01", 1) == "2026-02-28"


def test_an_allowance_is_spent_at_once_and_comes_back_with_time() -> None:
    left: Allowance | None = Allowance(0.0056, 20)
    for _ in range(20):
        assert left is not None
        left = left.spend(NOW)
    assert left is not None
    assert left.spend(NOW) is None
    assert left.spend(plus(NOW, 170)) is None
    again = left.spend(plus(NOW, 179))
    assert again is not None
    assert again.spend(plus(NOW, 180)) is None
    idle = left.spend(plus(NOW, 86_400))
    assert idle is not None
    assert idle.spent(plus(NOW, 86_400)) == pytest.approx(1)


def test_another_rate_keeps_what_was_spent() -> None:
    spent = Allowance(0.0056, 20).spend(NOW)
    assert spent is not None
    faster = spent.at_rate(0.1, NOW)
    assert faster.spent(NOW) == pytest.approx(1)
    assert faster.spent(plus(NOW, 10)) == 0


def test_an_allowance_that_the_partner_calls_empty_gives_one_request_when_one_has_come_back() -> None:
    empty = Allowance(0.0056, 20).exhausted(NOW)
    assert empty.spend(plus(NOW, 100)) is None
    assert empty.spend(plus(NOW, 179)) is not None
