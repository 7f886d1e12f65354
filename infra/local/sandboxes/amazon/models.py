"""Amazon's own models (Swagger 2.0) as the judge of what goes over the wire, both ways.

Stricter than the models themselves in one thing: a field that they do not name is a fault, or a misspelled one would pass. A model's
schemas are JSON Schema draft 4 but for ``format``, which jsonschema checks as far as it can.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft4Validator, FormatChecker

from infra.local.sandboxes.contracts import contracts

FILES: Final = (
    "orders_2026-01-01.json",
    "feeds_2021-06-30.json",
    "messaging.json",
    "finances_2024-06-19.json",
    "notifications.json",
)
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
FORMATS: Final = FormatChecker()
BOOLEANS: Final = {"true": True, "false": False}


def _is_moment(value: object) -> bool:
    """RFC 3339, for which jsonschema itself wants another library."""
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return not isinstance(value, str) or re.fullmatch(form, value) is not None


FORMATS.checks("date-time")(_is_moment)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path of a model. ``definitions`` are those of its file, all of them closed."""

    name: str
    method: str
    path: str
    told: Mapping[str, Any]
    definitions: Mapping[str, Any]

    def fits(self, method: str, path: str) -> bool:
        form = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method.lower() == self.method and re.fullmatch(form, path) is not None

    def parameters(self, place: str) -> dict[str, Mapping[str, Any]]:
        return {x["name"]: x for x in self.told.get("parameters", ()) if x["in"] == place}

    def wrong_request(self, query: Sequence[tuple[str, str]], content_type: str, body: bytes) -> list[str]:
        """What is wrong with a request, each with its place; empty when it fits."""
        return [*self._wrong_query(query), *self._wrong_body(content_type, body)]

    def wrong_answer(self, status: int, body: bytes) -> list[str]:
        """What is wrong with an answer, each with its place; empty when it fits."""
        answers = self.told["responses"]
        if str(status) not in answers:
            return [f"status {status} is not one of {', '.join(answers)}"]
        schema = answers[str(status)].get("schema")
        if schema is None:
            return []
        try:
            return list(self._wrong(json.loads(body), schema, "body"))
        except ValueError:
            return ["body: is not JSON"]

    def _wrong_query(self, query: Sequence[tuple[str, str]]) -> Iterator[str]:
        known, given = self.parameters("query"), dict(query)
        yield from (f"query.{name}: is not a parameter" for name in given if name not in known)
        yield from (f"query.{n}: is required" for n, x in known.items() if x.get("required") and n not in given)
        if len(given) < len(query):
            yield "query: a parameter is there twice"
        for name, text in given.items():
            if name in known:
                yield from self._wrong(_value(text, known[name]), _schema(known[name]), f"query.{name}")

    def _wrong_body(self, content_type: str, body: bytes) -> Iterator[str]:
        (parameter,) = self.parameters("body").values() or (None,)
        if parameter is None:
            yield from ["body: there is none"] if body else []
            return
        if content_type.partition(";")[0].strip() != "application/json":
            yield "content-type: is not application/json"
        try:
            value = json.loads(body)
        except ValueError:
            yield "body: is not JSON"
            return
        yield from self._wrong(value, parameter["schema"], "body")

    def _wrong(self, value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
        whole = {"definitions": self.definitions, "allOf": [schema]}
        for error in Draft4Validator(whole, format_checker=FORMATS).iter_errors(value):
            yield f"{'.'.join([place, *map(str, error.absolute_path)])}: {error.message[:200]}"


class Models:
    """All operations of the files."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = tuple(operations)

    def find(self, method: str, path: str) -> Operation | None:
        """``path`` as it was sent, still quoted."""
        return next((one for one in self.operations if one.fits(method, path)), None)

    def wrong_request(
        self, method: str, path: str, query: Sequence[tuple[str, str]], content_type: str, body: bytes
    ) -> list[str]:
        one = self.find(method, path)
        if one is None:
            return [f"{method} {path}: is not an operation"]
        return one.wrong_request(query, content_type, body)


def read(files: Sequence[Path]) -> Models:
    """The models in these files."""
    return Models([one for path in files for one in _operations(json.loads(path.read_text()))])


@cache
def vendor(folder: Path | None = None) -> Models | None:
    """Amazon's models as far as the sandbox answers them, None when they are not at hand."""
    files = [(folder or contracts() / "amazon") / name for name in FILES]
    return read(files) if all(path.exists() for path in files) else None


def _operations(told: Mapping[str, Any]) -> Iterator[Operation]:
    composed = set(_composed(told["definitions"]))
    definitions = {
        name: schema if name in composed else _closed(schema) for name, schema in told["definitions"].items()
    }
    for path, item in told["paths"].items():
        for method in METHODS & item.keys():
            yield Operation(item[method]["operationId"], method, path, item[method], definitions)


def _composed(schema: Any) -> Iterator[str]:
    """Names of definitions that are put together with others in one object: each of them must leave room for the others."""
    if isinstance(schema, list):
        for one in schema:
            yield from _composed(one)
    elif isinstance(schema, Mapping):
        for part in schema.get("allOf", ()):
            if "$ref" in part:
                yield part["$ref"].rsplit("/", 1)[-1]
        for name, one in schema.items():
            if isinstance(one, Mapping) and "allOf" in one:
                yield name
            yield from _composed(one)


def _closed(schema: Any) -> Any:
    """The same schema without room for fields that it does not name."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    closed = {key: _closed(value) for key, value in schema.items() if key not in ("example", "examples")}
    if isinstance(schema.get("properties"), Mapping) and "additionalProperties" not in schema and "type" in schema:
        closed["additionalProperties"] = False
    return closed


def _schema(parameter: Mapping[str, Any]) -> dict[str, Any]:
    words = ("type", "items", "enum", "format", "minimum", "maximum", "minItems", "maxItems")
    return {word: parameter[word] for word in words if word in parameter}


def _value(text: str, parameter: Mapping[str, Any]) -> Any:
    """Text as the parameter's type would have it (Swagger 2.0: lists are comma separated); left as text when it is none."""
    match parameter["type"]:
        case "integer" if text.lstrip("-").isdigit():
            return int(text)
        case "boolean":
            return BOOLEANS.get(text, text)
        case "array":
            return text.split(",")
    return text
