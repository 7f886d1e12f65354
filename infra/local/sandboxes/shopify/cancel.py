"""orderCancel: taken now, done by a job a moment later, and only if the order still allows it then."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.money import give_back, void
from infra.local.sandboxes.shopify.shop import Shop, now, user_error
from infra.local.sandboxes.shopify.state import ACTIVE_RETURNS, Job, Order, Refund, Work

JOB_SECONDS = 0.05
NOTE_LIMIT = 255


def cancel(shop: Shop, order_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """``asked`` is orderCancel's arguments but the order."""
    order = shop.order(order_id)
    if order is None:
        return _refuse(user_error("Order does not exist", "orderId", code="NOT_FOUND"))
    problem = problem_with(order, asked) or _said_no(shop)
    if problem:
        return _refuse(problem)
    job = Job(str(uuid.uuid4()), order.order_ref, _kept(asked))
    shop.jobs[job.job_id] = job
    _begin(shop, job)
    return {"job": {"id": f"gid://shopify/Job/{job.job_id}", "done": job.done}, "orderCancelUserErrors": []}


def _kept(asked: Mapping[str, Any]) -> dict[str, Any]:
    back = (asked.get("refundMethod") or {}).get("originalPaymentMethodsRefund")
    note = asked.get("staffNote") or ""
    return {"reason": asked["reason"], "restock": asked["restock"], "note": note, "refund": bool(back)}


def _begin(shop: Shop, job: Job) -> None:
    late, again = shop.falls_into("late"), shop.falls_into("recreate")
    if shop.falls_into("silent"):
        return
    if shop.falls_into("false_ok"):
        job.done = True
        return
    job.asked["again"] = bool(again)
    seconds = late.seconds if late else shop.setting("cancel_seconds", JOB_SECONDS)
    if seconds <= 0:
        _run(shop, job)
        return
    job.due = time.time() + seconds
    resume(shop, job)


def resume(shop: Shop, job: Job) -> None:
    """Sets the clock for a job that still has to run."""
    shop.at(job.due, lambda: _run(shop, job))


def _run(shop: Shop, job: Job) -> None:
    """A job that finds the order changed ends all the same: it says only that it ended."""
    order = shop.orders[job.order_ref]
    job.done, job.due = True, 0.0
    if problem_with(order, {"restock": job.asked["restock"], "reason": job.asked["reason"]}) is None:
        apply(shop, order, job.asked)


def apply(shop: Shop, order: Order, asked: Mapping[str, Any]) -> None:
    """``asked`` is {reason, restock, note, refund, again?}. Uncaptured authorisations are voided whatever it says of refunds."""
    left = [(work, dict(work.left)) for work in order.works if any(work.left.values())]
    order.cancelled_at, order.staff_note = now(), asked["note"]
    order.cancel_reason = asked["reason"].lower()
    lines = {line.line_id: line.current for line in order.lines if line.current > 0}
    shop.write("cancel", order.order_ref, note=asked["note"], restock=asked["restock"], lines=lines)
    for work in order.works:
        work.close()
    for authorization in order.open_authorizations():
        void(shop, order, authorization, "SUCCESS")
    _empty(shop, order, lines, asked)
    events.order_cancelled(shop, order)
    for work, quantities in left if asked.get("again") else ():
        _recreate(shop, order, work, quantities)


def _empty(shop: Shop, order: Order, lines: dict[str, int], asked: Mapping[str, Any]) -> None:
    """The lines leave the order as a refund of them, with money only when it was asked for."""
    restock = "cancel" if asked["restock"] else "no_restock"
    record = Refund(shop.next(), "", lines, [], order.cancelled_at, restock)
    for line in order.lines:
        line.refunded += lines.get(line.line_id, 0)
    if asked["refund"]:
        for payment in order.payments():
            if order.left_of(payment) > 0:
                amount = order.left_of(payment)
                record.transactions.append(give_back(shop, order, payment, amount, "SUCCESS").transaction_id)
                shop.write("refund", order.order_ref, amount=str(amount), refund_id=record.refund_id)
    order.refunds.append(record)
    events.refund_created(shop, order, record)


def _recreate(shop: Shop, order: Order, old: Work, quantities: dict[str, int]) -> None:
    new = Work(shop.next(), old.location_id, dict(quantities), dict(quantities), by_service=old.by_service)
    order.works.append(new)
    shop.write("recreate", order.order_ref, leg_id=new.work_id)
    events.work_replaced(shop, order, old, new)


def problem_with(order: Order, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    if order.cancelled_at:
        return _invalid("Cannot cancel an order that has already been canceled", "orderId")
    if len(asked.get("staffNote") or "") > NOTE_LIMIT:
        return _invalid(f"Staff note is too long (maximum is {NOTE_LIMIT} characters)", "staffNote")
    if any(f.status == "SUCCESS" for f in order.fulfillments):
        return _invalid("Cannot cancel an order with fulfillments that cannot be canceled", "orderId")
    if any(r.status in ACTIVE_RETURNS for r in order.returns):
        return _invalid("Cannot cancel an order with active returns", "orderId")
    if any(t.kind == "AUTHORIZATION" and t.status == "PENDING" for t in order.transactions):
        return _invalid("Cannot cancel an order with pending payment authorizations", "orderId")
    if asked["restock"] and order.received and not all(work.active_location for work in order.works):
        return _invalid("Cannot restock to a deactivated location", "restock")
    return None


def _invalid(message: str, field: str) -> dict[str, Any]:
    return user_error(message, field, code="INVALID")


def _said_no(shop: Shop) -> dict[str, Any] | None:
    problem = shop.refusal()
    return problem and {**problem, "code": problem["code"] or "INVALID"}


def _refuse(problem: dict[str, Any]) -> dict[str, Any]:
    return {"job": None, "orderCancelUserErrors": [problem]}
