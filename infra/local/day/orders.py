"""Orders for the day, and how they come into being in every partner's sandbox at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.local.warehouses import shelve

if TYPE_CHECKING:
    from infra.local.desk import LocalDesk

EAST, WEST, NORTH = "east", "west", "north"
SKUS = ("MUG-350", "TEE-M-NAVY", "POSTER-A2", "LAMP-OAK", "SOCKS-3P", "NOTEBOOK-A5", "KETTLE-17", "THROW-GREY")


@dataclass(frozen=True, slots=True)
class Line:
    line_id: str
    sku: str
    quantity: int
    price: str


@dataclass(frozen=True, slots=True)
class Leg:
    """``state`` is the pick state at the warehouse when the day begins. ``by_service``: the shop knows the place as a fulfillment
    service, of which work can be asked back."""

    leg_id: str
    warehouse: str
    lines: Mapping[str, int]
    state: str = "released"
    by_service: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """``financial`` is authorized, captured or pending."""

    merchant: str
    channel: str
    order_ref: str
    lines: tuple[Line, ...]
    legs: tuple[Leg, ...]
    financial: str = "captured"
    risk: str = "low"
    tags: tuple[str, ...] = ()
    shipped: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


def unpaid_since(hours: float) -> dict[str, Any]:
    """What makes an order one that somebody tried to pay so many hours ago, and did not: for ``make(..., **unpaid_since(48))``."""
    moment = datetime.now(UTC) - timedelta(hours=hours)
    return {"financial": "pending", "extra": {"created_at": moment.isoformat(timespec="seconds")}}


def placed_before(minutes: float) -> dict[str, Any]:
    """When an Amazon order came in: for ``make(..., extra=placed_before(10))``."""
    return {"at": (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")}


class Numbers:
    """Order, line and leg numbers, unique over the day."""

    def __init__(self) -> None:
        self._last = 5_400_000_000

    def next(self) -> int:
        self._last += 1
        return self._last


def make(
    numbers: Numbers,
    merchant: str,
    channel: str,
    *,
    quantities: tuple[int, ...] = (1, 2),
    states: tuple[str, ...] = ("released",),
    warehouses: tuple[str, ...] = (EAST,),
    by_service: bool = False,
    **more: Any,
) -> Order:
    """An order whose lines are spread over its legs: one leg has them all, two legs have one line each."""
    number = numbers.next()
    order_ref = (
        f"{number % 1000:03d}-{number % 9999999:07d}-{number % 7777777:07d}" if channel == "amazon" else str(number)
    )
    lines = tuple(
        Line(str(numbers.next()), SKUS[(number + i) % len(SKUS)], q, f"{12 + 7 * i}.50")
        for i, q in enumerate(quantities)
    )
    legs: list[Leg] = []
    for i, (warehouse, state) in enumerate(zip(warehouses, states, strict=True)):
        mine = lines if len(warehouses) == 1 else (lines[i],)
        leg_id = f"amazon-{order_ref}" if channel == "amazon" else str(numbers.next())
        legs.append(Leg(leg_id, warehouse, {x.line_id: x.quantity for x in mine}, state, by_service))
    return Order(merchant, channel, order_ref, lines, tuple(legs), **more)


def place(desk: "LocalDesk", order: Order) -> None:
    """The order exists: in the store or marketplace, on the shelf, and in the ERP."""
    place_in_channel(desk, order)
    place_on_shelf(desk, order)
    rows = [{"line_ref": x.line_id, "sku": x.sku, "quantity": x.quantity} for x in order.lines]
    desk.sandboxes.command(f"netsuite/{order.merchant}/orders", {"order_ref": order.order_ref, "lines": rows})


def place_in_channel(desk: "LocalDesk", order: Order) -> None:
    lines = [{"id": x.line_id, "sku": x.sku, "quantity": x.quantity, "price": x.price} for x in order.lines]
    if order.channel == "amazon":
        told = {"order_ref": order.order_ref, "lines": lines, **order.extra}
        desk.sandboxes.command(f"amazon/{order.merchant}/orders", told)
        return
    legs = [
        {"id": leg.leg_id, "warehouse": leg.warehouse, "lines": dict(leg.lines), "by_service": leg.by_service}
        for leg in order.legs
    ]
    spec = {
        "order_ref": order.order_ref,
        "lines": lines,
        "legs": legs,
        "financial": order.financial,
        "risk": order.risk,
        "tags": list(order.tags),
    }
    desk.sandboxes.command(f"shopify/{order.merchant}/orders", {**spec, **order.extra})


def place_on_shelf(desk: "LocalDesk", order: Order) -> None:
    shelve(desk.sandboxes, order)
