"""Shopify as the order system."""

import time
from collections.abc import Sequence

from stopship.adapters.clock import SystemClock
from stopship.adapters.shopify import documents, holds, mapping
from stopship.adapters.shopify.cancel_order import Pause, cancel_order, read_cancel
from stopship.adapters.shopify.change_address import change_address
from stopship.adapters.shopify.client import ShopifyClient, reading
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.edit_order import cancel_lines
from stopship.adapters.shopify.find_orders import orders_named
from stopship.adapters.shopify.gid import gid, number
from stopship.adapters.shopify.parcels import read_parcels
from stopship.adapters.shopify.read_order import read_order
from stopship.adapters.shopify.returns import open_return
from stopship.adapters.shopify.unpaid import unpaid_order, unpaid_page
from stopship.application.ports import CancelCommand, CancelProgress, Clock, UnpaidPage
from stopship.domain.address import ShippingAddress
from stopship.domain.carrier import Parcel
from stopship.domain.order import OrderSnapshot, PlannedLeg, Quantities, StopAnswer
from stopship.domain.payment_timeout import OpenPayment
from stopship.frozen import frozen


@frozen
class Work:
    """What a fulfillment order is part of, for messages that name nothing else."""

    order_ref: str
    leg_id: str
    lines: Quantities


class ShopifyOrderSystem:
    """Implements ports.OrderSystem for one merchant. ``pause`` waits so many seconds between looks at a young job."""

    def __init__(self, connection: ShopifyConnection, clock: Clock | None = None, pause: Pause = time.sleep) -> None:
        self._connection, self._clock, self._pause = connection, clock or SystemClock(), pause
        self._client = ShopifyClient(connection)

    def read_order(self, order_ref: str) -> OrderSnapshot | None:
        return read_order(self._client, self._connection, order_ref, self._clock.now())

    def expected_work(self, order_ref: str) -> tuple[str, str] | None:  # noqa: ARG002
        """Only the fulfillment orders tell the places."""
        return None

    def place_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> StopAnswer:  # noqa: ARG002 - the leg says it all
        return holds.place(self._client, leg, key)

    def release_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> None:  # noqa: ARG002 - the leg says it all
        holds.release(self._client, leg, key)

    def change_address(self, order_ref: str, address: ShippingAddress, key: str) -> None:  # noqa: ARG002 - nowhere to put it
        change_address(self._client, order_ref, address)

    def cancel(self, command: CancelCommand) -> CancelProgress:
        """The whole order, or lines of it by an order edit."""
        if not command.full:
            return cancel_lines(self._client, command)
        return cancel_order(self._client, command, self._pause)

    def read_cancel(self, command: CancelCommand, reference: str) -> CancelProgress:
        """An edit is done when it is answered; asked again, it finds its quantities in place."""
        if not command.full:
            return cancel_lines(self._client, command)
        return read_cancel(self._client, command, reference)

    def open_return(self, order_ref: str, lines: Quantities, key: str) -> str:
        return open_return(self._client, order_ref, lines, key)

    def contact(self, order_ref: str) -> str:
        with reading("a contact"):
            order = self._client.run(documents.CONTACT, {"id": gid("Order", order_ref)})["order"] or {}
            address = ((order.get("customer") or {}).get("defaultEmailAddress") or {}).get("emailAddress")
            return str(order.get("email") or address or "")

    def parcels(self, order_ref: str) -> Sequence[Parcel]:
        return read_parcels(self._client, order_ref)

    def orders_named(self, name: str) -> tuple[str, ...]:
        """Ids of the orders that customers know by this name."""
        return orders_named(self._client, name)

    def unpaid_page(self, created_before: str, after: str) -> UnpaidPage:
        return unpaid_page(self._client, created_before, after, self._clock.now())

    def unpaid_order(self, order_ref: str) -> OpenPayment | None:
        return unpaid_order(self._client, order_ref, self._clock.now())

    def read_work(self, fulfillment_order: str) -> Work | None:
        """The order and open lines of a fulfillment order, by its gid: some webhooks say no more than that."""
        variables = {"id": fulfillment_order}
        with reading("a fulfillment order"):
            work = self._client.run(documents.WORK_ORDER, variables)["fulfillmentOrder"]
            if work is None:
                return None
            path = ("fulfillmentOrder", "lineItems")
            nodes = self._client.pages(work["lineItems"], documents.WORK_LINES, variables, *path)
            lines = mapping.quantities(nodes, "remainingQuantity")
            ref, leg = number(work["orderId"], "Order"), number(work["id"], "FulfillmentOrder")
        return Work(ref, leg, {line: quantity for line, quantity in lines.items() if quantity > 0})
