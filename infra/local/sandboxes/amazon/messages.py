"""Messaging API v1: which messages an order allows, the buyer's language, and what was written to him."""

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.amazon.account import Account, Refused
from infra.local.sandboxes.amazon.bodies import MARKETPLACE
from infra.local.sandboxes.amazon.service import Service, changed
from infra.local.sandboxes.amazon.state import Order

FORBIDDEN: Final = re.compile(r"<[^>]*>|https?:|www\.|\S+@\S+", re.IGNORECASE)


class Messages:
    """Traps by order: "actions" and "attributes" (transport, and false_ok with a change), "message" (transport, and rejected with "code")."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def actions(self, request: Request) -> Response:
        return await self._read(request, "actions", _actions)

    async def attributes(self, request: Request) -> Response:
        return await self._read(request, "attributes", lambda order: {"buyer": {"locale": order.locale}})

    async def _read(self, request: Request, operation: str, body: Any) -> Response:
        trap = self._service.take(request, operation)

        def act(account: Account) -> Response:
            told = body(_order(account, request))
            return changed(told, trap) or JSONResponse(told)

        return await self._service.answer(request, trap, act)

    async def write(self, request: Request) -> Response:
        told, trap = await request.json(), self._service.take(request, "message")

        def act(account: Account) -> Response:
            order = _order(account, request)
            text = str(told.get("text", ""))
            if trap and trap.kind == "rejected":
                raise Refused(400, str(trap.detail.get("code", "InvalidInput")), "The message is not allowed.")
            if "unexpectedProblem" not in order.actions or FORBIDDEN.search(text):
                raise Refused(400, "InvalidInput", "The message is not allowed.")
            order.messages.append(text)
            account.write("message", order.order_ref)
            return JSONResponse({}, 201)

        return await self._service.answer(request, trap, act)


def _order(account: Account, request: Request) -> Order:
    if request.query_params.get("marketplaceIds") != MARKETPLACE:
        raise Refused(400, "InvalidInput", "marketplaceIds: exactly the one that the order was placed in.")
    return account.order(request.path_params["order_ref"])


def _actions(order: Order) -> dict[str, Any]:
    path = f"/messaging/v1/orders/{order.order_ref}"
    links = [{"href": f"{path}/messages/{name}?marketplaceIds={MARKETPLACE}", "name": name} for name in order.actions]
    own = {"href": f"{path}?marketplaceIds={MARKETPLACE}"}
    return {"_links": {"actions": links, "self": own}, "_embedded": {"actions": []}}
