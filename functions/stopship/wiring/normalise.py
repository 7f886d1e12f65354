"""From a kept message to what the desk understands: one entry per source."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stopship.adapters.merchants import Merchants
from stopship.application.ports import MarketBook, OrderPlaced
from stopship.application.process_message import Normalised
from stopship.application.take_in import UNROUTED, IntakeMessage
from stopship.contract import SHOPIFY_SOURCE_PREFIX
from stopship.domain import instant
from stopship.domain.errors import InvalidInput, NotFound, PartnerContractBroken
from stopship.domain.market import PACKER_NOT_TOLD, day_of
from stopship.domain.request import CancelRequest
from stopship.domain.signal import Signal
from stopship.wiring import shopify_bus
from stopship.wiring.doors import parse_json
from stopship.wiring.lazy import Lazy

if TYPE_CHECKING:
    from stopship.adapters.shopify.lookups import Lookups

AMAZON = "amazon"
CHANNELS = frozenset({"shopify", AMAZON})
_AMAZON_ORDER = re.compile(r"\d{3}-\d{7}-\d{7}")


def normalise(message: IntakeMessage, body: bytes) -> Normalised:
    """Raises InvalidInput for a message that fits nothing: it is kept and shown to a person."""
    match message.source:
        case "ops" | "ops-csv" | "cancel-form" | "payment-timeout":
            from stopship.wiring import own_doors

            return own_doors.normalise(message, body, channel_of)
        case "shopify":
            from stopship.adapters.shopify import webhooks as shopify

            return shopify.normalise(message, shopify_bus.payload_of(body), _shopify_lookups(message.merchant))
        case "shopify-flow":
            from stopship.adapters.shopify import webhooks as shopify

            return shopify.normalise_flow(message, body)
        case "generic-3pl":
            return _warehouse_event(message, parse_json(body))
        case "shiphero":
            return _shiphero_event(message, parse_json(body))
        case "shipstation":
            return _shipstation_event(message, parse_json(body))
        case "shipbob":
            from stopship.adapters.shipbob import webhooks as shipbob

            return shipbob.normalise(message, body, channel_of)
        case "stripe":
            return _stripe_event(message, parse_json(body))
        case "zendesk":
            return _zendesk_wish(message, parse_json(body))
        case "ticket":
            from stopship.adapters.ticket import wish

            return wish.read_wish(message, parse_json(body), _channels(message.merchant))
        case "amazon":
            return _amazon_event(message, parse_json(body))
        case source:
            raise InvalidInput("source", f"{source!r} is not connected")


def _shopify_lookups(merchant: str) -> "Lookups":
    """Made when the first is needed: most messages say all that the desk wants to know."""
    from stopship.wiring import connected_partners, merchants
    from stopship.wiring.partners import shopify_lookups

    def make() -> Any:
        lookups = shopify_lookups(merchant, merchants().connections(merchant)["shopify"])
        return connected_partners().behind_gate(merchant, "shopify", lookups)

    made: Any = Lazy(make)
    found: Lookups = made
    return found


def _zendesk_wish(message: IntakeMessage, body: Mapping[str, Any]) -> CancelRequest | None:
    """The message only names the ticket; Zendesk says what is on it now."""
    from stopship.adapters.zendesk import webhooks, wish
    from stopship.adapters.zendesk.client import ZendeskClient
    from stopship.wiring import connected_partners, merchants
    from stopship.wiring.partners import zendesk_connection

    connection = zendesk_connection(message.merchant, merchants().connections(message.merchant)["zendesk"])
    try:
        client = connected_partners().behind_gate(message.merchant, "zendesk", ZendeskClient(connection))
        ticket = client.ticket(webhooks.ticket_id(body))
        if ticket is None:
            raise InvalidInput("ticket_id", "is no ticket at Zendesk", "look whether it was deleted")
        return wish.read_wish(message, ticket, connection, _channels(message.merchant), channel_of)
    except PartnerContractBroken as error:
        raise InvalidInput("ticket", str(error), "look at the ticket and at the connected fields") from error


def _channels(merchant: str) -> frozenset[str]:
    """Where this merchant's orders can live."""
    from stopship.wiring import merchants

    return frozenset(CHANNELS & merchants().connections(merchant).keys())


def _warehouse_event(message: IntakeMessage, body: Mapping[str, Any]) -> Signal:
    from stopship.adapters.generic_3pl import answers

    return answers.parse_event(
        message.merchant,
        message.topic,
        channel_of(str(body.get("orderRef", ""))),
        body,
        delivery_id=message.delivery_id,
        received_at=message.received_at,
        raw_sha256=message.raw_sha256,
    )


def _shiphero_event(message: IntakeMessage, body: Mapping[str, Any]) -> Signal | None:
    """Two of ShipHero's messages name an order by its own id or number only: those are looked up."""
    from stopship.adapters.clock import SystemClock
    from stopship.adapters.shiphero import warehouse, webhooks
    from stopship.adapters.shiphero.mapping import Names
    from stopship.wiring import access_tokens, connected_partners, merchants

    def read_names(order_id: str, number: str) -> Names | None:
        config = merchants().connections(message.merchant)["warehouses"][message.topic]
        connected = warehouse.connect(message.merchant, message.topic, config, SystemClock(), access_tokens())
        gated = connected_partners().behind_gate(message.merchant, message.topic, connected)
        return gated.names(order_id, number)

    return webhooks.normalise(message, body, read_names, channel_of)


