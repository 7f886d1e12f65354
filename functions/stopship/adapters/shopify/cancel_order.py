"""Cancelling a whole order: without money, once, and only believed when the order itself says so.

orderCancel takes no idempotency key and answers with a job (Admin GraphQL 2026-07, orderCancel), so that every attempt begins by
reading ``cancelledAt``. The staff note carries the case, which is how a repeat knows its own doing.
"""

import time
from collections.abc import Callable

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import Data, ShopifyClient, reading
from stopship.adapters.shopify.gid import gid
from stopship.application.ports import CancelCommand, CancelProgress, CancelState

NOT_RESTOCKED = "not restocked: a location of the order is deactivated"
_ALREADY = "already been canceled"
_LOOKS = (0.25, 0.5, 1.0)
"""Seconds before each look at a young job. Most end within a second or two, and two seconds of a function cost a tenth of the
four state transitions that coming back later would take."""

type Pause = Callable[[float], None]


def cancel_order(client: ShopifyClient, command: CancelCommand, pause: Pause = time.sleep) -> CancelProgress:
    """DONE, SUBMITTED with the job as reference, or REFUSED with Shopify's code. ``pause`` takes seconds."""
    with reading("an order's cancellation"):
        order = client.run(documents.CANCEL_STATE, {"id": gid("Order", command.order_ref)})["order"]
        if order is None:
            return CancelProgress(CancelState.REFUSED, code="NOT_FOUND", message="no such order")
        if order["cancelledAt"]:
            return _done(order, command)
        restock = command.restock and _restockable(order)
    variables = {
        "id": gid("Order", command.order_ref),
        "reason": command.reason,
        "restock": restock,
        "note": note(command),
    }
    answer = client.run(documents.CANCEL, variables)
    with reading("a cancel"):
        progress = _after(client, command, answer["orderCancel"])
    for seconds in _LOOKS:
        if progress.state is not CancelState.SUBMITTED:
            break
        pause(seconds)
        progress = read_cancel(client, command, progress.reference)
    if restock or not command.restock or progress.state is CancelState.REFUSED:
        return progress
    return CancelProgress(progress.state, progress.reference, progress.code, NOT_RESTOCKED, progress.by_us)


def note(command: CancelCommand) -> str:
    return f"Stopship {command.case_id}"


def read_cancel(client: ShopifyClient, command: CancelCommand, reference: str) -> CancelProgress:
    """A job says only that it ended, never how: the order's own ``cancelledAt`` is the answer."""
    variables = {"id": gid("Order", command.order_ref), "job": reference}
    with reading("a cancel's job"):
        found = client.run(documents.CANCEL_JOB, variables)
        order, job = found["order"], found["job"]
        if order and order["cancelledAt"]:
            return _done(order, command, reference)
        if job and not job["done"]:
            return CancelProgress(CancelState.SUBMITTED, reference)
    return CancelProgress(
        CancelState.REFUSED, reference, "JOB_ENDED_WITHOUT_CANCEL", "the job ended and the order is not cancelled"
    )


def _after(client: ShopifyClient, command: CancelCommand, payload: Data) -> CancelProgress:
    errors = payload["orderCancelUserErrors"]
    if any(_ALREADY in e["message"] for e in errors):
        order = client.run(documents.CANCEL_STATE, {"id": gid("Order", command.order_ref)})["order"]
        if order and order["cancelledAt"]:
            return _done(order, command)
    if errors:
        code = errors[0]["code"] or "ORDER_CANCEL_REFUSED"
        return CancelProgress(CancelState.REFUSED, code=code, message=errors[0]["message"])
    job = payload["job"]
    if not job["done"]:
        return CancelProgress(CancelState.SUBMITTED, job["id"])
    return read_cancel(client, command, job["id"])


def _done(order: Data, command: CancelCommand, reference: str = "") -> CancelProgress:
    written = (order["cancellation"] or {}).get("staffNote") or ""
    return CancelProgress(CancelState.DONE, reference, by_us=command.case_id in written)


def _restockable(order: Data) -> bool:
    """A paid order with a deactivated location cannot be cancelled with restock at all (shopify.dev, orderCancel)."""
    places = [node["assignedLocation"]["location"] for node in order["fulfillmentOrders"]["nodes"]]
    return all(place is not None and place["isActive"] for place in places)
