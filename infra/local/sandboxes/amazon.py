"""Amazon's Selling Partner API for a seller who ships by himself: orders 2026-01-01, feeds 2021-06-30, Login with Amazon.

A cancel is an order acknowledgement feed: taken at once, worked on later, and judged item by item in a processing report.

Settings (merchant, "amazon"): ``client_id``, ``client_secret``, ``refresh_token``; ``seller_id``; ``marketplace_ids``; ``bus`` (the
event source of the notifications, "" for none); ``token_seconds``; ``queue_seconds`` and ``work_seconds`` a feed takes.

Control, below ``/_sandbox/amazon/{merchant}``: ``POST /orders`` {order_ref, lines: [{id, sku, quantity, price}], buyer_asked?};
``GET /orders/{order_ref}``; ``POST /buyer-cancel`` {order_ref, items?, times?}: the buyer presses the button; ``POST /ship`` {order_ref};
``POST /cancel`` {order_ref}: Amazon cancels by itself; ``POST /revoke`` ends all access tokens.

Traps, by order reference: the transport ones on "read", "document", "upload", "feed", "feed_status" and "report" (those before the
order is known by "*"); "feed" also takes silent (it never ends), late (``seconds``), rejected (detail {"code", "text"}) and false_ok (a
clean report, and nothing is cancelled).
"""

import asyncio
import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.deliver import Message, json_body
from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.traps import Trap

PARTNER: Final = "amazon"
MARKETPLACE: Final = "ATVPDKIKX0DER"
FEED_TYPE: Final = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
TOKEN_SECONDS, QUEUE_SECONDS, WORK_SECONDS = 3600, 0.2, 0.3
INCLUDED: Final = frozenset(
    {
        "BUYER",
        "RECIPIENT",
        "PROCEEDS",
        "EXPENSE",
        "PROMOTION",
        "CANCELLATION",
        "FULFILLMENT",
        "PACKAGES",
        "TAX",
        "PAYMENT",
    }
    | {"FULFILLMENT_ORDERS"}
)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Item:
    item_id: str
    sku: str
    quantity: int
    price: str
    shipped: int = 0
    cancelled_by: str = ""
    asked_by: str = ""


@dataclass(slots=True)
class Order:
    order_ref: str
    items: list[Item]
    created_at: str = field(default_factory=now)
    changed_at: str = field(default_factory=now)

    @property
    def status(self) -> str:
        live = [item for item in self.items if not item.cancelled_by]
        if not live:
            return "CANCELLED"
        return "SHIPPED" if all(item.shipped == item.quantity for item in live) else "UNSHIPPED"

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.item_id == item_id), None)


@dataclass(slots=True)
class Feed:
    """``due`` is when it is done, 0 for never. ``kind`` is the trap that it fell into."""

    feed_id: str
    document: str
    order_ref: str
    made: float
    due: float
    kind: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    report: str = ""
    created_at: str = field(default_factory=now)


