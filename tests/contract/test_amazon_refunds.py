"""Refunds of shipped Amazon orders, against the sandbox: never before shipment, never twice, and done only when Amazon shows them."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.amazon.refunds import AmazonRefunds
from stopship.adapters.clock import SystemClock
from stopship.application.ports import MoveAnswer
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.instant import plus
from stopship.domain.money import MoneyMove, MoveKind, MoveState
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
SECRETS = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}
QUICK = {"queue_seconds": 0.01, "work_seconds": 0.02, "finance_lag_seconds": 0.05}
_sellers = count(1)
_numbers = count(4_000_001)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandboxes]:
    with sandboxes_anew() as sandboxes:
        yield sandboxes


class Order:
    """An order of two items at a seller of its own, so that a list of feeds is about this order alone."""

    def __init__(self, sandboxes: Sandboxes, *, parts: Any = None, shipped: bool = True, **settings: Any) -> None:
        self.sandboxes, self.seller = sandboxes, f"refunds{next(_sellers)}"
        told = {**SECRETS, **QUICK, "seller_id": "A1SELLER", **settings}
        sandboxes.configure(merchants={self.seller: {"amazon": told}})
        number = next(_numbers)
        self.ref, self.mug, self.tee = f"444-{number}-{number}", f"mug-{number}", f"tee-{number}"
        lines = [
            {"id": self.mug, "sku": "MUG", "quantity": 2, "price": "12.50", "parts": parts or {}},
            {"id": self.tee, "sku": "TEE", "quantity": 3, "price": "20.00"},
        ]
        self.tell("orders", lines=lines)
        if shipped:
            self.tell("ship")
        endpoint = f"{sandboxes.endpoint}/amazon/{self.seller}"
        connection = AmazonConnection(MERCHANT, endpoint, "A1SELLER", ("ATVPDKIKX0DER",), **SECRETS, warehouse="east")
        self.refunds = AmazonRefunds(connection, SystemClock())
        self.started = SystemClock().now()

    def tell(self, command: str, **more: Any) -> None:
        self.sandboxes.command(f"amazon/{self.seller}/{command}", {"order_ref": self.ref, **more})

    def move(self, **more: Any) -> MoneyMove:
        fields = {"lines": {self.mug: 2}, **more}
        return MoneyMove(
            **{"key": "money-1", "kind": MoveKind.REFUND, "amount": Decimal("25.00"), "currency": "USD", **fields}
        )

    def again(self, answer: MoveAnswer | None = None, ago: float = 0, **more: Any) -> MoneyMove:
        """The move as it is asked for once more."""
        asked = plus(self.started, -ago)
        return replace(self.move(**more), asked_at=asked, reference=answer.reference if answer else "")

    def send(self, move: MoneyMove) -> MoveAnswer:
        return self.refunds.move(self.ref, move)

    def ended(self, move: MoneyMove) -> MoveAnswer:
        last: list[MoveAnswer] = []

        def done() -> bool:
            last.append(self.send(move))
            return last[-1].state is not MoveState.PENDING

        assert until(done, 20.0), "still pending"
        return last[-1]

    @property
    def feeds(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandboxes.command(f"amazon/{self.seller}/feeds", method="GET")
        return found

    @property
    def paid(self) -> list[str]:
        entries = self.sandboxes.journal("amazon", self.seller, self.ref)
        return [x.detail["item"] for x in entries if x.operation == "refund"]

    def worked(self) -> bool:
        return until(lambda: bool(self.feeds) and all(x["ended"] for x in self.feeds), 20.0)


@pytest.fixture
def order(running: Sandboxes) -> Iterator[Order]:
    yield Order(running)
    running.clear_traps()


# ---------------------------------------------------------------------------------------------- never before shipment


@pytest.mark.parametrize("shipped", [{}, {"lines": {}}, {"partly": 1}])
def test_an_unshipped_item_is_never_refunded_whoever_asks(running: Sandboxes, shipped: dict[str, Any]) -> None:
    order = Order(running, shipped=False)
    if "partly" in shipped:
        order.tell("ship", lines={order.mug: 1})
    for ask in (lambda: order.refunds.quote(order.ref, {order.mug: 2}), lambda: order.send(order.move())):
        with pytest.raises(PartnerRefused) as caught:
            ask()
        assert caught.value.code == "not_shipped"
    assert (order.feeds, order.paid) == ([], [])


def test_an_item_that_was_cancelled_is_never_refunded(running: Sandboxes) -> None:
    order = Order(running, shipped=False)
    order.tell("ship", lines={order.tee: 3})
    order.tell("cancel")
    with pytest.raises(PartnerRefused) as caught:
        order.send(order.move())
    assert (caught.value.code, order.feeds) == ("not_shipped", [])


def test_what_amazon_itself_fulfils_is_not_ours_to_refund(running: Sandboxes) -> None:
    order = Order(running)
    order.tell("orders", lines=[], fulfilled_by="AMAZON")
    with pytest.raises(PartnerRefused) as caught:
        order.send(order.move())
    assert (caught.value.code, order.feeds) == ("not_merchant_fulfilled", [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": MoveKind.VOID}, "one_item"),
        ({"lines": {}}, "one_item"),
        ({"lines": {"elsewhere": 1}}, "unknown_item"),
        ({"amount": Decimal("24.99")}, "amount_changed"),
        ({"currency": "EUR"}, "amount_changed"),
    ],
)
def test_a_move_that_is_not_one_shipped_item_at_its_own_price_is_refused(
    order: Order, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(PartnerRefused) as caught:
        order.send(order.move(**changes))
    assert (caught.value.code, order.feeds) == (code, [])


def test_a_part_of_an_item_is_refused(order: Order) -> None:
    with pytest.raises(PartnerRefused) as caught:
        order.refunds.quote(order.ref, {order.mug: 1})
    assert caught.value.code == "partial_item"


# ---------------------------------------------------------------------------------------------- the price


def test_the_price_is_amazons_own_part_by_part(running: Sandboxes) -> None:
    parts = {"SHIPPING": "4.00", "GIFT_WRAP": "1.50", "TAX_ITEM": "2.00", "TAX_SHIPPING": "0.32"}
    order = Order(running, parts=parts)
    quote = order.refunds.quote(order.ref, {order.mug: 2})
    assert (quote.amount, quote.currency) == (Decimal("32.82"), "USD")
    order.send(order.move(amount=quote.amount))
    (feed,) = order.feeds
    for part in ('Principal</Type><Amount currency="USD">25.00', 'ShippingTax</Type><Amount currency="USD">0.32'):
        assert part in feed["text"]
    assert "<ActionType>Refund</ActionType>" in feed["text"] and "Quantity" not in feed["text"]
    assert "<MerchantAdjustmentItemID>money-1</MerchantAdjustmentItemID>" in feed["text"]


@pytest.mark.parametrize("parts", [{"DISCOUNT": "-2.00"}, {"COD_FEE": "3.00"}, {"OTHER": "1.00"}])
def test_a_price_with_parts_that_only_a_person_can_give_back_is_refused(
    running: Sandboxes, parts: dict[str, str]
) -> None:
    order = Order(running, parts=parts)
    with pytest.raises(PartnerRefused) as caught:
        order.refunds.quote(order.ref, {order.mug: 2})
    assert caught.value.code == "needs_a_person"


# ---------------------------------------------------------------------------------------------- the refund


def test_a_refund_is_done_only_when_amazon_shows_it(running: Sandboxes) -> None:
    order = Order(running, finance_lag_seconds=3.0)
    sent = order.send(order.move())
    assert (sent.state, sent.announced, sent.expected_seconds > 48 * 3600) == (MoveState.PENDING, True, True)
    assert order.worked()
    waiting = order.send(order.again(sent))
    assert (waiting.state, waiting.announced) == (MoveState.PENDING, False)
    assert order.ended(order.again(sent)).state is MoveState.DONE
    assert (order.paid, len(order.feeds)) == ([order.mug], 1)


def test_a_refund_that_is_not_shown_is_pending_for_ever_and_never_sent_again(running: Sandboxes) -> None:
    order = Order(running, finance_lag_seconds=10**6)
    sent = order.send(order.move())
    assert order.worked()
    for ago in (0, 3600, 49 * 3600, 90 * 86_400):
        assert order.send(order.again(sent, ago=ago)).state is MoveState.PENDING
    assert (order.paid, len(order.feeds)) == ([order.mug], 1)


def test_a_clean_report_without_a_refund_is_pending_not_done(order: Order, running: Sandboxes) -> None:
    running.trap(order.ref, "feed", "false_ok")
    sent = order.send(order.move())
    assert order.worked()
    assert order.send(order.again(sent)).state is MoveState.PENDING
    assert order.paid == []


def test_an_item_that_the_report_refuses_has_failed_in_amazons_words(order: Order, running: Sandboxes) -> None:
    running.trap(order.ref, "feed", "rejected", detail={"code": "31111", "text": "Not this one."})
    failed = order.ended(order.again(order.send(order.move())))
    assert (failed.state, failed.code, failed.message) == (MoveState.FAILED, "31111", "Not this one.")
    assert order.paid == []


def test_a_feed_that_was_called_off_has_failed(order: Order, running: Sandboxes) -> None:
    running.trap(order.ref, "feed", "rejected", detail={"status": "CANCELLED"})
    failed = order.ended(order.again(order.send(order.move())))
    assert (failed.state, failed.code, order.paid) == (MoveState.FAILED, "feed_cancelled", [])


def test_a_feed_that_died_may_have_paid_and_is_read_back(order: Order, running: Sandboxes) -> None:
    running.trap(order.ref, "feed", "rejected", detail={"status": "FATAL"})
    sent = order.send(order.move())
    assert order.ended(order.again(sent)).state is MoveState.DONE
    assert order.paid == [order.mug]


def test_two_items_are_two_refunds_each_with_its_own_end(order: Order, running: Sandboxes) -> None:
    first = order.send(order.move())
    assert order.ended(order.again(first)).state is MoveState.DONE
    other = {"key": "money-2", "lines": {order.tee: 3}, "amount": Decimal("60.00")}
    running.trap(order.ref, "feed", "rejected")
    second = order.send(order.move(**other))
    assert order.ended(order.again(second, **other)).state is MoveState.FAILED
    assert order.paid == [order.mug]
    snapshot = order.refunds.read(order.ref)
    assert (snapshot.captured, snapshot.paid_back) == (Decimal("85.00"), Decimal("25.00"))
    assert snapshot.refunded_lines == {order.mug: 2}


# ---------------------------------------------------------------------------------------------- doubt


def test_an_answer_that_was_lost_is_not_asked_for_again(order: Order, running: Sandboxes) -> None:
    running.trap(order.ref, "feed", "http_500_after")
    with pytest.raises(PartnerUnavailable) as caught:
        order.send(order.move())
    assert caught.value.in_doubt
    for ago in (0, 700, 100_000):
        assert order.send(order.again(ago=ago)).state in (MoveState.PENDING, MoveState.DONE)
    assert order.ended(order.again()).state is MoveState.DONE
    assert (order.paid, len(order.feeds)) == ([order.mug], 1)


def test_what_was_certainly_not_sent_is_sent_when_the_list_has_had_its_time(order: Order, running: Sandboxes) -> None:
    running.trap(order.ref, "feed", "http_500")
    with pytest.raises(PartnerUnavailable):
        order.send(order.move())
    assert order.send(order.again(ago=60)).state is MoveState.PENDING
    assert order.feeds == []
    sent = order.send(order.again(ago=700))
    assert sent.reference and len(order.feeds) == 1
    assert order.ended(order.again(sent, ago=700)).state is MoveState.DONE
    assert order.paid == [order.mug]


def test_a_process_that_died_before_it_called_sends_later(order: Order) -> None:
    assert order.send(order.again(ago=5)).state is MoveState.PENDING
    assert order.feeds == []
    assert order.send(order.again(ago=700)).reference


@pytest.mark.parametrize("operation", ["feeds", "feed_status", "finances", "read"])
def test_an_amazon_that_does_not_answer_leaves_what_was_sent_as_it_is(
    order: Order, running: Sandboxes, operation: str
) -> None:
    sent = order.send(order.move())
    assert order.worked()
    running.trap("*" if operation == "feeds" else order.ref, operation, "http_500")
    asked = order.again(None if operation == "feeds" else sent, ago=700)
    try:
        assert order.send(asked).state is not MoveState.FAILED
    except PartnerUnavailable as error:
        assert error.partner == "amazon"
    assert len(order.feeds) == 1


def test_a_feed_that_amazon_no_longer_knows_is_pending_not_failed(order: Order) -> None:
    answer = order.send(order.again(MoveAnswer(MoveState.PENDING, "999"), ago=700))
    assert (answer.state, order.feeds) == (MoveState.PENDING, [])


# ---------------------------------------------------------------------------------------------- others


def test_what_somebody_else_has_paid_back_is_not_paid_again(order: Order) -> None:
    order.tell("refund", item=order.mug)
    with pytest.raises(PartnerRefused) as caught:
        order.send(order.move())
    assert (caught.value.code, order.feeds) == ("refunded_already", [])
    assert order.refunds.read(order.ref).refunded_lines == {order.mug: 2}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("payload.transactions", "none"),
        ("payload.transactions.0.totalAmount", None),
        ("payload.transactions.0.postedDate", "yesterday"),
    ],
)
def test_transactions_of_a_shape_we_do_not_know_send_nothing(
    order: Order, running: Sandboxes, place: str, value: object
) -> None:
    order.tell("refund", item=order.mug)
    moved = {"payload.transactions.0.description": "Refund Order", place: value}
    if place == "payload.transactions":
        moved = {place: value}
    running.trap(order.ref, "finances", "false_ok", detail={"change": moved})
    with pytest.raises(PartnerContractBroken):
        order.send(order.move())
    assert order.feeds == []


def test_a_refund_that_names_no_article_could_be_of_any(order: Order, running: Sandboxes) -> None:
    order.tell("refund", item=order.tee)
    running.trap(order.ref, "finances", "false_ok", times=1, detail={"change": {"payload.transactions.2.items": []}})
    with pytest.raises(PartnerRefused) as caught:
        order.send(order.move())
    assert (caught.value.code, order.feeds) == ("refunded_already", [])
