"""A merchant's connections, built from its configuration when they are first needed, and kept for the life of the process.

The configuration is the merchant's secret: {"shopify": {...}, "amazon": {...}, "warehouses": {name: {...}}, "netsuite": {...},
"stripe": {...}, "zendesk": {...}, "help_desks": {name: {"secrets": [...]}}, "carriers": {"ups": {...}}, "mail": {"sender": ...}, "desk_url": ...}. A partner's package is imported only by
functions that call that partner.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from stopship.adapters.access_tokens import SharedTokens, of_this_process
from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.application.ports import (
    BuyerMessages,
    Carrier,
    Erp,
    OrderSystem,
    Payments,
    Place,
    Tickets,
    Warehouse,
)
from stopship.domain.errors import NotFound
from stopship.domain.order import FulfillmentType

if TYPE_CHECKING:
    from stopship.adapters.amazon.connection import AmazonConnection
    from stopship.adapters.amazon.sweep import AmazonChanges
    from stopship.adapters.netsuite.connection import NetSuiteConnection
    from stopship.adapters.shopify.connection import ShopifyConnection
    from stopship.adapters.shopify.lookups import ShopifyLookups
    from stopship.adapters.shopify.order_system import ShopifyOrderSystem
    from stopship.adapters.stripe.connection import StripeConnection
    from stopship.adapters.stripe.payments import Pricing, StripePayments
    from stopship.adapters.zendesk.connection import ZendeskConnection

WITH_ACCESS_TOKENS = frozenset({"shiphero"})
"""Kinds of warehouse whose API is opened by access tokens, which all workers share."""
NO_FIELDS = frozenset({"webhook_secrets", "expires_at", "limits"})
"""Of a connection's settings: what its door, its gate and the calendar read, and its adapter does not."""
FULFILLMENT_SERVICE = "fulfillment-service"
"""The name under which a fulfillment service without a connection of its own is planned (adapters/shopify/connection.py)."""
WAREHOUSE_KINDS = frozenset({"generic_3pl", "shiphero", "shipbob", "shipstation", "email_vendor"})
CARRIER_KINDS = frozenset({"ups"})
MAIL = "email_vendor"
"""The kind that is asked by mail: it has nothing that could hold an order by itself."""
SHARED = ("mail", "vendor_answers")
"""What a merchant has once, for every warehouse that needs it."""


class ConfiguredPartners:
    """Implements ports.Connections. ``behind_gate`` (merchant, connection, adapter) puts before a partner what keeps to its limits, where one
    partner's adapter works with another's."""

    def __init__(
        self,
        merchants: Merchants,
        tokens: SharedTokens | None = None,
        behind_gate: Callable[[str, str, Any], Any] = lambda _merchant, _name, adapter: adapter,
    ) -> None:
        self._merchants, self._behind_gate = merchants, behind_gate
        self._tokens = tokens or of_this_process()
        self._made: dict[str, Any] = {}

    def order_system(self, merchant: str, channel: str) -> OrderSystem:
        """Raises NotFound for a channel that the merchant has not connected."""
        config = self._config(merchant, channel)
        return self._once(
            f"orders {merchant} {channel}", lambda: _order_system(merchant, channel, config, self._tokens)
        )

    def warehouses(self, merchant: str) -> Mapping[str, Warehouse]:
        connected = self._merchants.connections(merchant)
        return self._once(f"warehouses {merchant}", lambda: _warehouses(merchant, connected, self._tokens))

    def places(self, merchant: str) -> Mapping[str, Place]:
        config = self._merchants.connections(merchant).get("warehouses", {})
        return {name: _place(settings) for name, settings in config.items()}

    def hold_first(self, merchant: str) -> Sequence[str]:
        config = self._merchants.connections(merchant).get("warehouses", {})
        return [name for name, settings in config.items() if settings.get("takes_holds", settings.get("kind") != MAIL)]

    def erp(self, merchant: str) -> Erp | None:
        config = self._merchants.connections(merchant).get("netsuite")
        return self._once(f"erp {merchant}", lambda: _netsuite(merchant, config, self._tokens)) if config else None

    def payments(self, merchant: str, channel: str) -> Payments | None:
        """A channel's "payments" names the system that holds its orders' money: "stripe", or else the channel's own. Amazon's money is
        Amazon's, whatever is configured."""
        if channel == "amazon":
            return None
        connected = self._merchants.connections(merchant)
        told = connected.get(channel, {}).get("payments", "")
        if channel != "shopify" and not told:
            return None
        config = self._config(merchant, channel)
        if told == "stripe":
            gate = self._behind_gate
            return self._once(f"payments {merchant} {channel}", lambda: _stripe(merchant, channel, connected, gate))
        if told not in ("", "shopify") or channel != "shopify":
            raise NotFound(f"payments {told!r} of channel {channel}")
        return self._once(f"payments {merchant}", lambda: _shopify_payments(merchant, config))

    def refunds_by_person(self, merchant: str, channel: str) -> Payments | None:
        if channel != "amazon":
            return None
        config = self._config(merchant, channel)
        return self._once(f"refunds {merchant}", lambda: _amazon_refunds(merchant, config, self._tokens))

    def tickets(self, merchant: str, source: str) -> Tickets | None:
        config = self._merchants.connections(merchant).get("zendesk") if source == "zendesk" else None
        return self._once(f"tickets {merchant}", lambda: _zendesk(merchant, config)) if config else None

    def carrier(self, merchant: str, name: str) -> Carrier | None:
        config = self._merchants.connections(merchant).get("carriers", {}).get(name) if name in CARRIER_KINDS else None
        return (
            self._once(f"carrier {merchant} {name}", lambda: _carrier(merchant, name, config, self._tokens))
            if config
            else None
        )

    def buyer_messages(self, merchant: str, channel: str) -> BuyerMessages | None:
        if channel != "amazon":
            return None
        config = self._config(merchant, channel)
        return self._once(f"messages {merchant}", lambda: _amazon_messages(merchant, config, self._tokens))

    def sender(self, merchant: str) -> str:
        return str(self._merchants.connections(merchant).get("mail", {}).get("sender", ""))

    def _config(self, merchant: str, channel: str) -> Mapping[str, Any]:
        config: Mapping[str, Any] | None = self._merchants.connections(merchant).get(channel)
        if not config:
            raise NotFound(f"channel {channel} of merchant {merchant}")
        return config

    def _once[T](self, key: str, make: Callable[[], T]) -> T:
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made