class Refused(Exception):
    """SP-API's error body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        return JSONResponse({"errors": [{"code": self.code, "message": self.message, "details": ""}]}, self.status)


class Account:
    """One seller's."""

    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.orders: dict[str, Order] = {}
        self.documents: dict[str, str] = {}
        self.feeds: dict[str, Feed] = {}
        self.tokens: dict[str, float] = {}

    def setting(self, name: str, default: Any = "") -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def write(self, operation: str, order_ref: str, key: str = "", **detail: Any) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, order_ref, key, detail)

    # ---------------------------------------------------------------------------------------- access

    def grant(self, form: Mapping[str, str]) -> Response:
        if form.get("grant_type") != "refresh_token":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        wanted = {name: self.setting(name) for name in ("client_id", "client_secret")}
        if any(form.get(name) != value for name, value in wanted.items()):
            return JSONResponse({"error": "invalid_client"}, 401)
        if form.get("refresh_token") != self.setting("refresh_token"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        seconds = self.setting("token_seconds", TOKEN_SECONDS)
        token = f"Atza|{secrets.token_urlsafe(24)}"
        self.tokens[token] = time.time() + seconds
        self.write("token", "")
        told = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
        return JSONResponse({**told, "refresh_token": form["refresh_token"]})

    def check(self, request: Request) -> None:
        end = self.tokens.get(request.headers.get("x-amz-access-token", ""), 0.0)
        if end <= time.time():
            raise Refused(403, "Unauthorized", "Access to requested resource is denied.")

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

    # ---------------------------------------------------------------------------------------- feeds

    def make_feed(self, told: Mapping[str, Any]) -> Response:
        document = str(told.get("inputFeedDocumentId", ""))
        if told.get("feedType") != FEED_TYPE or not isinstance(told.get("marketplaceIds"), list):
            raise Refused(400, "InvalidInput", "Invalid feedType or marketplaceIds.")
        if not self.documents.get(document):
            raise Refused(400, "InvalidInput", "The feed document was not uploaded.")
        order_ref = next((text for text in orders_of(self.documents[document])), "")
        trap = self._base.traps.take(order_ref, "feed_work")
        feed = Feed(f"{5_000_000 + len(self.feeds) + 1}", document, order_ref, time.time(), 0.0)
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

    def resume(self, feed: Feed) -> None:
        if feed.due and not feed.report:
            wait = max(0.0, feed.due - time.time())
            asyncio.get_running_loop().call_later(wait, lambda: self._work(feed))

    def _work(self, feed: Feed) -> None:
        """Each message for itself: an item that cannot be cancelled fails, the others do not."""
        problems: list[tuple[str, str, str, str]] = []
        done = 0
        root = ET.fromstring(self.documents[feed.document])  # noqa: S314 - our own desk wrote it
        for message in root.findall("Message"):
            failed = list(self._acknowledge(feed, message))
            problems += failed
            done += not failed
        report_id = f"report-{feed.feed_id}"
        self.documents[report_id] = report(feed.feed_id, done, problems)
        feed.report = report_id

    def _acknowledge(self, feed: Feed, message: ET.Element) -> Iterator[tuple[str, str, str, str]]:
        number = message.findtext("MessageID", "")
        body = message.find("OrderAcknowledgement")
        order = self.orders.get(body.findtext("AmazonOrderID", "") if body is not None else "")
        if body is None or order is None or body.findtext("StatusCode") != "Failure":
            yield number, "", "20005", "The order id or status code is not valid."
            return
        key, changed = body.findtext("MerchantOrderID", ""), False
        for row in body.findall("Item"):
            item_id = row.findtext("AmazonOrderItemCode", "")
            problem = self._cancel_item(feed, order, item_id, key)
            changed = changed or not problem
            if problem:
                yield number, item_id, *problem
        if changed and order.status == "CANCELLED":
            self.notify(order, "OrderStatusChange", "Seller Requested Cancel")

    def _cancel_item(self, feed: Feed, order: Order, item_id: str, key: str) -> tuple[str, str] | None:
        item = order.item(item_id)
        if feed.kind == "rejected":
            return str(feed.detail.get("code", "18027")), str(feed.detail.get("text", "The item cannot be cancelled."))
        if item is None:
            return "18000", "The order item does not exist."
        if item.shipped:
            return "18028", "The order item has been shipped."
        if item.cancelled_by:
            return "18029", "The order item has been cancelled before."
        if feed.kind != "false_ok":
            self.cancel(order, item, "SELLER", key)
        return None


def orders_of(document: str) -> Iterator[str]:
    for element in ET.fromstring(document).iter("AmazonOrderID"):  # noqa: S314 - our own desk wrote it
        yield element.text or ""


def report(feed_id: str, done: int, problems: list[tuple[str, str, str, str]]) -> str:
    """The processing report (Feeds API, "processing report"): a summary, and one result for each problem."""
    messages = {number for number, *_ in problems}
    root = ET.Element("AmazonEnvelope")
    ET.SubElement(root, "MessageType").text = "ProcessingReport"
    message = ET.SubElement(root, "Message")
    ET.SubElement(message, "MessageID").text = "1"
    body = ET.SubElement(message, "ProcessingReport")
    ET.SubElement(body, "DocumentTransactionID").text = feed_id
    ET.SubElement(body, "StatusCode").text = "Complete"
    summary = ET.SubElement(body, "ProcessingSummary")
    counts = {"Processed": done + len(messages), "Successful": done, "WithError": len(messages), "WithWarning": 0}
    for name, count in counts.items():
        ET.SubElement(summary, f"Messages{name}").text = str(count)
    for number, item, code, text in problems:
        result = ET.SubElement(body, "Result")
        ET.SubElement(result, "MessageID").text = number
        ET.SubElement(result, "ResultCode").text = "Error"
        ET.SubElement(result, "ResultMessageCode").text = code
        ET.SubElement(result, "ResultDescription").text = text
        about = ET.SubElement(result, "AdditionalInfo")
        ET.SubElement(about, "AmazonOrderItemCode").text = item
    return ET.tostring(root, encoding="unicode")


def order_body(order: Order, included: set[str]) -> dict[str, Any]:
    """The order with the data that was asked for (orders 2026-01-01, includedData)."""
    total = sum((Decimal(x.price) * x.quantity for x in order.items), Decimal(0))
    body: dict[str, Any] = {
        "orderId": order.order_ref,
        "createdTime": order.created_at,
        "lastUpdatedTime": order.changed_at,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": MARKETPLACE, "marketplaceName": "Amazon.com"},
        "orderItems": [_item_body(item, included) for item in order.items],
    }
    if "FULFILLMENT" in included:
        body["fulfillment"] = {"fulfillmentStatus": order.status, "fulfilledBy": "MERCHANT"}
    if "PROCEEDS" in included:
        body["proceeds"] = {"grandTotal": {"amount": str(total), "currencyCode": "USD"}}
    return body


def _item_body(item: Item, included: set[str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "orderItemId": item.item_id,
        "quantityOrdered": item.quantity,
        "product": {"sellerSku": item.sku},
    }
    if "FULFILLMENT" in included:
        left = 0 if item.cancelled_by else item.quantity - item.shipped
        body["fulfillment"] = {"quantityFulfilled": item.shipped, "quantityUnfulfilled": left}
    if "CANCELLATION" in included and (item.asked_by or item.cancelled_by):
        body["cancellation"] = {
            **({"cancellationRequest": {"requester": item.asked_by, "cancelReason": ""}} if item.asked_by else {}),
            **({"cancellationExecution": {"cancelledBy": item.cancelled_by}} if item.cancelled_by else {}),
        }
    return body


def notification(seller_id: str, order: Order, kind: str, reason: str) -> dict[str, Any]:
    """ORDER_CHANGE (OrderChangeNotification, version 1.0)."""
    statuses = {"CANCELLED": "Canceled", "SHIPPED": "Shipped", "UNSHIPPED": "Unshipped"}
    items = [
        {
            "OrderItemId": x.item_id,
            "SellerSKU": x.sku,
            "Quantity": x.quantity,
            "QuantityShipped": x.shipped,
            "IsBuyerRequestedCancel": x.asked_by == "BUYER",
        }
        for x in order.items
    ]
    change = {
        "NotificationLevel": "OrderLevel",
        "SellerId": seller_id,
        "AmazonOrderId": order.order_ref,
        "OrderChangeType": kind,
        "OrderChangeTrigger": {"TimeOfOrderChange": order.changed_at, "ChangeReason": reason},
        "Summary": {
            "MarketplaceId": MARKETPLACE,
            "OrderStatus": statuses[order.status],
            "PurchaseDate": order.created_at,
            "DestinationPostalCode": None,
            "FulfillmentType": "MFN",
            "OrderItems": items,
        },
    }
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": now(),
        "Payload": {"OrderChangeNotification": change},
        "NotificationMetadata": {
            "ApplicationId": "amzn1.sp.solution.sandbox",
            "SubscriptionId": f"subscription-{seller_id}",
            "PublishTime": now(),
            "NotificationId": secrets.token_hex(16),
        },
    }


class Amazon:
    """All sellers, and their HTTP face."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._accounts: dict[str, Account] = {}

    def _account(self, request: Request) -> Account:
        merchant = request.path_params["merchant"]
        return self._accounts.setdefault(merchant, Account(self._base, merchant))

    async def _answer(self, request: Request, trap: Trap | None, act: Callable[[Account], Response]) -> Response:
        account = self._account(request)

        def run() -> Response:
            try:
                account.check(request)
                return act(account)
            except Refused as refusal:
                return refusal.response()

        if trap and trap.kind == "http_429":
            return Refused(429, "QuotaExceeded", "You exceeded your quota for the requested resource.").response()
        return await transmit(trap, run)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        account = self._account(request)
        return await transmit(self._base.traps.take("*", "token"), lambda: account.grant(form))

    async def read(self, request: Request) -> Response:
        order_ref = request.path_params["order_ref"]
        included = set(filter(None, request.query_params.get("includedData", "").split(",")))

        def act(account: Account) -> Response:
            if unknown := included - INCLUDED:
                raise Refused(400, "InvalidInput", f"includedData: {', '.join(sorted(unknown))}")
            return JSONResponse({"order": order_body(account.order(order_ref), included)})

        return await self._answer(request, self._base.traps.take(order_ref, "read"), act)

    async def document(self, request: Request) -> Response:
        told, base = await request.json(), str(request.base_url).rstrip("/")

        def act(account: Account) -> Response:
            if told.get("contentType") != CONTENT_TYPE:
                raise Refused(400, "InvalidInput", "Invalid contentType.")
            name = f"amzn1.tortuga.4.na.{secrets.token_urlsafe(12)}"
            account.documents[name] = ""
            url = f"{base}/amazon/{account.merchant}/documents/{name}"
            return JSONResponse({"feedDocumentId": name, "url": url}, 201)

        return await self._answer(request, self._base.traps.take("*", "document"), act)

    async def upload(self, request: Request) -> Response:
        """The pre-signed address: whoever knows it may write, once, with the content type that was signed."""
        account, name, body = self._account(request), request.path_params["name"], await request.body()

        def act() -> Response:
            if account.documents.get(name) != "" or request.headers.get("content-type") != CONTENT_TYPE:
                return Response(status_code=403)
            account.documents[name] = body.decode()
            return Response(status_code=200)

        return await transmit(self._base.traps.take("*", "upload"), act)

    async def download(self, request: Request) -> Response:
        text = self._account(request).documents.get(request.path_params["name"], "")
        return Response(text, 200 if text else 404, media_type=CONTENT_TYPE)

    async def feed(self, request: Request) -> Response:
        told = await request.json()
        known = self._account(request).documents.get(str(told.get("inputFeedDocumentId")), "")
        order_ref = next(orders_of(known), "*") if known else "*"
        trap = self._base.traps.take(order_ref, "feed")
        if trap and trap.kind in ("silent", "late", "rejected", "false_ok"):
            self._base.traps.set(order_ref, "feed_work", trap)
            trap = None
        return await self._answer(request, trap, lambda account: account.make_feed(told))

    async def feed_status(self, request: Request) -> Response:
        feed_id = request.path_params["feed_id"]
        known = self._account(request).feeds.get(feed_id)

        def act(_: Account) -> Response:
            if known is None:
                raise Refused(404, "NotFound", "The requested feed was not found.")
            waited = time.time() - known.made
            early = "IN_QUEUE" if waited < QUEUE_SECONDS else "IN_PROGRESS"
            body = {"feedId": feed_id, "feedType": FEED_TYPE, "createdTime": known.created_at}
            ended = {"processingStatus": "DONE", "resultFeedDocumentId": known.report}
            return JSONResponse({**body, **(ended if known.report else {"processingStatus": early})})

        return await self._answer(request, self._base.traps.take(known.order_ref if known else "*", "feed_status"), act)

    async def report(self, request: Request) -> Response:
        name, base = request.path_params["name"], str(request.base_url).rstrip("/")

        def act(account: Account) -> Response:
            if not account.documents.get(name):
                raise Refused(404, "NotFound", "The requested document was not found.")
            return JSONResponse({"feedDocumentId": name, "url": f"{base}/amazon/{account.merchant}/documents/{name}"})

        return await self._answer(request, self._base.traps.take("*", "report"), act)

    # ---------------------------------------------------------------------------------------- control

    async def create(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        asked = "BUYER" if told.get("buyer_asked") else ""
        items = [Item(x["id"], x["sku"], x["quantity"], x["price"], asked_by=asked) for x in told["lines"]]
        account.orders[told["order_ref"]] = Order(told["order_ref"], items)
        return JSONResponse({"order_ref": told["order_ref"]})

    async def show(self, request: Request) -> Response:
        return JSONResponse(asdict(self._account(request).order(request.path_params["order_ref"])))

    async def buyer_cancel(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        order = account.order(told["order_ref"])
        for item in order.items:
            if item.item_id in told.get("items", [item.item_id]):
                item.asked_by = "BUYER"
        order.changed_at = now()
        account.notify(order, "BuyerRequestedChange", "Buyer Requested Cancel", told.get("times", 1))
        return JSONResponse({})

    async def ship(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        order = account.order(told["order_ref"])
        for item in order.items:
            if not item.cancelled_by:
                item.shipped = item.quantity
        order.changed_at = now()
        account.write("ship", order.order_ref)
        account.notify(order, "OrderStatusChange", "Shipped")
        return JSONResponse({})

    async def cancel(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        order = account.order(told["order_ref"])
        for item in order.items:
            if not item.shipped and not item.cancelled_by:
                account.cancel(order, item, "AMAZON")
        account.notify(order, "OrderStatusChange", "Canceled")
        return JSONResponse({})

    async def revoke(self, request: Request) -> Response:
        self._account(request).tokens.clear()
        return JSONResponse({})

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {
            merchant: {
                "orders": [asdict(order) for order in account.orders.values()],
                "documents": account.documents,
                "feeds": [asdict(feed) for feed in account.feeds.values()],
                "tokens": account.tokens,
            }
            for merchant, account in self._accounts.items()
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            account = self._accounts.setdefault(merchant, Account(self._base, merchant))
            account.documents, account.tokens = dict(raw["documents"]), dict(raw["tokens"])
            for order in raw["orders"]:
                items = [Item(**item) for item in order.pop("items")]
                account.orders[order["order_ref"]] = Order(items=items, **order)
            for feed in raw["feeds"]:
                account.feeds[feed["feed_id"]] = Feed(**feed)
                account.resume(account.feeds[feed["feed_id"]])


def build(base: Base) -> Partner:
    amazon = Amazon(base)
    feeds = "/feeds/2021-06-30"
    routes = [
        Route("/auth/o2/token", amazon.token, methods=["POST"]),
        Route("/orders/2026-01-01/orders/{order_ref}", amazon.read),
        Route(f"{feeds}/documents", amazon.document, methods=["POST"]),
        Route(f"{feeds}/documents/{{name}}", amazon.report),
        Route(f"{feeds}/feeds", amazon.feed, methods=["POST"]),
        Route(f"{feeds}/feeds/{{feed_id}}", amazon.feed_status),
        Route("/documents/{name}", amazon.upload, methods=["PUT"]),
        Route("/documents/{name}", amazon.download),
    ]
    control = [
        Route("/{merchant}/orders", amazon.create, methods=["POST"]),
        Route("/{merchant}/orders/{order_ref}", amazon.show),
        Route("/{merchant}/buyer-cancel", amazon.buyer_cancel, methods=["POST"]),
        Route("/{merchant}/ship", amazon.ship, methods=["POST"]),
        Route("/{merchant}/cancel", amazon.cancel, methods=["POST"]),
        Route("/{merchant}/revoke", amazon.revoke, methods=["POST"]),
    ]
    return Partner(PARTNER, "/amazon/{merchant}", [*routes], [*control], amazon.save, amazon.restore)
