"""Stripe's HTTP face: the operations of its OpenAPI that a cancel desk needs."""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.faults import Dropped, transmit
from infra.local.sandboxes.stripe import models
from infra.local.sandboxes.stripe.account import Account, Refused
from infra.local.sandboxes.stripe.bodies import charge_body, dispute_body, intent_body, list_body, search_body
from infra.local.sandboxes.traps import Trap

type Endpoint = Callable[[Request], Awaitable[Response]]

_SEARCH = re.compile(r"metadata\['(?P<field>\w+)'\]:'(?P<value>(?:[^'\\]|\\.)*)'")


class BrokenModel(AssertionError):
    """The sandbox itself would have answered what Stripe's OpenAPI does not allow."""


class OffContract(JSONResponse):
    """Breaks the model because a trap says so."""


def held_to_model(endpoint: Endpoint) -> Endpoint:
    """The endpoint between Stripe's own document where it is at hand: a request that does not fit is a 400, an answer BrokenModel."""

    async def run(request: Request) -> Response:
        vendor = models.vendor()
        if vendor is None:
            return await endpoint(request)
        method, path, body = request.method, path_of(request), await request.body()
        wrong = vendor.wrong_request(
            method, path, request.query_params.multi_items(), request.headers.get("content-type", ""), body
        )
        answer = (
            await endpoint(request) if not wrong else Refused(400, "invalid_request_error", "; ".join(wrong)).response()
        )
        if not isinstance(answer, Dropped | OffContract) and (one := vendor.find(method, path)):
            faults = one.wrong_answer(answer.status_code, bytes(answer.body))
            if faults:
                raise BrokenModel(f"{one.name}: {'; '.join(faults)}")
        return answer

    return run


def path_of(request: Request) -> str:
    """As the client wrote it, without the place where the sandbox is mounted."""
    merchant = quote(request.path_params["merchant"], safe="")
    return request.url.path.removeprefix(f"/stripe/{merchant}")


def changed(body: Any, trap: Trap | None) -> Response | None:
    """The answer as a trap spoils it, by dotted place; None without such a trap."""
    change = (trap.detail if trap else {}).get("change")
    if change is None:
        return None
    for place, value in change.items():
        *above, last = (int(x) if x.isdigit() else x for x in place.split("."))
        target: Any = body
        for name in above:
            target = target[name]
        if value == "(gone)":
            del target[last]
        else:
            target[last] = value
    return OffContract(body)