def _order_system(merchant: str, channel: str, config: Mapping[str, Any], tokens: SharedTokens) -> OrderSystem:
    if channel == "shopify":
        return shopify_order_system(merchant, config)
    if channel == "amazon":
        from stopship.adapters.amazon.order_system import AmazonOrderSystem

        return AmazonOrderSystem(amazon_connection(merchant, config), SystemClock(), tokens)
    raise NotFound(f"channel {channel}")


def amazon_connection(merchant: str, config: Mapping[str, Any]) -> "AmazonConnection":
    from stopship.adapters.amazon.connection import AmazonConnection

    told = {name: value for name, value in config.items() if name not in NO_FIELDS}
    return AmazonConnection(merchant, **{**told, "marketplace_ids": tuple(config["marketplace_ids"])})


def _amazon_refunds(merchant: str, config: Mapping[str, Any], tokens: SharedTokens) -> Payments:
    from stopship.adapters.amazon.refunds import AmazonRefunds

    return AmazonRefunds(amazon_connection(merchant, config), SystemClock(), tokens)


def _amazon_messages(merchant: str, config: Mapping[str, Any], tokens: SharedTokens) -> BuyerMessages:
    from stopship.adapters.amazon.messaging import AmazonMessages

    return AmazonMessages(amazon_connection(merchant, config), SystemClock(), tokens)


def amazon_changes(merchant: str, config: Mapping[str, Any], tokens: SharedTokens) -> "AmazonChanges":
    from stopship.adapters.amazon.sweep import AmazonChanges

    return AmazonChanges(amazon_connection(merchant, config), SystemClock(), tokens)


def shopify_order_system(merchant: str, config: Mapping[str, Any]) -> "ShopifyOrderSystem":
    from stopship.adapters.shopify.order_system import ShopifyOrderSystem

    return ShopifyOrderSystem(shopify_connection(merchant, config))


def shopify_lookups(merchant: str, config: Mapping[str, Any]) -> "ShopifyLookups":
    from stopship.adapters.shopify.lookups import ShopifyLookups

    return ShopifyLookups(shopify_connection(merchant, config))


def _shopify_payments(merchant: str, config: Mapping[str, Any]) -> Payments:
    from stopship.adapters.shopify.payments import ShopifyPayments

    return ShopifyPayments(shopify_connection(merchant, config))


def _stripe(
    merchant: str, channel: str, connected: Mapping[str, Any], behind_gate: Callable[[str, str, Any], Any]
) -> "StripePayments":
    """Stripe moves the money; where Shopify has the lines it says what they are worth."""
    pricing = None
    if channel == "shopify":
        pricing = behind_gate(merchant, channel, _shopify_payments(merchant, connected["shopify"]))
    return stripe_payments(merchant, channel, connected, pricing)


def stripe_payments(
    merchant: str, channel: str, connected: Mapping[str, Any], pricing: "Pricing | None" = None
) -> "StripePayments":
    """{"endpoint", "secret_key", "webhook_secrets", "order_field"?}. Raises NotFound when Stripe is not connected."""
    from stopship.adapters.stripe.payments import StripePayments

    if "stripe" not in connected:
        raise NotFound(f"stripe of merchant {merchant}")
    return StripePayments(stripe_connection(merchant, channel, connected["stripe"]), SystemClock(), pricing)


