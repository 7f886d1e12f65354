"""How long the console's queue page takes with ten thousand open exceptions, over the same page with a hundred, one after the other in one run.

The whole way of the function is run, from API Gateway's event to the answer; only DynamoDB is stood in for, by an index that is in order and
reads what a query's limit allows. What it read is counted, because that is what DynamoDB's own time hangs on.
"""

import time
from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from infra.bench.number import Number
from stopship.adapters.clock import SystemClock
from stopship.adapters.ledger_dynamodb import DynamoLedger, encode
from stopship.adapters.ledger_items import exception_item
from stopship.adapters.sessions_memory import MemorySessions
from stopship.adapters.traffic_memory import MemoryTraffic
from stopship.application.context import Desk
from stopship.application.ports import ExceptionItem
from stopship.application.sign_in import Entrance, key_of
from stopship.application.view_queue import PAGE
from stopship.console.office import Office
from stopship.console.routes import SIGNED_IN
from stopship.console.serve import serve
from stopship.domain.instant import plus, text
from stopship.domain.session import Session

FEW, MANY = 100, 10_000
MOST_OVER_FEW = 2.0
WARM_UP, ROUNDS = 5, 60
"""The best of them counts: what else runs on the machine only ever takes away."""
_MERCHANT, _HOST, _SESSION_ID = "acme", "desk.example", "bench"
_OK = 200


def queue_page() -> list[Number]:
    few, many = Queue(FEW), Queue(MANY)
    rounds = [(few.seconds(), many.seconds()) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    best_few, best_many = min(x for x, _ in rounds), min(x for _, x in rounds)
    return [
        Number(f"queue page with {MANY:,} / with {FEW}", best_many / best_few, MOST_OVER_FEW, "x"),
        Number(f"queue page with {MANY:,} open exceptions", best_many * 1000, None, "ms"),
        Number(f"items read for a page of {PAGE}, of {MANY:,}", many.items_read(), PAGE + 1.0, ""),
    ]


class OrderedIndex:
    """The index of open exceptions, asked as DynamoDB is (its Query action): by key, in order, no more than ``Limit``."""

    def __init__(self, number: int) -> None:
        found = [encode(exception_item(_exception(n))) for n in range(number)]
        self._items = sorted(found, key=lambda x: str(x["gsi2sk"]["S"]))
        self._keys = [str(x["gsi2sk"]["S"]) for x in self._items]
        self.read = 0

    def query(self, **request: Any) -> Mapping[str, Any]:
        low = request["ExpressionAttributeValues"][":low"]["S"]
        start = request.get("ExclusiveStartKey", {"at": bisect_left(self._keys, low)})["at"]
        page = self._items[start : start + request["Limit"]]
        self.read += len(page)
        end = start + len(page)
        return {"Items": page, **({"LastEvaluatedKey": {"at": end}} if end < len(self._items) else {})}


class Queue:
    """A console before so many open exceptions, and somebody who is signed in."""

    def __init__(self, number: int) -> None:
        self._index = OrderedIndex(number)
        self._office = _office(DynamoLedger(self._index, "ledger"))

    def seconds(self) -> float:
        """For one page. Raises RuntimeError when it is not the queue."""
        started = time.perf_counter()
        answer = serve(_request(), self._office, SIGNED_IN)
        elapsed = time.perf_counter() - started
        if answer["statusCode"] != _OK or answer["body"].count("exc-") < PAGE:
            raise RuntimeError(f"the queue page is a {answer['statusCode']} without its rows")
        return elapsed

    def items_read(self) -> float:
        """For one page."""
        before = self._index.read
        self.seconds()
        return float(self._index.read - before)


def _exception(number: int) -> ExceptionItem:
    now = text(datetime.now(UTC))
    return ExceptionItem(
        merchant=_MERCHANT,
        exception_id=f"exc-{number:05}",
        case_id=f"case-{number}",
        leg_id="",
        order_ref=str(number),
        channel="shopify",
        cause="silent_warehouse",
        tier=f"P{number % 3 + 1}",
        owner="warehouse",
        next_action="Call the warehouse and say what they answer.",
        deadline=plus(now, number),
        opened_at=now,
        state="open",
    )


def _office(ledger: DynamoLedger) -> Office:
    """What the queue does not touch is not there."""
    sessions, clock, nobody = MemorySessions(), SystemClock(), cast("Any", None)
    now = clock.now()
    groups = frozenset({f"merchant.{_MERCHANT}", "role.lead"})
    sessions.save(
        Session(
            key_of(_SESSION_ID),
            "lead",
            "lead",
            groups,
            plus(now, 600),
            "csrf",
            "refresh",
            signed_in_at=now,
            seen_at=now,
        )
    )
    desk = Desk(
        ledger=ledger,
        clock=clock,
        policies=nobody,
        partners=nobody,
        evidence=nobody,
        executions=nobody,
        tasks=nobody,
        timers=nobody,
        mailer=nobody,
        traffic=MemoryTraffic(),
        notices=nobody,
        queues=nobody,
        new_id=nobody,
        callback_url=nobody,
        case_url=nobody,
    )
    return Office(Entrance(nobody, sessions, clock), desk, nobody, lambda _: {})


def _request() -> Mapping[str, Any]:
    return {
        "rawPath": "/console",
        "rawQueryString": "",
        "headers": {"host": _HOST},
        "cookies": [f"__Host-stopship-session={_SESSION_ID}"],
        "requestContext": {"http": {"method": "GET", "path": "/console"}},
    }
