"""How one merchant's shop is reached, and what its places are called here."""

from collections.abc import Mapping
from dataclasses import field

from stopship.domain.order import FulfillmentType
from stopship.frozen import frozen

API_VERSION = "2026-07"
FULFILLMENT_SERVICE = "fulfillment-service"
"""The warehouse that stands for every fulfillment service without a connection of its own."""


@frozen
class ShopifyConnection:
    """``endpoint`` is the origin before ``/admin/api``: ``https://{shop}`` in production.

    ``locations`` is a Shopify location's numeric id to the name of the merchant's warehouse connection; ``fulfillment_types`` says
    what kind of place it is where Shopify cannot know (a drop-ship vendor looks like any other location). ``reporting_services`` are
    locations of fulfillment services that report when they begin to pick: of the others silence says nothing.
    """

    merchant: str
    shop: str
    endpoint: str
    access_token: str = field(repr=False)
    locations: Mapping[str, str] = field(default_factory=dict)
    fulfillment_types: Mapping[str, FulfillmentType] = field(default_factory=dict)
    reporting_services: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        return f"{self.endpoint.rstrip('/')}/admin/api/{API_VERSION}/graphql.json"
