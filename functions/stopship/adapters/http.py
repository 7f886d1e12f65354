"""One HTTP client per process, and the one place where transport trouble becomes a partner error.

The rule for doubt: once any byte of a request may have reached the partner, the call may have taken effect. Only a refused connection or a
429 is known to have done nothing.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx

from stopship.adapters import turn
from stopship.domain.errors import PartnerBusy, PartnerContractBroken, PartnerRefused, PartnerUnavailable

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
LONGEST_SECONDS = 86_400.0
"""Whoever asks for more time than a day is asked again after one."""


def retry_after_header(response: httpx.Response) -> float | None:
    """Seconds until the moment that Retry-After names, in either of its forms: a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    The date is measured by the partner's own clock where the answer tells it."""
    value = response.headers.get("Retry-After", "").strip()
    seconds = number(value)
    if seconds is not None:
        return min(seconds, LONGEST_SECONDS)
    until, now = _http_date(value), _http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_SECONDS) if until else None


def number(value: str) -> float | None:
    """A number as headers write it, from 0 and without an exponent; None for anything else."""
    return float(value) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value) else None


def _http_date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@cache
def client() -> httpx.Client:
    """Shared by all partners, so that a warm function keeps its connections."""
    return httpx.Client(
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "stopship"},
    )


def call(
    partner: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    retry_after: Callable[[httpx.Response], float | None] = retry_after_header,
    operation: str = "",
) -> httpx.Response:
    """Any answer below 500 other than 429. Raises PartnerBusy for a 429 and PartnerUnavailable otherwise; 4xx is the adapter's to read.
    ``retry_after`` reads the partner's wish, in seconds, from an answer. ``operation`` is what its limits are by, "" where they are by
    account. Inside a turn the request waits until it is due."""
    mine = turn.current()
    if mine is not None:
        mine.pace(operation)
    try:
        response = client().request(
            method, url, headers=dict(headers or {}), content=content, params=params, data=dict(form) if form else None
        )
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise PartnerUnavailable(partner, f"no connection: {type(error).__name__}", in_doubt=False) from error
    except httpx.TransportError as error:
        raise PartnerUnavailable(partner, f"no answer: {type(error).__name__}", in_doubt=True) from error
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise PartnerBusy(
            partner,
            "too many requests",
            retry_after=retry_after(response),
            operation=operation,
            evidence={"status": 429},
        )
    if response.is_server_error:
        raise PartnerUnavailable(
            partner,
            f"status {response.status_code}",
            in_doubt=True,
            retry_after=retry_after(response),
            evidence={"status": response.status_code},
        )
    return response


def refuse(partner: str, response: httpx.Response, code: str, message: str) -> PartnerRefused:
    """The definite no that a 4xx stands for."""
    return PartnerRefused(partner, code, message, evidence={"status": response.status_code})


def json_object(partner: str, response: httpx.Response) -> dict[str, Any]:
    """The body as a JSON object; anything else breaks the contract."""
    try:
        value = response.json()
    except ValueError as error:
        raise PartnerContractBroken(
            partner, "the answer is not JSON", {"status": response.status_code, "bytes": len(response.content)}
        ) from error
    if not isinstance(value, dict):
        raise PartnerContractBroken(partner, "the answer is not an object", {"status": response.status_code})
    return value
