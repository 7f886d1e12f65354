"""The wire: authenticated calls, and NetSuite's errors in the desk's terms."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from stopship.adapters import http
from stopship.adapters.netsuite.connection import QUERY_PATH, RECORD_PATH, NetSuiteConnection
from stopship.adapters.netsuite.tokens import PARTNER, AccessTokens
from stopship.domain.errors import PartnerBusy, PartnerContractBroken, PartnerRefused

BUSY = frozenset({"SSS_REQUEST_LIMIT_EXCEEDED", "CONCURRENCY_LIMIT_EXCEEDED", "WS_REQUEST_BLOCKED"})
"""The account's concurrency, shared by all its integrations, is used up: nothing was done."""


class NetSuiteClient:
    def __init__(self, connection: NetSuiteConnection, tokens: AccessTokens) -> None:
        self._connection, self._tokens = connection, tokens

    def find(self, order_ref: str) -> list[str]:
        """Internal ids of the sales orders that carry this order reference."""
        # SuiteQL has no parameters over REST; a quote in a literal is doubled, and the field is a checked identifier.
        value = order_ref.replace("'", "''")
        query = f"SELECT id FROM transaction WHERE type = 'SalesOrd' AND {self._connection.order_ref_field} = '{value}'"  # noqa: S608
        answer = self._call("POST", QUERY_PATH, {"q": query}, {"Prefer": "transient"})
        items = http.json_object(PARTNER, answer).get("items")
        if not isinstance(items, list) or not all(isinstance(x, dict) and x.get("id") for x in items):
            raise PartnerContractBroken(PARTNER, "items: not a list of rows with an id")
        return [str(row["id"]) for row in items]

    def read(self, record_id: str) -> dict[str, Any]:
        """The record with its lines."""
        answer = self._call("GET", f"{RECORD_PATH}/{record_id}?expandSubResources=true")
        return http.json_object(PARTNER, answer)

    def patch(self, record_id: str, changes: Mapping[str, Any]) -> None:
        self._call("PATCH", f"{RECORD_PATH}/{record_id}", changes)

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        answer = self._send(method, path, body, headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # A 401 did nothing; the token may have been revoked, so once more with a new one.
            self._tokens.forget()
            answer = self._send(method, path, body, headers)
        if answer.is_client_error:
            raise _refusal(answer)
        if not answer.is_success:
            raise PartnerContractBroken(PARTNER, "an unexpected status", {"status": answer.status_code})
        return answer

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None
    ) -> httpx.Response:
        known = {"Authorization": f"Bearer {self._tokens.current()}", "Accept": "application/json", **(headers or {})}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            known["Content-Type"] = "application/json"
        return http.call(PARTNER, method, self._connection.endpoint.rstrip("/") + path, headers=known, content=content)


def _refusal(answer: httpx.Response) -> PartnerRefused | PartnerBusy:
    """NetSuite's own code and place; its free text may quote a value, so it is left out."""
    try:
        details = answer.json()["o:errorDetails"][0]
        code, place = str(details.get("o:errorCode", "")), str(details.get("o:errorPath", ""))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        code, place = "", ""
    if code in BUSY:
        wait = http.retry_after_header(answer)
        return PartnerBusy(PARTNER, code, retry_after=wait, evidence={"status": answer.status_code, "code": code})
    return http.refuse(PARTNER, answer, code or f"status_{answer.status_code}", place or "the call was refused")
