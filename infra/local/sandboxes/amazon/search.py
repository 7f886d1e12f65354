"""searchOrders: the seller's orders by the time of their last change, page by page, under the usage plan."""

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.local.sandboxes.amazon.account import Account, Refused
from infra.local.sandboxes.amazon.bodies import MARKETPLACE, order_body
from infra.local.sandboxes.amazon.state import Order

RATE, BURST = 0.0056, 20
MUST_BE_OLD: Final = timedelta(minutes=2)
TOKEN_SECONDS = 86_400
FREE: Final = frozenset({"maxResultsPerPage", "includedData", "paginationToken"})
"""What may change from one page to the next (orders 2026-01-01, Pagination)."""


def search(account: Account, query: Mapping[str, str]) -> dict[str, Any]:
    """The answer's body. Raises Refused as the model's words about the parameters say."""
    after, before = _bounds(query)
    start = _place(account, query)
    size = int(query.get("maxResultsPerPage", "100"))
    if not 1 <= size <= 100:
        raise Refused(400, "InvalidInput", "maxResultsPerPage must be between 1 and 100.")
    found = [x for x in account.orders.values() if _wanted(x, query) and after <= _moment(x.changed_at) <= before]
    found.sort(key=lambda x: (x.changed_at, x.order_ref))
    included = set(filter(None, query.get("includedData", "").split(",")))
    page = [order_body(order, included) for order in found[start : start + size]]
    told: dict[str, Any] = {"orders": page, "lastUpdatedBefore": _text(before)}
    if start + size < len(found):
        told["pagination"] = {"nextToken": _token(account, query, start + size)}
    return told


def _bounds(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    if "createdAfter" in query or "lastUpdatedAfter" not in query:
        raise Refused(400, "InvalidInput", "The sandbox searches by lastUpdatedAfter only.")
    newest = datetime.now(UTC) - MUST_BE_OLD
    after = _moment(query["lastUpdatedAfter"])
    before = _moment(query["lastUpdatedBefore"]) if "lastUpdatedBefore" in query else newest
    if before > newest:
        raise Refused(400, "InvalidInput", "lastUpdatedBefore must be at least two minutes before the request.")
    if before < after:
        raise Refused(400, "InvalidInput", "lastUpdatedBefore is before lastUpdatedAfter.")
    return after, before


def _wanted(order: Order, query: Mapping[str, str]) -> bool:
    by, places = query.get("fulfilledBy", ""), query.get("marketplaceIds", "")
    statuses = query.get("fulfillmentStatuses", "")
    return (
        (not by or order.fulfilled_by in by.split(","))
        and (not places or MARKETPLACE in places.split(","))
        and (not statuses or order.status in statuses.split(","))
    )


def _place(account: Account, query: Mapping[str, str]) -> int:
    """Where a page begins. A token is good for a day and for the query that gave it."""
    token = query.get("paginationToken")
    if not token:
        return 0
    try:
        told = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise Refused(400, "InvalidInput", "The paginationToken is invalid.") from error
    if told["query"] != _fixed(query) or told["until"] < time.time() or told["seller"] != account.merchant:
        raise Refused(400, "InvalidInput", "The paginationToken has expired, or belongs to another query.")
    return int(told["start"])


def _token(account: Account, query: Mapping[str, str], start: int) -> str:
    seconds = float(account.setting("page_token_seconds", TOKEN_SECONDS))
    told = {"query": _fixed(query), "start": start, "until": time.time() + seconds, "seller": account.merchant}
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


def _fixed(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in sorted(query.items()) if name not in FREE}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def take_one(account: Account) -> float:
    """Takes one request from the seller's bucket and gives the rate; raises Refused 429 when it is empty. Settings: ``search_rate``,
    ``search_burst``."""
    rate, burst = float(account.setting("search_rate", RATE)), float(account.setting("search_burst", BURST))
    left, at = account.bucket
    now = time.time()
    left = min(burst, left + (now - at) * rate) if at else burst
    account.searches += 1
    if left < 1:
        account.bucket = (left, now)
        raise Refused(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
    account.bucket = (left - 1, now)
    return rate
