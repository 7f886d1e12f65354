"""Work that changes its place or its shape, by somebody else: moved, split, merged, begun, given up. Nothing of it is lost."""

from collections.abc import Mapping
from typing import Any

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.shop import Shop
from infra.local.sandboxes.shopify.state import Order, Work


def _one(shop: Shop, told: Mapping[str, Any]) -> tuple[Order, Work]:
    order = shop.orders[told["order_ref"]]
    (work,) = order.chosen(told.get("leg_id", ""))
    return order, work


def move(shop: Shop, told: Mapping[str, Any]) -> str:
    """{order_ref, leg_id?, warehouse | location, new_id?}; gives the new fulfillment order's id. Holds stay behind."""
    order, old = _one(shop, told)
    place = told.get("location") or shop.location_of(told["warehouse"])
    left = {line: quantity for line, quantity in old.left.items() if quantity}
    new = Work(str(told.get("new_id") or shop.next()), place, left, dict(left), by_service=old.by_service)
    order.works.append(new)
    source, old.location_id = old.location_id, place
    old.close()
    shop.write("move", order.order_ref, leg_id=old.work_id, to=new.work_id)
    events.work_moved(shop, order, old, new, source)
    return new.work_id


def split(shop: Shop, told: Mapping[str, Any]) -> str:
    """{order_ref, leg_id?, lines, new_id?}: those units become a piece of work of their own."""
    order, old = _one(shop, told)
    lines = {str(line): int(quantity) for line, quantity in told["lines"].items()}
    for line, quantity in lines.items():
        if not 0 < quantity <= old.left.get(line, 0):
            raise ValueError(f"line {line} has no {quantity} units there")
        old.left[line] -= quantity
    new = Work(str(told.get("new_id") or shop.next()), old.location_id, lines, dict(lines), by_service=old.by_service)
    order.works.append(new)
    shop.write("split", order.order_ref, leg_id=old.work_id, to=new.work_id, lines=lines)
    events.work_split(shop, order, old, new)
    return new.work_id


def merge(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, leg_id, into}: the first goes into the second, and is closed."""
    order, old = _one(shop, told)
    into = order.work(told["into"])
    if into is None or into is old:
        raise ValueError("merge into another piece of work of the order")
    for line, quantity in old.left.items():
        into.left[line] = into.left.get(line, 0) + quantity
        into.lines[line] = into.lines.get(line, 0) + quantity
    old.close()
    shop.write("merge", order.order_ref, leg_id=old.work_id, into=into.work_id)
    events.work_merged(shop, order, old, into)


def progress(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, leg_id?}: somebody reports that the work has begun."""
    order, work = _one(shop, told)
    before, work.base_status = work.base_status, "IN_PROGRESS"
    shop.write("progress", order.order_ref, leg_id=work.work_id)
    events.progress_reported(shop, order, work, before)


def give_up(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, leg_id?, message?}: a fulfillment service cannot complete it."""
    order, work = _one(shop, told)
    work.base_status = "INCOMPLETE"
    shop.write("failed_to_complete", order.order_ref, leg_id=work.work_id)
    events.service_failed(shop, order, work, told.get("message", ""))
