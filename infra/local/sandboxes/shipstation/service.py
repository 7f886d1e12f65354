"""ShipStation's HTTP face."""

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.deliver import Message
from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.judged import changed
from infra.local.sandboxes.openapi import Document
from infra.local.sandboxes.shipstation.account import PARTNER, Account, Refused
from infra.local.sandboxes.shipstation.bodies import error_body, label_body, page_body, shipment_body
from infra.local.sandboxes.shipstation.signing import sign
from infra.local.sandboxes.traps import Trap

FILE: Final = "v2.yaml"


def read(file: Path) -> Any:
    """The document; libyaml reads its half megabyte ten times faster than Python."""
    return yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


@cache
def vendor(folder: Path | None = None) -> Document | None:
    """ShipStation's own document, None when it is not at hand."""
    file = (folder or contracts() / PARTNER) / FILE
    return Document(read(file)) if file.exists() else None


def refuse(wrong: list[str]) -> Response:
    return JSONResponse(error_body("invalid_field_value", "; ".join(wrong)), 400)


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
        key = self._base.setting(message.merchant, PARTNER, "webhook_key", {})
        return sign(message.body, key) if key else {}

    async def _answer(self, request: Request, trap: Trap | None, act: Callable[[Account], Response]) -> Response:
        account = self.account(request)

        def run() -> Response:
            try:
                if request.headers.get("api-key") != account.setting("api_key"):
                    raise Refused(401, "unauthorized", "The API key is not valid.")
                return act(account)
            except Refused as refusal:
                return JSONResponse(error_body(refusal.code, refusal.message), refusal.status)

        answer = await transmit(trap, run)
        if answer.status_code == 500:
            return JSONResponse(error_body("unspecified", "Something went wrong."), 500)
        return answer

    async def list_shipments(self, request: Request) -> Response:
        order_ref = request.query_params.get("sales_order_id", "")
        trap = self._base.traps.take(order_ref or "*", "read")

        def act(account: Account) -> Response:
            found = account.of_order(order_ref) if not (trap and trap.kind == "silent") else []
            body = _page(request, "shipments", [shipment_body(x) for x in found])
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, trap, act)

    async def get_shipment(self, request: Request) -> Response:
        shipment = self._shipment(request)
        return await self._answer(
            request,
            self._base.traps.take(shipment.order_ref if shipment else "*", "shipment"),
            lambda _: JSONResponse(shipment_body(shipment)) if shipment else _missing(),
        )

    async def list_webhooks(self, request: Request) -> Response:
        def act(account: Account) -> Response:
            told = account.setting("webhooks", [])
            return JSONResponse([{"webhook_id": f"se-{n}", **row} for n, row in enumerate(told, 1)])

        return await self._answer(request, self._base.traps.take("*", "webhooks"), act)

    async def list_labels(self, request: Request) -> Response:
        shipment = self.account(request).shipment(request.query_params.get("shipment_id", ""))
        trap = self._base.traps.take(shipment.order_ref if shipment else "*", "labels")

        def act(_: Account) -> Response:
            rows = [label_body(shipment, label) for label in shipment.labels] if shipment else []
            body = _page(request, "labels", rows)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, trap, act)

    async def get_label(self, request: Request) -> Response:
        found = self.account(request).label(request.path_params["label_id"])
        trap = self._base.traps.take(found[0].order_ref if found else "*", "label")

        def act(_: Account) -> Response:
            if found is None:
                return _missing()
            body = label_body(*found)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, trap, act)

    async def void(self, request: Request) -> Response:
        found = self.account(request).label(request.path_params["label_id"])
        trap = self._base.traps.take(found[0].order_ref if found else "*", "void")

        def act(account: Account) -> Response:
            if found is None:
                return _missing()
            body = account.void(*found, trap)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, trap, act)

    async def cancel(self, request: Request) -> Response:
        shipment = self._shipment(request)
        trap = self._base.traps.take(shipment.order_ref if shipment else "*", "cancel")

        def act(account: Account) -> Response:
            if shipment is None:
                return _missing()
            if trap and trap.kind == "late":
                asyncio.get_running_loop().call_later(trap.seconds, lambda: account.cancel(shipment, None))
            else:
                account.cancel(shipment, trap)
            return Response(status_code=204)

        return await self._answer(request, trap, act)

    async def unknown(self, request: Request) -> Response:  # noqa: ARG002
        return _missing()

    def _shipment(self, request: Request) -> Any:
        return self.account(request).shipment(request.path_params["shipment_id"])


def _missing() -> Response:
    return JSONResponse(error_body("invalid_identifier", "It was not found."), 404)


def _page(request: Request, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    page, size = (int(request.query_params.get(n, d)) for n, d in (("page", "1"), ("page_size", "25")))
    return page_body(name, rows, page, size, str(request.url))
