"""Finding an order by the name that its customer knows it by. The search is a text search: what it gives is compared again."""

import re

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import ShopifyClient, reading
from stopship.adapters.shopify.gid import number

_NAME = re.compile(r"[A-Za-z0-9#_./ -]{1,60}")


def orders_named(client: ShopifyClient, name: str) -> tuple[str, ...]:
    """Ids of the orders of exactly that name, case aside; none for what can be no name. Shopify shows an app the orders of the last 60 days,
    unless it may read all (shopify.dev, access scope read_all_orders)."""
    if not _NAME.fullmatch(name):
        return ()
    variables = {"query": f'name:"{name}"'}
    with reading("orders by name"):
        first = client.run(documents.ORDERS_NAMED, variables)["orders"]
        nodes = client.pages(first, documents.ORDERS_NAMED, variables, "orders")
        return tuple(number(x["id"], "Order") for x in nodes if str(x["name"]).casefold() == name.casefold())
