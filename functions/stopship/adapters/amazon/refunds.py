"""Refunds of shipped, seller-fulfilled orders: a payment adjustment feed (POST_PAYMENT_ADJUSTMENT_DATA; XML only, it has no JSON form).

Before shipment is confirmed the cancel is the money action and a refund would pay out what was never taken, so the order is read live and
anything that is not wholly shipped is refused before a call. One item a feed, so that its report is about that item alone. A clean report
is Amazon's promise; the refund is done when the Finances API shows it, which may take 48 hours, and until then it is pending.

The feed has no idempotency key. After doubt nothing is sent again unless Amazon's own list shows that no such feed was made since.

Sources: OrderAdjustment.xsd (MerchantAdjustmentItemID, AdjustmentReason, ItemPriceAdjustments; the optional Quantity is left out, so that
amounts are those of the whole item); feeds_2021-06-30 (getFeeds); finances_2024-06-19.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.amazon import feeds, finances, orders
from stopship.adapters.amazon.client import PARTNER, AmazonClient
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.application.ports import Clock, MoveAnswer
from stopship.domain import instant
from stopship.domain.errors import PartnerContractBroken, PartnerRefused
from stopship.domain.money import (
    MoneyMove,
    MoveKind,
    MoveState,
    PaymentSnapshot,
    RefundQuote,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from stopship.domain.order import OrderLine, Quantities
from stopship.frozen import frozen

REASON: Final = "CustomerCancel"
_EXPECTED_SECONDS = finances.LAG_SECONDS + 6 * 3600
_SETTLED_SECONDS = 600.0
"""How long a feed that was made may take to be in Amazon's list, as we take it."""
_PLAIN = {"ITEM": "Principal", "SHIPPING": "Shipping", "GIFT_WRAP": "GiftWrap"}
_TAXES = {"ITEM": "Tax", "SHIPPING": "ShippingTax", "GIFT_WRAP": "GiftWrapTax"}


@frozen
class _Item:
    """``parts`` are the feed's price components, in its own words."""

    line: OrderLine
    parts: tuple[tuple[str, Decimal], ...]
    currency: str

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.parts), Decimal(0))


