"""Holds on fulfillment orders: several at once, each with a handle that is unique for its app, ten at most for one app."""

from collections.abc import Mapping
from typing import Any

from infra.local.sandboxes.shopify import events, fulfil
from infra.local.sandboxes.shopify.reading import hold as shown
from infra.local.sandboxes.shopify.reading import work as shown_work
from infra.local.sandboxes.shopify.shop import Shop, numeric, user_error
from infra.local.sandboxes.shopify.state import HOLDABLE, Hold, Order, Work

HANDLE_LIMIT = 64
HOLDS_PER_APP = 10
NOT_FOUND = "FULFILLMENT_ORDER_NOT_FOUND"


def place(shop: Shop, work_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    found = shop.work(work_id)
    if found is None:
        return _refuse(user_error("Fulfillment order does not exist.", "id", code=NOT_FOUND))
    order, work = found
    problem = _problem(work, asked.get("handle") or "") or shop.refusal()
    if problem:
        return _refuse(problem)
    new = Hold(
        shop.next(),
        asked.get("handle") or "",
        True,
        asked["reason"],
        asked.get("reasonNotes") or "",
        asked.get("externalId") or "",
    )
    late = shop.falls_into("late")
    if late:
        shop.later(late.seconds, lambda: put(shop, order, work, new))
    elif not (shop.falls_into("false_ok") or shop.falls_into("silent")):
        put(shop, order, work, new)
    return {"fulfillmentHold": shown(new), "userErrors": []}


def put(shop: Shop, order: Order, work: Work, hold: Hold) -> None:
    if work.base_status not in HOLDABLE:
        return
    work.holds.append(hold)
    shop.write("hold", order.order_ref, hold.handle, leg_id=work.work_id, ours=hold.ours)
    events.placed_on_hold(shop, work, hold)


def _problem(work: Work, handle: str) -> dict[str, Any] | None:
    ours = [hold for hold in work.holds if hold.ours]
    field = ("fulfillmentHold", "handle")
    if len(handle) > HANDLE_LIMIT:
        return user_error(f"Handle is too long (maximum is {HANDLE_LIMIT} characters)", *field)
    if any(hold.handle == handle for hold in ours):
        message = "The handle is taken by another hold of this app on the fulfillment order."
        return user_error(message, *field, code="DUPLICATE_FULFILLMENT_HOLD_HANDLE")
    if len(ours) >= HOLDS_PER_APP:
        return user_error("The limit of holds is reached.", "id", code="FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")
    if work.base_status not in HOLDABLE:
        return user_error(f"A fulfillment order that is {work.base_status.lower()} cannot be held.", "id")
    return None


def release(shop: Shop, work_id: str, hold_ids: list[str] | None) -> dict[str, Any]:
    """Those that are named; without names everybody's, as the real one does."""
    found = shop.work(work_id)
    if found is None:
        return _refuse_release(user_error("Fulfillment order does not exist.", "id", code=NOT_FOUND))
    order, work = found
    names = None if hold_ids is None else {numeric(name, "FulfillmentHold") for name in hold_ids}
    if names is not None and not names <= {hold.hold_id for hold in work.holds}:
        return _refuse_release(user_error("The hold does not exist.", "holdIds", code="INVALID_ACCESS"))
    problem = shop.refusal()
    if problem:
        return _refuse_release(problem)
    if not shop.falls_into("false_ok"):
        lift(shop, order, work, [hold for hold in work.holds if names is None or hold.hold_id in names])
    return {"fulfillmentOrder": shown_work(order, work), "userErrors": []}


def lift(shop: Shop, order: Order, work: Work, holds: list[Hold]) -> None:
    for hold in holds:
        work.holds.remove(hold)
        shop.write("release", order.order_ref, hold.handle, leg_id=work.work_id, ours=hold.ours)
        events.hold_released(shop, work, hold)
    if holds and not work.holds:
        events.work_released(shop, work)
        fulfil.report_again(shop)


def _refuse(problem: dict[str, Any]) -> dict[str, Any]:
    return {"fulfillmentHold": None, "userErrors": [problem]}


def _refuse_release(problem: dict[str, Any]) -> dict[str, Any]:
    return {"fulfillmentOrder": None, "userErrors": [problem]}
