"""Zendesk's own OpenAPI document, as far as it is about tickets, with what it leaves out and Zendesk's pages say.

That is: how a list is paged (developer.zendesk.com, "Pagination", offset), the body of "add tags" ("Tags"), and the errors ("Requests",
"Response format").
"""

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.openapi import Document

FILE: Final = "openapi-2.0.0.json"
TICKET: Final = "/api/v2/tickets/{ticket_id}"
SETTINGS: Final = ("/api/v2/ticket_fields", "/api/v2/triggers/active")
REFUSALS: Final = ("401", "403", "404", "422")
ERROR: Final = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "description": {"type": "string"}, "details": {"type": "object"}},
    "required": ["error"],
}


def read(file: Path) -> Document:
    return Document(completed(json.loads(file.read_text())))


@cache
def vendor(folder: Path | None = None) -> Document | None:
    """None when the document is not at hand."""
    file = (folder or contracts() / "zendesk") / FILE
    return read(file) if file.exists() else None


def completed(told: Mapping[str, Any]) -> dict[str, Any]:
    components = copy.deepcopy(told["components"])
    schemas = components["schemas"]
    schemas["TicketCommentsResponse"]["properties"] |= schemas["OffsetPaginationObject"]["properties"]
    schemas["Refusal"] = ERROR
    paths = {
        path: copy.deepcopy(item) for path, item in told["paths"].items() if path.startswith(TICKET) or path in SETTINGS
    }
    for name in ("page", "per_page"):
        paths[f"{TICKET}/comments"]["get"]["parameters"].append(
            {"name": name, "in": "query", "schema": {"type": "integer"}}
        )
    paths[f"{TICKET}/tags"]["put"]["requestBody"] = _content("TagsByObjectIdResponse")
    for item in paths.values():
        for operation in (one for one in item.values() if isinstance(one, dict)):
            operation["responses"] |= {status: _content("Refusal") for status in REFUSALS}
    return {**told, "paths": paths, "components": components}


def _content(schema: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
