"""UPS's own documents, each at its place below the host, as one judge."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.openapi import Document, Operation

PLACES: Final = {
    "OAuthClientCredentials.yaml": "",
    "Tracking.yaml": "/api",
    "Shipping.yaml": "/api",
    "DeliveryIntercept.yaml": "/api/deliveryintercept/v2",
}
"""Each file, and where its server's address puts it."""
SHIPPING_PATH: Final = "/shipments/{version}/void/cancel/{shipmentidentificationnumber}"


class Vendor:
    """All documents; implements judged.Judge."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.documents = {file: Document(corrected(file, one)) for file, one in told.items()}

    @property
    def operations(self) -> list[Operation]:
        return [one for document in self.documents.values() for one in document.operations]

    def find(self, method: str, path: str) -> Operation | None:
        for document, below in self._for(path):
            one = document.find(method, below)
            if one:
                return one
        return None

    def wrong_request(
        self, method: str, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], body: bytes
    ) -> list[str]:
        for document, below in self._for(path):
            if document.find(method, below):
                return document.wrong_request(method, below, query, headers, body)
        return [f"{method} {path}: is not an operation"]

    def _for(self, path: str) -> list[tuple[Document, str]]:
        """The documents that lie above the path, the nearest first."""
        nearest = sorted(PLACES, key=lambda file: -len(PLACES[file]))
        return [
            (self.documents[file], path.removeprefix(PLACES[file])) for file in nearest if path.startswith(PLACES[file])
        ]


def corrected(file: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Two slips of the documents: the eligibility map is a list in the document's own example and has no type in its schema, and null where
    it says that it failed. Of Shipping only the void is used, and the rest is half a megabyte."""
    if file == "Shipping.yaml":
        return {**told, "paths": {SHIPPING_PATH: told["paths"][SHIPPING_PATH]}}
    if file != "DeliveryIntercept.yaml":
        return told
    schemas = dict(told["components"]["schemas"])
    name = "DeliveryInterceptEligibilityOptionsResponseV2"
    response = schemas[name]["properties"]["response"]
    common, own = response["allOf"]
    one = own["properties"]["commonEligibilityMap"]
    many = {"anyOf": [{"type": "null"}, {"type": "array", "items": {**one, "type": "object"}}]}
    parts = [common, {**own, "properties": {**own["properties"], "commonEligibilityMap": many}}]
    schemas[name] = {**schemas[name], "properties": {"response": {"allOf": parts}}}
    return {**told, "components": {**told["components"], "schemas": schemas}}


def read(folder: Path) -> dict[str, Any] | None:
    """By file name; None when they are not at hand. libyaml reads them ten times faster than Python."""
    if not all((folder / file).exists() for file in PLACES):
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {file: yaml.load((folder / file).read_text(), Loader=loader) for file in PLACES}  # noqa: S506 - both are safe


@cache
def vendor(folder: Path | None = None) -> Vendor | None:
    told = read(folder or contracts() / "ups")
    return Vendor(told) if told else None
