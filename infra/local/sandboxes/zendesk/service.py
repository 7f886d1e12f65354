"""Zendesk's HTTP face: the ticket operations of its own document."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import Message
from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.judged import changed
from infra.local.sandboxes.traps import Trap
from infra.local.sandboxes.zendesk.account import PARTNER, Account, Refused
from infra.local.sandboxes.zendesk.state import Ticket
from stopship.adapters.zendesk.webhooks import SIGNATURE, TIMESTAMP, sign
from stopship.domain.request import Reason

FIELDS = [
    {"id": 11, "type": "text", "title": "Order", "active": True},
    {
        "id": 12,
        "type": "tagger",
        "title": "Reason",
        "active": True,
        "custom_field_options": [
            {"id": number, "name": str(reason).replace("_", " "), "value": str(reason)}
            for number, reason in enumerate(Reason, 120)
        ],
    },
    {"id": 13, "type": "textarea", "title": "Lines", "active": True},
]
TRIGGERS = [
    {
        "id": 21,
        "title": "Cancel tickets to the desk",
        "active": True,
        "conditions": {"all": [{"field": "update_type", "operator": "is", "value": "Create"}], "any": []},
        "actions": [{"field": "notification_webhook", "value": ["01SANDBOX", '{"ticket_id": "{{ticket.id}}"}']}],
    }
]
"""What an account is set up with unless it is told otherwise."""

type Act = Callable[[Account, Ticket, Trap | None], dict[str, Any]]


class Service:
    """All accounts."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.accounts: dict[str, Account] = {}
        base.deliver.signers[PARTNER] = self._sign

    def account(self, request: Request) -> Account:
        return self.of(request.path_params["merchant"])

    def of(self, merchant: str) -> Account:
        return self.accounts.setdefault(merchant, Account(self._base, merchant))

    def _sign(self, message: Message) -> dict[str, str]:
        timestamp = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        secret = str(self.of(message.merchant).setting("webhook_secret"))
        return {TIMESTAMP: timestamp, SIGNATURE: sign(message.body, timestamp, secret)}

    async def read(self, request: Request) -> Response:
        return await self._answer(request, "read", lambda _, ticket, __: {"ticket": ticket.as_json()})

    async def comments(self, request: Request) -> Response:
        page, url = int(request.query_params.get("page", "1")), str(request.url).partition("?")[0]
        return await self._answer(request, "comments", lambda account, ticket, _: account.comments(ticket, page, url))

    async def update(self, request: Request) -> Response:
        told = (await request.json())["ticket"]
        return await self._answer(request, "update", lambda account, ticket, trap: account.update(ticket, told, trap))

    async def add_tags(self, request: Request) -> Response:
        tags = (await request.json())["tags"]
        return await self._answer(request, "tags", lambda account, ticket, trap: account.add_tags(ticket, tags, trap))

    async def ticket_fields(self, request: Request) -> Response:
        return await self._show(
            request, "fields", lambda account: {"ticket_fields": account.setting("ticket_fields", FIELDS)}
        )

    async def triggers(self, request: Request) -> Response:
        def show(account: Account) -> dict[str, Any]:
            found = account.setting("triggers", TRIGGERS)
            return {"triggers": found, "count": len(found), "next_page": None, "previous_page": None}

        return await self._show(request, "triggers", show)

    async def _show(self, request: Request, operation: str, show: Callable[[Account], dict[str, Any]]) -> Response:
        account = self.account(request)

        def run() -> Response:
            try:
                account.check(request)
            except Refused as refused:
                return refused.response()
            return JSONResponse(show(account))

        return await transmit(self._base.traps.take("*", operation), run)

    async def unknown(self, request: Request) -> Response:
        """Where the document is not at hand: no answer that could be taken for a missing ticket."""
        return Refused(422, "InvalidEndpoint", f"{request.method} {request.url.path}: is not an operation").response()

    async def _answer(self, request: Request, operation: str, act: Act) -> Response:
        account, ticket_id = self.account(request), request.path_params["ticket_id"].removesuffix(".json")
        trap = self._base.traps.take(ticket_id, operation)

        def run() -> Response:
            try:
                account.check(request)
                body = act(account, account.ticket(ticket_id), trap)
            except Refused as refused:
                return refused.response()
            return changed(body, trap) or JSONResponse(body)

        return await transmit(trap, run)
