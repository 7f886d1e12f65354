"""The wire: one GraphQL document out, its data back, and every way to fail told apart."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import InvalidOperation
from typing import Any

import httpx

from stopship.adapters import http
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.domain.errors import (
    InvalidInput,
    PartnerBusy,
    PartnerContractBroken,
    PartnerError,
    PartnerRefused,
    PartnerUnavailable,
)

PARTNER = "shopify"
PAGE_LIMIT = 100

type Variables = Mapping[str, Any]
type Data = dict[str, Any]

# Top-level error codes (shopify.dev, "Response and status codes"). What is in none of these sets fits no contract.
_UNAVAILABLE = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST"})
_REFUSED = frozenset({"ACCESS_DENIED", "SHOP_INACTIVE", "MAX_COST_EXCEEDED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})


@contextmanager
def reading(what: str) -> Iterator[None]:
    """An answer that lacks what its schema promises is a broken contract, not a KeyError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, InvalidInput) as error:
        raise PartnerContractBroken(
            PARTNER, f"{what} does not fit the schema: {type(error).__name__}", {"reading": what}
        ) from error


class ShopifyClient:
    """One shop's Admin API."""

    def __init__(self, connection: ShopifyConnection) -> None:
        self._connection = connection

    def run(self, document: str, variables: Variables) -> Data:
        """The answer's data, complete. Raises a PartnerError for anything else, a part of an answer included."""
        body = json.dumps({"query": document, "variables": dict(variables)}).encode()
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": self._connection.access_token}
        response = http.call(PARTNER, "POST", self._connection.url, headers=headers, content=body)
        if response.is_client_error:
            raise http.refuse(PARTNER, response, f"HTTP_{response.status_code}", "the shop does not let us in")
        return _data(response)

    def pages(self, first: Data, document: str, variables: Variables, *path: str) -> Iterator[Data]:
        """The nodes of a connection: those at hand, then those of every page behind them. ``path`` leads to it in the data."""
        connection = first
        for _ in range(PAGE_LIMIT):
            yield from connection["nodes"]
            if not connection["pageInfo"]["hasNextPage"]:
                return
            found: Any = self.run(document, {**variables, "after": connection["pageInfo"]["endCursor"]})
            for name in path:
                found = found[name]
            connection = found
        raise PartnerContractBroken(PARTNER, f"more than {PAGE_LIMIT} pages of {'.'.join(path)}", {"path": path})


def _data(response: httpx.Response) -> Data:
    answer = http.json_object(PARTNER, response)
    errors, data = answer.get("errors"), answer.get("data")
    if errors:
        raise _top_level(errors, data, answer.get("extensions"))
    if not isinstance(data, dict):
        raise PartnerContractBroken(PARTNER, "the answer has no data", {"status": response.status_code})
    return data


def _top_level(errors: Any, data: Any, extensions: Any) -> PartnerError:
    """A throttled query never ran. An answer in part may stand for an effect that took place (a denied field below a
    mutation's payload is enough), so that nothing may be concluded from it."""
    with reading("errors"):
        codes = [str((e.get("extensions") or {}).get("code", "")) for e in errors]
        text = "; ".join(str(e["message"]) for e in errors)[:300]
    evidence = {"codes": codes}
    if "THROTTLED" in codes:
        return PartnerBusy(PARTNER, "throttled", retry_after=_restored_in(extensions), evidence=evidence)
    if _UNAVAILABLE & set(codes):
        answered = not set(codes) - {"IDEMPOTENCY_CONCURRENT_REQUEST"}
        return PartnerUnavailable(PARTNER, text, in_doubt=True, answered=answered, evidence=evidence)
    answered = isinstance(data, dict) and any(value is not None for value in data.values())
    if _REFUSED & set(codes) and not answered:
        return PartnerRefused(PARTNER, next(c for c in codes if c in _REFUSED), text, evidence=evidence)
    return PartnerContractBroken(PARTNER, f"answered with errors: {text}", evidence)


def _restored_in(extensions: Any) -> float | None:
    """Seconds until the bucket holds the query's cost again (shopify.dev, "API limits": leaky bucket, points a second)."""
    cost = (extensions or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    rate = status.get("restoreRate")
    if not rate:
        return None
    missing = float(cost.get("requestedQueryCost", 0)) - float(status.get("currentlyAvailable", 0))
    return round(max(missing, 1.0) / float(rate), 3)


def refused(errors: list[Data], default: str) -> PartnerRefused:
    """A mutation's user errors as the definite no that they are."""
    with reading("userErrors"):
        first = errors[0]
        code = first.get("code") or default
        fields = [e.get("field") for e in errors]
        message = "; ".join(str(e["message"]) for e in errors)
    return PartnerRefused(PARTNER, str(code), message[:500], evidence={"code": code, "fields": fields})
