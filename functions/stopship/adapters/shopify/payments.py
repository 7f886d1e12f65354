"""Shopify as the system of record for the order's money."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stopship.adapters.clock import SystemClock
from stopship.adapters.shopify import documents, money
from stopship.adapters.shopify.allocation import Part, allocate
from stopship.adapters.shopify.client import PARTNER, Data, ShopifyClient, reading, refused
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.gid import gid, number
from stopship.application.ports import Clock, MoveAnswer
from stopship.domain.errors import NotFound, PartnerContractBroken, PartnerRefused
from stopship.domain.money import (
    MoneyMove,
    MoveKind,
    MoveState,
    PaymentSnapshot,
    RefundQuote,
    TransactionKind,
    TransactionStatus,
)
from stopship.domain.order import Quantities
from stopship.frozen import frozen

# As many as documents.PAYMENTS asks for of lists that have no next page: a full list may be a cut one.
TRANSACTIONS_AT_ONCE = 100
REFUNDS_AT_ONCE = 15


@frozen
class Book:
    """One live reading: the snapshot, the refunds behind it, and what the platform says is owed or still refundable."""

    snapshot: PaymentSnapshot
    refunds: tuple[money.Refund, ...]
    owed: Decimal
    shipping_left: Decimal


@frozen
class LineState:
    """``removed`` counts units that an edit or a cancel took off the order without paying for them."""

    refundable: int
    removed: int


class ShopifyPayments:
    """Implements ports.Payments for one merchant."""

    def __init__(self, connection: ShopifyConnection, clock: Clock | None = None) -> None:
        self._client, self._clock = ShopifyClient(connection), clock or SystemClock()

    def read(self, order_ref: str) -> PaymentSnapshot:
        return self._read(order_ref).snapshot

    def quote(self, order_ref: str, lines: Quantities) -> RefundQuote:
        """Units still on the order are priced by suggestedRefund, with shipping once nothing would stay on it; units taken
        off it already by what Shopify itself says it owes the customer. While it owes something, the units taken off are
        those that are asked about: nobody has paid for them."""
        book = self._read(order_ref)
        states = self._lines(order_ref, book)
        here = _still_refundable(_not_removed(lines, states) if book.owed > 0 else lines, states)
        amount = Decimal(0)
        if here:
            amount += self._suggest(order_ref, here, full=_is_everything(here, states))[0]
        if any(quantity > here.get(line, 0) for line, quantity in lines.items()):
            amount += max(Decimal(0), book.owed)
        return RefundQuote(amount, book.snapshot.currency, dict(lines))

    def move(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        """Reads before it acts, whatever the key: Shopify forgets keys, and transactionVoid takes none."""
        book = self._read(order_ref)
        return self._void(move, book) if move.kind is MoveKind.VOID else self._refund(order_ref, move, book)

    # ------------------------------------------------------------------------------------------ reading

    def _read(self, order_ref: str) -> Book:
        now = self._clock.now()
        with reading("payments"):
            order = self._client.run(documents.PAYMENTS, {"id": gid("Order", order_ref)})["order"]
            if order is None:
                raise NotFound(f"order {order_ref}")
            if len(order["transactions"]) >= TRANSACTIONS_AT_ONCE or len(order["refunds"]) >= REFUNDS_AT_ONCE:
                raise PartnerContractBroken(PARTNER, "more transactions or refunds than are read", {"order": order_ref})
            refunds = [money.refund(node) for node in order["refunds"]]
            shipping = money.bag(order["totalShippingPriceSet"]) - money.bag(order["totalRefundedShippingSet"])
            return Book(
                money.snapshot(order, refunds, now), tuple(refunds), -money.bag(order["totalOutstandingSet"]), shipping
            )

    def _lines(self, order_ref: str, book: Book) -> dict[str, LineState]:
        variables = {"id": gid("Order", order_ref)}
        paid = book.snapshot.refunded_lines
        with reading("refundable quantities"):
            first = self._client.run(documents.REFUNDABLE, variables)["order"]["lineItems"]
            nodes = self._client.pages(first, documents.REFUNDABLE, variables, "order", "lineItems")
            return {number(node["id"], "LineItem"): _line_state(node, paid) for node in nodes}

    def _suggest(self, order_ref: str, lines: Quantities, *, full: bool) -> tuple[Decimal, list[Part]]:
        """The platform's own arithmetic for these lines, and the payments it would use."""
        variables = {"id": gid("Order", order_ref), "lines": _refund_lines(lines), "full": full}
        with reading("a suggested refund"):
            found = self._client.run(documents.SUGGESTED, variables)["order"]["suggestedRefund"]
            if found is None:
                return Decimal(0), []
            parts = [
                Part(number(t["parentTransaction"]["id"], "OrderTransaction"), money.bag(t["amountSet"]))
                for t in found["suggestedTransactions"]
                if t["parentTransaction"]
            ]
            return money.bag(found["amountSet"]), parts

    # ------------------------------------------------------------------------------------------ moving

    def _void(self, move: MoneyMove, book: Book) -> MoveAnswer:
        for one in book.snapshot.transactions:
            if one.kind is TransactionKind.VOID and one.parent_id == move.parent_id:
                if one.status is TransactionStatus.FAILURE:
                    continue
                done = one.status is TransactionStatus.SUCCESS
                return MoveAnswer(MoveState.DONE if done else MoveState.PENDING, one.transaction_id)
        answer = self._client.run(documents.VOID, {"parent": gid("OrderTransaction", move.parent_id)})
        with reading("a void"):
            errors = answer["transactionVoid"]["userErrors"]
            if not errors:
                return _void_answer(answer["transactionVoid"]["transaction"])
        raise refused(errors, "VOID_REFUSED")

    def _refund(self, order_ref: str, move: MoneyMove, book: Book) -> MoveAnswer:
        ours = next((r for r in book.refunds if r.key == move.key), None)
        if ours:
            return money.answer(ours.number, ours.parts)
        if book.snapshot.dispute_open:
            raise PartnerRefused(PARTNER, "DISPUTE_OPEN", "a dispute is open: the money is the bank's to decide")
        if move.amount > book.snapshot.net_payment:
            raise PartnerRefused(PARTNER, "OVER_REFUND", f"{move.amount} is more than the net payment")
        answer = self._client.run(documents.REFUND, {"input": self._input(order_ref, move, book), "key": move.key})
        with reading("a refund"):
            payload = answer["refundCreate"]
            if not payload["userErrors"]:
                return _refund_answer(payload["refund"])
        raise _refund_refused(payload["userErrors"])

    def _input(self, order_ref: str, move: MoneyMove, book: Book) -> dict[str, Any]:
        """Stock moved with the cancel, so that nothing is restocked here. Lines that the cancel took off the order cannot be
        refunded as lines again: their money goes back as an amount."""
        states = self._lines(order_ref, book)
        on_order = _still_refundable(_not_removed(move.lines, states), states)
        suggested = self._suggest(order_ref, on_order, full=False)[1] if on_order else []
        parts = allocate(move.amount, suggested, _left(book.snapshot))
        gateways = {t.transaction_id: t.gateway for t in book.snapshot.transactions}
        asked: dict[str, Any] = {
            "orderId": gid("Order", order_ref),
            "note": money.note_for(move.key),
            "notify": False,
            "currency": move.currency,
            "refundLineItems": _refund_lines(on_order),
            "transactions": [
                {
                    "orderId": gid("Order", order_ref),
                    "parentId": gid("OrderTransaction", part.parent_id),
                    "amount": str(part.amount),
                    "gateway": gateways[part.parent_id],
                    "kind": "REFUND",
                }
                for part in parts
            ],
        }
        if move.amount == book.snapshot.net_payment and book.shipping_left > 0:
            asked["shipping"] = {"fullRefund": True}
        return asked


