"""The desk's OpenAPI description, generated from the routes and models that run."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from stopship.wiring.routes import Route

_REFERENCE = "#/components/schemas/{model}"
_PROBLEMS = {
    "400": "a field is wrong",
    "401": "no valid token",
    "403": "your role does not allow it",
    "404": "not found",
    "409": "already done, changed since you saw it, or in somebody else's hands",
    "413": "the body is too large",
    "500": "it failed here; try again",
}


def describe(routes: Sequence[Route], problem: type[BaseModel]) -> dict[str, Any]:
    models = [model for r in routes for model in (r.answer, r.body) if model] + [problem]
    _, schemas = models_json_schema([(m, "validation") for m in models], ref_template=_REFERENCE)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, problem)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stopship desk", "version": "1", "description": "The cancellation desk's API."},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"person": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"person": []}],
    }


def _operation(route: Route, problem: type[BaseModel]) -> dict[str, Any]:
    told = inspect.getdoc(route.run) or ""
    operation: dict[str, Any] = {
        "operationId": route.run.__name__,
        "summary": told.partition("\n")[0],
        "description": told,
        "parameters": [*_in_path(route), *_in_query(route)],
        "responses": {
            str(route.status): content("as asked", "application/json", route.answer),
            **{status: content(text, "application/problem+json", problem) for status, text in _PROBLEMS.items()},
        },
    }
    if route.body:
        operation["requestBody"] = {**content("", "application/json", route.body), "required": True}
    if route.accepts:
        operation["requestBody"] = {"content": {route.accepts: {"schema": {"type": "string"}}}, "required": True}
    return operation


def content(description: str, kind: str, model: type[BaseModel]) -> dict[str, Any]:
    content = {"content": {kind: {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}}
    return {"description": description, **content} if description else content


def _in_path(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(route: Route) -> list[dict[str, Any]]:
    schema = route.query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": False, "schema": told, "description": told.pop("description", "")}
        for name, told in schema.get("properties", {}).items()
    ]
