"""Stripe's own OpenAPI as the judge of what goes over the wire, both ways.

Stricter than the document in one thing: a field that it does not name is a fault, or a misspelled one would pass. The document is
OpenAPI 3.0: its ``nullable`` is put into JSON Schema's words, and request bodies are forms.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from infra.local.sandboxes.contracts import contracts

FILE: Final = "openapi-refunds-payments.json"
METHODS: Final = frozenset({"get", "post", "delete"})
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    name: str
    method: str
    path: str
    told: Mapping[str, Any]
    components: Mapping[str, Any]

    def fits(self, method: str, path: str) -> bool:
        form = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method.lower() == self.method and re.fullmatch(form, path) is not None

    def wrong_request(self, query: Sequence[tuple[str, str]], content_type: str, body: bytes) -> list[str]:
        """What is wrong with a request, each with its place; empty when it fits."""
        return [*self._wrong_query(query), *self._wrong_form(content_type, body)]

    def wrong_answer(self, status: int, body: bytes) -> list[str]:
        """What is wrong with an answer, each with its place; empty when it fits."""
        answers = self.told["responses"]
        schema = answers.get(str(status), answers["default"])["content"]["application/json"]["schema"]
        try:
            return list(self.wrong(json.loads(body), schema, "body"))
        except ValueError:
            return ["body: is not JSON"]

    def wrong(self, value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
        whole = {"components": self.components, "allOf": [schema]}
        for error in Draft202012Validator(whole).iter_errors(value):
            yield f"{'.'.join([place, *map(str, error.absolute_path)])}: {error.message[:200]}"

    def _wrong_query(self, query: Sequence[tuple[str, str]]) -> Iterator[str]:
        known = {x["name"]: x for x in self.told.get("parameters", ()) if x["in"] == "query"}
        given = nested(query)
        yield from (f"query.{name}: is not a parameter" for name in given if name not in known)
        yield from (f"query.{n}: is required" for n, x in known.items() if x.get("required") and n not in given)
        for name, value in given.items():
            if name in known:
                yield from self.wrong(_typed(value, known[name]["schema"]), known[name]["schema"], f"query.{name}")

    def _wrong_form(self, content_type: str, body: bytes) -> Iterator[str]:
        if not body:
            return
        if content_type.partition(";")[0].strip() != FORM:
            yield f"content-type: is not {FORM}"
            return
        schema = self.told["requestBody"]["content"][FORM]["schema"]
        given = nested(parse_qsl(body.decode(), keep_blank_values=True))
        yield from self.wrong(_typed(given, schema), schema, "body")


class Models:
    """All operations of the document, and its schemas by name."""

    def __init__(self, operations: Sequence[Operation], components: Mapping[str, Any]) -> None:
        self.operations, self.components = tuple(operations), components

    def find(self, method: str, path: str) -> Operation | None:
        """A path that is written out goes before one with a place for a name in it."""
        fitting = [one for one in self.operations if one.fits(method, path)]
        return min(fitting, key=lambda one: one.path.count("{"), default=None)

    def wrong_request(
        self, method: str, path: str, query: Sequence[tuple[str, str]], content_type: str, body: bytes
    ) -> list[str]:
        one = self.find(method, path)
        if one is None:
            return [f"{method} {path}: is not an operation"]
        return one.wrong_request(query, content_type, body)

    def wrong_object(self, kind: str, value: Any) -> list[str]:
        """What is wrong with one object of this kind, such as an event."""
        schema = {"$ref": f"#/components/schemas/{kind}"}
        return list(self.operations[0].wrong(value, schema, kind))


def nested(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A form's fields: ``a[b]=c`` is {"a": {"b": "c"}}, ``a[]=b`` is {"a": ["b"]}."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, rest = name.partition("[")
        if not bracket:
            found[head] = value
        elif rest == "]":
            found.setdefault(head, []).append(value)
        else:
            found.setdefault(head, {})[rest.removesuffix("]")] = value
    return found


def read(path: Path, *, closed: bool = True) -> Models:
    told = json.loads(path.read_text())
    components = {"schemas": {n: _schema(s, closed) for n, s in told["components"]["schemas"].items()}}
    operations = [
        Operation(item[method]["operationId"], method, place, _schema(item[method], closed), components)
        for place, item in told["paths"].items()
        for method in METHODS & item.keys()
    ]
    return Models(operations, components)


@cache
def vendor(folder: Path | None = None) -> Models | None:
    """The document, None when it is not at hand."""
    path = (folder or contracts() / "stripe") / FILE
    return read(path) if path.exists() else None


def _schema(told: Any, closed: bool) -> Any:  # noqa: FBT001
    if isinstance(told, list):
        return [_schema(one, closed) for one in told]
    if not isinstance(told, Mapping):
        return told
    found = {key: _schema(value, closed) for key, value in told.items() if key not in ("description", "nullable")}
    if closed and told.get("type") == "object" and isinstance(told.get("properties"), Mapping):
        found.setdefault("additionalProperties", False)
    return {"anyOf": [found, {"type": "null"}]} if told.get("nullable") is True else found


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """Text as the schema's type would have it; left as text when it is none."""
    if isinstance(value, Mapping):
        fields = schema.get("properties", {})
        return {name: _typed(one, fields.get(name, {})) for name, one in value.items()}
    if schema.get("type") == "integer" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
