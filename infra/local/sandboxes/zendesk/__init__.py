"""Zendesk's Support API for tickets, and the webhook of the trigger that a merchant puts on its cancel tickets.

Where Zendesk's own document is at hand, every request and every answer must fit it.

Settings (merchant, "zendesk"): ``email``, ``api_token``; ``account_id``; ``webhook_secret`` ("" sends nothing); ``fires_on`` (of created,
fields, api: what the trigger listens to; "api" is the careless one that hears the desk's own changes); ``sends`` ("trigger" or "event": the
two forms of body); ``page_size`` of comments; ``ticket_fields`` and ``triggers`` as the account is set up (service.FIELDS, TRIGGERS).

Control, below ``/_sandbox/zendesk/{merchant}``: ``POST /tickets`` {ticket_id, fields: {field id: text}, form_id?, tags?, status?,
description?}; ``GET /tickets/{ticket_id}``; ``POST /tickets/{ticket_id}/fields`` {fields}: somebody fills them in;
``POST /tickets/{ticket_id}/say`` {body, times?}: the customer writes; ``POST /tickets/{ticket_id}/close``.

Traps, by ticket id: the transport ones on "read", "comments", "update" and "tags". "update" and "tags" also take rejected (422, as for a closed
ticket) and false_ok (taken, and nothing is there). "webhook" takes silent and late (``seconds``). Against the contract: any other kind with
detail {"change": {dotted place: value}}.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.judged import Endpoint, judged
from infra.local.sandboxes.zendesk import models
from infra.local.sandboxes.zendesk.account import PARTNER, Refused
from infra.local.sandboxes.zendesk.control import Control
from infra.local.sandboxes.zendesk.service import Service


def _refuse(wrong: list[str]) -> Response:
    return Refused(422, "InvalidValue", "; ".join(wrong)).response()


def _held(endpoint: Endpoint) -> Endpoint:
    return judged(PARTNER, endpoint, models.vendor, _refuse)


def build(base: Base) -> Partner:
    service = Service(base)
    ticket = "/api/v2/tickets/{ticket_id}"
    routes = [
        Route("/api/v2/ticket_fields", _held(service.ticket_fields), methods=["GET"]),
        Route("/api/v2/triggers/active", _held(service.triggers), methods=["GET"]),
        Route(ticket, _held(service.read), methods=["GET"]),
        Route(ticket, _held(service.update), methods=["PUT"]),
        Route(f"{ticket}/comments", _held(service.comments), methods=["GET"]),
        Route(f"{ticket}/tags", _held(service.add_tags), methods=["PUT"]),
        Route("/{path:path}", _held(service.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]

    def save() -> dict[str, Any]:
        return {merchant: account.save() for merchant, account in service.accounts.items()}

    def restore(saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            service.of(merchant).restore(raw)

    return Partner(PARTNER, "/zendesk/{merchant}", [*routes], [*Control(service).routes()], save, restore)
