"""CORS of an HTTP API from a template: stored in the shape that the data plane reads, so that a preflight passes."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, need

provisioners = module("services.cloudformation.provisioners")

KIND = "AWS::ApiGatewayV2::Api"


def in_api_spelling(properties: dict[str, Any]) -> dict[str, Any]:
    cors = properties.get("CorsConfiguration")
    if not cors:
        return properties
    return {**properties, "CorsConfiguration": {name[:1].lower() + name[1:]: value for name, value in cors.items()}}


def _created(stock: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        return stock(logical_id, in_api_spelling(properties), stack)

    return create


def apply() -> None:
    handlers = need(provisioners, "_RESOURCE_HANDLERS")[KIND]
    handlers["create"] = _created(handlers["create"])
