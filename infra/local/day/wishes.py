"""How a wish to cancel reaches the desk: by the same doors and with the same signatures as in the world outside."""

import hashlib
import html
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx

from infra.local.day.orders import Order
from infra.local.mail import PASSED, deliver
from infra.local.merchants import mail_address

if TYPE_CHECKING:
    from infra.local.day.director import Stage


def now() -> str:
    return datetime.now(UTC).isoformat()


def stable(order: Order, what: str) -> str:
    """An id that the same day gives again."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{order.merchant}/{order.order_ref}/{what}"))


def by_flow(stage: "Stage", order: Order, lines: Mapping[str, int] | None = None, times: int = 1) -> None:
    """The customer asks on the store's order page; Shopify Flow calls the desk."""
    body: dict[str, Any] = {
        "order_id": f"gid://shopify/Order/{order.order_ref}",
        "reason": "customer_request",
        "requested_at": now(),
        "request_id": stable(order, "flow"),
    }
    if lines:
        body["lines"] = [{"line_item_id": f"gid://shopify/LineItem/{k}", "quantity": q} for k, q in lines.items()]
    config = stage.config(order.merchant)["shopify"]
    headers = {"X-Shopify-Shop-Domain": config["shop"], "X-Stopship-Key": config["flow_keys"][0]}
    for _ in range(times):
        stage.post("/webhooks/shopify-flow", body, headers)


def by_shop_staff(stage: "Stage", order: Order, reason: str) -> None:
    """Somebody cancels in the shop's admin: the shop sends orders/cancelled."""
    body = {"order_ref": order.order_ref, "reason": reason, "refund": False}
    stage.desk.sandboxes.command(f"shopify/{order.merchant}/cancel", body)


def by_work_cancel(stage: "Stage", order: Order) -> None:
    """The merchant asks for a fulfillment order back: the shop sends fulfillment_orders/cancellation_request_submitted."""
    body = {"order_ref": order.order_ref, "leg_id": order.legs[0].leg_id, "step": "submitted"}
    stage.desk.sandboxes.command(f"shopify/{order.merchant}/cancellation-request", body)


def by_ops(stage: "Stage", order: Order, reason: str, **more: Any) -> None:
    """Somebody of ops, or a system of theirs, posts to the desk's API."""
    body = {
        "request_id": stable(order, f"ops-{reason}"),
        "channel": order.channel,
        "order_ref": order.order_ref,
        "reason": reason,
        "ticket_ref": f"OPS-{int(hashlib.sha256(order.order_ref.encode()).hexdigest()[:6], 16) % 10000}",
        **more,
    }
    answer = stage.api.cancel(order.merchant, body)
    if answer.status_code != 202:
        raise RuntimeError(f"POST /cancellations: {answer.status_code} {answer.text}")


def by_form(stage: "Stage", order: Order, email: str = "", times: int = 1) -> None:
    """The customer fills in the cancel form, looks at the summary, and confirms: as a browser without scripts does,
    and as often as the desk does not answer."""
    place, entered = (
        f"/cancel/{order.merchant}",
        {"order": f"#{order.order_ref}", "name": "", "email": email or _address(order)},
    )
    shown = _fields(stage.until_answered(place, lambda: stage.http.get(place)))
    summary = _fields(stage.until_answered(place, lambda: stage.http.post(place, data={**shown, **entered})))
    confirm = f"{place}/confirm"
    for _ in range(times):
        stage.until_answered(confirm, lambda: stage.http.post(confirm, data=summary))


def _address(order: Order) -> str:
    """As the shop of the sandboxes makes it up."""
    return str(order.extra.get("email", f"customer-{order.order_ref}@example.com"))


def _fields(page: httpx.Response) -> dict[str, str]:
    """The form's fields with what stands in them."""
    found = re.findall(r'<input[^>]* name="([a-z]+)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def by_csv(stage: "Stage", orders: Sequence[Order], reason: str = "stockout", sku: str = "") -> None:
    """Somebody of ops uploads a list of orders of one merchant: of each of them that sku, or everything."""
    rows = ["order_ref;channel;sku;reason;ticket_ref"]
    rows += [f"{x.order_ref};{x.channel};{sku};{reason};OPS-LIST" for x in orders]
    answer = stage.api.cancel_list(orders[0].merchant, "\n".join(rows).encode())
    if answer.status_code != 202:
        raise RuntimeError(f"POST /cancellations/csv: {answer.status_code} {answer.text}")


def by_payment_timeout(stage: "Stage") -> None:
    """Nobody asks: the sweep finds the orders that were not paid in time (made with ``unpaid_since``)."""
    stage.sweep_payments()


def by_buyer(stage: "Stage", order: Order, times: int = 1) -> None:
    """An Amazon buyer presses "request cancellation": ORDER_CHANGE arrives on the bus."""
    stage.desk.sandboxes.command(
        f"amazon/{order.merchant}/buyer-cancel", {"order_ref": order.order_ref, "times": times}
    )


def by_buyer_unheard(stage: "Stage", order: Order) -> None:
    """The buyer has asked, and ORDER_CHANGE is lost on its way: the sweep finds it. Amazon shows no change that is younger than two minutes,
    so this one is of three minutes ago."""
    asked = datetime.now(UTC) - timedelta(minutes=3)
    body = {"order_ref": order.order_ref, "quiet": True, "at": asked.isoformat(timespec="seconds")}
    stage.desk.sandboxes.command(f"amazon/{order.merchant}/buyer-cancel", body)
    stage.sweep_amazon()


def by_mail(
    stage: "Stage",
    order: Order,
    text: str = "Hello,\n\nplease cancel my order #{order}. I ordered the wrong size.\n\nThanks\n",
    sender: str = "",
    verdicts: Mapping[str, str] = PASSED,
    times: int = 1,
) -> None:
    """The customer writes an e-mail to the merchant's address, from the address on the order unless told otherwise. ``times`` is how often
    it arrives."""
    customer = sender or f"customer-{order.order_ref}@example.com"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = customer, mail_address(order.merchant), "My order"
    mail["Date"], mail["Message-ID"] = format_datetime(datetime.now(UTC)), f"<{stable(order, 'mail')}@mail.example.com>"
    mail.set_content(text.format(order=order.order_ref))
    for _ in range(times):
        deliver(stage.desk.emulator, mail.as_bytes(), customer, [mail_address(order.merchant)], verdicts)
