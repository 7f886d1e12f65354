"""One suite, two traffic books: in memory, and DynamoDB (moto). And the gate that stands on them, with workers that come at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Condition, Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stopship.adapters.gate import Gate, Pacing
from stopship.adapters.traffic_dynamodb import DynamoTraffic
from stopship.adapters.traffic_memory import MemoryTraffic
from stopship.application.ports import TrafficBook
from stopship.contract import OUTAGES_INDEX
from stopship.domain.errors import Conflict, PartnerBusy
from stopship.domain.limits import Limit
from stopship.domain.traffic import CALM, Lease, Traffic

TABLE = "traffic"
FULL = Traffic(
    leases={"h": Lease(10.5, urgent=True)},
    pauses={"": 3.0, "getOrder": 7.25},
    due={"getOrder": 9.0},
    crowded={"": 11.0},
    failures=4,
    probe_at=12.0,
    probe_by="h",
    probe_until=13.0,
    outage="outage-a",
    since=1.0,
    canary_until=2.0,
    waiting=5,
)


class OneCallAtATime:
    """moto's DynamoDB is no server: its state is not made for calls at the same moment."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found) or name == "exceptions":
            return found

        def call(**request: Any) -> Any:
            with self._lock:
                return found(**request)

        return call


@pytest.fixture(params=["memory", "dynamodb"])
def book(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrafficBook]:
    if request.param == "memory":
        yield MemoryTraffic()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield DynamoTraffic(OneCallAtATime(new_table()), TABLE)


def new_table() -> Any:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    names = ("merchant", "partner", "banner")
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        KeySchema=[{"AttributeName": "merchant", "KeyType": "HASH"}, {"AttributeName": "partner", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": OUTAGES_INDEX,
                "KeySchema": [
                    {"AttributeName": "banner", "KeyType": "HASH"},
                    {"AttributeName": "merchant", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return client


# ------------------------------------------------------------------------------------------------ the book


def test_nothing_is_known_of_a_partner_that_nobody_has_called(book: TrafficBook) -> None:
    assert book.load("acme", "netsuite") == (CALM, 0)
    assert list(book.outages()) == []


def test_what_was_saved_is_loaded_whole(book: TrafficBook) -> None:
    assert book.save("acme", "netsuite", FULL, 0) == 1
    assert book.load("acme", "netsuite") == (FULL, 1)


@pytest.mark.parametrize("expected", [0, 2])
def test_nobody_writes_over_what_he_has_not_read(book: TrafficBook, expected: int) -> None:
    book.save("acme", "netsuite", FULL, 0)
    with pytest.raises(Conflict):
        book.save("acme", "netsuite", CALM, expected)
    assert book.load("acme", "netsuite") == (FULL, 1)


def test_what_was_never_there_is_not_written_over(book: TrafficBook) -> None:
    with pytest.raises(Conflict):
        book.save("acme", "netsuite", FULL, 1)
    assert book.load("acme", "netsuite") == (CALM, 0)


def test_merchants_and_partners_are_apart(book: TrafficBook) -> None:
    book.save("acme", "netsuite", FULL, 0)
    assert book.load("zeta", "netsuite") == (CALM, 0) == book.load("acme", "shopify")


def test_outages_are_found_by_merchant_and_over_all_as_long_as_there_is_a_banner(book: TrafficBook) -> None:
    book.save("acme", "netsuite", FULL, 0)
    book.save("acme", "shopify", CALM, 0)
    book.save("zeta", "north", Traffic(returned="outage-b", returned_at=5), 0)
    assert [(x.merchant, x.partner) for x in book.outages()] == [("acme", "netsuite"), ("zeta", "north")]
    assert [x.traffic for x in book.outages("zeta")] == [Traffic(returned="outage-b", returned_at=5)]
    book.save("zeta", "north", CALM, 1)
    assert list(book.outages("zeta")) == []


def test_of_many_writers_at_once_one_wins_each_version(book: TrafficBook) -> None:
    start, won = Barrier(8), list[int]()

    def write(number: int) -> None:
        start.wait()
        try:
            won.append(book.save("acme", "netsuite", Traffic(failures=number), 0))
        except Conflict:
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(1, 9)))
    assert won == [1] and book.load("acme", "netsuite")[1] == 1


# ------------------------------------------------------------------------------------------------ the gate over it


def test_workers_that_come_at_once_never_call_more_at_once_than_the_partner_takes(book: TrafficBook) -> None:
    gate = Gate(book, "acme", "netsuite", Limit(concurrent=3, reserved=1), Pacing(patience=20))
    inside, most, calls, changed, start = 0, 0, 0, Condition(), Barrier(10)

    def work(number: int) -> None:
        nonlocal inside, most, calls
        start.wait()
        with gate.turn(urgent=number % 3 == 0), changed:
            inside, calls = inside + 1, calls + 1
            most = max(most, inside)
            changed.notify_all()
            changed.wait_for(lambda: most >= 3, timeout=5)
            inside -= 1

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, range(10)))
    assert calls == 10 and most == 3
    assert not book.load("acme", "netsuite")[0].leases


def test_what_a_dead_worker_held_is_free_again_after_a_while(book: TrafficBook) -> None:
    moment = [1000.0]
    gate = Gate(book, "acme", "netsuite", Limit(concurrent=1), Pacing(now=lambda: moment[0], patience=0))
    dead = gate.turn(urgent=False)
    dead.__enter__()
    # It never leaves: the process is gone, and with it what it knew of its turn.
    _forget_turn()
    with pytest.raises(PartnerBusy), gate.turn(urgent=True):
        raise AssertionError("the place is taken")
    moment[0] += 71
    with gate.turn(urgent=False):
        assert len(book.load("acme", "netsuite")[0].leases) == 1
    assert not book.load("acme", "netsuite")[0].leases


def _forget_turn() -> None:
    from stopship.adapters import turn

    turn._current.set(None)
