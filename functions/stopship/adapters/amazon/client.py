"""The wire: Login with Amazon, calls with its token, and SP-API's errors in the desk's terms."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from stopship.adapters import http
from stopship.adapters.access_tokens import AccessToken, Place, SharedTokens, of_this_process
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import plus

PARTNER = "amazon"
RATES = {
    "searchOrders": 0.0056,
    "getOrder": 0.5,
    "createFeedDocument": 0.5,
    "createFeed": 0.0083,
    "getFeed": 2.0,
    "getFeeds": 0.0222,
    "getFeedDocument": 0.0222,
    "getSubscription": 1.0,
    "listTransactions": 0.5,
    "getMessagingActionsForOrder": 1.0,
    "GetAttributes": 1.0,
    "createUnexpectedProblem": 1.0,
}
"""Default requests a second (the models' usage plans); one over its inverse is the wait when Amazon names none."""
RATE_HEADER: Final = "x-amzn-RateLimit-Limit"
"""Requests a second that the seller really has (SP-API, "Usage plans and rate limits"); not on every answer."""


class AmazonClient:
    """``spend`` is called before each single request of an operation (not for tokens), for an allowance that is kept elsewhere."""

    def __init__(
        self,
        connection: AmazonConnection,
        clock: Clock,
        tokens: SharedTokens | None = None,
        spend: Callable[[], None] | None = None,
    ) -> None:
        self._connection, self._clock, self._tokens = connection, clock, tokens or of_this_process()
        self._spend = spend
        self._host = (connection.auth_endpoint or connection.endpoint).rstrip("/")
        c = connection
        self._place = Place.of(PARTNER, c.merchant, self._host, c.client_id, c.client_secret, c.refresh_token)

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A 2xx or a 404; raises PartnerRefused with Amazon's own code for another 4xx."""
        token = self.token()
        answer = self._send(token, operation, method, path, body, params)
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            # Nothing was done; the token may have been revoked before its time, so once more with a new one.
            answer = self._send(self.token(refused=token), operation, method, path, body, params)
        if answer.is_client_error and answer.status_code != httpx.codes.NOT_FOUND:
            raise http.refuse(PARTNER, answer, error_code(answer), f"{operation} was refused")
        return answer

    def _send(
        self,
        token: str,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
    ) -> httpx.Response:
        headers = {"x-amz-access-token": token, "Accept": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        url = self._connection.endpoint.rstrip("/") + path

        def patience(answered: httpx.Response) -> float | None:
            return wait_for_rate(answered, RATES[operation])

        if self._spend:
            self._spend()
        return http.call(
            PARTNER,
            method,
            url,
            headers=headers,
            content=content,
            params=params,
            retry_after=patience,
            operation=operation,
        )

    def token(self, refused: str = "") -> str:
        """Raises PartnerRefused when Login with Amazon gives none."""
        return self._tokens.current(self._place, self._ask, refused=refused)

    def _ask(self) -> AccessToken:
        """Login with Amazon, "Refresh tokens": an access token lives an hour."""
        asked_at, c = self._clock.now(), self._connection
        form = {
            "grant_type": "refresh_token",
            "refresh_token": c.refresh_token,
            "client_id": c.client_id,
            "client_secret": c.client_secret,
        }
        answer = http.call(PARTNER, "POST", f"{self._host}/auth/o2/token", form=form)
        if answer.is_client_error:
            raise http.refuse(PARTNER, answer, "not_authorised", "no access token: check the app's authorisation")
        body = http.json_object(PARTNER, answer)
        token, seconds = body.get("access_token"), body.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise PartnerContractBroken(PARTNER, "the token answer lacks access_token or expires_in")
        return AccessToken(token, plus(asked_at, seconds))


def wait_for_rate(answer: httpx.Response, usual: float) -> float | None:
    """Seconds until a call is due again, for a 429: by the seller's own rate where Amazon names it, else by the ``usual`` one."""
    if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
        return http.retry_after_header(answer)
    return min(round(1 / (rate_told(answer.headers.get(RATE_HEADER, "")) or usual), 1), http.LONGEST_SECONDS)


def rate_told(text: str) -> float | None:
    """Requests a second by Amazon's header; None when it says nothing that can be kept to."""
    return http.number(text) or None


def word(value: object) -> str:
    """A word of Amazon's that we do not know, for a person to read. Anything else is not repeated: it may be somebody's data, and what
    is said about it enters the audit trail."""
    return str(value) if re.fullmatch(r"[A-Za-z_]{1,50}", str(value)) else "no word"


def error_code(answer: httpx.Response) -> str:
    """SP-API's {"errors": [{"code": ...}]}; its message may quote what was sent, so it is left out."""
    try:
        code = answer.json()["errors"][0]["code"]
    except (ValueError, KeyError, IndexError, TypeError):
        code = ""
    return str(code or f"status_{answer.status_code}")
