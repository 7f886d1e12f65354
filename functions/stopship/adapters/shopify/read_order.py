"""Reading an order in full, however many lines, fulfillment orders and fulfillments it has; one call for an ordinary one."""

from collections.abc import Iterator, Mapping
from typing import Any

from stopship.adapters.shopify import documents, mapping
from stopship.adapters.shopify.client import Data, ShopifyClient, reading
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.gid import gid
from stopship.domain.order import OrderSnapshot

FULFILLMENTS_AT_ONCE = 8
"""As many as documents.ORDER asks for: a full list may be a cut one."""


def read_order(
    client: ShopifyClient, connection: ShopifyConnection, order_ref: str, observed_at: str
) -> OrderSnapshot | None:
    variables = {"id": gid("Order", order_ref)}
    with reading("an order"):
        order = client.run(documents.ORDER, variables)["order"]
        if order is None:
            return None
        lines = list(client.pages(order["lineItems"], documents.ORDER_LINES, variables, "order", "lineItems"))
        found = client.pages(order["fulfillmentOrders"], documents.ORDER_WORK, variables, "order", "fulfillmentOrders")
        work = [mapping.fulfillment_order(node, _work_lines(client, node)) for node in found]
        sent = [
            mapping.fulfillment(node, _fulfilled_lines(client, node))
            for node in _fulfillments(client, order, variables)
        ]
        return mapping.snapshot(order, lines, work, sent, connection, observed_at)


def _work_lines(client: ShopifyClient, node: Data) -> list[Mapping[str, Any]]:
    path = ("fulfillmentOrder", "lineItems")
    return list(client.pages(node["lineItems"], documents.WORK_LINES, {"id": node["id"]}, *path))


def _fulfilled_lines(client: ShopifyClient, node: Data) -> list[Mapping[str, Any]]:
    path = ("fulfillment", "fulfillmentLineItems")
    return list(client.pages(node["fulfillmentLineItems"], documents.FULFILLMENT_LINES, {"id": node["id"]}, *path))


def _fulfillments(client: ShopifyClient, order: Data, variables: Mapping[str, str]) -> Iterator[Data]:
    at_hand: list[Data] = order["fulfillments"]
    yield from at_hand
    if len(at_hand) < FULFILLMENTS_AT_ONCE:
        return
    known = {node["id"] for node in at_hand}
    for one in client.run(documents.FULFILLMENT_IDS, variables)["order"]["fulfillments"]:
        if one["id"] not in known:
            yield client.run(documents.FULFILLMENT, {"id": one["id"]})["fulfillment"]
