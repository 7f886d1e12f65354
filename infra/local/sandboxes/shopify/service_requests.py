"""Between a merchant and a fulfillment service: what the merchant asks through the shop, and what the service answers.

What is asked changes nothing: the request's status stays as it was, and only ``merchantRequests`` shows it. What is accepted closes the
work; what is rejected goes on.
"""

from typing import Any

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.shop import Shop, user_error
from infra.local.sandboxes.shopify.state import Order, Work

KIND = "CANCELLATION_REQUEST"
ANSWERS = {"accept": "accepted", "reject": "rejected"}
ASKABLE = ("SUBMITTED", "ACCEPTED")


def submit(shop: Shop, work_id: str, message: str) -> dict[str, Any]:
    """fulfillmentOrderSubmitCancellationRequest."""
    found = shop.work(work_id)
    problem = _problem(found[1] if found else None) or shop.refusal()
    if problem or found is None:
        return {"userErrors": [{"field": problem and problem["field"], "message": problem and problem["message"]}]}
    if not shop.falls_into("false_ok"):
        ask(shop, *found, message)
    return {"userErrors": []}


def _problem(work: Work | None) -> dict[str, Any] | None:
    if work is None:
        return user_error("Fulfillment order does not exist.", "id")
    if not work.by_service:
        return user_error("The fulfillment order must be of api type.", "id")
    if work.request_status not in ASKABLE or work.base_status not in ("OPEN", "IN_PROGRESS", "SCHEDULED"):
        return user_error("The fulfillment order is not in a state in which its cancellation can be requested.", "id")
    return None


def ask(shop: Shop, order: Order, work: Work, message: str) -> None:
    """The setting "service_answer" (accept or reject) makes the service answer by itself, "service_seconds" later."""
    work.requests.append({"id": shop.next(), "kind": KIND, "message": message})
    shop.write("cancellation_submitted", order.order_ref, leg_id=work.work_id, message=message)
    events.cancellation_request(shop, order, work, "submitted")
    step = ANSWERS.get(shop.setting("service_answer", ""))
    if step and not shop.falls_into("silent"):
        shop.later(shop.setting("service_seconds", 0.05), lambda: answer(shop, order, work, step))


def answer(shop: Shop, order: Order, work: Work, step: str) -> None:
    if step == "accepted":
        work.request_status = "CANCELLATION_ACCEPTED"
        work.close()
    elif step == "rejected":
        work.request_status = "CANCELLATION_REJECTED"
    else:
        raise ValueError(f"step {step!r}")
    shop.write(f"cancellation_{step}", order.order_ref, leg_id=work.work_id)
    events.cancellation_request(shop, order, work, step)
