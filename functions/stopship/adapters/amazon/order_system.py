"""Amazon as the place where the order lives: read it, cancel items of it. No holds, no money."""

from collections.abc import Sequence

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.amazon import feeds, orders, packages
from stopship.adapters.amazon.client import PARTNER, AmazonClient
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.application.ports import CancelCommand, CancelProgress, CancelState, Clock
from stopship.domain.address import ShippingAddress
from stopship.domain.carrier import Parcel
from stopship.domain.errors import PartnerRefused
from stopship.domain.order import AckLevel, OrderSnapshot, PlannedLeg, Quantities, StopAnswer

REASONS = frozenset(
    {
        "NoInventory",
        "ShippingAddressUndeliverable",
        "CustomerExchange",
        "BuyerCanceled",
        "GeneralAdjustment",
        "CarrierCreditDecision",
        "RiskAssessmentInformationNotValid",
        "CarrierCoverageFailure",
        "CustomerReturn",
        "MerchandiseNotReceived",
    }
)
BUYERS_REASONS = frozenset({"BuyerCanceled", "CustomerExchange", "CustomerReturn"})
"""Reasons that say the buyer wanted it. They count differently in the seller's cancel rate, so a false one is a false statement."""


class AmazonOrderSystem:
    """Implements ports.OrderSystem for seller-fulfilled orders."""

    def __init__(self, connection: AmazonConnection, clock: Clock, tokens: SharedTokens | None = None) -> None:
        self._connection, self._clock = connection, clock
        self._client = AmazonClient(connection, clock, tokens)

    def read_order(self, order_ref: str) -> OrderSnapshot | None:
        observed_at = self._clock.now()
        order = orders.fetch(self._client, order_ref)
        return orders.snapshot(order, self._connection, observed_at) if order else None

    def expected_work(self, order_ref: str) -> tuple[str, str] | None:
        """Amazon knows nothing of warehouses: the seller's connection names the one that ships these orders."""
        place = self._connection.warehouse
        return (place, orders.leg_id(order_ref)) if place else None

    def place_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> StopAnswer:  # noqa: ARG002
        """Seller-fulfilled orders cannot be held at Amazon; the warehouse is the place to hold them."""
        return StopAnswer(AckLevel.REJECTED, PARTNER, reason="no_holds")

    def release_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> None:
        """There is none to release."""

    def change_address(self, order_ref: str, address: ShippingAddress, key: str) -> None:  # noqa: ARG002
        """A seller cannot change where an Amazon order goes (SP-API's order operations have none for it)."""
        raise PartnerRefused(PARTNER, "not_supported", "the address of an Amazon order cannot be changed")

    def cancel(self, command: CancelCommand) -> CancelProgress:
        """Submits an acknowledgement feed that cancels whole items.

        A repeat is harmless: items that are cancelled by then end it before a feed is made, and a second feed for the same items can
        only fail at Amazon, which ``read_cancel`` recognises by reading the order. Raises PartnerRefused "reason_not_backed" before any
        call when a buyer's reason is not backed by the buyer's own request, and "partial_item" for less than what is open of an item.
        """
        _check_reason(command)
        order = orders.fetch(self._client, command.order_ref)
        if order is None:
            raise PartnerRefused(PARTNER, "unknown_order", "Amazon does not know the order")
        seen = orders.snapshot(order, self._connection, self._clock.now())
        left = _items_left(seen, command)
        if not left:
            return _done_or_shipped(seen, command)
        if command.reason in BUYERS_REASONS and not set(left) <= orders.asked_by_buyer(order):
            raise PartnerRefused(
                PARTNER, "reason_not_backed", "the buyer did not ask Amazon to cancel every one of these items"
            )
        document = feeds.acknowledgement(
            self._connection.seller_id, command.order_ref, left, command.reason, command.key
        )
        return _submitted(feeds.submit(self._client, self._connection, document))

    def read_cancel(self, command: CancelCommand, reference: str) -> CancelProgress:
        """Done only when the order itself shows the items as cancelled: a clean report alone is Amazon's word that it will be so."""
        report = feeds.read_report(self._client, self._connection, reference)
        if not report.finished:
            return _submitted(reference)
        seen = self.read_order(command.order_ref)
        if seen is not None and not _items_left(seen, command) and not _shipped(seen, command):
            return CancelProgress(CancelState.DONE, reference, by_us=not report.problems)
        if report.problems:
            first = report.problems[0]
            return CancelProgress(CancelState.REFUSED, reference, first.code or "item_failed", _sentence(report))
        return _submitted(reference)

    def open_return(self, order_ref: str, lines: Quantities, key: str) -> str:  # noqa: ARG002
        """The buyer starts a return at Amazon; a seller cannot."""
        return ""

    def parcels(self, order_ref: str) -> Sequence[Parcel]:
        """As the seller's own shipping has told Amazon."""
        order = orders.fetch(self._client, order_ref, "FULFILLMENT,PACKAGES")
        return packages.parcels(order) if order else ()

    def contact(self, order_ref: str) -> str:  # noqa: ARG002
        """Buyers are written to through Amazon only; the desk never has their address."""
        return ""


def _submitted(feed_id: str) -> CancelProgress:
    """FEED_PROCESSING_FINISHED names the feed when it is through."""
    return CancelProgress(CancelState.SUBMITTED, feed_id, announced=True)


def _check_reason(command: CancelCommand) -> None:
    if command.reason not in REASONS:
        raise PartnerRefused(PARTNER, "unknown_reason", f"{command.reason!r} is not a reason of the feed")
    if command.reason in BUYERS_REASONS and not command.official:
        raise PartnerRefused(
            PARTNER, "reason_not_backed", f"{command.reason} needs the buyer's own cancel request at Amazon"
        )


def _items_left(seen: OrderSnapshot, command: CancelCommand) -> list[str]:
    """Items of the command that are still open at Amazon."""
    open_ = {line.line_id: line.open for line in seen.lines}
    unknown = sorted(set(command.lines) - set(open_))
    if unknown:
        raise PartnerRefused(PARTNER, "unknown_item", f"the order has no item {', '.join(unknown)}")
    for item, quantity in command.lines.items():
        if 0 < quantity < open_[item]:
            raise PartnerRefused(PARTNER, "partial_item", f"item {item} can only be cancelled as a whole")
    return sorted(item for item, quantity in command.lines.items() if quantity > 0 and open_[item] > 0)


def _done_or_shipped(seen: OrderSnapshot, command: CancelCommand) -> CancelProgress:
    if _shipped(seen, command):
        raise PartnerRefused(PARTNER, "already_shipped", "shipment is confirmed: a cancel is not possible any more")
    return CancelProgress(CancelState.DONE, by_us=False)


def _shipped(seen: OrderSnapshot, command: CancelCommand) -> bool:
    """Whether something that should be cancelled is confirmed as shipped instead."""
    return any(line.cancelled < command.lines.get(line.line_id, 0) and line.shipped for line in seen.lines)


def _sentence(report: feeds.Report) -> str:
    return "; ".join(" ".join(x for x in (p.item, p.code, p.text) if x) for p in report.problems)[:500]