class Service:
    """All accounts."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.accounts: dict[str, Account] = {}

    def account(self, request: Request) -> Account:
        merchant = request.path_params["merchant"]
        return self.accounts.setdefault(merchant, Account(self._base, merchant))

    async def _answer(self, request: Request, order_ref: str, operation: str, act: Any) -> Response:
        account, trap = self.account(request), self._base.traps.take(order_ref, operation)

        def run() -> Response:
            try:
                account.check(request)
                if trap and trap.kind == "rejected":
                    raise _refusal(trap)
                answer: Response = act(account, trap)
            except Refused as refusal:
                return refusal.response()
            return answer

        if trap and trap.kind == "http_429":
            refused = Refused(429, "invalid_request_error", "Too many requests", "rate_limit").response()
            refused.headers["Retry-After"] = f"{trap.seconds:g}"
            return refused
        stored = trap is not None and trap.kind == "http_500" and bool(trap.detail.get("stored"))
        answer = await transmit(None if stored else trap, run)
        if trap and trap.kind.startswith("http_500") and not stored:
            answer = Refused(500, "api_error", "An unknown error occurred").response()
        answer.headers.setdefault("Request-Id", f"req_{secrets.token_hex(7)}")
        return answer

    def _order(self, request: Request, intent_id: str) -> str:
        found = self.account(request).intents.get(intent_id)
        return found.order_ref if found else "*"

    async def unknown(self, request: Request) -> Response:
        return Refused(404, "invalid_request_error", f"Unrecognized request URL ({request.method})").response()

    # ---------------------------------------------------------------------------------------- reading

    async def search(self, request: Request) -> Response:
        asked = _SEARCH.fullmatch(request.query_params.get("query", ""))
        field, value = (asked["field"], re.sub(r"\\(.)", r"\1", asked["value"])) if asked else ("", "")

        def act(account: Account, trap: Trap | None) -> Response:
            if asked is None:
                raise Refused(400, "invalid_request_error", "We could not parse the query", param="query")
            found = [x for x in account.intents.values() if x.metadata.get(field) == value]
            if trap and trap.kind == "silent":
                found = []
            body = search_body([intent_body(x) for x in reversed(found)], "/v1/payment_intents/search")
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, value or "*", "search", act)

    async def intent(self, request: Request) -> Response:
        name = request.path_params["intent"]

        def act(account: Account, trap: Trap | None) -> Response:
            body = intent_body(account.intent(name))
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, self._order(request, name), "read", act)

    async def charges(self, request: Request) -> Response:
        name = request.query_params.get("payment_intent", "")

        def act(account: Account, trap: Trap | None) -> Response:
            one = account.intents.get(name)
            body = list_body([charge_body(one)] if one and one.authorized else [], "/v1/charges", more=False)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, self._order(request, name), "charges", act)

    async def refunds(self, request: Request) -> Response:
        name = request.query_params.get("payment_intent", "")
        limit = int(request.query_params.get("limit", "10"))
        after = request.query_params.get("starting_after", "")

        def act(account: Account, trap: Trap | None) -> Response:
            found = account.refunds(name)
            start = next((i + 1 for i, x in enumerate(found) if x["id"] == after), 0)
            page = found[start : start + limit]
            body = list_body(page, "/v1/refunds", more=start + limit < len(found))
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, self._order(request, name), "refunds", act)

    async def webhook_endpoints(self, request: Request) -> Response:
        def act(account: Account, trap: Trap | None) -> Response:
            made = {"object": "webhook_endpoint", "created": 1_790_000_000, "livemode": False, "metadata": {}}
            told = account.setting("webhook_endpoints", [])
            found = [{**made, "id": f"we_{n}", "status": "enabled", **row} for n, row in enumerate(told, 1)]
            body = list_body(found, "/v1/webhook_endpoints", more=False)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, "*", "webhook_endpoints", act)

    async def dispute(self, request: Request) -> Response:
        name = request.path_params["charge"]
        order_ref = next((x.order_ref for x in self.account(request).intents.values() if x.charge_id == name), "*")

        def act(account: Account, trap: Trap | None) -> Response:
            one = account.of_charge(name)
            if not one.dispute:
                raise Refused(404, "invalid_request_error", "No dispute for this charge", "resource_missing")
            body = dispute_body(one)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, order_ref, "dispute", act)

    # ---------------------------------------------------------------------------------------- acting

    async def cancel(self, request: Request) -> Response:
        name, form = request.path_params["intent"], await _form(request)

        def act(account: Account, trap: Trap | None) -> Response:
            one, key = account.intent(name), request.headers.get("idempotency-key", "")
            return account.once(request, form, lambda: account.cancel(one, key, trap), store_failure=_stores(trap))

        return await self._answer(request, self._order(request, name), "cancel", act)

    async def refund(self, request: Request) -> Response:
        form = await _form(request)
        name = form.get("payment_intent", "")

        def act(account: Account, trap: Trap | None) -> Response:
            one, key = account.intent(name), request.headers.get("idempotency-key", "")
            amount = int(form.get("amount", one.refundable))
            metadata = models.nested(list(form.items())).get("metadata", {})
            return account.once(
                request, form, lambda: account.refund(one, amount, metadata, key, trap), store_failure=_stores(trap)
            )

        return await self._answer(request, self._order(request, name), "refund", act)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _stores(trap: Trap | None) -> bool:
    """Whether this call fails in a way that Stripe keeps under its key."""
    return trap is not None and trap.kind == "http_500" and bool(trap.detail.get("stored"))


def _refusal(trap: Trap) -> Refused:
    told = trap.detail
    return Refused(
        int(told.get("status", 400)),
        str(told.get("type", "invalid_request_error")),
        "refused by a trap",
        str(told.get("code", "")),
        str(told.get("param", "")),
    )
