"""Amazon's HTTP face: Login with Amazon, the operations of the models, and the pre-signed addresses of feed documents."""

import gzip
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.amazon import models
from infra.local.sandboxes.amazon.account import PARTNER, Account, Refused
from infra.local.sandboxes.amazon.bodies import INCLUDED, order_body
from infra.local.sandboxes.amazon.documents import CONTENT_TYPE, orders_of
from infra.local.sandboxes.amazon.money import transactions
from infra.local.sandboxes.amazon.search import RATE as DEFAULT_RATE
from infra.local.sandboxes.amazon.search import search, take_one
from infra.local.sandboxes.base import Base
from infra.local.sandboxes.faults import Dropped, transmit
from infra.local.sandboxes.traps import Trap

REQUEST_ID: Final = "x-amzn-RequestId"
RATE: Final = "x-amzn-RateLimit-Limit"

type Endpoint = Callable[[Request], Awaitable[Response]]


class BrokenModel(AssertionError):
    """The sandbox itself would have answered what Amazon's model does not allow."""


class OffContract(JSONResponse):
    """Breaks the model because a trap says so."""


def held_to_model(endpoint: Endpoint) -> Endpoint:
    """The endpoint between Amazon's models where they are at hand: a request that does not fit is a 400, an answer BrokenModel."""

    async def run(request: Request) -> Response:
        vendor = models.vendor()
        if vendor is None:
            return await endpoint(request)
        method, path, body = request.method, path_of(request), await request.body()
        wrong = vendor.wrong_request(
            method, path, request.query_params.multi_items(), request.headers.get("content-type", ""), body
        )
        answer = await endpoint(request) if not wrong else Refused(400, "InvalidInput", "; ".join(wrong)).response()
        if not isinstance(answer, Dropped | OffContract) and (one := vendor.find(method, path)):
            faults = one.wrong_answer(answer.status_code, bytes(answer.body))
            if faults:
                raise BrokenModel(f"{one.name}: {'; '.join(faults)}")
        answer.headers.setdefault(REQUEST_ID, secrets.token_hex(8))
        return answer

    return run


def path_of(request: Request) -> str:
    """The path below the merchant's prefix, as it was sent: a quoted slash is no separator."""
    raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    _, _, path = raw.decode("ascii").partition(f"/{PARTNER}/{request.path_params['merchant']}")
    return str(path.partition("?")[0])


def changed(body: dict[str, Any], trap: Trap | None) -> Response | None:
    """What a trap makes of an answer: detail {"change": {dotted place: value}}; None without such a trap."""
    change = (trap.detail if trap else {}).get("change")
    if change is None:
        return None
    for place, value in change.items():
        *above, last = (int(x) if x.isdigit() else x for x in place.split("."))
        target: Any = body
        for name in above:
            target = target[name]
        target[last] = value
    return OffContract(body)


def _after(moment: str, since: str) -> bool:
    return not since or datetime.fromisoformat(moment) >= datetime.fromisoformat(since)


