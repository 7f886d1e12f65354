"""Money: refunds that happen once for one key, voids, and transactions that may take their time or fail."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from graphql import GraphQLError

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.reading import refund as shown
from infra.local.sandboxes.shopify.reading import transaction as shown_transaction
from infra.local.sandboxes.shopify.shop import Shop, now, numeric, user_error
from infra.local.sandboxes.shopify.state import Order, Refund, Transaction

CASE_OF_RESTOCK = {
    "CANCEL": "cancel",
    "RETURN": "return",
    "LEGACY_RESTOCK": "legacy_restock",
    "NO_RESTOCK": "no_restock",
}


def refund(shop: Shop, asked: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The same key with the same input gives the same refund; with another input it is an error of the whole request."""
    if not key.strip():
        message = "The @idempotent directive is required for this mutation, with a key."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    known = shop.refund_keys.get(key)
    order = shop.order(asked["orderId"])
    if known and known["asked"] != fingerprint:
        message = "The idempotency key was used with other parameters."
        raise GraphQLError(message, extensions={"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})
    if order is None:
        return _refuse(user_error("Order does not exist", "orderId"))
    if known:
        made = next(r for r in order.refunds if r.refund_id == known["refund"])
        return {"refund": shown(order, made), "userErrors": []}
    problem = _problem(order, asked) or shop.refusal()
    if problem:
        return _refuse(problem)
    made = _make(shop, order, asked, key)
    shop.refund_keys[key] = {"asked": fingerprint, "refund": made.refund_id}
    return {"refund": shown(order, made), "userErrors": []}


def _problem(order: Order, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    for place, row in enumerate(asked.get("refundLineItems") or ()):
        line = order.line(numeric(row["lineItemId"], "LineItem"))
        if line is None:
            return user_error("Line item does not exist", "refundLineItems", str(place), "lineItemId")
        if not 0 < row["quantity"] <= line.current:
            message = "Refund line items quantity cannot refund more items than were purchased"
            return user_error(message, "refundLineItems", str(place), "quantity")
    if asked.get("currency") not in (None, order.currency):
        return user_error("Currency does not match the order's presentment currency", "currency")
    return _payment_problem(order, asked.get("transactions") or ())


def _payment_problem(order: Order, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    total = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    if total > order.net_payment:
        # Word for word as recorded: this error has neither code nor field.
        return user_error(f"Refund amount ${total:.2f} is greater than net payment received ${order.net_payment:.2f}")
    asked: dict[str, Decimal] = {}
    for place, row in enumerate(rows):
        parent = order.transaction(numeric(row.get("parentId") or "", "OrderTransaction"))
        where = ("transactions", str(place))
        if row["kind"] != "REFUND" or Decimal(row["amount"]) <= 0:
            return user_error("A refund's transaction is of kind REFUND and above zero", *where)
        if parent is None or parent not in order.payments() or parent.gateway != row["gateway"]:
            return user_error("Parent transaction is not a payment of this gateway", *where, "parentId")
        asked[parent.transaction_id] = asked.get(parent.transaction_id, Decimal(0)) + Decimal(row["amount"])
        if asked[parent.transaction_id] > order.left_of(parent):
            return user_error("Amount is greater than what is left of the parent transaction", *where, "amount")
    return None


def _make(shop: Shop, order: Order, asked: Mapping[str, Any], key: str) -> Refund:
    made = Refund(shop.next(), asked.get("note") or "", {}, [], now())
    for row in asked.get("refundLineItems") or ():
        _refund_line(order, made, row)
    status, settles_at = _fate(shop)
    for row in asked.get("transactions") or ():
        parent = order.transaction(numeric(row["parentId"], "OrderTransaction"))
        assert parent is not None
        moved = give_back(shop, order, parent, Decimal(row["amount"]), status, settles_at)
        made.transactions.append(moved.transaction_id)
    if (asked.get("shipping") or {}).get("fullRefund"):
        order.shipping_refunded = order.shipping
    order.refunds.append(made)
    write(shop, order, made, key)
    events.refund_created(shop, order, made)
    return made


def _refund_line(order: Order, made: Refund, row: Mapping[str, Any]) -> None:
    """NO_RESTOCK pays without touching what may still ship (RefundLineItemRestockType)."""
    line = order.line(numeric(row["lineItemId"], "LineItem"))
    assert line is not None
    line.refunded += row["quantity"]
    made.lines[line.line_id] = made.lines.get(line.line_id, 0) + row["quantity"]
    made.restock = CASE_OF_RESTOCK[row.get("restockType") or "NO_RESTOCK"]
    if made.restock == "cancel":
        take_off_work(order, line.line_id, row["quantity"])


def take_off_work(order: Order, line_id: str, quantity: int) -> None:
    for work in order.works:
        quantity -= work.take_off(line_id, quantity)


def write(shop: Shop, order: Order, made: Refund, key: str) -> None:
    """A transaction that failed moved nothing; one under way counts as money that goes."""
    moved = [t for t in order.transactions if t.transaction_id in made.transactions and t.status != "FAILURE"]
    amount = sum((Decimal(t.amount) for t in moved), Decimal(0))
    shop.write("refund", order.order_ref, key, amount=str(amount), lines=dict(made.lines), refund_id=made.refund_id)


def _fate(shop: Shop) -> tuple[str, float]:
    """What becomes of a transaction: the status it begins with, and when a pending one succeeds."""
    late = shop.falls_into("late")
    if late:
        return "PENDING", time.time() + late.seconds
    if shop.falls_into("silent"):
        return "PENDING", 0.0
    failed = shop.falls_into("false_ok")
    return ("FAILURE", 0.0) if failed else ("SUCCESS", 0.0)


def give_back(
    shop: Shop, order: Order, payment: Transaction, amount: Decimal, status: str, settles_at: float = 0.0
) -> Transaction:
    return _add(shop, order, payment, "REFUND", str(amount), status, settles_at)


def void(shop: Shop, order: Order, parent: Transaction, status: str, settles_at: float = 0.0) -> Transaction:
    made = _add(shop, order, parent, "VOID", parent.amount, status, settles_at)
    if status != "FAILURE":
        shop.write("void", order.order_ref, amount=parent.amount, parent=parent.transaction_id)
    return made


def _add(
    shop: Shop, order: Order, parent: Transaction, kind: str, amount: str, status: str, settles_at: float
) -> Transaction:
    made = Transaction(shop.next(), kind, status, amount, parent.gateway, parent.transaction_id, settles_at=settles_at)
    order.transactions.append(made)
    if settles_at:
        settle(shop, order, made)
    events.transaction_created(shop, order, made)
    return made


def settle(shop: Shop, order: Order, waiting: Transaction) -> None:
    """Sets the clock for a transaction that is under way."""

    def succeed() -> None:
        waiting.status, waiting.settles_at = "SUCCESS", 0.0
        events.transaction_created(shop, order, waiting)

    shop.at(waiting.settles_at, succeed)


def void_by_id(shop: Shop, parent_id: str) -> dict[str, Any]:
    name = numeric(parent_id, "OrderTransaction")
    order = next((o for o in shop.orders.values() if o.transaction(name)), None)
    parent = order.transaction(name) if order else None
    if order is None or parent is None:
        return _no_void("Transaction not found", "TRANSACTION_NOT_FOUND")
    if parent.status != "SUCCESS" or parent.kind != "AUTHORIZATION":
        return _no_void("Parent transaction is not a successful authorization", "AUTH_NOT_SUCCESSFUL")
    if parent not in order.open_authorizations():
        return _no_void("Parent transaction was captured or voided", "AUTH_NOT_VOIDABLE")
    problem = shop.refusal()
    if problem:
        return {"transaction": None, "userErrors": [{**problem, "code": problem["code"] or "GENERIC_ERROR"}]}
    made = void(shop, order, parent, *_fate(shop))
    return {"transaction": shown_transaction(order, made), "userErrors": []}


def _no_void(message: str, code: str) -> dict[str, Any]:
    return {"transaction": None, "userErrors": [user_error(message, "parentTransactionId", code=code)]}


def _refuse(problem: dict[str, Any]) -> dict[str, Any]:
    return {"refund": None, "userErrors": [problem]}
