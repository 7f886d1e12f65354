"""A partner's own OpenAPI 3 document as the judge of what goes over the wire, both ways.

Stricter than the document in one thing: a field that it does not name is a fault, or a misspelled one would pass. An object that is put
together from parts (``allOf``) is judged as one object with all their fields, which is what its authors meant.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker

METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
PLACES: Final = ("query", "header", "path")
FORM: Final = "application/x-www-form-urlencoded"
FORMATS: Final = FormatChecker()
BOOLEANS: Final = {"true": True, "false": False}
IGNORED: Final = frozenset({"example", "examples", "discriminator", "readOnly", "writeOnly", "deprecated", "nullable"})


def _is_moment(value: object) -> bool:
    """RFC 3339, for which jsonschema itself wants another library."""
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return not isinstance(value, str) or re.fullmatch(form, value) is not None


FORMATS.checks("date-time")(_is_moment)


class Document:
    """The document, with references followed."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        # OpenAPI 3.0 speaks a JSON Schema of its own, nearest to draft 4; 3.1 speaks the draft of 2020.
        old = str(told.get("openapi", "3.0")).startswith("3.0")
        self._validator = Draft4Validator if old else Draft202012Validator
        schemas = told.get("components", {}).get("schemas", {})
        self._schemas = {name: self._schema(schema) for name, schema in schemas.items()}
        self.operations = tuple(self._operations())

    def find(self, method: str, path: str) -> "Operation | None":
        """``path`` as it was sent, still quoted."""
        return next((one for one in self.operations if one.fits(method, path)), None)

    def wrong_request(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> list[str]:
        """``headers`` by lower-case name."""
        one = self.find(method, path)
        if one is None:
            return [f"{method} {path}: is not an operation"]
        return one.wrong_request(path, query, headers, body)

    def errors(self, value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
        whole = {"components": {"schemas": self._schemas}, "allOf": [schema]}
        for error in self._validator(whole, format_checker=FORMATS).iter_errors(value):
            yield f"{'.'.join([place, *map(str, error.absolute_path)])}: {error.message[:200]}"

    def follow(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference stands for; whatever stands beside a ``$ref`` counts for nothing (OpenAPI 3.0)."""
        while "$ref" in node:
            found: Any = self._told
            for step in str(node["$ref"]).removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def schema(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """A schema of the document as JSON Schema draft 4."""
        converted: dict[str, Any] = self._schema(node)
        return converted

    def _operations(self) -> Iterator["Operation"]:
        for path, item in self._told["paths"].items():
            shared = item.get("parameters", ())
            for method in METHODS & item.keys():
                told = item[method]
                listed = [self.follow(x) for x in (*shared, *told.get("parameters", ()))]
                # A path parameter that the path does not have belongs to the server's address.
                parameters = [x for x in listed if x["in"] != "path" or f"{{{x['name']}}}" in path]
                answers = {status: self.follow(x) for status, x in told["responses"].items()}
                name = told.get("operationId") or f"{method.upper()} {path}"
                yield Operation(self, name, method, path, parameters, told.get("requestBody"), answers)

    def _schema(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._schema(one) for one in node]
        if not isinstance(node, Mapping):
            return node
        if "$ref" in node:
            return {"$ref": node["$ref"]}
        parts = self._fields(node)
        made = self._object(parts) if parts else self._plain(node)
        return _or_null(made) if node.get("nullable") else made

    def _plain(self, node: Mapping[str, Any]) -> dict[str, Any]:
        made = {key: self._schema(value) for key, value in node.items() if key not in IGNORED}
        if node.get("type") != "object":
            made.pop("additionalProperties", None)
        if node.get("type") == "string" and "items" in node:
            made.pop("items")
        return made

    def _object(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """One object of all its parts; open only where the document says so itself."""
        fields = {name: self._schema(x) for part in parts for name, x in part.get("properties", {}).items()}
        required = sorted({name for part in parts for name in part.get("required", ())})
        room = next((x["additionalProperties"] for x in parts if x.get("additionalProperties") is not None), False)
        made = {"type": "object", "properties": fields, "additionalProperties": self._schema(room)}
        # A required field that no part describes cannot be sent at all: such a slip of the document binds nobody.
        named = [name for name in required if name in fields or room]
        return {**made, "required": named} if named else made

    def _fields(self, node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The node itself and all it is put together from, if any of it has fields."""
        found = [node]
        for part in node.get("allOf", ()):
            followed = self.follow(part)
            found += self._fields(followed) or [followed]
        return found if any("properties" in one for one in found) else []


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    document: Document
    name: str
    method: str
    path: str
    told_parameters: Sequence[Mapping[str, Any]]
    told_body: Mapping[str, Any] | None
    answers: Mapping[str, Mapping[str, Any]]

    def fits(self, method: str, path: str) -> bool:
        return method.lower() == self.method and self._match(path) is not None

    def wrong_request(
        self, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], body: bytes
    ) -> list[str]:
        """What is wrong with a request, each with its place; empty when it fits."""
        match = self._match(path)
        given = {"query": dict(query), "path": match.groupdict() if match else {}, "header": headers}
        found = [problem for place in PLACES for problem in self._wrong_parameters(place, given[place])]
        if len(given["query"]) < len(query):
            found.append("query: a parameter is there twice")
        return [*found, *self._wrong_body(headers.get("content-type", ""), body)]

    def wrong_answer(self, status: int, body: bytes) -> list[str]:
        """What is wrong with an answer, each with its place; empty when it fits."""
        if str(status) not in self.answers:
            return [f"status {status} is not one of {', '.join(self.answers)}"]
        content = self.answers[str(status)].get("content", {}).get("application/json")
        if content is None or (status == 204 and not body):
            return []
        try:
            value = json.loads(body)
        except ValueError:
            return ["body: is not JSON"]
        return list(self.document.errors(value, self.document.schema(content["schema"]), "body"))

    def _match(self, path: str) -> re.Match[str] | None:
        """A path parameter ends before a slash and before the colon of a custom method."""
        form = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/:]+)", re.escape(self.path))
        return re.fullmatch(form, path)

    def _wrong_parameters(self, place: str, given: Mapping[str, str]) -> Iterator[str]:
        known = {_name(x): x for x in self.told_parameters if x["in"] == place}
        if place == "query":
            yield from (f"query.{name}: is not a parameter" for name in given if name not in known)
        for name, told in known.items():
            if name not in given:
                if told.get("required"):
                    yield f"{place}.{name}: is required"
                continue
            schema = self.document.schema(told["schema"])
            yield from self.document.errors(
                _value(given[name], self.document.follow(told["schema"])), schema, f"{place}.{name}"
            )

    def _wrong_body(self, content_type: str, body: bytes) -> Iterator[str]:
        if self.told_body is None:
            yield from ["body: there is none"] if body else []
            return
        media = content_type.partition(";")[0].strip()
        form = self.told_body["content"].get(FORM)
        if form and media == FORM:
            fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
            yield from self.document.errors(fields, self.document.schema(form["schema"]), "body")
            return
        if media != "application/json" or "application/json" not in self.told_body["content"]:
            yield f"content-type: is not {', '.join(self.told_body['content'])}"
        if "application/json" not in self.told_body["content"]:
            return
        try:
            value = json.loads(body)
        except ValueError:
            yield "body: is not JSON"
            return
        content = self.told_body["content"]["application/json"]
        yield from self.document.errors(value, self.document.schema(content["schema"]), "body")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Beside the type where there is one, so that a fault keeps its own place."""
    if isinstance(schema.get("type"), str):
        enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, **enum, "type": [schema["type"], "null"]}
    return {"anyOf": [{"type": "null"}, schema]}


def _name(parameter: Mapping[str, Any]) -> str:
    """Header names are the same in any case."""
    return str(parameter["name"]).lower() if parameter["in"] == "header" else str(parameter["name"])


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    """Text as the parameter's type would have it; left as text when it is none."""
    match schema.get("type"):
        case "integer" | "number" if text.lstrip("-").isdigit():
            return int(text)
        case "boolean":
            return BOOLEANS.get(text, text)
        case "array":
            return text.split(",")
    return text
