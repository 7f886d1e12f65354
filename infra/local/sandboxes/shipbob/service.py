"""ShipBob's HTTP face."""

import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.deliver import Message
from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.judged import changed
from infra.local.sandboxes.openapi import Document
from infra.local.sandboxes.shipbob.account import PARTNER, Account
from infra.local.sandboxes.shipbob.bodies import order_body, timeline_body
from infra.local.sandboxes.traps import Trap
from stopship.adapters.shipbob.signature import sign

FILE: Final = "openapi-2026-01.json"


@cache
def vendor(folder: Path | None = None) -> Document | None:
    """ShipBob's own document, None when it is not at hand."""
    file = (folder or contracts() / PARTNER) / FILE
    return Document(json.loads(file.read_text())) if file.exists() else None


def refuse(wrong: list[str]) -> Response:
    """ShipBob's form of a bad request: messages by field."""
    return JSONResponse({"request": wrong}, 400)


class Service:
    """All merchants."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.accounts: dict[str, Account] = {}
        base.deliver.signers[PARTNER] = self._sign

    def account(self, request: Request) -> Account:
        merchant = request.path_params["merchant"]
        return self.accounts.setdefault(merchant, Account(self._base, merchant))

    def _sign(self, message: Message) -> dict[str, str]:
        secret = self._base.setting(message.merchant, PARTNER, "webhook_secret", "")
        seconds = int(time.time())
        signature = sign(message.message_id, seconds, message.body, secret)
        return {
            "webhook-id": message.message_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature,
        }

    async def _answer(self, request: Request, trap: Trap | None, act: Callable[[Account], Response]) -> Response:
        account = self.account(request)
        if request.headers.get("authorization") != f"Bearer {account.setting('token')}":
            return Response(status_code=401)
        if trap and trap.kind == "http_429":
            return Response(status_code=429, headers={"x-retry-after": f"{trap.seconds:g}", "x-remaining-calls": "0"})
        answer = await transmit(trap, lambda: act(account))
        return JSONResponse({"server": ["internal error"]}, 500) if answer.status_code == 500 else answer

    async def orders(self, request: Request) -> Response:
        wanted = set(filter(None, request.query_params.get("ReferenceIds", "").split(",")))
        trap = self._base.traps.take(next(iter(wanted), "*"), "read")

        def act(account: Account) -> Response:
            found = account.under(wanted) if not (trap and trap.kind == "silent") else []
            body: Any = [order_body(order) for order in found]
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, trap, act)

    async def channels(self, request: Request) -> Response:
        """Settings ``scopes`` of the channel."""

        def act(account: Account) -> Response:
            scopes = account.setting("scopes", ["orders_read", "orders_write", "webhooks_read"])
            channel = {"id": int(account.setting("channel_id", 1)), "name": "desk", "scopes": scopes}
            return JSONResponse({"items": [{**channel, "application_name": "Api"}], "next": None, "prev": None})

        return await self._answer(request, self._base.traps.take("*", "channels"), act)

    async def webhooks(self, request: Request) -> Response:
        """Settings ``subscriptions`` [{url, topics, enabled?}]."""

        def act(account: Account) -> Response:
            made = {"created_at": "2026-01-01T00:00:00Z", "description": "desk", "enabled": True}
            rows = [{**made, "id": str(n), **row} for n, row in enumerate(account.setting("subscriptions", []), 1)]
            return JSONResponse({"items": rows, "next": None, "prev": None})

        return await self._answer(request, self._base.traps.take("*", "webhooks"), act)

    async def timeline(self, request: Request) -> Response:
        shipment = self.account(request).shipment(int(request.path_params["shipment_id"]))
        trap = self._base.traps.take(shipment.reference_id if shipment else "*", "timeline")

        def act(_: Account) -> Response:
            if shipment is None:
                return Response(status_code=404)
            body: Any = timeline_body(shipment)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, trap, act)

    async def cancel(self, request: Request) -> Response:
        told = await request.json()
        ids = list(told.get("shipment_ids") or ())
        known = next((x for x in map(self.account(request).shipment, ids) if x), None)
        trap = self._base.traps.take(known.reference_id if known else "*", "cancel")

        def act(account: Account) -> Response:
            if request.headers.get("shipbob_channel_id") != str(account.setting("channel_id")):
                return JSONResponse({"shipbob_channel_id": ["The channel is not writable."]}, 422)
            body: Any = {"results": account.cancel(ids, trap)}
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, trap, act)

    async def unknown(self, request: Request) -> Response:  # noqa: ARG002
        return Response(status_code=404)
