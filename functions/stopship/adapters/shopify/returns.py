"""Opening a return for what shipped although it should not have."""

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import PARTNER, Data, ShopifyClient, reading, refused
from stopship.adapters.shopify.gid import gid, number
from stopship.adapters.words import known
from stopship.domain.order import Quantities

ACTIVE = frozenset({"OPEN", "REQUESTED"})
STATUSES = ACTIVE | {"CANCELED", "CLOSED", "DECLINED"}


def open_return(client: ShopifyClient, order_ref: str, lines: Quantities, key: str) -> str:
    """The return's number; "" while Shopify cannot take all of the lines back (nothing is fulfilled yet, or it was refunded).

    returnCreate takes no idempotency key: the key stands in the reason note of every line, and is looked for first.
    """
    there = _existing(client, order_ref, lines, key)
    if there:
        return there
    chosen = _choose(client, order_ref, lines)
    if not chosen:
        return ""
    items = [
        {"fulfillmentLineItemId": item, "quantity": quantity, "returnReason": "UNWANTED", "returnReasonNote": key}
        for item, quantity in chosen.items()
    ]
    asked = {"orderId": gid("Order", order_ref), "returnLineItems": items, "notifyCustomer": False}
    answer = client.run(documents.RETURN_CREATE, {"input": asked})
    with reading("a return"):
        errors = answer["returnCreate"]["userErrors"]
        if not errors:
            return number(answer["returnCreate"]["return"]["id"], "Return")
    raise refused(errors, "RETURN_REFUSED")


def _existing(client: ShopifyClient, order_ref: str, lines: Quantities, key: str) -> str:
    """Our own return, or somebody else's active one that takes back all of the lines."""
    variables = {"id": gid("Order", order_ref)}
    with reading("returns"):
        order = client.run(documents.RETURNS, variables)["order"]
        found = client.pages(order["returns"], documents.RETURNS, variables, "order", "returns") if order else ()
        for node in found:
            items = node["returnLineItems"]["nodes"]
            ours = any(item["returnReasonNote"] == key for item in items)
            status = known(PARTNER, "Return.status", node["status"], STATUSES)
            if ours or (status in ACTIVE and _covers(items, lines)):
                return number(node["id"], "Return")
    return ""


def _covers(items: list[Data], lines: Quantities) -> bool:
    back = lines_back(items)
    return all(back.get(line, 0) >= quantity for line, quantity in lines.items())


def lines_back(items: list[Data]) -> dict[str, int]:
    """What comes back, by order line. A line that was never verified (UnverifiedReturnLineItem) names none."""
    back: dict[str, int] = {}
    for item in items:
        fulfilled = item.get("fulfillmentLineItem")
        if fulfilled:
            line = number(fulfilled["lineItem"]["id"], "LineItem")
            back[line] = back.get(line, 0) + int(item["quantity"])
    return back


def _choose(client: ShopifyClient, order_ref: str, lines: Quantities) -> dict[str, int]:
    """Fulfillment line item to quantity for all of the lines, or nothing."""
    wanted = dict(lines)
    chosen: dict[str, int] = {}
    variables = {"id": gid("Order", order_ref)}
    with reading("returnable fulfillments"):
        first = client.run(documents.RETURNABLE, variables)["returnableFulfillments"]
        for sent in client.pages(first, documents.RETURNABLE, variables, "returnableFulfillments"):
            for item in sent["returnableFulfillmentLineItems"]["nodes"]:
                line = number(item["fulfillmentLineItem"]["lineItem"]["id"], "LineItem")
                taken = min(int(item["quantity"]), wanted.get(line, 0))
                if taken > 0:
                    chosen[item["fulfillmentLineItem"]["id"]] = taken
                    wanted[line] -= taken
    return chosen if not any(wanted.values()) else {}