def stripe_connection(merchant: str, channel: str, config: Mapping[str, Any]) -> "StripeConnection":
    from stopship.adapters.stripe.connection import StripeConnection

    told = {name: value for name, value in config.items() if name not in NO_FIELDS}
    return StripeConnection(merchant, channel=channel, **told)


def shopify_connection(merchant: str, config: Mapping[str, Any]) -> "ShopifyConnection":
    from stopship.adapters.shopify.connection import ShopifyConnection

    return ShopifyConnection(
        merchant,
        config["shop"],
        config["endpoint"],
        config["access_token"],
        config.get("locations", {}),
        reporting_services=frozenset(config.get("reporting_services", ())),
    )


class Warehouses(Mapping[str, Warehouse]):
    """By name, each made when it is first called."""

    def __init__(self, make: Mapping[str, Callable[[], Warehouse]]) -> None:
        self._make = make
        self._made: dict[str, Warehouse] = {}

    def __getitem__(self, name: str) -> Warehouse:
        if name not in self._made:
            self._made[name] = self._make[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)


def _warehouses(merchant: str, connected: Mapping[str, Any], tokens: SharedTokens) -> Warehouses:
    """Those that are connected; and where there is a shop, the fulfillment services that are reached through it alone."""
    shared = {name: connected[name] for name in SHARED if name in connected}
    make: dict[str, Callable[[], Warehouse]] = {
        name: partial(_warehouse, merchant, name, {**shared, **settings}, tokens)
        for name, settings in connected.get("warehouses", {}).items()
    }
    if "shopify" in connected:
        make.setdefault(FULFILLMENT_SERVICE, partial(_service, merchant, connected["shopify"]))
    return Warehouses(make)


def _service(merchant: str, config: Mapping[str, Any]) -> Warehouse:
    from stopship.adapters.shopify.service_warehouse import ShopifyServiceWarehouse

    return ShopifyServiceWarehouse(shopify_connection(merchant, config), SystemClock())


def _warehouse(merchant: str, name: str, config: Mapping[str, Any], tokens: SharedTokens) -> Warehouse:
    """``kind`` says which contract the warehouse speaks: it is the name of the partner's package, whose ``connect`` makes the warehouse."""
    kind = config.get("kind")
    if kind not in WAREHOUSE_KINDS:
        raise NotFound(f"warehouse kind {kind!r} of {name}")
    more = (tokens,) if kind in WITH_ACCESS_TOKENS else ()
    made: Warehouse = import_module(f"stopship.adapters.{kind}.warehouse").connect(
        merchant, name, config, SystemClock(), *more
    )
    return made


def _place(settings: Mapping[str, Any]) -> Place:
    """``fulfillment_type`` in the configuration: in_house, third_party or drop_ship. Raises ValueError for another word."""
    told = settings.get("fulfillment_type", "")
    return Place(str(settings.get("kind", "")), FulfillmentType(told) if told else None)


def _zendesk(merchant: str, config: Mapping[str, Any]) -> Tickets:
    from stopship.adapters.zendesk.tickets import ZendeskTickets

    return ZendeskTickets(zendesk_connection(merchant, config))


def zendesk_connection(merchant: str, config: Mapping[str, Any]) -> "ZendeskConnection":
    """{"account_id", "webhook_secrets", "endpoint", "email", "api_token", "fields": {purpose: field id}, "reasons"?, "form_id"?}."""
    from stopship.adapters.zendesk.connection import Fields, ZendeskConnection

    return ZendeskConnection(
        merchant,
        config["endpoint"],
        config["email"],
        config["api_token"],
        Fields(**config["fields"]),
        config.get("reasons", {}),
        config.get("form_id", 0),
    )


def _carrier(merchant: str, name: str, config: Mapping[str, Any], tokens: SharedTokens) -> Carrier:
    """``name`` is the name of the carrier's package."""
    made: Carrier = import_module(f"stopship.adapters.{name}.carrier").connect(merchant, config, SystemClock(), tokens)
    return made


def _netsuite(merchant: str, config: Mapping[str, Any], tokens: SharedTokens) -> Erp:
    from stopship.adapters import aws
    from stopship.adapters.netsuite.erp import NetSuiteErp
    from stopship.adapters.netsuite.kms_signer import KmsSigner

    signer = KmsSigner(aws.client("kms"), config["signing_key"])
    return NetSuiteErp(netsuite_connection(merchant, config), signer, SystemClock(), tokens)


def netsuite_connection(merchant: str, config: Mapping[str, Any]) -> "NetSuiteConnection":
    from stopship.adapters.netsuite.connection import NetSuiteConnection

    return NetSuiteConnection(merchant, config["endpoint"], config["client_id"], config["certificate_id"])