def _line_state(node: Data, paid: Mapping[str, int]) -> LineState:
    refundable = int(node["refundableQuantity"])
    gone = int(node["quantity"]) - refundable - paid.get(number(node["id"], "LineItem"), 0)
    return LineState(refundable, max(0, gone))


def _still_refundable(lines: Quantities, states: Mapping[str, LineState]) -> dict[str, int]:
    chosen = {line: min(quantity, states[line].refundable if line in states else 0) for line, quantity in lines.items()}
    return {line: quantity for line, quantity in chosen.items() if quantity > 0}


def _not_removed(lines: Quantities, states: Mapping[str, LineState]) -> dict[str, int]:
    return {
        line: max(0, quantity - (states[line].removed if line in states else 0)) for line, quantity in lines.items()
    }


def _is_everything(lines: Quantities, states: Mapping[str, LineState]) -> bool:
    """Whether nothing of the order is left to pay for: then shipping goes back too."""
    return all(lines.get(line, 0) >= state.refundable for line, state in states.items())


def _refund_lines(lines: Quantities) -> list[dict[str, Any]]:
    return [
        {"lineItemId": gid("LineItem", line), "quantity": quantity, "restockType": "NO_RESTOCK"}
        for line, quantity in lines.items()
    ]


def _left(snapshot: PaymentSnapshot) -> dict[str, Decimal]:
    """What each capture has not paid back. Pending counts as paid back."""
    left: dict[str, Decimal] = {}
    for one in snapshot.transactions:
        if one.kind is TransactionKind.CAPTURE and one.status is TransactionStatus.SUCCESS:
            left[one.transaction_id] = left.get(one.transaction_id, Decimal(0)) + one.amount
    for one in snapshot.transactions:
        if one.kind is TransactionKind.REFUND and one.status is not TransactionStatus.FAILURE and one.parent_id in left:
            left[one.parent_id] -= one.amount
    return {parent: amount for parent, amount in left.items() if amount > 0}


def _void_answer(transaction: Data) -> MoveAnswer:
    reference = number(transaction["id"], "OrderTransaction")
    status = money.status(transaction)
    if status is TransactionStatus.SUCCESS:
        return MoveAnswer(MoveState.DONE, reference)
    if status is TransactionStatus.FAILURE:
        return MoveAnswer(MoveState.FAILED, reference, "VOID_FAILED", transaction["status"])
    return MoveAnswer(MoveState.PENDING, reference)


def _refund_answer(refund: Data) -> MoveAnswer:
    return money.answer(number(refund["id"], "Refund"), money.parts_of(refund))


def _refund_refused(errors: list[Data]) -> PartnerRefused:
    """Shopify gives this error no code, only words: "... is greater than net payment received ..."."""
    with reading("a refund's errors"):
        over = any("greater than net payment" in e["message"] for e in errors)
    return refused(errors, "OVER_REFUND" if over else "REFUND_REFUSED")
