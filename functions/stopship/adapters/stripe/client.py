"""The wire: form-encoded calls under a pinned version, lists, and Stripe's errors in the desk's terms."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import InvalidOperation
from typing import Any, Final

import httpx

from stopship.adapters import http
from stopship.adapters.stripe.connection import StripeConnection
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable

PARTNER: Final = "stripe"
PAGE: Final = 100
PAGES_AT_MOST: Final = 10
NEW_KEYS_AT_MOST: Final = 3

type Data = Mapping[str, Any]


class StoredFailure(PartnerUnavailable):
    """Stripe repeats the 5xx that it keeps under an idempotency key: this key will never be answered otherwise."""


class StripeClient:
    def __init__(self, connection: StripeConnection) -> None:
        self._connection = connection

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self._read(self._send("GET", path, params=params))

    def post(self, path: str, form: Mapping[str, str], key: str) -> dict[str, Any]:
        """Raises StoredFailure when the key holds an earlier 5xx; PartnerRefused for a definite no."""
        return self._read(self._send("POST", path, form=form, key=key))

    def pages(self, path: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """All objects of a list, or of a search, the newest first as Stripe gives them."""
        found: list[dict[str, Any]] = []
        wanted = {**params, "limit": str(PAGE)}
        for _ in range(PAGES_AT_MOST):
            page = self.get(path, wanted)
            with reading(path):
                found += [_object(x) for x in page["data"]]
                if not page["has_more"]:
                    return found
                more = {"page": page["next_page"]} if page.get("next_page") else {"starting_after": found[-1]["id"]}
            wanted |= more
        raise PartnerContractBroken(PARTNER, "a list that is longer than is read", {"path": path})

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        key: str = "",
    ) -> httpx.Response:
        told: list[httpx.Response] = []

        def patience(answer: httpx.Response) -> float | None:
            told.append(answer)
            return http.retry_after_header(answer)

        url = self._connection.endpoint.rstrip("/") + path
        try:
            return http.call(
                PARTNER, method, url, headers=self._headers(key), params=params, form=form, retry_after=patience
            )
        except PartnerUnavailable as trouble:
            if told and told[0].is_server_error and told[0].headers.get("Idempotent-Replayed") == "true":
                raise StoredFailure(
                    PARTNER, "the key holds an earlier failure", in_doubt=True, answered=True, evidence=trouble.evidence
                ) from trouble
            raise

    def _headers(self, key: str) -> dict[str, str]:
        known = {
            "Authorization": f"Bearer {self._connection.secret_key}",
            "Stripe-Version": self._connection.api_version,
            "Accept": "application/json",
        }
        return {**known, "Idempotency-Key": key} if key else known

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_client_error:
            raise _trouble(answer)
        if not answer.is_success:
            raise PartnerContractBroken(PARTNER, "an unexpected status", {"status": answer.status_code})
        return http.json_object(PARTNER, answer)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns an answer of another shape into PartnerContractBroken that names the field."""
    try:
        yield
    except KeyError as error:
        raise PartnerContractBroken(PARTNER, f"{what}: no {error.args[0]}", {"field": str(error.args[0])}) from error
    except (TypeError, ValueError, AttributeError, InvalidOperation, IndexError) as error:
        raise PartnerContractBroken(PARTNER, f"{what}: {type(error).__name__}", {"field": what}) from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise TypeError("not an object with an id")
    return value


def _trouble(answer: httpx.Response) -> PartnerRefused | PartnerUnavailable:
    """Stripe's own code; its message may quote what was sent, so it is left out. A conflict means that another call with the same
    key, or on the same object, is under way (docs.stripe.com/api/errors, 409)."""
    try:
        error = answer.json()["error"]
        kind, code, param = (str(error.get(name) or "") for name in ("type", "code", "param"))
    except (ValueError, KeyError, TypeError, AttributeError):
        kind, code, param = "", "", ""
    if answer.status_code == httpx.codes.CONFLICT or code in ("idempotency_key_in_use", "lock_timeout"):
        return PartnerUnavailable(
            PARTNER,
            code or "conflict",
            in_doubt=True,
            retry_after=http.retry_after_header(answer),
            answered=True,
            evidence={"status": 409},
        )
    what = code or kind or f"status_{answer.status_code}"
    return http.refuse(PARTNER, answer, what, f"the call was refused{f' for {param}' if param else ''}")