class AmazonRefunds:
    """Implements ports.Payments for what has shipped. Nothing here is ever called by the automatic flow."""

    def __init__(self, connection: AmazonConnection, clock: Clock, tokens: SharedTokens | None = None) -> None:
        self._connection, self._clock = connection, clock
        self._client = AmazonClient(connection, clock, tokens)

    def read(self, order_ref: str) -> PaymentSnapshot:
        """Taken is what the shipped items are worth; given back is what the Finances API shows of it by now."""
        order = self._order(order_ref)
        seen, now = orders.quantities(order), self._clock.now()
        shipped = [line for line in seen.lines if line.shipped]
        items = [_item(order, line) for line in shipped if line.shipped == line.ordered]
        currency = items[0].currency if items else ""
        taken = sum((item.amount for item in items), Decimal(0))
        found = finances.refunds(self._client, order_ref)
        moves = [_transaction(f"shipment:{order_ref}", TransactionKind.CAPTURE, taken, currency)] if items else []
        left = taken
        for refund in found:
            amount = min(refund.amount, left)
            left -= amount
            given = _transaction(refund.refund_id, TransactionKind.REFUND, amount, currency)
            moves.append(replace(given, explained=True))
        return PaymentSnapshot(currency, tuple(moves), now, _refunded(shipped, found))

    def quote(self, order_ref: str, lines: Quantities) -> RefundQuote:
        """What Amazon's own order says the items were sold for. Raises PartnerRefused for what only a person can work out."""
        order = self._order(order_ref)
        items = [_shipped_item(order, line, quantity) for line, quantity in lines.items()]
        currencies = {item.currency for item in items}
        if len(currencies) != 1:
            raise PartnerRefused(PARTNER, "one_currency", "the items are in several currencies")
        return RefundQuote(sum((item.amount for item in items), Decimal(0)), currencies.pop(), dict(lines))

    def move(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        """A repeat (``asked_at``) reads first and sends only what was certainly not sent."""
        if move.kind is not MoveKind.REFUND or len(move.lines) != 1:
            raise PartnerRefused(PARTNER, "one_item", "a refund of one item at a time is all that can be done here")
        if move.asked_at and not self._certainly_unsent(move):
            return self._read_back(order_ref, move)
        return self._submit(order_ref, move)

    def _read_back(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        """What was sent is failed by its report alone. That Amazon will not tell is no failure."""
        try:
            if move.reference:
                return self._result(order_ref, move)
            return self._seen(order_ref, move) or self._pending(move, "it may have been sent: nobody repeats it")
        except PartnerRefused as refusal:
            return self._pending(move, str(refusal))

    def _certainly_unsent(self, move: MoneyMove) -> bool:
        if move.reference:
            return False
        try:
            return not self._may_be_under_way(move.asked_at)
        except PartnerRefused:
            return False

    # ---------------------------------------------------------------------------------------- sending

    def _submit(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        ((line, quantity),) = move.lines.items()
        item = _shipped_item(self._order(order_ref), line, quantity)
        if (item.amount, item.currency) != (move.amount, move.currency):
            raise PartnerRefused(PARTNER, "amount_changed", "the item is worth something else now")
        if any(_about(refund, item) for refund in finances.refunds(self._client, order_ref)):
            raise PartnerRefused(PARTNER, "refunded_already", "Amazon shows a refund of this article for the order")
        document = adjustment(
            self._connection.seller_id, order_ref, item.line.line_id, item.parts, item.currency, move.key
        )
        feed_id = feeds.submit(self._client, self._connection, document, feeds.ADJUSTMENT)
        return MoveAnswer(MoveState.PENDING, feed_id, expected_seconds=_EXPECTED_SECONDS, announced=True)

    def _may_be_under_way(self, asked_at: str) -> bool:
        """Whether a feed of this type may have been made since. A list without one is believed when it has had time to be right."""
        young = instant.seconds_between(asked_at, self._clock.now()) < _SETTLED_SECONDS
        return young or feeds.made_since(self._client, feeds.ADJUSTMENT, instant.plus(asked_at, -60))

    # ---------------------------------------------------------------------------------------- what became of it

    def _result(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        report = feeds.read_report(self._client, self._connection, move.reference)
        if not report.finished:
            return self._pending(move, announced=True)
        problem = report.problems[0] if report.problems else None
        if problem and problem.code == "feed_fatal":
            # A feed that died may have acted all the same.
            return self._seen(order_ref, move) or self._pending(move, "Amazon gave the feed up; it may have acted")
        if problem:
            return MoveAnswer(MoveState.FAILED, move.reference, problem.code or "item_failed", problem.text)
        return self._seen(order_ref, move) or self._pending(move, "Amazon took it; it is not booked yet")

    def _seen(self, order_ref: str, move: MoneyMove) -> MoveAnswer | None:
        """Done, when a refund of this article is booked since we asked."""
        (line_id,) = move.lines
        order = self._order(order_ref)
        line = next((x for x in orders.quantities(order).lines if x.line_id == line_id), None)
        if line is None or not line.sku:
            return None
        for refund in finances.refunds(self._client, order_ref):
            if line.sku in refund.skus and refund.posted_at >= instant.plus(move.asked_at, -60):
                return MoveAnswer(MoveState.DONE, move.reference or refund.refund_id)
        return None

    def _pending(self, move: MoneyMove, message: str = "", *, announced: bool = False) -> MoveAnswer:
        return MoveAnswer(
            MoveState.PENDING,
            move.reference,
            message=message,
            expected_seconds=_EXPECTED_SECONDS,
            announced=announced,
        )

    def _order(self, order_ref: str) -> dict[str, Any]:
        order = orders.fetch(self._client, order_ref)
        if order is None:
            raise PartnerRefused(PARTNER, "unknown_order", "Amazon does not know the order")
        return order


def adjustment(
    seller_id: str, order_ref: str, item: str, parts: tuple[tuple[str, Decimal], ...], currency: str, key: str
) -> bytes:
    """One message about one item."""
    envelope, body = feeds.one_message(seller_id, "OrderAdjustment")
    ET.SubElement(body, "AmazonOrderID").text = order_ref
    ET.SubElement(body, "ActionType").text = "Refund"
    row = ET.SubElement(body, "AdjustedItem")
    ET.SubElement(row, "AmazonOrderItemCode").text = item
    ET.SubElement(row, "MerchantAdjustmentItemID").text = key
    ET.SubElement(row, "AdjustmentReason").text = REASON
    prices = ET.SubElement(row, "ItemPriceAdjustments")
    for name, amount in parts:
        component = ET.SubElement(prices, "Component")
        ET.SubElement(component, "Type").text = name
        ET.SubElement(component, "Amount", currency=currency).text = f"{amount:f}"
    written: bytes = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return written


def _shipped_item(order: Mapping[str, Any], line_id: str, quantity: int) -> _Item:
    """Raises PartnerRefused unless the whole item is confirmed as shipped, now."""
    line = next((x for x in orders.quantities(order).lines if x.line_id == line_id), None)
    if line is None:
        raise PartnerRefused(PARTNER, "unknown_item", f"the order has no item {line_id}")
    if line.shipped < line.ordered or line.cancelled:
        raise PartnerRefused(PARTNER, "not_shipped", "an item that is not shipped is cancelled, never refunded")
    if quantity != line.ordered:
        raise PartnerRefused(PARTNER, "partial_item", "what a part of an item is worth is for a person to say")
    return _item(order, line)


def _item(order: Mapping[str, Any], line: OrderLine) -> _Item:
    """The item's proceeds in the feed's words. Raises PartnerRefused for parts that the feed cannot give back by amount alone."""
    raw = next(x for x in order["orderItems"] if x.get("orderItemId") == line.line_id)
    proceeds = raw.get("proceeds")
    rows = proceeds.get("breakdowns") if isinstance(proceeds, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise PartnerRefused(PARTNER, "no_proceeds", "Amazon does not say what the item was sold for")
    currency = ""
    parts: list[tuple[str, Decimal]] = []
    for row in rows:
        for name, (amount, currency_) in _parts(row):
            currency = currency or currency_
            if currency_ != currency:
                raise PartnerRefused(PARTNER, "one_currency", "the item's parts are in several currencies")
            if amount:
                parts.append((name, amount))
    item = _Item(line, tuple(parts), currency)
    total = proceeds.get("proceedsTotal")
    if total is not None and _money(total)[0] != item.amount:
        raise PartnerRefused(PARTNER, "does_not_add_up", "the parts of the price are not its whole")
    return item


def _parts(row: Any) -> list[tuple[str, tuple[Decimal, str]]]:
    kind = row.get("type") if isinstance(row, Mapping) else None
    subtotal = _money(row.get("subtotal")) if isinstance(row, Mapping) else (Decimal(0), "")
    if kind in _PLAIN:
        return [(_PLAIN[kind], subtotal)]
    if kind == "TAX":
        told = [(x.get("subtype"), _money(x.get("value"))) for x in row.get("detailedBreakdowns") or ()]
        known = all(name in _TAXES for name, _ in told)
        if known and sum((amount for _, (amount, _) in told), Decimal(0)) == subtotal[0]:
            return [(_TAXES[name], money) for name, money in told]
    if not subtotal[0]:
        return []
    raise PartnerRefused(PARTNER, "needs_a_person", "the price has discounts or fees that only a person can give back")


def _money(value: Any) -> tuple[Decimal, str]:
    try:
        return Decimal(str(value["amount"])), str(value["currencyCode"])
    except (KeyError, TypeError, InvalidOperation) as error:
        raise PartnerContractBroken(PARTNER, "an amount is not as the contract says") from error


def _transaction(name: str, kind: TransactionKind, amount: Decimal, currency: str) -> Transaction:
    return Transaction(name, kind, TransactionStatus.SUCCESS, amount, currency)


def _refunded(shipped: list[OrderLine], found: list[finances.Refund]) -> dict[str, int]:
    """Lines whose article a refund names; all of them for one that names none: it could be any."""
    named = frozenset(sku for refund in found for sku in refund.skus)
    any_ = any(not refund.skus for refund in found)
    return {line.line_id: line.shipped for line in shipped if any_ or line.sku in named}


def _about(refund: finances.Refund, item: _Item) -> bool:
    return not refund.skus or item.line.sku in refund.skus
