"""The wire: calls with a personal access token, and ShipBob's errors in the desk's terms."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
from pydantic import TypeAdapter, ValidationError

from stopship.adapters import http
from stopship.adapters.shipbob.models import (
    CancelResult,
    CancelResults,
    Channel,
    Channels,
    LogEntry,
    Order,
    Subscription,
    Subscriptions,
)
from stopship.domain.errors import PartnerContractBroken
from stopship.frozen import frozen

VERSION: Final = "/2026-01"
RETRY_HEADER: Final = "x-retry-after"
"""Seconds until the window of 150 requests a minute has room again (ShipBob, "Rate limit")."""


@frozen
class ShipBobConnection:
    """``channel_id`` is the channel whose orders these are: a cancel needs one with write scope. ``name`` is the connection's."""

    merchant: str
    name: str
    endpoint: str
    token: str
    channel_id: str


class ShipBobClient:
    def __init__(self, connection: ShipBobConnection) -> None:
        self._connection = connection

    def orders(self, order_ref: str) -> list[Order]:
        """Every order under that reference: an order that was imported twice is there twice."""
        if "," in order_ref:
            # The filter takes a list and has no way to quote: a comma would ask for other orders.
            return []
        answer = self._call("GET", "/order", params={"ReferenceIds": order_ref, "Limit": "250"})
        return [order for order in self._read(list[Order], answer) if order.reference_id == order_ref]

    def channels(self) -> list[Channel]:
        """Those that the token may use; an account has far fewer than a page takes."""
        return self._read(Channels, self._call("GET", "/channel", params={"RecordsPerPage": "250"})).items or []

    def subscriptions(self) -> list[Subscription]:
        return self._read(Subscriptions, self._call("GET", "/webhook", params={"RecordsPerPage": "250"})).items or []

    def timeline(self, shipment_id: int) -> list[LogEntry]:
        return self._read(list[LogEntry], self._call("GET", f"/shipment/{shipment_id}/timeline"))

    def cancel(self, shipment_ids: Sequence[int]) -> list[CancelResult]:
        """One result for each shipment; a 200 says nothing about any of them."""
        answer = self._call("POST", "/shipment:batchCancel", body={"shipment_ids": list(shipment_ids)})
        return self._read(CancelResults, answer).results

    def _call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        c = self._connection
        headers = {
            "Authorization": f"Bearer {c.token}",
            "shipbob_channel_id": c.channel_id,
            "Accept": "application/json",
        }
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        url = c.endpoint.rstrip("/") + VERSION + path
        answer = http.call(
            c.name, method, url, headers=headers, content=content, params=params, retry_after=_wish_of_the_window
        )
        if answer.is_client_error:
            # The body's messages may quote what was sent, so they are left out.
            raise http.refuse(c.name, answer, f"status_{answer.status_code}", "ShipBob refused the call")
        if answer.status_code != httpx.codes.OK:
            raise PartnerContractBroken(c.name, "an unexpected status", {"status": answer.status_code})
        return answer

    def _read[M](self, kind: type[M], answer: httpx.Response) -> M:
        try:
            found: M = TypeAdapter(kind).validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise PartnerContractBroken(self._connection.name, f"{place}: {first['msg']}", {"field": place}) from error
        return found


def _wish_of_the_window(answer: httpx.Response) -> float | None:
    seconds = http.number(answer.headers.get(RETRY_HEADER, ""))
    return http.retry_after_header(answer) if seconds is None else min(seconds, http.LONGEST_SECONDS)