def _stripe_event(message: IntakeMessage, body: Mapping[str, Any]) -> Signal | None:
    """Refunds that the desk did not make name only the payment, which is then looked up."""
    from stopship.adapters.stripe import webhooks
    from stopship.wiring import connected_partners, merchants
    from stopship.wiring.partners import stripe_payments

    connected = merchants().connections(message.merchant)
    paid_there = [
        x for x, config in connected.items() if isinstance(config, dict) and config.get("payments") == "stripe"
    ]
    channel = paid_there[0] if paid_there else "shopify"

    def order_of(name: str) -> str:
        payments = stripe_payments(message.merchant, channel, connected)
        return connected_partners().behind_gate(message.merchant, "stripe", payments).order_of(name)

    return webhooks.normalise(message, body, channel, order_of)


def _shipstation_event(message: IntakeMessage, body: Mapping[str, Any]) -> Signal | None:
    """The signature is the same for every account, so that nothing is believed but what the merchant's own key reads."""
    from stopship.adapters.shipstation import webhooks
    from stopship.adapters.shipstation.client import ShipStationClient, ShipStationConnection
    from stopship.wiring import connected_partners, merchants

    config = merchants().connections(message.merchant)["warehouses"][message.topic]
    connection = ShipStationConnection(message.merchant, message.topic, config["endpoint"], config["api_key"])
    client = connected_partners().behind_gate(message.merchant, message.topic, ShipStationClient(connection))
    return webhooks.normalise(message, body, client, channel_of)


def _amazon_event(message: IntakeMessage, body: Mapping[str, Any]) -> Normalised:
    """Notifications by their type, which the detail itself names: the bus's own word for it is not the sender's."""
    from stopship.adapters.amazon import feed_finished, notifications, sweep

    event = bus_event(body)
    if event is None and message.topic == sweep.TOPIC:
        return sweep.normalise(message, body)
    detail = _object(event or {}, "detail")
    if detail.get("notificationType") == feed_finished.TYPE:
        return feed_finished.normalise(message, detail)
    return notifications.normalise(message, detail)


def channel_of(order_ref: str) -> str:
    """Where an order comes from, for a warehouse that works several channels and does not say. Amazon's order ids have a form
    of their own (3-7-7 digits, SP-API Orders); everything else is the store's."""
    return "amazon" if _AMAZON_ORDER.fullmatch(order_ref) else "shopify"


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def bus_event(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """A notification in the bus's envelope, which Amazon's own queue does not put around it; None for what is no notification."""
    if "detail-type" in body:
        return dict(body)
    kind = body.get("notificationType") or body.get("NotificationType")
    if not isinstance(kind, str):
        return None
    from stopship.adapters.clock import SystemClock

    return {"detail-type": kind, "detail": body, "id": "", "time": SystemClock().now()}


def count_seen(ledger: MarketBook, merchant: str, event: Mapping[str, Any]) -> None:
    """Once for each seller-fulfilled order: Amazon's cancel rate is over the orders of a week."""
    from stopship.adapters.amazon import notifications

    if seen := notifications.order_seen(_object(event, "detail")):
        order_ref, placed_at = seen
        ledger.add_market_order(merchant, OrderPlaced(AMAZON, order_ref, day_of(placed_at), PACKER_NOT_TOLD))


def bus_envelope(event: Mapping[str, Any], merchants: Merchants) -> dict[str, str]:
    """By the source that EventBridge vouches for: partners alone can put events under "aws.partner/". What came by Amazon's queue has none."""
    source = str(event.get("source", ""))
    if source.startswith(SHOPIFY_SOURCE_PREFIX):
        return shopify_bus.envelope(event, merchants)
    return amazon_envelope(event, merchants)


def bus_says(body: bytes) -> object:
    """What a partner says in a notification, without what its way here puts around it."""
    told = shopify_bus.said(body)
    event = bus_event(told) if isinstance(told, dict) else None
    return event["detail"] if event and "detail" in event else told


def amazon_envelope(event: Mapping[str, Any], merchants: Merchants) -> dict[str, str]:
    """Who a notification on the bus is for, by its seller id, and its id for de-duplication."""
    from stopship.adapters.amazon import feed_finished

    detail = _object(event, "detail")
    # Amazon's older types write their names with a small letter.
    metadata = _object(detail, "NotificationMetadata") or _object(detail, "notificationMetadata")
    told = metadata.get("NotificationId") or metadata.get("notificationId")
    change = _object(_object(detail, "Payload"), "OrderChangeNotification")
    seller = str(change.get("SellerId") or "") or feed_finished.seller_of(detail)
    try:
        merchant, why = merchants.route(AMAZON, seller or "none"), ""
    except NotFound:
        merchant, why = UNROUTED, "unknown seller"
    return {
        "merchant": merchant,
        "source": AMAZON,
        "topic": str(event.get("detail-type", "")),
        "delivery_id": str(told or event.get("id", "")),
        "received_at": instant.normal(str(event["time"])),
        "why": why,
    }
