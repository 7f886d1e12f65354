"""One account: who may call, what a call changes, and the webhook that tells of changes."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import Message, json_body
from infra.local.sandboxes.traps import Trap
from infra.local.sandboxes.zendesk.state import AGENT, Ticket, ticket_from

PARTNER: Final = "zendesk"
PATH: Final = "/webhooks/zendesk"
PER_PAGE: Final = 100


class Refused(Exception):
    """Zendesk's error body."""

    def __init__(self, status: int, error: str, description: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(error)
        self.status, self.error, self.description, self.details = status, error, description, details

    def response(self) -> Response:
        more = {"details": self.details} if self.details else {}
        return JSONResponse({"error": self.error, "description": self.description, **more}, self.status)


class Account:
    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.tickets: dict[str, Ticket] = {}

    def setting(self, name: str, default: Any = "") -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def check(self, request: Request) -> None:
        """An API token: ``{email}/token:{api_token}`` as basic authentication."""
        wanted = base64.b64encode(f"{self.setting('email')}/token:{self.setting('api_token')}".encode()).decode()
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise Refused(401, "Couldnt_authenticate_you", "Couldn't authenticate you")

    def ticket(self, ticket_id: str) -> Ticket:
        if ticket_id not in self.tickets:
            raise Refused(404, "RecordNotFound", "Not found")
        return self.tickets[ticket_id]

    # ---------------------------------------------------------------------------------------- calls

    def update(self, ticket: Ticket, told: Mapping[str, Any], trap: Trap | None) -> dict[str, Any]:
        """Adds a comment, and replaces the tags where some are given."""
        self._writable(ticket, trap)
        events: list[dict[str, Any]] = []
        comment = told.get("comment")
        if comment and not (trap and trap.kind == "false_ok"):
            said = ticket.say(comment["body"], AGENT, public=comment.get("public", True))
            events.append({"id": said.comment_id, "type": "Comment", "body": said.body})
            self._write("comment", ticket, public=said.public, body=said.body)
        if "tags" in told:
            ticket.tags = list(told["tags"])
            self._write("set_tags", ticket, tags=ticket.tags)
        self.fire(ticket, "api")
        return {"ticket": ticket.as_json(), "audit": {"id": 1, "ticket_id": int(ticket.ticket_id), "events": events}}

    def add_tags(self, ticket: Ticket, tags: list[str], trap: Trap | None) -> dict[str, Any]:
        self._writable(ticket, trap)
        new = [tag for tag in tags if tag not in ticket.tags]
        if new and not (trap and trap.kind == "false_ok"):
            ticket.tags += new
            self._write("tag", ticket, tags=new)
            self.fire(ticket, "api")
        return {"tags": ticket.tags}

    def comments(self, ticket: Ticket, page: int, url: str) -> dict[str, Any]:
        size = int(self.setting("page_size", PER_PAGE))
        part = ticket.comments[(page - 1) * size : page * size]
        onward = f"{url}?page={page + 1}" if page * size < len(ticket.comments) else None
        return {
            "comments": [comment.as_json() for comment in part],
            "next_page": onward,
            "previous_page": f"{url}?page={page - 1}" if page > 1 else None,
            "count": len(ticket.comments),
        }

    def _writable(self, ticket: Ticket, trap: Trap | None) -> None:
        if ticket.status == "closed" or (trap and trap.kind == "rejected"):
            why = {"status": [{"description": "Status: closed prevents ticket update"}]}
            raise Refused(422, "RecordInvalid", "Record validation errors", why)

    def _write(self, operation: str, ticket: Ticket, **detail: Any) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, ticket.ticket_id, "", detail)

    # ---------------------------------------------------------------------------------------- webhook

    def fire(self, ticket: Ticket, change: str) -> None:
        """The merchant's trigger: ``fires_on`` names what it listens to (created, fields, api)."""
        if change not in self.setting("fires_on", ["created", "fields"]) or not self.setting("webhook_secret"):
            return
        trap = self._base.traps.take(ticket.ticket_id, "webhook")
        if trap and trap.kind == "silent":
            return
        body: dict[str, Any] = {"ticket_id": ticket.ticket_id}
        if self.setting("sends", "trigger") == "event":
            detail = {"id": ticket.ticket_id, "description": ticket.description, "status": ticket.status.upper()}
            body = {"type": "zen:event-type:ticket.custom_field_changed", "detail": detail, "event": {}}
        delay = trap.seconds if trap and trap.kind == "late" else 0.0
        headers = {
            "X-Zendesk-Account-Id": str(self.setting("account_id")),
            "X-Zendesk-Webhook-Id": "01SANDBOX",
            "X-Zendesk-Webhook-Invocation-Id": secrets.token_hex(12),
        }
        self._base.deliver.send(Message(PARTNER, self.merchant, change, PATH, json_body(body), headers, delay))

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> list[dict[str, Any]]:
        return [asdict(ticket) for ticket in self.tickets.values()]

    def restore(self, saved: list[dict[str, Any]]) -> None:
        for raw in saved:
            self.tickets[raw["ticket_id"]] = ticket_from(raw)
