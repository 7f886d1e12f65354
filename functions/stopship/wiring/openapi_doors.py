"""The doors of other people's software, described beside the desk's own routes: what is sent there, what proves the sender, what is answered."""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from stopship.adapters.generic_3pl import contract
from stopship.adapters.generic_3pl.openapi import SIGNED
from stopship.adapters.generic_3pl.signature import HEADER
from stopship.adapters.ticket.wish import Ticket
from stopship.wiring.openapi import content

ACKNOWLEDGMENTS: Final = "/acknowledgments/{callback_id}"
WEBHOOKS: Final = "/webhooks/{source}"

PROVED_BY: Final = {
    "shopify": "X-Shopify-Hmac-SHA256",
    "shopify-flow": "X-Stopship-Key",
    "generic-3pl": HEADER,
    "shiphero": "x-shiphero-hmac-sha256",
    "shipbob": "webhook-signature",
    "shipstation": "x-shipengine-rsa-sha256-signature",
    "stripe": "Stripe-Signature",
    "zendesk": "X-Zendesk-Webhook-Signature",
    "ticket": HEADER,
}
"""The header that proves the sender, by the source in the address."""
_OURS = {"generic-3pl": (contract.Callback, contract.Event), "ticket": (Ticket,)}
"""Messages whose shape is the desk's own contract."""
_FLOW = {
    "type": "object",
    "required": ["order_id", "reason", "requested_at"],
    "properties": {
        "order_id": {"type": "string", "description": "the order's id at Shopify, as a gid"},
        "lines": {
            "type": "array",
            "description": "without it, all that is still open",
            "items": {
                "type": "object",
                "required": ["line_item_id", "quantity"],
                "properties": {"line_item_id": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
            },
        },
        "reason": {"type": "string"},
        "requested_at": {"type": "string", "format": "date-time"},
        "request_id": {"type": ["string", "null"], "description": "one for each wish; without it the body is its id"},
    },
}
_PARTNERS_OWN = {"type": "object", "description": "the message as the partner's own documentation gives it"}
_UNPROVEN = "nothing proves who sends"
_OF_ANSWERS = {
    "400": "a field is wrong",
    "401": _UNPROVEN,
    "404": "no such callback",
    "409": "this callback has had its answer",
    "410": "too late; the answer is on record as evidence",
    "413": "the body is too large",
    "500": "it failed here; send it again",
}
_OF_MESSAGES = {
    "400": "a field is wrong, or a header is missing",
    "401": _UNPROVEN,
    "404": "no such source, or a shop that nobody has connected",
    "409": "the id that the sender chose stands for another message: nothing was queued",
    "413": "the body is too large",
    "500": "it failed here; send it again",
}


def with_doors(described: dict[str, Any], problem: type[BaseModel]) -> dict[str, Any]:
    """The desk's description, and in it the doors that need no token."""
    described["paths"][ACKNOWLEDGMENTS] = {"post": _acknowledgment(problem)}
    described["paths"][WEBHOOKS] = {"post": _webhook(problem)}
    described["components"]["schemas"] |= _schemas()
    described["components"]["securitySchemes"] |= {_scheme(source): _proof(source) for source in PROVED_BY}
    return described


def _schemas() -> dict[str, Any]:
    """Under the source's name: two contracts may call different things alike."""
    found: dict[str, Any] = {"shopify-flow.Wish": _FLOW}
    for source, models in _OURS.items():
        _, told = models_json_schema([(x, "validation") for x in models], ref_template=_of(source, "{model}")["$ref"])
        found |= {f"{source}.{name}": schema for name, schema in told["$defs"].items()}
    return found


def _of(source: str, model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{source}.{model}"}


def _acknowledgment(problem: type[BaseModel]) -> dict[str, Any]:
    taken = {"case_id": {"type": "string"}, "recorded": {"type": "boolean"}}
    return {
        "operationId": "acknowledge",
        "summary": "A warehouse's answer to a stop-ship, once, at the address that the stop-ship named.",
        "security": [{_scheme("generic-3pl"): []}],
        "parameters": [_parameter("callback_id", "path", "the last part of callbackUrl")],
        "requestBody": _body(_of("generic-3pl", "Callback")),
        "responses": {"202": _json("recorded", taken), **_problems(_OF_ANSWERS, problem)},
    }


def _webhook(problem: type[BaseModel]) -> dict[str, Any]:
    by_address = "only where the partner's messages do not say whose they are: shiphero, shipbob, shipstation, stripe"
    source = _parameter("source", "path", "who sends")
    source["schema"]["enum"] = list(PROVED_BY)
    asked = [_of("shopify-flow", "Wish"), _of("generic-3pl", "Event"), _of("ticket", "Ticket"), _PARTNERS_OWN]
    return {
        "operationId": "receive_webhook",
        "summary": "A message from other software: kept as it came, queued, and only then answered.",
        "security": [{_scheme(source): []} for source in PROVED_BY],
        "parameters": [
            source,
            _parameter("merchant", "query", by_address),
            _parameter("warehouse", "query", by_address),
        ],
        "requestBody": _body({"anyOf": asked}),
        "responses": {
            "200": _json("safe", {"received": {"type": "string"}}),
            **_problems(_OF_MESSAGES, problem),
        },
    }


def _scheme(source: str) -> str:
    return f"proof-{source}"


def _proof(source: str) -> dict[str, str]:
    header = PROVED_BY[source]
    about = SIGNED if header == HEADER else f"what /webhooks/{source} is proved by"
    return {"type": "apiKey", "in": "header", "name": header, "description": about}


def _parameter(name: str, place: str, about: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": about}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _json(about: str, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _problems(texts: dict[str, str], problem: type[BaseModel]) -> dict[str, Any]:
    return {status: content(text, "application/problem+json", problem) for status, text in texts.items()}
