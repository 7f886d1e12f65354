"""What Shopify's messages do not say, and what is true now: read from the shop, never concluded from the order in which messages came."""

from typing import Protocol

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import ShopifyClient, reading
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.gid import gid, number
from stopship.adapters.shopify.money import dispute_state, key_in
from stopship.adapters.shopify.order_system import ShopifyOrderSystem, Work
from stopship.adapters.shopify.returns import ACTIVE, lines_back
from stopship.domain.order import Quantities
from stopship.frozen import frozen


@frozen
class Returned:
    """``key`` is our own action key when the desk opened the return, "" for somebody else's."""

    order_ref: str
    active: bool
    lines: Quantities
    key: str


class Lookups(Protocol):
    def work(self, fulfillment_order: str) -> Work | None:
        """By the fulfillment order's gid."""

    def holds(self, fulfillment_order: str) -> frozenset[str]:
        """Handles of this app's own holds on it, as they stand now."""

    def returned(self, name: str) -> Returned | None:
        """By the return's gid."""

    def dispute(self, order_ref: str, dispute_id: str) -> str:
        """ "open", "won" or "lost" as it stands now; "" when the order does not show it."""

    def refund_key(self, order_ref: str, transaction_id: str) -> str:
        """Our own key of the refund that this transaction belongs to, "" when it is not ours."""


class ShopifyLookups:
    """Implements Lookups for one merchant."""

    def __init__(self, connection: ShopifyConnection) -> None:
        self._client, self._orders = ShopifyClient(connection), ShopifyOrderSystem(connection)

    def work(self, fulfillment_order: str) -> Work | None:
        return self._orders.read_work(fulfillment_order)

    def holds(self, fulfillment_order: str) -> frozenset[str]:
        with reading("holds"):
            work = self._client.run(documents.HOLDS, {"id": fulfillment_order})["fulfillmentOrder"]
            found = work["fulfillmentHolds"] if work else []
            return frozenset(str(hold["handle"]) for hold in found if hold["heldByRequestingApp"])

    def returned(self, name: str) -> Returned | None:
        with reading("a return"):
            found = self._client.run(documents.RETURN, {"id": name})["return"]
            if found is None:
                return None
            items = found["returnLineItems"]
            nodes = list(self._client.pages(items, documents.RETURN_LINES, {"id": name}, "return", "returnLineItems"))
            notes = [node["returnReasonNote"] for node in nodes if node["returnReasonNote"]]
            order = number(found["order"]["id"], "Order")
            return Returned(order, found["status"] in ACTIVE, lines_back(nodes), notes[0] if notes else "")

    def dispute(self, order_ref: str, dispute_id: str) -> str:
        with reading("disputes"):
            order = self._client.run(documents.DISPUTES, {"id": gid("Order", order_ref)})["order"]
            known = {number(d["id"]): d["status"] for d in order["disputes"]} if order else {}
            return dispute_state(known[dispute_id]) if dispute_id in known else ""

    def refund_key(self, order_ref: str, transaction_id: str) -> str:
        with reading("refunds"):
            order = self._client.run(documents.REFUND_NOTES, {"id": gid("Order", order_ref)})["order"]
            for refund in order["refunds"] if order else ():
                ids = [number(t["id"], "OrderTransaction") for t in refund["transactions"]["nodes"]]
                if transaction_id in ids:
                    return key_in(refund["note"])
        return ""
