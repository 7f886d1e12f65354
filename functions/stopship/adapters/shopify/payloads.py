"""Reading what Shopify sends: orders, lines and fulfillment orders as its payloads name them.

Numeric order ids in payloads may have been rounded on the way (they exceed what JavaScript counts exactly): an ``admin_graphql_api_id``
is taken wherever there is one.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from stopship.adapters.shopify.gid import number
from stopship.domain.errors import InvalidInput

if TYPE_CHECKING:
    from stopship.adapters.shopify.lookups import Lookups
    from stopship.adapters.shopify.order_system import Work

type Body = Mapping[str, Any]


def parse(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("body", "is not JSON", "send one JSON object") from error
    if not isinstance(value, dict):
        raise InvalidInput("body", "is not a JSON object", "send one JSON object")
    return value


def misfit(error: Exception) -> str:
    """Which part is missing, or what kind of error it was: its text may repeat the payload, and this enters the audit trail."""
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else type(error).__name__


def order_of(payload: Body) -> str:
    """An order's own payload carries its gid; what hangs on an order names it by number only."""
    own = str(payload.get("admin_graphql_api_id") or "")
    if own.startswith("gid://shopify/Order/"):
        return number(own, "Order")
    return numbered(payload["order_id"])


def numbered(ref: Any) -> str:
    if not isinstance(ref, int) or isinstance(ref, bool) or ref < 1:
        raise InvalidInput("order_id", "is no order id", "a whole number")
    return str(ref)


def work_of(payload: Body, look: "Lookups | None") -> "Work":
    """Webhooks about fulfillment orders name neither the order nor its lines."""
    return first_work([payload["fulfillment_order"]["id"]], look)


def first_work(names: Iterable[Any], look: "Lookups | None") -> "Work":
    """The first of these fulfillment orders that can be read: a merge or a move may have made some of them disappear."""
    known = [name for name in names if name]
    for name in known:
        number(name, "FulfillmentOrder")
        found = look.work(name) if look else None
        if found:
            return found
    named = known[0] if known else "none"
    raise InvalidInput(
        "fulfillment_order.id", f"{named} belongs to no order that can be read", "look it up in the shop"
    )


def quantities(items: Iterable[Body]) -> dict[str, int]:
    total: dict[str, int] = {}
    for item in items:
        line = number(item["admin_graphql_api_id"], "LineItem")
        total[line] = total.get(line, 0) + int(item["quantity"])
    return total
