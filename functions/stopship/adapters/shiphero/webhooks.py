"""What ShipHero sends of its own accord (developer.shiphero.com, "Webhooks"): proving that it is ShipHero, and saying it in the desk's words.

No message carries a moment with a time zone, so what it says happened when it came. None says that goods left: "Shipment Update" is sent
when a label is printed, and a label is not a departure (A16).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from stopship.adapters import body_signature
from stopship.adapters.shiphero.mapping import CANCELLED, Names
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.order import Quantities
from stopship.domain.signal import Signal, SignalKind

SIGNATURE: Final = "x-shiphero-hmac-sha256"
MESSAGE_ID: Final = "X-Shiphero-Message-ID"
TAKEN: Final = {"code": "200", "Message": "Success"}
"""The answer that ShipHero wants."""
_TOTE: Final = "Tote Complete"
_NO_CONCERN: Final = frozenset(
    {
        "Automation Rules",
        "Capture Payment",
        "Generate Label",
        "Inventory Change",
        "Inventory Update",
        "Order Allocated",
        "Order Deallocated",
        "PO Update",
        "Package Added",
        "Print Barcode",
        "Return Update",
        "Shipment ASN",
        "Tote Cleared",
    }
)

type Body = Mapping[str, Any]
type ReadNames = Callable[[str, str], Names | None]
"""The store's names for an order, by ShipHero's id or by its order number ("" for the other): two messages give only those."""
type ChannelOf = Callable[[str], str]


def verify(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """``header`` is base64 of the raw body's HMAC-SHA256. Every webhook has a secret of its own. Raises NotAuthentic."""
    body_signature.verify(body, header, secrets)


def deliveries(body: Body, message_id: str) -> list[str]:
    """One id for each order that the message is about: a complete tote may hold several."""
    if body.get("webhook_type") != _TOTE:
        return [message_id]
    try:
        orders = _tote_orders(body)
    except InvalidInput:
        # It is kept as it is: a person is shown what fits nothing.
        return [message_id]
    return [f"{message_id}#{n}" for n in range(len(orders))] or [message_id]


def normalise(message: IntakeMessage, body: Body, read_names: ReadNames, channel_of: ChannelOf) -> Signal | None:
    """None for what concerns no stop. Raises InvalidInput naming the field."""
    match body.get("webhook_type"):
        case "Shipment Update":
            return _shipment(message, body, channel_of)
        case "Order Packed Out":
            return _packed(message, body, read_names, channel_of)
        case "Tote Complete":
            return _picked(message, body, read_names, channel_of)
        case "Order Canceled":
            return _canceled(message, body, channel_of)
        case str(topic) if topic in _NO_CONCERN:
            return None
        case _:
            raise InvalidInput("webhook_type", "is none of ShipHero's that we know")


def _shipment(message: IntakeMessage, body: Body, channel_of: ChannelOf) -> Signal | None:
    if str(body.get("test", "0")) == "1":
        return None
    told = _object(body, "fulfillment")
    lines: dict[str, int] = {}
    for n, line in enumerate(_objects(told, "line_items")):
        place = f"fulfillment.line_items.{n}"
        name, quantity = _text(line, "id", place), _count(line, "quantity", place)
        lines[name] = lines.get(name, 0) + quantity
    reference = str(told.get("tracking_number") or told.get("shipment_id") or "")
    return _in_work(message, body, channel_of, _text(told, "partner_order_id", "fulfillment"), lines, reference)


def _packed(message: IntakeMessage, body: Body, read_names: ReadNames, channel_of: ChannelOf) -> Signal:
    """Each item is one pick, and its quantity is not told: at least one piece."""
    names = read_names(_text(body, "order_uuid", ""), "")
    if names is None:
        raise InvalidInput("order_uuid", "is no order of this account")
    found = [names.by_number.get(item.get("line_item_id", 0), "") for item in _objects(body, "items")]
    lines = {line: found.count(line) for line in found if line}
    return _in_work(message, body, channel_of, names.order_ref, lines, str(body.get("tote_uuid") or ""))


def _picked(message: IntakeMessage, body: Body, read_names: ReadNames, channel_of: ChannelOf) -> Signal:
    order = _part(message, body)
    names = read_names("", _text(order, "order_number", "totes.orders"))
    if names is None:
        raise InvalidInput("totes.orders.order_number", "is not one order of this account")
    lines: dict[str, int] = {}
    for item in _objects(order, "items"):
        line = names.by_sku.get(str(item.get("sku", "")), "")
        if line:
            lines[line] = lines.get(line, 0) + _count(item, "quantity", "totes.orders.items")
    return _in_work(message, body, channel_of, names.order_ref, lines, "")


def _part(message: IntakeMessage, body: Body) -> Body:
    """The order of the tote that this delivery is about."""
    orders, number = _tote_orders(body), message.delivery_id.rpartition("#")[2]
    if not number.isdecimal() or int(number) >= len(orders):
        raise InvalidInput("totes", "hold no such order")
    return orders[int(number)]


def _tote_orders(body: Body) -> list[Body]:
    return [order for tote in _objects(body, "totes") for order in _objects(tote, "orders")]


def _canceled(message: IntakeMessage, body: Body, channel_of: ChannelOf) -> Signal:
    """The status has a hyphen in its name here, unlike everywhere else."""
    status = str(body.get("fulfillment-status") or body.get("fulfillment_status") or "")
    if status.lower() not in CANCELLED:
        raise InvalidInput("fulfillment-status", "does not say canceled")
    order_ref = _text(body, "partner_order_id", "")
    reference = str(body.get("order_uuid") or "")
    return _signal(message, body, channel_of, order_ref, SignalKind.ORDER_CANCELLED_ECHO, {}, reference)


def _in_work(
    message: IntakeMessage, body: Body, channel_of: ChannelOf, order_ref: str, lines: Quantities, reference: str
) -> Signal:
    """Goods in a tote, a box or under a label: begun work, which is the careful reading of all three."""
    return _signal(message, body, channel_of, order_ref, SignalKind.SHIPMENT, lines, reference)


def _signal(
    message: IntakeMessage,
    body: Body,
    channel_of: ChannelOf,
    order_ref: str,
    kind: SignalKind,
    lines: Quantities,
    reference: str,
) -> Signal:
    return Signal(
        merchant=message.merchant,
        channel=channel_of(order_ref),
        source=message.topic,
        place=message.topic,
        topic=str(body["webhook_type"]),
        delivery_id=message.delivery_id,
        order_ref=order_ref,
        leg_id="",
        kind=kind,
        occurred_at=message.received_at,
        received_at=message.received_at,
        lines=lines,
        departed=False,
        reference=reference,
        raw_sha256=message.raw_sha256,
    )


# ---------------------------------------------------------------------------------------------- reading


def _object(body: Body, name: str) -> Body:
    found = body.get(name)
    if not isinstance(found, Mapping):
        raise InvalidInput(name, "is not an object")
    return found


def _objects(body: Body, name: str) -> list[Body]:
    found = body.get(name)
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise InvalidInput(name, "is not a list of objects")
    return found


def _text(body: Body, name: str, place: str) -> str:
    found = body.get(name)
    if not isinstance(found, str | int) or isinstance(found, bool) or not str(found):
        raise InvalidInput(f"{place}.{name}".lstrip("."), "is missing")
    return str(found)


def _count(body: Body, name: str, place: str) -> int:
    found = body.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise InvalidInput(f"{place}.{name}", "is not a quantity")
    return found
