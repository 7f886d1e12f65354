"""A chat's incoming webhooks, in the form that Slack and its likes have: an address that is a secret takes ``{"text": ...}`` and says ``ok``.

An address that nobody has is told ``no_service``, a message without text ``no_text`` (Slack, "Sending messages using incoming webhooks",
"Handling errors"). What was taken stands in the journal, with its text.

Settings (merchant, "chat"): ``rooms`` {name: the last part of its address}.

Traps: the transport ones, on order reference "*" and the operation "post".
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.faults import transmit

PARTNER = "chat"


def build(base: Base) -> Partner:
    async def post(request: Request) -> Response:
        merchant, room, secret = (request.path_params[name] for name in ("merchant", "room", "secret"))
        body = await request.body()

        def take() -> Response:
            if not secret or base.setting(merchant, PARTNER, "rooms", {}).get(room) != secret:
                return PlainTextResponse("no_service", 404)
            told = _told(body)
            if told is None:
                return PlainTextResponse("invalid_payload", 400)
            text = told.get("text")
            if not isinstance(text, str) or not text:
                return PlainTextResponse("no_text", 400)
            base.journal.write(PARTNER, merchant, "post", "", detail={"room": room, "text": text})
            return PlainTextResponse("ok")

        return await transmit(base.traps.take("*", "post"), take)

    return Partner(PARTNER, "/chat/{merchant}", [Route("/{room}/{secret}", post, methods=["POST"])], [])


def _told(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
