"""The wire: calls with a bearer token, and UPS's errors in the desk's terms. A tracking number stands in no message and no evidence."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from stopship.adapters import http
from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.ups.connection import PARTNER, UpsConnection
from stopship.adapters.ups.models import Charges, Eligible, Model, Taken, Tracked, Voided
from stopship.adapters.ups.tokens import AccessTokens
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken, PartnerRefused

INTERCEPT: Final = "/api/deliveryintercept/v2"
SOURCE: Final = "stopship"
RETURN_TO_SENDER: Final = "RS"
"""What a request calls it; eligibility calls the same thing RTS."""


def transaction_id(*parts: str) -> str:
    """Three to fourteen letters and digits, the same for the same call."""
    raw = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(raw).decode().lower()[:14]


class UpsClient:
    def __init__(self, connection: UpsConnection, clock: Clock, tokens: SharedTokens | None = None) -> None:
        self._connection, self._tokens = connection, AccessTokens(connection, clock, tokens)

    def track(self, number: str) -> Tracked | None:
        """None for a number that UPS does not know, or not any more (after 120 days)."""
        headers = {"transId": transaction_id("track", number), "transactionSrc": SOURCE}
        try:
            answer = self._call("GET", f"/api/track/v1/details/{_in_path(number)}", headers)
        except PartnerRefused as refusal:
            if refusal.evidence.get("status") == httpx.codes.NOT_FOUND:
                return None
            raise
        return _read(Tracked, answer)

    def void(self, number: str) -> Voided:
        """One parcel, named beside its shipment: a void by shipment alone would take the other parcels along."""
        headers = {"transId": transaction_id("void", number), "transactionSrc": SOURCE}
        path = f"/api/shipments/v2409/void/cancel/{_in_path(number)}"
        return _read(Voided, self._call("DELETE", path, headers, params={"trackingnumber": number}))

    def eligibility(self, number: str) -> Eligible:
        return _read(Eligible, self._intercept("GET", "eligibility/intercept", number))

    def charges(self, number: str) -> Charges:
        """What a return to the sender would cost. It goes to the merchant's own address, so that nobody else's is told."""
        own = dict(self._connection.ship_from)
        asked = {"fromAddress": own, "toAddress": own, "trackInfo": {"interceptOption": RETURN_TO_SENDER}}
        return _read(Charges, self._intercept("POST", "charges", number, {"ratingRequest": [asked]}))

    def return_to_sender(self, number: str, reason: str) -> Taken:
        return _read(Taken, self._intercept("POST", "return", number, {**self._request(), "reasonForReturn": reason}))

    def cancel_intercept(self, number: str) -> Taken:
        return _read(Taken, self._intercept("POST", "cancel", number, self._request()))

    def _request(self) -> dict[str, Any]:
        c = self._connection.contact
        contact = {"name": c["name"], "telephone": c["telephone"]}
        return {"requestType": RETURN_TO_SENDER, "requesterContactInfo": contact, "specialInstructions": None}

    def _intercept(
        self, method: str, operation: str, number: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        headers = {
            "transId": transaction_id(operation, number),
            "platformType": "XOLT",
            "inquiryType": "U",
            "Content-Type": "application/json",
        }
        content = None if body is None else json.dumps(body).encode()
        return self._call(method, f"{INTERCEPT}/{operation}/{_in_path(number)}", headers, content=content)

    def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        token = self._tokens.current()
        answer = self._send(method, path, headers, token, content, params)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # Nothing was done; the token may have been revoked before its time, so once more with a new one.
            answer = self._send(method, path, headers, self._tokens.current(token), content, params)
        if answer.is_client_error:
            raise http.refuse(PARTNER, answer, error_code(answer), "UPS refused the call")
        if answer.status_code != httpx.codes.OK:
            raise PartnerContractBroken(PARTNER, "an unexpected status", {"status": answer.status_code})
        return answer

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        token: str,
        content: bytes | None,
        params: Mapping[str, str] | None,
    ) -> httpx.Response:
        told = {**headers, "Authorization": f"Bearer {token}", "Accept": "application/json"}
        url = self._connection.endpoint.rstrip("/") + path
        return http.call(PARTNER, method, url, headers=told, content=content, params=params)


def _in_path(number: str) -> str:
    return quote(number, safe="")


def error_code(answer: httpx.Response) -> str:
    """UPS's {"response": {"errors": [{"code": ...}]}}; its message may quote what was sent, so it is left out."""
    try:
        code = str(answer.json()["response"]["errors"][0]["code"])
    except (ValueError, KeyError, IndexError, TypeError):
        code = ""
    return code if re.fullmatch(r"[A-Za-z0-9]{1,10}", code) else f"status_{answer.status_code}"


def _read[M: Model](kind: type[M], answer: httpx.Response) -> M:
    try:
        return TypeAdapter(kind).validate_json(answer.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise PartnerContractBroken(PARTNER, f"{place}: {first['msg']}", {"field": place}) from error
