"""Orders whose payment was never completed."""

from collections.abc import Mapping
from typing import Any, Final

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import ShopifyClient, reading
from stopship.adapters.shopify.gid import gid, number
from stopship.adapters.shopify.mapping import reserved
from stopship.application.ports import UnpaidPage
from stopship.domain import instant
from stopship.domain.payment_timeout import OpenPayment

_ATTEMPTS: Final = frozenset({"AUTHORIZATION", "EMV_AUTHORIZATION", "SALE", "CAPTURE"})
_NOT_SENT: Final = frozenset({"CANCELLED", "ERROR", "FAILURE"})


def unpaid_page(client: ShopifyClient, created_before: str, after: str, now: str) -> UnpaidPage:
    """The oldest first. The search's index may lag behind the orders, so that each order's own fields decide. Without the scope
    read_all_orders Shopify shows the last 60 days."""
    search = (
        "(financial_status:pending OR financial_status:expired OR financial_status:authorized)"
        f" status:open created_at:<='{created_before}'"
    )
    with reading("unpaid orders"):
        page = client.run(documents.UNPAID_ORDERS, {"search": search, "after": after or None})["orders"]
        found = [payment for node in page["nodes"] if (payment := _open_payment(node, now))]
        more = page["pageInfo"]["hasNextPage"]
        return UnpaidPage(found, str(page["pageInfo"]["endCursor"]) if more else "")


def unpaid_order(client: ShopifyClient, order_ref: str, now: str) -> OpenPayment | None:
    """None when it is paid, reserved, cancelled, or not there."""
    with reading("an unpaid order"):
        node = client.run(documents.UNPAID_ORDER, {"id": gid("Order", order_ref)})["order"]
        return _open_payment(node, now) if node else None


def _open_payment(node: Mapping[str, Any], now: str) -> OpenPayment | None:
    status, attempts = node["displayFinancialStatus"], [t for t in node["transactions"] if t["kind"] in _ATTEMPTS]
    reservation = status == "AUTHORIZED"
    if node["cancelledAt"] or status not in ("PENDING", "EXPIRED", "AUTHORIZED"):
        return None
    if reservation and reserved(attempts, now):
        return None
    last = max(attempts, key=lambda t: (instant.normal(t["createdAt"]), t["id"]), default=None)
    return OpenPayment(
        order_ref=number(node["id"], "Order"),
        state="reservation_expired" if reservation else status.lower(),
        since=instant.normal(last["createdAt"] if last else node["createdAt"]),
        attempt=number(last["id"], "OrderTransaction") if last else "",
        manual=any(t["manualPaymentGateway"] for t in attempts),
        terms=node["paymentTerms"] is not None,
        gateways=tuple(node["paymentGatewayNames"]),
        tags=tuple(node["tags"]),
        sent=any(x["status"] not in _NOT_SENT for x in node["fulfillments"]),
    )
