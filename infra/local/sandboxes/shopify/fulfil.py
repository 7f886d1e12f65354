"""Goods leave: fulfillments, made by a command or because a warehouse says that it shipped."""

from collections.abc import Mapping
from typing import Any

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.shop import Shop, now
from infra.local.sandboxes.shopify.state import HOLDABLE, Fulfillment, Order, Work

REPORT_SECONDS = 0.2
DELIVERED = "delivered"
NO_MOVEMENT = ("", "confirmed", "label_printed", "label_purchased")


def ship(
    shop: Shop, order: Order, work: Work, lines: Mapping[str, int], tracking: str, shipment_status: str
) -> Fulfillment:
    """Raises ValueError for work that is held, closed or smaller than that, as Shopify refuses such a fulfillment."""
    if work.holds or work.base_status not in HOLDABLE:
        raise ValueError(f"fulfillment order {work.work_id} is {work.status}")
    sent = {line: quantity for line, quantity in (lines or work.left).items() if quantity > 0}
    if not sent or any(work.left.get(line, 0) < quantity for line, quantity in sent.items()):
        raise ValueError(f"fulfillment order {work.work_id} has {work.left}, not {sent}")
    moment = now()
    made = Fulfillment(shop.next(), work.work_id, sent, moment, tracking, shipment_status=shipment_status)
    made.in_transit_at = "" if shipment_status in NO_MOVEMENT else moment
    made.delivered_at = moment if shipment_status == DELIVERED else ""
    for line, quantity in sent.items():
        work.take_off(line, quantity)
    order.fulfillments.append(made)
    shop.write("fulfil", order.order_ref, leg_id=work.work_id, lines=sent)
    events.fulfillment_created(shop, order, made)
    return made


def report_shipment(shop: Shop, order_ref: str, leg_id: str, lines: Mapping[str, int], tracking: str) -> None:
    """A warehouse's connector tells the shop a moment after the goods left, and again when a hold that was in its way is gone."""
    if order_ref in shop.orders:
        told = {"order_ref": order_ref, "leg_id": leg_id, "lines": dict(lines), "tracking": tracking}
        shop.shipments.append(told)
        shop.later(shop.setting("report_seconds", REPORT_SECONDS), lambda: report_again(shop))


def report_again(shop: Shop) -> None:
    """What still waits and can be taken now."""
    waiting, shop.shipments = shop.shipments, []
    shop.shipments = [told for told in waiting if not _taken(shop, told)] + shop.shipments


def _taken(shop: Shop, told: dict[str, Any]) -> bool:
    order = shop.orders[told["order_ref"]]
    work = order.work(told["leg_id"])
    if work is None or work.holds or work.base_status not in HOLDABLE:
        return False
    lines = {line: min(quantity, work.left.get(line, 0)) for line, quantity in told["lines"].items()}
    if not any(lines.values()):
        return False
    ship(shop, order, work, lines, told["tracking"], "in_transit")
    return True
