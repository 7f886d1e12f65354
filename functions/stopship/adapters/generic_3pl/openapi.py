"""The contract as an OpenAPI 3.1 document: what a warehouse's engineer implements."""

from typing import Any

from pydantic.json_schema import models_json_schema

from stopship.adapters.generic_3pl import contract
from stopship.adapters.generic_3pl.signature import HEADER, TOLERANCE_SECONDS

_MODELS = (
    contract.StopShip,
    contract.StopResult,
    contract.Accepted,
    contract.Callback,
    contract.PickStates,
    contract.Release,
    contract.Released,
    contract.Event,
)
SIGNED = f"""Every message carries `{HEADER}: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 under the shared secret of "<t>." and the raw body,
or, for a message without a body, the path with its query. Receivers refuse what is older or newer than {TOLERANCE_SECONDS} s."""


def document(version: str = "1.0.0") -> dict[str, Any]:
    """Paths are what the warehouse serves; webhooks are what it sends to the desk."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stop-ship for warehouses", "version": version, "description": contract.__doc__},
        "paths": _paths(),
        "webhooks": {"event": {"post": _operation("Something happened in the warehouse", "Event", {"200": ""})}},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"signature": {"type": "apiKey", "in": "header", "name": HEADER, "description": SIGNED}},
        },
        "security": [{"signature": []}],
    }


def _paths() -> dict[str, Any]:
    stop = _operation("Stop or hold", "StopShip", {"200": "StopResult", "202": "Accepted"})
    answer = _operation("The result of an accepted stop", "Callback", {"202": "", "409": "", "410": ""})
    stop["callbacks"] = {"result": {"{$request.body#/callbackUrl}": {"post": answer}}}
    read = _operation("How far the work is", "", {"200": "PickStates"})
    read["parameters"] = [
        {"name": "orderRef", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "legId", "in": "query", "required": False, "schema": {"type": "string"}},
    ]
    return {
        "/stop-ship": {"post": stop},
        "/orders/{orderRef}/pick-state": {"get": read},
        "/release": {"post": _operation("Let go of a hold", "Release", {"200": "Released"})},
    }


def _operation(summary: str, request: str, responses: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {status: _response(schema) for status, schema in responses.items()},
    }
    if request:
        found["requestBody"] = {"required": True, "content": _content(request)}
    return found


def _response(schema: str) -> dict[str, Any]:
    return {"description": schema or "taken", **({"content": _content(schema)} if schema else {})}


def _content(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
