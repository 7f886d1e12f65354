"""One seller's account: access tokens, orders, and feeds that are worked on later."""

import asyncio
import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.amazon.bodies import feed_notification, notification
from infra.local.sandboxes.amazon.documents import ADJUSTMENT, FEED_TYPES, Problem, messages_of, orders_of, report
from infra.local.sandboxes.amazon.money import LAG_SECONDS, adjust
from infra.local.sandboxes.amazon.state import Feed, Item, Order, Paid, now
from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import Message, json_body

PARTNER: Final = "amazon"
GRANTLESS_SCOPE: Final = "sellingpartnerapi::notifications"
SQS: Final = "arn:aws:sqs:eu-central-1:000000000000:elsewhere"
TOKEN_SECONDS, QUEUE_SECONDS, WORK_SECONDS = 3600, 0.2, 0.3


class Refused(Exception):
    """SP-API's error body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        body = {"errors": [{"code": self.code, "message": self.message, "details": ""}]}
        return JSONResponse(body, self.status, headers=headers)


class Account:
    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.orders: dict[str, Order] = {}
        self.documents: dict[str, str] = {}
        self.feeds: dict[str, Feed] = {}
        self.tokens: dict[str, float] = {}
        self.searches = 0
        self.bucket = (0.0, 0.0)
        """Requests left, and when that was true; (0, 0) is a full one."""

    def setting(self, name: str, default: Any = "") -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def write(self, operation: str, order_ref: str, key: str = "", **detail: Any) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, order_ref, key, detail)

    # ---------------------------------------------------------------------------------------- access

    def grant(self, form: Mapping[str, str]) -> Response:
        if form.get("grant_type") not in ("refresh_token", "client_credentials"):
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        wanted = {name: self.setting(name) for name in ("client_id", "client_secret")}
        if any(form.get(name) != value for name, value in wanted.items()):
            return JSONResponse({"error": "invalid_client"}, 401)
        if form["grant_type"] == "client_credentials":
            return self._grant_to_the_app(form)
        if form.get("refresh_token") != self.setting("refresh_token"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        seconds = self.setting("token_seconds", TOKEN_SECONDS)
        token = f"Atza|{secrets.token_urlsafe(24)}"
        self.tokens[token] = time.time() + seconds
        self.write("token", "")
        told = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
        return JSONResponse({**told, "refresh_token": form["refresh_token"]})

    def _grant_to_the_app(self, form: Mapping[str, str]) -> Response:
        """No seller stands behind this one (Selling Partner API guides, "Grantless operations")."""
        if form.get("scope") != GRANTLESS_SCOPE:
            return JSONResponse({"error": "invalid_scope"}, 400)
        token = f"Atc|{secrets.token_urlsafe(24)}"
        self.tokens[token] = time.time() + TOKEN_SECONDS
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_SECONDS})

    def check(self, request: Request, *, grantless: bool = False) -> None:
        token = request.headers.get("x-amz-access-token", "")
        if self.tokens.get(token, 0.0) <= time.time() or token.startswith("Atc|") is not grantless:
            raise Refused(403, "Unauthorized", "Access to requested resource is denied.")

    def require(self, role: str) -> None:
        if role in self.setting("lacks", []):
            raise Refused(403, "Unauthorized", "Access to requested resource is denied.")

    def destination(self) -> dict[str, Any]:
        bus = {"name": self.setting("bus") or "aws.partner/none", "region": "eu-central-1", "accountId": "000000000000"}
        resource = (
            {"eventBridge": bus}
            if self.setting("destination", "eventBridge") == "eventBridge"
            else {"sqs": {"arn": SQS}}
        )
        return {"name": "desk", "destinationId": "destination-1", "resource": resource}

    # ---------------------------------------------------------------------------------------- orders

    def order(self, order_ref: str) -> Order:
        if order_ref not in self.orders:
            raise Refused(404, "NotFound", "The requested order was not found.")
        return self.orders[order_ref]

    def cancel(self, order: Order, item: Item, by: str, key: str = "") -> None:
        """Amazon pays an unshipped order back by itself: the buyer was not charged yet."""
        item.cancelled_by, order.changed_at = by, now()
        self.write("cancel", order.order_ref, f"{key}:{item.item_id}" if key else "", item=item.item_id, by=by)

    def notify(self, order: Order, kind: str, reason: str, times: int = 1) -> None:
        """ORDER_CHANGE, on the bus that the seller's subscription names; the same one more than once, as happens."""
        bus = self.setting("bus")
        if not bus:
            return
        body = notification(self.setting("seller_id"), order, kind, reason)
        message = Message(PARTNER, self.merchant, "ORDER_CHANGE", "", json_body(body), bus=bus)
        self._base.deliver.duplicates = times - 1
        self._base.deliver.send(message)

    def tell_end(self, feed: Feed) -> None:
        """FEED_PROCESSING_FINISHED on the same bus. Operation "feed_word": silent is never told, late comes after ``seconds``."""
        bus = self.setting("bus")
        trap = self._base.traps.take(feed.order_ref or "*", "feed_word")
        if not bus or (trap and trap.kind == "silent"):
            return
        body = json_body(feed_notification(self.setting("seller_id"), feed))
        message = Message(PARTNER, self.merchant, "FEED_PROCESSING_FINISHED", "", body, bus=bus)
        message.delay = trap.seconds if trap and trap.kind == "late" else 0.0
        self._base.deliver.send(message)

    # ---------------------------------------------------------------------------------------- feeds

    def make_feed(self, told: Mapping[str, Any]) -> Response:
        document = str(told.get("inputFeedDocumentId", ""))
        if told.get("feedType") not in FEED_TYPES or not isinstance(told.get("marketplaceIds"), list):
            raise Refused(400, "InvalidInput", "Invalid feedType or marketplaceIds.")
        if not self.documents.get(document):
            raise Refused(400, "InvalidInput", "The feed document was not uploaded.")
        order_ref = next((text for text in orders_of(self.documents[document])), "")
        trap = self._base.traps.take(order_ref, "feed_work")
        feed = Feed(f"{5_000_000 + len(self.feeds) + 1}", document, order_ref, time.time(), 0.0)
        feed.feed_type = str(told["feedType"])
        if trap:
            feed.kind, feed.detail = trap.kind, trap.detail
        if feed.kind != "silent":
            seconds = trap.seconds if trap and trap.kind == "late" else self._seconds("queue") + self._seconds("work")
            feed.due = feed.made + seconds
            self.resume(feed)
        self.feeds[feed.feed_id] = feed
        return JSONResponse({"feedId": feed.feed_id}, 202)

    def _seconds(self, part: str) -> float:
        return float(self.setting(f"{part}_seconds", {"queue": QUEUE_SECONDS, "work": WORK_SECONDS}[part]))

    def feed_body(self, feed: Feed) -> dict[str, Any]:
        """The feed as getFeed gives it; one that was cancelled or died has no report."""
        early = "IN_QUEUE" if time.time() - feed.made < self._seconds("queue") else "IN_PROGRESS"
        body = {"feedId": feed.feed_id, "feedType": feed.feed_type, "createdTime": feed.created_at}
        report_id = {"resultFeedDocumentId": feed.report} if feed.report else {}
        return {**body, "processingStatus": feed.ended or early, **report_id}

    def resume(self, feed: Feed) -> None:
        if feed.due and not feed.ended:
            wait = max(0.0, feed.due - time.time())
            asyncio.get_running_loop().call_later(wait, lambda: self._work(feed))

    def _work(self, feed: Feed) -> None:
        """Each message for itself: an item that cannot be cancelled fails, the others do not."""
        feed.ended = str(feed.detail.get("status", "DONE"))
        if feed.ended != "CANCELLED":
            self._work_messages(feed)
        self.tell_end(feed)

    def _work_messages(self, feed: Feed) -> None:
        problems: list[Problem] = []
        done = 0
        for message in messages_of(self.documents[feed.document]):
            work = self._adjust if feed.feed_type == ADJUSTMENT else self._acknowledge
            failed = list(work(feed, message))
            problems += failed
            done += not failed
        if feed.ended == "DONE":
            feed.report = f"report-{feed.feed_id}"
            self.documents[feed.report] = report(feed.feed_id, done, problems)

    def _adjust(self, feed: Feed, message: ET.Element) -> Iterator[Problem]:
        order = self.orders.get(message.findtext("OrderAdjustment/AmazonOrderID", ""))
        before = len(order.paid_back) if order else 0
        lag = float(self.setting("finance_lag_seconds", LAG_SECONDS))
        kind = feed.kind if feed.detail.get("status") is None else ""
        yield from adjust(order, message, lag, kind, feed.detail)
        for paid in order.paid_back[before:] if order else ():
            key = message.findtext("OrderAdjustment/AdjustedItem/MerchantAdjustmentItemID", "")
            self.write("refund", feed.order_ref, f"{feed.feed_id}:{key}", item=paid.item_id, amount=paid.amount)

    def _acknowledge(self, feed: Feed, message: ET.Element) -> Iterator[Problem]:
        number = message.findtext("MessageID", "")
        body = message.find("OrderAcknowledgement")
        order = self.orders.get(body.findtext("AmazonOrderID", "") if body is not None else "")
        if body is None or order is None or body.findtext("StatusCode") != "Failure":
            yield Problem(number, "", "20005", "The order id or status code is not valid.")
            return
        key, changed = body.findtext("MerchantOrderID", ""), False
        for row in body.findall("Item"):
            item_id = row.findtext("AmazonOrderItemCode", "")
            problem = self._cancel_item(feed, order, item_id, key)
            changed = changed or not problem
            if problem:
                yield Problem(number, item_id, *problem)
        if changed and order.status == "CANCELLED":
            self.notify(order, "OrderStatusChange", "Seller Requested Cancel")

    def _cancel_item(self, feed: Feed, order: Order, item_id: str, key: str) -> tuple[str, str] | None:
        item = order.item(item_id)
        if feed.kind == "rejected" and item_id in feed.detail.get("items", [item_id]):
            return str(feed.detail.get("code", "18027")), str(feed.detail.get("text", "The item cannot be cancelled."))
        if item is None:
            return "18000", "The order item does not exist."
        if item.shipped:
            return "18028", "The order item has been shipped."
        if item.cancelled_by:
            return "18029", "The order item has been cancelled before."
        if feed.kind != "false_ok":
            self.cancel(order, item, "MERCHANT", key)
        return None

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {
            "orders": [asdict(order) for order in self.orders.values()],
            "documents": self.documents,
            "feeds": [asdict(feed) for feed in self.feeds.values()],
            "tokens": self.tokens,
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        self.documents, self.tokens = dict(saved["documents"]), dict(saved["tokens"])
        for order in saved["orders"]:
            items = [Item(**item) for item in order.pop("items")]
            paid = [Paid(**x) for x in order.pop("paid_back")]
            self.orders[order["order_ref"]] = Order(items=items, paid_back=paid, **order)
        for raw in saved["feeds"]:
            feed = self.feeds[raw["feed_id"]] = Feed(**raw)
            self.resume(feed)