class Service:
    """All sellers."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.accounts: dict[str, Account] = {}

    def account(self, request: Request) -> Account:
        merchant = request.path_params["merchant"]
        return self.accounts.setdefault(merchant, Account(self._base, merchant))

    def take(self, request: Request, operation: str) -> Trap | None:
        return self._base.traps.take(request.path_params["order_ref"], operation)

    async def answer(self, request: Request, trap: Trap | None, act: Callable[[Account], Response]) -> Response:
        account = self.account(request)

        def run() -> Response:
            try:
                account.check(request)
                return act(account)
            except Refused as refusal:
                return refusal.response()

        if trap and trap.kind == "http_429":
            rate = {RATE: f"{1 / trap.seconds:g}"} if trap.seconds else None
            return Refused(429, "QuotaExceeded", "You exceeded your quota for the requested resource.").response(rate)
        answer = await transmit(trap, run)
        if answer.status_code == 500:
            return Refused(500, "InternalFailure", "We encountered an internal error. Please try again.").response()
        return answer

    async def unknown(self, request: Request) -> Response:
        """Where no model is at hand: no answer of Amazon's that could be taken for "no such order"."""
        return Refused(400, "InvalidInput", f"{request.method} {path_of(request)}: is not an operation").response()

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        account = self.account(request)
        return await transmit(self._base.traps.take("*", "token"), lambda: account.grant(form))

    async def read(self, request: Request) -> Response:
        order_ref = request.path_params["order_ref"]
        included = set(filter(None, request.query_params.get("includedData", "").split(",")))
        trap = self._base.traps.take(order_ref, "read")

        def act(account: Account) -> Response:
            account.require("orders")
            if unknown := included - INCLUDED:
                raise Refused(400, "InvalidInput", f"includedData: {', '.join(sorted(unknown))}")
            body = {"order": order_body(account.order(order_ref), included)}
            return changed(body, trap) or JSONResponse(body)

        return await self.answer(request, trap, act)

    async def search(self, request: Request) -> Response:
        trap = self._base.traps.take("*", "search")

        def act(account: Account) -> Response:
            try:
                rate = take_one(account)
            except Refused as refusal:
                return refusal.response({RATE: f"{float(account.setting('search_rate', DEFAULT_RATE)):g}"})
            body = search(account, dict(request.query_params))
            answer = changed(body, trap) or JSONResponse(body)
            answer.headers[RATE] = f"{rate:g}"
            return answer

        return await self.answer(request, trap, act)

    # ---------------------------------------------------------------------------------------- feeds

    async def document(self, request: Request) -> Response:
        told, base = await request.json(), str(request.base_url).rstrip("/")

        def act(account: Account) -> Response:
            if told.get("contentType") != CONTENT_TYPE:
                raise Refused(400, "InvalidInput", "Invalid contentType.")
            name = f"amzn1.tortuga.4.na.{secrets.token_urlsafe(12)}"
            account.documents[name] = ""
            url = f"{base}/amazon/{account.merchant}/documents/{name}"
            return JSONResponse({"feedDocumentId": name, "url": url}, 201)

        return await self.answer(request, self._base.traps.take("*", "document"), act)

    async def upload(self, request: Request) -> Response:
        """The pre-signed address: whoever knows it may write, once, with the content type that was signed."""
        account, name, body = self.account(request), request.path_params["name"], await request.body()

        def act() -> Response:
            if account.documents.get(name) != "" or request.headers.get("content-type") != CONTENT_TYPE:
                return Response(status_code=403)
            account.documents[name] = body.decode()
            return Response(status_code=200)

        return await transmit(self._base.traps.take("*", "upload"), act)

    async def download(self, request: Request) -> Response:
        account, name = self.account(request), request.path_params["name"]
        text = account.documents.get(name, "")
        trap = self._base.traps.take("*", "download")
        told = str(trap.detail.get("text", text)) if trap else text
        raw = gzip.compress(told.encode()) if account.setting("gzip_reports", False) else told.encode()
        return await transmit(trap, lambda: Response(raw, 200 if text else 404, media_type=CONTENT_TYPE))

    # ---------------------------------------------------------------------------------------- notifications

    async def subscription(self, request: Request) -> Response:
        kind = request.path_params["kind"]

        def act(account: Account) -> Response:
            account.require("notifications")
            if kind != "ORDER_CHANGE" or not account.setting("subscribed", True):
                raise Refused(404, "NotFound", "There is no subscription of this type.")
            told = {"subscriptionId": "subscription-1", "payloadVersion": "1.0", "destinationId": "destination-1"}
            return JSONResponse({"payload": told})

        return await self.answer(request, self._base.traps.take("*", "subscription"), act)

    async def destination(self, request: Request) -> Response:
        """The app's, not a seller's: only a token without a seller behind it may read it."""
        account, name = self.account(request), request.path_params["name"]

        def act() -> Response:
            try:
                account.check(request, grantless=True)
                if name != "destination-1":
                    raise Refused(404, "NotFound", "There is no such destination.")
                return JSONResponse({"payload": account.destination()})
            except Refused as refusal:
                return refusal.response()

        return await transmit(self._base.traps.take("*", "destination"), act)

    async def feed(self, request: Request) -> Response:
        told = await request.json()
        known = self.account(request).documents.get(str(told.get("inputFeedDocumentId")), "")
        order_ref = next(orders_of(known), "*") if known else "*"
        trap = self._base.traps.take(order_ref, "feed")
        if trap and trap.kind in ("silent", "late", "rejected", "false_ok"):
            self._base.traps.set(order_ref, "feed_work", trap)
            trap = None
        return await self.answer(request, trap, lambda account: account.make_feed(told))

    async def feeds_made(self, request: Request) -> Response:
        """getFeeds: the seller's feeds of some types since a moment, the newest first."""
        query, trap = request.query_params, self._base.traps.take("*", "feeds")

        def act(account: Account) -> Response:
            account.require("feeds")
            types, since = query["feedTypes"].split(","), query.get("createdSince", "")
            made = [x for x in account.feeds.values() if x.feed_type in types and _after(x.created_at, since)]
            body = {"feeds": [account.feed_body(x) for x in made[::-1][: int(query.get("pageSize", "10"))]]}
            return changed(body, trap) or JSONResponse(body)

        return await self.answer(request, trap, act)

    async def transactions(self, request: Request) -> Response:
        """listTransactions by order. Setting ``finance_lag_seconds``: how long a refund stays unseen."""
        order_ref = request.query_params.get("relatedIdentifierValue", "")
        trap = self._base.traps.take(order_ref, "finances")

        def act(account: Account) -> Response:
            if request.query_params.get("relatedIdentifierName") != "ORDER_ID":
                raise Refused(400, "InvalidInput", "relatedIdentifierName")
            known = account.orders.get(order_ref)
            body = {"payload": {"transactions": transactions(known) if known else []}}
            return changed(body, trap) or JSONResponse(body)

        return await self.answer(request, trap, act)

    async def feed_status(self, request: Request) -> Response:
        known = self.account(request).feeds.get(request.path_params["feed_id"])
        trap = self._base.traps.take(known.order_ref if known else "*", "feed_status")

        def act(account: Account) -> Response:
            if known is None:
                raise Refused(404, "NotFound", "The requested feed was not found.")
            body = account.feed_body(known)
            return changed(body, trap) or JSONResponse(body)

        return await self.answer(request, trap, act)

    async def report(self, request: Request) -> Response:
        name, base = request.path_params["name"], str(request.base_url).rstrip("/")
        trap = self._base.traps.take("*", "report")

        def act(account: Account) -> Response:
            if not account.documents.get(name):
                raise Refused(404, "NotFound", "The requested document was not found.")
            body = {"feedDocumentId": name, "url": f"{base}/amazon/{account.merchant}/documents/{name}"}
            if account.setting("gzip_reports", False):
                body["compressionAlgorithm"] = "GZIP"
            return changed(body, trap) or JSONResponse(body)

        return await self.answer(request, trap, act)
