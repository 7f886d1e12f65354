"""Shopify on money that never came, and on what may be why an order is cancelled: against the sandbox, over HTTP."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.clock import SystemClock
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.domain import instant
from stopship.domain.errors import PartnerBusy
from stopship.domain.order import Payment, Sign
from stopship.domain.payment_timeout import OpenPayment
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, TOKEN = "acme", "token-1"
OLD, NOW = "2026-01-02T10:00:00Z", SystemClock().now()
_numbers = count(7_000_000_001)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandboxes]:
    with sandboxes_anew() as sandboxes:
        yield sandboxes


@pytest.fixture
def shop(running: Sandboxes) -> Iterator["Shop"]:
    """A shop of its own for every test: what is listed is all there is."""
    yield Shop(running, f"{MERCHANT}{next(_numbers)}")


class Shop:
    def __init__(self, running: Sandboxes, merchant: str) -> None:
        self._running, self._merchant = running, merchant
        self.settings: dict[str, Any] = {"shop": "s", "access_token": TOKEN, "locations": {"7": "east"}}
        self.configure()
        connection = ShopifyConnection(merchant, "s", f"{running.endpoint}/shopify/{merchant}", TOKEN, {"7": "east"})
        self.system = ShopifyOrderSystem(connection)

    def configure(self, **more: Any) -> None:
        self._running.configure(merchants={self._merchant: {"shopify": {**self.settings, **more}}})

    def order(self, **more: Any) -> str:
        ref, line = str(next(_numbers)), str(next(_numbers))
        work = {"id": str(next(_numbers)), "warehouse": "east", "lines": {line: 1}, **more.pop("work", {})}
        lines = [{"id": line, "sku": "MUG", "quantity": 1, "price": "9.00"}]
        told = {"order_ref": ref, "lines": lines, "legs": [work], "financial": "pending", "created_at": OLD, **more}
        self.tell("orders", told)
        return ref

    def tell(self, what: str, told: dict[str, Any]) -> None:
        self._running.command(f"shopify/{self._merchant}/{what}", told)

    def unpaid(self, before: str = NOW) -> list[OpenPayment]:
        page = self.system.unpaid_page(before, "")
        found = [*page.orders]
        while page.after:
            page = self.system.unpaid_page(before, page.after)
            found += page.orders
        return found

    def refs(self) -> list[str]:
        return [x.order_ref for x in self.unpaid()]


# ---------------------------------------------------------------------------------------------- unpaid orders


def test_orders_whose_payment_is_pending_or_expired_are_found_the_oldest_first(shop: Shop) -> None:
    young = shop.order(created_at="2026-02-03T10:00:00Z")
    old = shop.order(financial="expired")
    shop.order(financial="captured")
    shop.order(financial="authorized")
    assert [(x.order_ref, x.state) for x in shop.unpaid()] == [(old, "expired"), (young, "pending")]
    assert [x.order_ref for x in shop.unpaid("2026-01-15T00:00:00.000000Z")] == [old]


def test_a_reservation_is_unpaid_only_when_every_one_has_run_out(shop: Shop) -> None:
    def reserved(*expiries: str) -> list[dict[str, str]]:
        return [{"kind": "AUTHORIZATION", "amount": "9.00", "expires_at": x} for x in expiries]

    out = shop.order(payments=reserved("2026-01-09T10:00:00Z"))
    shop.order(payments=reserved("2026-01-09T10:00:00Z", "2099-01-09T10:00:00Z"))
    shop.order(payments=reserved(""))
    assert [(x.order_ref, x.state) for x in shop.unpaid()] == [(out, "reservation_expired")]


def test_an_order_that_was_cancelled_is_not_unpaid(shop: Shop) -> None:
    ref = shop.order()
    shop.tell("cancel", {"order_ref": ref})
    assert (shop.unpaid(), shop.system.unpaid_order(ref)) == ([], None)


def test_an_order_that_is_paid_in_between_is_not_unpaid_any_more(shop: Shop) -> None:
    ref = shop.order()
    assert shop.system.unpaid_order(ref) == shop.unpaid()[0]
    shop.tell("pay", {"order_ref": ref})
    assert (shop.unpaid(), shop.system.unpaid_order(ref)) == ([], None)


def test_an_order_that_the_shop_does_not_have_is_not_unpaid(shop: Shop) -> None:
    assert shop.system.unpaid_order("1") is None


def test_what_is_paid_outside_or_on_account_says_so(shop: Shop) -> None:
    by_hand = [
        {"kind": "SALE", "status": "PENDING", "amount": "9.00", "gateway": "Cash on Delivery (COD)", "manual": True}
    ]
    cod, terms, card = shop.order(payments=by_hand), shop.order(payment_terms=True), shop.order()
    found = {x.order_ref: (x.manual, x.terms, x.gateways) for x in shop.unpaid()}
    assert found == {
        cod: (True, False, ("Cash on Delivery (COD)",)),
        terms: (False, True, ("shopify_payments",)),
        card: (False, False, ("shopify_payments",)),
    }


def test_what_was_sent_without_being_paid_says_so(shop: Shop) -> None:
    ref, kept = shop.order(), shop.order()
    shop.tell("fulfill", {"order_ref": ref})
    assert {x.order_ref: x.sent for x in shop.unpaid()} == {ref: True, kept: False}


def test_the_time_counts_from_the_last_attempt_to_pay_and_names_it(shop: Shop) -> None:
    tries = [
        {"kind": "SALE", "status": "FAILURE", "amount": "9.00", "created_at": f"2026-01-0{day}T10:00:00Z"}
        for day in (2, 5, 3)
    ]
    ref = shop.order(payments=tries)
    (found,) = shop.unpaid()
    assert found.since == instant.normal("2026-01-05T10:00:00Z")
    assert found.attempt
    assert found.epoch == f"{ref}:{found.attempt}"


def test_an_order_that_nobody_tried_to_pay_has_no_attempt(shop: Shop) -> None:
    shop.order(payments=[{"kind": "CHANGE", "status": "SUCCESS", "amount": "0.00"}])
    (found,) = shop.unpaid()
    assert (found.attempt, found.since) == ("", instant.normal(OLD))


def test_more_orders_than_one_page_are_all_found(shop: Shop) -> None:
    refs = [shop.order(created_at=f"2026-01-{day:02}T10:{minute:02}:00Z") for day in (3, 4) for minute in range(60)]
    assert shop.refs() == refs


def test_a_shop_that_is_busy_says_for_how_long(shop: Shop) -> None:
    ref = shop.order()
    shop.configure(bucket_points=1.0, restore_rate=50.0)
    with pytest.raises(PartnerBusy) as busy:
        shop.unpaid()
    assert 0 < busy.value.retry_after <= 10
    shop.configure(bucket_points=20_000.0)
    assert shop.refs() == [ref]


# ---------------------------------------------------------------------------------------------- payment and signs of an order


@pytest.mark.parametrize(
    ("more", "payment"),
    [
        ({"financial": "captured"}, Payment.MADE),
        ({"financial": "authorized"}, Payment.MADE),
        ({"financial": "pending"}, Payment.OPEN),
        ({"financial": "expired"}, Payment.OPEN),
        (
            {"payments": [{"kind": "AUTHORIZATION", "amount": "9.00", "expires_at": "2026-01-09T10:00:00Z"}]},
            Payment.OPEN,
        ),
    ],
)
def test_an_order_says_what_became_of_its_payment(shop: Shop, more: dict[str, Any], payment: Payment) -> None:
    order = shop.system.read_order(shop.order(**more))
    assert order
    assert order.payment is payment


@pytest.mark.parametrize(
    ("reason", "signs"),
    [
        ("INVENTORY_OUT_OF_STOCK", (Sign.OUT_OF_STOCK,)),
        ("INCORRECT_ADDRESS", (Sign.ADDRESS_DOUBTED,)),
        ("HIGH_RISK_OF_FRAUD", (Sign.FRAUD_SUSPECTED,)),
        ("UNKNOWN_DELIVERY_DATE", (Sign.DELIVERY_DATE_UNKNOWN,)),
        ("AWAITING_PAYMENT", ()),
        ("OTHER", ()),
    ],
)
def test_a_hold_of_somebody_else_says_why(shop: Shop, reason: str, signs: tuple[Sign, ...]) -> None:
    ref = shop.order()
    shop.tell("hold", {"order_ref": ref, "handle": "wms", "reason": reason})
    order = shop.system.read_order(ref)
    assert order
    assert order.signs == signs


def test_a_hold_of_our_own_is_no_sign(shop: Shop) -> None:
    ref = shop.order()
    order = shop.system.read_order(ref)
    assert order
    shop.system.place_hold(ref, order.legs[0], "k")
    again = shop.system.read_order(ref)
    assert again
    assert again.signs == ()


@pytest.mark.parametrize(
    ("more", "signs"),
    [
        ({"address_check": "ERROR"}, (Sign.ADDRESS_DOUBTED,)),
        ({"address_check": "WARNING"}, ()),
        ({"work": {"fulfill_by": "2026-01-05T10:00:00Z"}}, (Sign.PROMISE_MISSED,)),
        ({"work": {"fulfill_by": "2099-01-05T10:00:00Z"}}, ()),
    ],
)
def test_a_failed_address_check_and_a_missed_promise_are_signs(
    shop: Shop, more: dict[str, Any], signs: tuple[Sign, ...]
) -> None:
    order = shop.system.read_order(shop.order(**more))
    assert order
    assert order.signs == signs
