"""How many calls a merchant's connection takes, by kind of partner: what the desk allows itself, unless the connection says otherwise."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from stopship.domain.errors import InvalidInput
from stopship.frozen import frozen


@frozen
class Limit:
    """``concurrent`` calls at the same time, 0 for no bound; ``reserved`` of them are for urgent cases. ``a_second`` is the pace by operation
    ("" for all) that is kept for a while after the partner said that it had enough."""

    concurrent: int = 0
    reserved: int = 0
    a_second: Mapping[str, float] = field(default_factory=dict)


LIMITS: Mapping[str, Limit] = {
    # 5 requests at once on the standard tier, shared with the account's other integrations (Oracle, "Web Services and RESTlet
    # Concurrency Governance"): one is left to them.
    "netsuite": Limit(concurrent=4, reserved=1),
    # 150 requests a minute (ShipBob, "Rate limit").
    "shipbob": Limit(a_second={"": 2.5}),
    # The models' default usage plans, by operation.
    "amazon": Limit(
        a_second={
            "searchOrders": 0.0056,
            "getOrder": 0.5,
            "createFeedDocument": 0.5,
            "createFeed": 0.0083,
            "getFeed": 2.0,
            "getFeeds": 0.0222,
            "getFeedDocument": 0.0222,
            "listTransactions": 0.5,
            "getMessagingActionsForOrder": 1.0,
            "GetAttributes": 1.0,
            "createUnexpectedProblem": 1.0,
        }
    ),
}
NONE = Limit()


def limit_of(kind: str, config: Mapping[str, Any]) -> Limit:
    """The connection's "limits": {"concurrent", "reserved", "a_second": {operation: calls}}, over the defaults of its kind. A quarter of the
    places is reserved where nothing is said. Raises InvalidInput for what cannot be a limit."""
    usual, told = LIMITS.get(kind, NONE), config.get("limits", {})
    concurrent = _whole("concurrent", told.get("concurrent", usual.concurrent))
    reserved = _whole("reserved", told.get("reserved", concurrent // 4))
    if reserved and reserved >= concurrent:
        raise InvalidInput("limits.reserved", "leaves no place for ordinary cases", "reserve fewer than concurrent")
    return Limit(concurrent, reserved, {**usual.a_second, **_paces(told.get("a_second", {}))})


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(f"limits.{name}", f"{value!r} is no number of calls", "a whole number from 0")
    return value


def _paces(told: Mapping[str, object]) -> dict[str, float]:
    paces = {}
    for operation, value in told.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise InvalidInput(f"limits.a_second.{operation}", f"{value!r} is no pace", "calls a second, over 0")
        paces[operation] = float(value)
    return paces
