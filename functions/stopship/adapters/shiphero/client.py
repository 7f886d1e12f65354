"""The wire: one GraphQL document out, its data back, and every way to fail told apart."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import httpx

from stopship.adapters import http
from stopship.adapters.shiphero.connection import PARTNER, ShipHeroConnection
from stopship.adapters.shiphero.tokens import AccessTokens
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerBusy, PartnerContractBroken, PartnerError, PartnerRefused

NOT_ENOUGH_CREDITS: Final = 30
RESTORED_A_SECOND: Final = 60
_SHUT: Final = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
_UNITS: Final = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


class ShipHeroClient:
    """One account's API."""

    def __init__(self, connection: ShipHeroConnection, clock: Clock) -> None:
        self._url = connection.endpoint.rstrip("/") + "/graphql"
        self._tokens = AccessTokens(connection, clock)

    def run(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's data, complete. Raises a PartnerError for anything else, a part of an answer included."""
        body = json.dumps({"query": document, "variables": dict(variables)}).encode()
        token = self._tokens.current()
        answer = self._send(body, token)
        if answer.status_code in _SHUT:
            # Nothing was done; the token may have ended before its time, so once more with a new one.
            answer = self._send(body, self._tokens.current(refused=token))
        if answer.status_code in _SHUT:
            raise http.refuse(PARTNER, answer, f"status_{answer.status_code}", "the account does not let us in")
        if not answer.is_success:
            raise PartnerContractBroken(
                PARTNER, "a status that no document should get", {"status": answer.status_code, "field": "status"}
            )
        return _data(answer)

    def _send(self, body: bytes, token: str) -> httpx.Response:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return http.call(PARTNER, "POST", self._url, headers=headers, content=body)


def _data(answer: httpx.Response) -> dict[str, Any]:
    told = http.json_object(PARTNER, answer)
    errors, data = told.get("errors"), told.get("data")
    if errors:
        raise _failure(errors, data)
    if not isinstance(data, dict):
        raise PartnerContractBroken(PARTNER, "data: is not there", {"field": "data"})
    return data


def _failure(errors: Any, data: Any) -> PartnerError:
    """A message may quote what was sent, so the code alone is kept. Where a part was answered, something took effect."""
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        return PartnerContractBroken(PARTNER, "errors: are not a list of objects", {"field": "errors"})
    answered = isinstance(data, dict) and any(value is not None for value in data.values())
    codes = [error.get("code") for error in errors]
    evidence = {"codes": [code for code in codes if isinstance(code, int)]}
    if NOT_ENOUGH_CREDITS in codes:
        wait = restored_in(errors[codes.index(NOT_ENOUGH_CREDITS)])
        return PartnerBusy(PARTNER, "not enough credits", in_doubt=answered, retry_after=wait, evidence=evidence)
    if answered or not all(isinstance(code, int) for code in codes):
        return PartnerContractBroken(PARTNER, "errors: that no contract names, or beside data", evidence)
    return PartnerRefused(PARTNER, f"code_{codes[0]}", "the operation was refused", evidence=evidence)


def restored_in(error: Mapping[str, Any]) -> float | None:
    """Seconds until the credits are there: as the error says ("5 seconds"), else by the rate at which they come back
    (developer.shiphero.com, "Throttling & Quotas")."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(second|minute|hour)", str(error.get("time_remaining", "")))
    if parts:
        return sum(float(number) * _UNITS[unit] for number, unit in parts)
    required, remaining = error.get("required_credits"), error.get("remaining_credits")
    if isinstance(required, int) and isinstance(remaining, int):
        return round(max(required - remaining, 1) / RESTORED_A_SECOND, 3)
    return None
