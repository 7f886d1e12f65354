"""One suite, two ledgers: in memory, and DynamoDB (moto). What holds for the one holds for the other."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_dynamodb import DynamoLedger
from stopship.adapters.ledger_memory import MemoryLedger
from stopship.application.audit import verify
from stopship.application.ports import (
    Append,
    BookEntry,
    Callback,
    ExceptionItem,
    Ledger,
    NewEvent,
    OrderLock,
    OrderPlaced,
    Stored,
)
from stopship.domain import chain
from stopship.domain.case import fold
from stopship.domain.errors import AlreadyRecorded, Conflict, InvalidInput, NotFound
from stopship.domain.events import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    Classified,
    EchoIgnored,
    Event,
    MessageKept,
    OrderNotFound,
    RequestReceived,
)
from stopship.domain.lease import Lease
from stopship.domain.market import PACKER_NOT_TOLD, Allowance, SellerCancel, SweepState
from stopship.domain.money import BookedMove, MoneyMove, MoveKind, MoveState
from stopship.domain.search import TermKind, term

TABLE = "ledger"
INDEXES = ("gsi1", "gsi2", "gsi3")


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield DynamoLedger(OneCallAtATime(new_table()), TABLE)


class OneCallAtATime:
    """DynamoDB isolates transactions from each other; moto's in-process table leaves that to its caller. Calls are taken one by
    one, so that threads still interleave between a ledger's read and its write."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def call(**request: Any) -> Any:
            with self._lock:
                return found(**request)

        return call


def new_table() -> Any:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    names = ["pk", "sk", *(f"{index}{part}" for index in INDEXES for part in ("pk", "sk"))]
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": f"{index}pk", "KeyType": "HASH"},
                    {"AttributeName": f"{index}sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in INDEXES
        ],
    )
    return client


def at(second: int) -> str:
    return f"2026-03-01T10:{second // 60:02d}:{second % 60:02d}.000000Z"


def opened(order_ref: str = "1001", channel: str = "shopify") -> NewEvent:
    return NewEvent(CaseOpened(channel, order_ref, 1, "1", "p" * 64), "opened")


def opening(case_id: str = "case-a", merchant: str = "acme", second: int = 0, order_ref: str = "1001") -> Append:
    return Append(merchant, case_id, 0, at(second), [opened(order_ref)])


def adding(version: int, *events: Event, case_id: str = "case-a", merchant: str = "acme", second: int = 1) -> Append:
    return Append(merchant, case_id, version, at(second), [NewEvent(e) for e in events])


def door(
    callback_id: str = "cb-1", case_id: str = "case-a", merchant: str = "acme", token: str = "token-1"
) -> Callback:
    return Callback(callback_id, merchant, case_id, "acknowledgement", "leg-1", 1, token, "open", at(900))


def trouble(exception_id: str = "exc-1", case_id: str = "case-a", **changes: object) -> ExceptionItem:
    item = ExceptionItem(
        merchant="acme",
        exception_id=exception_id,
        case_id=case_id,
        leg_id="leg-1",
        order_ref="1001",
        channel="shopify",
        cause="silent_warehouse",
        tier="P2",
        owner="warehouse",
        next_action="call the warehouse",
        deadline=at(600),
        opened_at=at(1),
        state="open",
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def entry(
    state: MoveState = MoveState.REQUESTED, version: int = 0, key: str = "money-1", case_id: str = "case-a"
) -> BookEntry:
    move = MoneyMove(key, MoveKind.REFUND, Decimal("19.90"), "EUR", "tx-1", {"line-1": 2})
    return BookEntry("shopify", "1001", BookedMove(move, case_id, state), version)


def everything(ledger: Ledger) -> list[Stored]:
    return sorted(ledger.scan(), key=lambda x: (x.pk, x.sk))


# ------------------------------------------------------------------------------------------------ append and load


def test_what_was_appended_is_loaded_in_order_and_chained(ledger: Ledger) -> None:
    first = ledger.append(opening())
    second = ledger.append(adding(1, OrderNotFound(1), Classified("customer", "stockout")))
    loaded = ledger.load("acme", "case-a")
    assert list(loaded) == [*first, *second]
    assert [x.version for x in loaded] == [1, 2, 3]
    assert loaded[2].event == Classified("customer", "stockout")
    previous = chain.GENESIS
    for x in loaded:
        link = chain.seal("acme", "case-a", x.version, type(x.event).__name__, x.key, x.at, x.event.data(), previous)
        assert x.hash == link.hash
        previous = x.hash


def test_an_event_keeps_its_nested_data_and_its_letters(ledger: Ledger) -> None:
    ledger.append(opening())
    fact = RequestReceived(
        request_id="s:1",
        reason="address",
        requester="ops",
        source="tickets",
        requested_at=at(0),
        received_at=at(1),
        lines={"línea-1": 2},
        ticket_ref="ÄÖ-1",
        official=False,
        evidence=["a", "b"],
        raw_sha256="",
    )
    ledger.append(adding(1, fact))
    assert ledger.load("acme", "case-a")[1].event == fact


def test_a_new_case_in_a_new_ledger_is_absent(ledger: Ledger) -> None:
    assert ledger.load("acme", "case-a") == []
    assert ledger.head("acme", "case-a") is None
    assert ledger.delivery_case("acme", "shopify", "d-1") == ""
    assert ledger.callback("cb-1") is None
    assert ledger.exception("acme", "exc-1") is None
    assert ledger.book("acme", "shopify", "1001") == ([], 0)
    assert ledger.lock_of("acme", "shopify", "1001") is None


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_version_that_has_passed_or_is_not_there_yet_is_a_conflict_and_writes_nothing(
    ledger: Ledger, version: int
) -> None:
    ledger.append(opening())
    ledger.append(adding(1, OrderNotFound(1)))
    before = everything(ledger)
    with pytest.raises(Conflict):
        ledger.append(
            replace(
                adding(version, OrderNotFound(2)), deliveries=[("shopify", "d-9")], callbacks=[door()], book=entry()
            )
        )
    assert everything(ledger) == before


def test_a_fact_that_may_happen_once_is_refused_the_second_time(ledger: Ledger) -> None:
    ledger.append(opening())
    ledger.append(Append("acme", "case-a", 1, at(1), [NewEvent(OrderNotFound(1), "look:1")]))
    before = everything(ledger)
    with pytest.raises(AlreadyRecorded, match="look:1"):
        ledger.append(Append("acme", "case-a", 2, at(2), [NewEvent(OrderNotFound(1), "look:1")]))
    with pytest.raises(AlreadyRecorded, match="look:2"):
        ledger.append(Append("acme", "case-a", 2, at(2), [NewEvent(OrderNotFound(2), "look:2")] * 2))
    assert everything(ledger) == before


def test_the_same_fact_key_in_another_case_is_another_fact(ledger: Ledger) -> None:
    ledger.append(opening("case-a"))
    ledger.append(opening("case-b"))
    assert [x.key for x in ledger.load("acme", "case-b")] == ["opened"]


def test_a_step_without_events_is_a_mistake(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="at least one event"):
        ledger.append(replace(opening(), events=[], deliveries=[("shopify", "d-1")]))
    assert everything(ledger) == []


def test_a_step_too_large_for_one_transaction_is_refused_whole(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="too large"):
        ledger.append(replace(opening(), deliveries=[("shopify", f"d-{i}") for i in range(100)]))
    with pytest.raises(ValueError, match="each item once"):
        ledger.append(replace(opening(), deliveries=[("shopify", "d-1")] * 2))
    assert everything(ledger) == []


def test_of_a_hundred_appends_at_once_one_wins(ledger: Ledger) -> None:
    ledger.append(opening())
    start = Barrier(8)

    def race(n: int) -> bool:
        if n < 8:
            start.wait(timeout=10)
        try:
            ledger.append(replace(adding(1, OrderNotFound(1)), deliveries=[("shopify", f"d-{n}")]))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        wins = list(pool.map(race, range(100)))
    assert wins.count(True) == 1
    winner = wins.index(True)
    assert [x.version for x in ledger.load("acme", "case-a")] == [1, 2]
    known = [n for n in range(100) if ledger.delivery_case("acme", "shopify", f"d-{n}")]
    assert known == [winner]


def test_what_is_appended_between_a_read_and_its_write_is_never_overwritten(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head stood at the expected version when it was read, and no longer when it is written."""
    ledger.append(opening())
    table = ledger._table  # type: ignore[attr-defined]
    write = table.write

    def beaten(writes: object) -> None:
        monkeypatch.setattr(table, "write", write)
        ledger.append(adding(1, OrderNotFound(1)))
        write(writes)

    monkeypatch.setattr(table, "write", beaten)
    with pytest.raises(Conflict):
        ledger.append(replace(adding(1, OrderNotFound(2)), deliveries=[("shopify", "d-1")]))
    assert [x.event for x in ledger.load("acme", "case-a")][1:] == [OrderNotFound(1)]
    assert ledger.delivery_case("acme", "shopify", "d-1") == ""


@pytest.mark.parametrize("guard", ["event", "head"])
def test_the_event_and_the_head_each_guard_the_version_by_themselves(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, guard: str
) -> None:
    """A damaged table, where only one of the two shows that somebody was here."""
    ledger.append(opening())
    head = ledger.head("acme", "case-a")
    assert head is not None
    theirs = adding(1, OrderNotFound(7))
    found = {
        "event": items.event_items(theirs, head.hash)[0],
        "head": items.head_item(replace(head, version=2, hash="f" * 64)),
    }[guard]
    table = ledger._table  # type: ignore[attr-defined]
    write = table.write

    def beaten(writes: object) -> None:
        write([items.Write(found, items.Expect(absent=True, present={}), lambda _: Conflict("never"))])
        write(writes)

    monkeypatch.setattr(table, "write", beaten)
    with pytest.raises(Conflict, match="moved on"):
        ledger.append(adding(1, OrderNotFound(8)))
    assert OrderNotFound(8) not in [x.event for x in ledger.load("acme", "case-a")]
    assert table.get(found["pk"], found["sk"]) == found


def test_of_the_very_same_append_twice_only_one_is_told_that_it_won(ledger: Ledger) -> None:
    ledger.append(opening())
    ledger.append(adding(1, OrderNotFound(1)))
    with pytest.raises(Conflict):
        ledger.append(adding(1, OrderNotFound(1)))
    assert ledger.head("acme", "case-a").version == 2  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------ head


def closed(outcome: str) -> CaseClosed:
    return CaseClosed(outcome, False, [], "", False, {}, at(3600))


def test_the_head_follows_the_case_through_closing_and_reopening(ledger: Ledger) -> None:
    ledger.append(opening(second=5))
    head = ledger.head("acme", "case-a")
    assert head is not None
    assert (head.version, head.status, head.outcome, head.step) == (1, "open", "", "normalize intake")
    assert (head.channel, head.order_ref, head.opened_at) == ("shopify", "1001", at(5))

    ledger.append(adding(1, Classified("customer", "stockout"), EchoIgnored("t", "r"), second=6))
    head = ledger.head("acme", "case-a")
    assert head is not None
    assert (head.step, head.opened_at, head.updated_at) == ("classify", at(5), at(6))

    ledger.append(adding(3, closed("stopped"), second=7))
    head = ledger.head("acme", "case-a")
    assert head is not None
    assert (head.status, head.outcome, head.step) == ("closed", "stopped", "close the loop")
    assert head.hash == ledger.load("acme", "case-a")[-1].hash

    ledger.append(adding(4, CaseReopened("shipped after stop"), second=8))
    head = ledger.head("acme", "case-a")
    assert head is not None
    assert (head.status, head.outcome) == ("open", "")


def test_kept_messages_are_loaded_but_are_no_case(ledger: Ledger) -> None:
    ledger.append(Append("acme", "kept-1", 0, at(0), [NewEvent(MessageKept("shopify", "x/y", "no such order", ""))]))
    assert len(ledger.load("acme", "kept-1")) == 1
    assert ledger.cases("acme").items == []
    assert list(ledger.open_cases()) == []


# ------------------------------------------------------------------------------------------------ deliveries and locks


def test_a_repeated_delivery_is_known_and_leaves_nothing(ledger: Ledger) -> None:
    ledger.append(replace(opening(), deliveries=[("shopify", "d-1")]))
    assert ledger.delivery_case("acme", "shopify", "d-1") == "case-a"
    assert ledger.delivery_case("acme", "amazon", "d-1") == ""
    before = everything(ledger)
    with pytest.raises(AlreadyRecorded):
        ledger.append(replace(opening("case-b"), deliveries=[("shopify", "d-1")], callbacks=[door(case_id="case-b")]))
    assert everything(ledger) == before


def test_an_order_is_taken_by_one_case_at_a_time(ledger: Ledger) -> None:
    first = OrderLock("shopify", "1001", "case-a", 1, active=True)
    ledger.append(replace(opening(), lock=first))
    before = everything(ledger)
    with pytest.raises(Conflict):
        ledger.append(
            replace(opening("case-b"), lock=OrderLock("shopify", "1001", "case-b", 1, active=True), lock_from=None)
        )
    assert everything(ledger) == before
    assert ledger.lock_of("acme", "shopify", "1001") == first


def test_a_released_order_is_taken_only_from_the_state_that_was_seen(ledger: Ledger) -> None:
    first = OrderLock("shopify", "1001", "case-a", 1, active=True)
    free = replace(first, active=False)
    second = OrderLock("shopify", "1001", "case-b", 2, active=True)
    ledger.append(replace(opening(), lock=first))
    with pytest.raises(Conflict):
        ledger.append(replace(opening("case-b"), lock=second, lock_from=free))
    assert ledger.load("acme", "case-b") == []
    ledger.append(replace(adding(1, closed("stopped")), lock=free, lock_from=first))
    ledger.append(replace(opening("case-b"), lock=second, lock_from=free))
    assert ledger.lock_of("acme", "shopify", "1001") == second


def test_of_many_first_wishes_at_once_one_opens_the_case(ledger: Ledger) -> None:
    def race(n: int) -> bool:
        lock = OrderLock("shopify", "1001", "case-a", 1, active=True)
        try:
            ledger.append(replace(opening(second=n), lock=lock, deliveries=[("shopify", f"d-{n}")]))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        wins = list(pool.map(race, range(40)))
    assert wins.count(True) == 1
    assert len(ledger.load("acme", "case-a")) == 1


# ------------------------------------------------------------------------------------------------ callbacks


def test_a_callback_is_used_once(ledger: Ledger) -> None:
    ledger.append(replace(opening(), callbacks=[door()]))
    assert ledger.callback("cb-1") == door()
    assert ledger.waiting("acme", "case-a") == [door()]
    used = replace(door(), state="used")
    ledger.append(replace(adding(1, OrderNotFound(1)), callbacks=[used]))
    assert ledger.callback("cb-1") == used
    assert ledger.waiting("acme", "case-a") == []
    before = everything(ledger)
    for again in (used, door(), replace(door(), state="expired")):
        with pytest.raises(AlreadyRecorded):
            ledger.append(replace(adding(2, OrderNotFound(2)), callbacks=[again]))
    assert everything(ledger) == before


def test_an_expired_door_takes_one_late_answer(ledger: Ledger) -> None:
    ledger.append(replace(opening(), callbacks=[door()]))
    expired, used = replace(door(), state="expired"), replace(door(), state="used")
    ledger.append(replace(adding(1, OrderNotFound(1)), callbacks=[expired]))
    assert ledger.waiting("acme", "case-a") == []
    with pytest.raises(AlreadyRecorded):
        ledger.rearm(door(token="token-2"))
    ledger.append(replace(adding(2, OrderNotFound(2)), callbacks=[used]))
    for again in (used, expired):
        with pytest.raises(AlreadyRecorded):
            ledger.append(replace(adding(3, OrderNotFound(3)), callbacks=[again]))
    assert ledger.callback("cb-1") == used
    assert ledger.head("acme", "case-a").version == 3  # type: ignore[union-attr]


def test_a_callback_that_was_never_opened_cannot_be_used(ledger: Ledger) -> None:
    ledger.append(opening())
    with pytest.raises(NotFound):
        ledger.append(replace(adding(1, OrderNotFound(1)), callbacks=[replace(door(), state="used")]))
    assert ledger.head("acme", "case-a").version == 1  # type: ignore[union-attr]


def test_rearming_replaces_the_token_behind_the_same_door(ledger: Ledger) -> None:
    ledger.append(replace(opening(), callbacks=[door()]))
    ledger.rearm(door(token="token-2"))
    assert ledger.callback("cb-1") == door(token="token-2")
    assert ledger.waiting("acme", "case-a") == [door(token="token-2")]


def test_using_a_door_with_a_replaced_token_is_a_conflict_so_that_the_right_wait_is_woken(ledger: Ledger) -> None:
    ledger.append(replace(opening(), callbacks=[door()]))
    ledger.rearm(door(token="token-2"))
    with pytest.raises(Conflict):
        ledger.append(replace(adding(1, OrderNotFound(1)), callbacks=[replace(door(), state="used")]))
    assert ledger.callback("cb-1") == door(token="token-2")
    assert ledger.head("acme", "case-a").version == 1  # type: ignore[union-attr]


def test_a_used_door_is_not_rearmed_and_an_unknown_one_neither(ledger: Ledger) -> None:
    ledger.append(replace(opening(), callbacks=[door()]))
    ledger.append(replace(adding(1, OrderNotFound(1)), callbacks=[replace(door(), state="used")]))
    with pytest.raises(AlreadyRecorded):
        ledger.rearm(door(token="token-2"))
    with pytest.raises(NotFound):
        ledger.rearm(door("cb-2"))
    assert ledger.callback("cb-1") == replace(door(), state="used")
    assert ledger.callback("cb-2") is None


def test_the_token_is_nowhere_but_in_the_callback(ledger: Ledger) -> None:
    secret = "a-task-token"
    ledger.append(replace(opening(), callbacks=[door(token=secret)], exceptions=[trouble()]))
    elsewhere = [x for x in ledger.scan() if not x.pk.startswith("CB#")]
    assert len(elsewhere) == 4
    assert secret not in repr(elsewhere)


# ------------------------------------------------------------------------------------------------ money book


def test_the_money_book_remembers_every_intent_and_its_end(ledger: Ledger) -> None:
    ledger.append(replace(opening(), book=entry()))
    assert ledger.book("acme", "shopify", "1001") == ([entry().entry], 1)
    ledger.append(replace(adding(1, OrderNotFound(1)), book=entry(MoveState.PENDING, 1)))
    ledger.append(replace(adding(2, OrderNotFound(2)), book=entry(MoveState.DONE, 2)))
    entries, version = ledger.book("acme", "shopify", "1001")
    assert ([x.state for x in entries], version) == ([MoveState.DONE], 3)
    assert entries[0].move == entry().entry.move


def test_of_two_cases_that_decide_on_the_same_book_one_moves_money(ledger: Ledger) -> None:
    ledger.append(opening("case-a"))
    ledger.append(opening("case-b"))
    ledger.append(replace(adding(1, OrderNotFound(1)), book=entry()))
    with pytest.raises(Conflict):
        ledger.append(
            replace(adding(1, OrderNotFound(1), case_id="case-b"), book=entry(key="money-2", case_id="case-b"))
        )
    assert ledger.book("acme", "shopify", "1001") == ([entry().entry], 1)
    assert len(ledger.load("acme", "case-b")) == 1


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_decision_on_an_older_or_unheard_of_book_moves_nothing(ledger: Ledger, version: int) -> None:
    ledger.append(replace(opening(), book=entry()))
    ledger.append(replace(adding(1, OrderNotFound(1)), book=entry(MoveState.DONE, 1)))
    before = everything(ledger)
    with pytest.raises(Conflict, match="money book"):
        ledger.append(replace(adding(2, OrderNotFound(2)), book=entry(key="money-2", version=version)))
    assert everything(ledger) == before


@pytest.mark.parametrize("state", [MoveState.REQUESTED, MoveState.PENDING, MoveState.DONE])
def test_a_money_key_is_intended_once_unless_it_failed(ledger: Ledger, state: MoveState) -> None:
    ledger.append(replace(opening(), book=entry()))
    version = 1
    if state is not MoveState.REQUESTED:
        ledger.append(replace(adding(1, OrderNotFound(1)), book=entry(state, 1)))
        version = 2
    before = everything(ledger)
    with pytest.raises(AlreadyRecorded):
        ledger.append(replace(adding(version, OrderNotFound(9)), book=entry(MoveState.REQUESTED, version)))
    assert everything(ledger) == before


def test_a_failed_move_may_be_intended_again(ledger: Ledger) -> None:
    ledger.append(replace(opening(), book=entry()))
    ledger.append(replace(adding(1, OrderNotFound(1)), book=entry(MoveState.FAILED, 1)))
    ledger.append(replace(adding(2, OrderNotFound(2)), book=entry(MoveState.REQUESTED, 2)))
    assert ledger.book("acme", "shopify", "1001") == ([entry().entry], 3)


def test_money_that_was_paid_stays_paid_and_an_unknown_key_has_no_end(ledger: Ledger) -> None:
    ledger.append(replace(opening(), book=entry()))
    ledger.append(replace(adding(1, OrderNotFound(1)), book=entry(MoveState.DONE, 1)))
    with pytest.raises(AlreadyRecorded):
        ledger.append(replace(adding(2, OrderNotFound(2)), book=entry(MoveState.FAILED, 2)))
    with pytest.raises(NotFound):
        ledger.append(replace(adding(2, OrderNotFound(2)), book=entry(MoveState.DONE, 2, key="money-9")))
    entries, version = ledger.book("acme", "shopify", "1001")
    assert ([x.state for x in entries], version) == ([MoveState.DONE], 2)


# ------------------------------------------------------------------------------------------------ exceptions


def test_open_exceptions_come_by_tier_and_nearest_deadline(ledger: Ledger) -> None:
    late = trouble("exc-1", deadline=at(900))
    soon = trouble("exc-2", deadline=at(300), owner="ops")
    urgent = trouble("exc-3", deadline=at(3000), tier="P1")
    ledger.append(replace(opening(), exceptions=[late, soon, urgent]))
    assert ledger.exceptions("acme").items == [urgent, soon, late]
    assert ledger.exceptions("acme", tier="P2").items == [soon, late]
    assert ledger.exceptions("acme", owner="ops").items == [soon]
    assert ledger.exceptions("acme", tier="P1", owner="ops").items == []
    assert ledger.exception("acme", "exc-3") == urgent


def test_an_escalated_exception_moves_and_a_resolved_one_leaves_the_queue(ledger: Ledger) -> None:
    ledger.append(replace(opening(), exceptions=[trouble()]))
    higher = trouble(owner="ops", tier="P1", deadline=at(1200), escalations=1)
    ledger.append(replace(adding(1, OrderNotFound(1)), exceptions=[higher]))
    assert ledger.exceptions("acme").items == [higher]
    done = replace(higher, state="resolved")
    ledger.append(replace(adding(2, OrderNotFound(2)), exceptions=[done]))
    assert ledger.exceptions("acme").items == []
    assert ledger.exception("acme", "exc-1") == done


def test_a_resolved_exception_is_not_opened_or_resolved_again(ledger: Ledger) -> None:
    ledger.append(replace(opening(), exceptions=[trouble()]))
    ledger.append(replace(adding(1, OrderNotFound(1)), exceptions=[trouble(state="resolved")]))
    for again in (trouble(), trouble(state="resolved")):
        with pytest.raises(AlreadyRecorded):
            ledger.append(replace(adding(2, OrderNotFound(2)), exceptions=[again]))
    with pytest.raises(NotFound):
        ledger.append(replace(adding(2, OrderNotFound(2)), exceptions=[trouble("exc-9", state="resolved")]))
    assert ledger.head("acme", "case-a").version == 2  # type: ignore[union-attr]
    assert ledger.exceptions("acme").items == []


# ------------------------------------------------------------------------------------------------ lists and pages


def test_every_case_is_on_exactly_one_page_newest_first(ledger: Ledger) -> None:
    for n in range(7):
        ledger.append(opening(f"case-{n}", second=n))
    ledger.append(adding(1, closed("stopped"), case_id="case-3", second=30))
    ledger.append(adding(1, closed("saved"), case_id="case-5", second=31))
    seen, cursor = [], ""
    for _ in range(4):
        page = ledger.cases("acme", cursor=cursor, limit=2)
        seen.append([x.case_id for x in page.items])
        cursor = page.cursor
    assert seen == [["case-6", "case-5"], ["case-4", "case-3"], ["case-2", "case-1"], ["case-0"]]
    assert cursor == ""
    assert [x.case_id for x in ledger.cases("acme", "closed").items] == ["case-5", "case-3"]
    assert len(ledger.cases("acme", "open").items) == 5


def test_a_last_page_that_is_exactly_full_gives_no_cursor(ledger: Ledger) -> None:
    for n in range(2):
        ledger.append(opening(f"case-{n}", second=n))
    assert ledger.cases("acme", limit=2).cursor == ""


def test_pages_of_exceptions_keep_their_order_and_filter(ledger: Ledger) -> None:
    many = [trouble(f"exc-{n}", deadline=at(n), owner="ops" if n % 2 else "fraud") for n in range(9)]
    ledger.append(replace(opening(), exceptions=many))
    first = ledger.exceptions("acme", tier="P2", owner="ops", limit=3)
    rest = ledger.exceptions("acme", tier="P2", owner="ops", cursor=first.cursor, limit=3)
    assert [x.exception_id for x in (*first.items, *rest.items)] == ["exc-1", "exc-3", "exc-5", "exc-7"]
    assert rest.cursor == ""


def test_a_cursor_is_good_for_its_own_query_only(ledger: Ledger) -> None:
    for merchant in ("acme", "zeta"):
        for n in range(3):
            ledger.append(opening(f"case-{merchant}-{n}", merchant=merchant, second=n))
    cursor = ledger.cases("acme", limit=1).cursor
    assert cursor
    for foreign in (
        lambda: ledger.cases("zeta", cursor=cursor),
        lambda: ledger.cases("acme", "open", cursor=cursor),
        lambda: ledger.exceptions("acme", cursor=cursor),
    ):
        with pytest.raises(InvalidInput) as error:
            foreign()
        assert error.value.field == "cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ü",
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b"[1]").decode(),
        base64.b64encode(json.dumps(["x", 5]).encode()).decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        "bnVsbA==",
    ],
)
def test_a_broken_cursor_is_refused(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        ledger.cases("acme", cursor=cursor)


def test_a_page_without_rows_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        ledger.cases("acme", limit=0)


def test_cases_of_an_order_are_found_whatever_the_channel(ledger: Ledger) -> None:
    ledger.append(opening("case-a", second=1))
    ledger.append(Append("acme", "case-b", 0, at(2), [opened("1001", "amazon")]))
    ledger.append(opening("case-c", order_ref="1002"))
    assert [x.case_id for x in ledger.cases_of_order("acme", "1001")] == ["case-a", "case-b"]


def test_the_sweep_sees_the_open_cases_of_all_merchants(ledger: Ledger) -> None:
    for n in range(20):
        ledger.append(opening(f"case-{n}", merchant=f"m{n % 3}"))
    ledger.append(adding(1, closed("stopped"), case_id="case-7", merchant="m1"))
    assert sorted(x.case_id for x in ledger.open_cases()) == sorted(f"case-{n}" for n in range(20) if n != 7)


def test_sweeps_that_never_come_to_the_end_still_see_every_case_in_turn(ledger: Ledger) -> None:
    for n in range(40):
        ledger.append(opening(f"case-{n}", merchant="m"))
    first = {next(iter(ledger.open_cases(turn))).case_id for turn in range(8)}
    assert len(first) == 8
    assert {x.case_id for x in ledger.open_cases(13)} == {f"case-{n}" for n in range(40)}


# ------------------------------------------------------------------------------------------------ one merchant never sees another


def test_another_merchants_things_are_absent(ledger: Ledger) -> None:
    lock = OrderLock("shopify", "1001", "case-a", 1, active=True)
    ledger.append(
        replace(
            opening(),
            lock=lock,
            deliveries=[("shopify", "d-1")],
            callbacks=[door()],
            exceptions=[trouble()],
            book=entry(),
        )
    )
    ledger.save_policy("acme", "h", "text")
    assert ledger.load("zeta", "case-a") == []
    assert ledger.head("zeta", "case-a") is None
    assert ledger.lock_of("zeta", "shopify", "1001") is None
    assert ledger.delivery_case("zeta", "shopify", "d-1") == ""
    assert ledger.waiting("zeta", "case-a") == []
    assert ledger.exception("zeta", "exc-1") is None
    assert ledger.exceptions("zeta").items == []
    assert ledger.cases("zeta").items == []
    assert ledger.cases_of_order("zeta", "1001") == []
    assert ledger.book("zeta", "shopify", "1001") == ([], 0)
    with pytest.raises(NotFound):
        ledger.policy_text("zeta", "h")


def test_another_merchant_cannot_use_a_callback_it_learned_of(ledger: Ledger) -> None:
    ledger.append(replace(opening(), callbacks=[door()]))
    ledger.append(opening("case-z", merchant="zeta"))
    theirs = replace(door(), merchant="zeta", case_id="case-z")
    with pytest.raises(NotFound):
        ledger.append(
            replace(
                adding(1, OrderNotFound(1), case_id="case-z", merchant="zeta"),
                callbacks=[replace(theirs, state="used")],
            )
        )
    with pytest.raises(NotFound):
        ledger.rearm(theirs)
    with pytest.raises(ValueError, match="another case"):
        ledger.append(
            replace(
                adding(1, OrderNotFound(1), case_id="case-z", merchant="zeta"),
                callbacks=[replace(door(), state="used")],
            )
        )
    assert ledger.callback("cb-1") == door()


@pytest.mark.parametrize("merchant", ["", "acme#C", "#"])
def test_a_merchant_name_that_would_reach_into_another_key_is_refused(ledger: Ledger, merchant: str) -> None:
    with pytest.raises(InvalidInput, match="merchant"):
        ledger.load(merchant, "case-a")
    with pytest.raises(InvalidInput, match="merchant"):
        ledger.append(opening(merchant=merchant))
    assert everything(ledger) == []


# ------------------------------------------------------------------------------------------------ policies


def test_a_policy_is_kept_for_ever_under_its_hash(ledger: Ledger) -> None:
    ledger.save_policy("acme", "h1", "one")
    ledger.save_policy("acme", "h1", "one")
    with pytest.raises(Conflict):
        ledger.save_policy("acme", "h1", "two")
    assert ledger.policy_text("acme", "h1") == "one"
    with pytest.raises(NotFound):
        ledger.policy_text("acme", "h2")


# ------------------------------------------------------------------------------------------------ all or nothing


@pytest.mark.parametrize("failing", ["lock", "delivery", "callback", "exception", "book"])
def test_one_failing_part_leaves_nothing_of_the_step(ledger: Ledger, failing: str) -> None:
    """Each part in turn is one that was taken before; all the others would be fine."""
    taken = OrderLock("shopify", "1001", "case-x", 1, active=True)
    ledger.append(
        replace(
            opening("case-x"),
            lock=taken,
            deliveries=[("shopify", "d-x")],
            callbacks=[door("cb-x", "case-x")],
            exceptions=[trouble("exc-x", "case-x")],
            book=entry(case_id="case-x", key="money-x"),
        )
    )
    before = everything(ledger)
    step = replace(
        opening("case-b", order_ref="1002"),
        lock=OrderLock("shopify", "1001" if failing == "lock" else "1002", "case-b", 1, active=True),
        deliveries=[("shopify", "d-x" if failing == "delivery" else "d-b")],
        callbacks=[door("cb-x" if failing == "callback" else "cb-b", "case-b")],
        exceptions=[trouble("exc-x" if failing == "exception" else "exc-b", "case-b")],
        book=entry(case_id="case-b", version=0 if failing == "book" else 1, key="money-b"),
    )
    with pytest.raises((Conflict, AlreadyRecorded, NotFound)):
        ledger.append(step)
    assert everything(ledger) == before
    assert ledger.load("acme", "case-b") == []


def test_the_case_folds_from_what_was_loaded(ledger: Ledger) -> None:
    ledger.append(opening())
    ledger.append(adding(1, Classified("customer", "stockout")))
    case = fold("acme", "case-a", ledger.load("acme", "case-a"))
    head = ledger.head("acme", "case-a")
    assert head is not None
    assert (case.version, case.hash, case.channel, case.is_open) == (2, head.hash, "shopify", True)


# ------------------------------------------------------------------------------------------------ figures of a marketplace


def sold(order_ref: str = "o-1", day: str = "2026-03-01", channel: str = "amazon") -> OrderPlaced:
    return OrderPlaced(channel, order_ref, day, PACKER_NOT_TOLD)


def test_an_order_is_added_to_the_sum_of_its_day_once_however_often_it_is_seen(ledger: Ledger) -> None:
    assert ledger.add_market_order("acme", sold())
    assert not ledger.add_market_order("acme", sold())
    assert ledger.add_market_order("acme", sold("o-2", "2026-03-02"))
    assert ledger.add_market_order("zeta", sold())
    assert ledger.market_orders("acme", "amazon", "2026-03-01", "2026-03-02") == 2
    assert ledger.market_orders("acme", "amazon", "2026-03-02", "2026-03-08") == 1
    assert ledger.market_orders("acme", "shopify", "2026-03-01", "2026-03-08") == 0
    assert ledger.market_orders("zeta", "amazon", "2026-03-01", "2026-03-01") == 1


def test_an_order_of_a_marketplace_is_counted_as_every_other(ledger: Ledger) -> None:
    ledger.add_market_order("acme", sold())
    ledger.count_order("acme", sold())
    ledger.add_market_order("acme", sold())
    assert ledger.orders_counted("acme", "amazon", "2026-03-01") == {"unknown": 1}
    assert ledger.market_orders("acme", "amazon", "2026-03-01", "2026-03-01") == 1


def test_orders_that_are_counted_at_the_same_moment_are_all_counted(ledger: Ledger) -> None:
    start = Barrier(4)

    def count(number: int) -> bool:
        start.wait()
        return ledger.add_market_order("acme", sold(f"o-{number // 2}"))

    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(count, range(4)))
    assert sorted(first) == [False, False, True, True]
    assert ledger.market_orders("acme", "amazon", "2026-03-01", "2026-03-01") == 2


def test_a_cancel_that_counts_is_noted_once_a_case_and_its_last_state_stands(ledger: Ledger) -> None:
    sent = SellerCancel("amazon", "o-1", "case-a", "2026-03-01", ("A", "B"))
    for noted in (sent, sent, replace(sent, state="refused")):
        ledger.note_seller_cancel("acme", noted)
    other = SellerCancel("amazon", "o-2", "case-b", "2026-03-03", ())
    ledger.note_seller_cancel("acme", other)
    assert list(ledger.seller_cancels("acme", "amazon", "2026-03-01")) == [replace(sent, state="refused"), other]
    assert list(ledger.seller_cancels("acme", "amazon", "2026-03-02")) == [other]
    assert ledger.seller_cancels("zeta", "amazon", "2026-03-01") == []


def test_how_far_a_sweep_has_got_is_written_over_the_version_that_was_read(ledger: Ledger) -> None:
    assert ledger.sweep_state("acme", "amazon") is None
    allowance = Allowance(0.0056, 20, at(5))
    first = ledger.save_sweep("acme", SweepState("amazon", allowance, watermark=at(1)))
    assert first.version == 1
    assert ledger.sweep_state("acme", "amazon") == first
    second = ledger.save_sweep("acme", replace(first, token="next", after=at(1), before=at(2), busy_until=at(9)))
    assert ledger.sweep_state("acme", "amazon") == second
    for stale in (SweepState("amazon", allowance), first, replace(second, version=9)):
        with pytest.raises(Conflict):
            ledger.save_sweep("acme", stale)
    assert ledger.sweep_state("acme", "amazon") == second
    assert ledger.sweep_state("zeta", "amazon") is None


def test_one_of_two_that_spend_the_same_request_is_told_so(ledger: Ledger) -> None:
    state = ledger.save_sweep("acme", SweepState("amazon", Allowance(0.5, 2)))
    start = Barrier(2)

    def spend(_: int) -> bool:
        left = state.allowance.spend(at(10))
        assert left is not None
        start.wait()
        try:
            ledger.save_sweep("acme", replace(state, allowance=left))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(spend, range(2))) == [False, True]
    found = ledger.sweep_state("acme", "amazon")
    assert found is not None
    assert found.allowance.spent(at(10)) == pytest.approx(1)


def test_the_audit_knows_the_figures_and_notices_a_changed_one(ledger: Ledger) -> None:
    ledger.add_market_order("acme", sold())
    ledger.note_seller_cancel("acme", SellerCancel("amazon", "o-1", "case-a", "2026-03-01", ("A",)))
    ledger.save_sweep("acme", SweepState("amazon", Allowance(0.5, 2)))
    assert verify(ledger.scan()).problems == ()
    changed = [
        replace(x, attributes={**x.attributes, "orders": 5}) if "orders" in x.attributes else x for x in ledger.scan()
    ]
    assert len(verify(changed).problems) == 1


# ---------------------------------------------------------------------------------------------- counts and evidence


def placed(order_ref: str = "1001", day: str = "2026-11-26", kind: str = "in_house") -> OrderPlaced:
    return OrderPlaced("shopify", order_ref, day, kind)


def test_an_order_is_counted_once_and_by_its_day_kind_and_merchant(ledger: Ledger) -> None:
    for order in (placed(), placed(), placed("1002"), placed("1003", kind="mixed"), placed("1004", "2026-11-27")):
        ledger.count_order("acme", order)
    assert ledger.orders_counted("acme", "shopify", "2026-11-26") == {"in_house": 2, "mixed": 1}
    assert ledger.orders_counted("acme", "shopify", "2026-11-27") == {"in_house": 1}
    assert ledger.orders_counted("acme", "amazon", "2026-11-26") == {}
    assert ledger.orders_counted("zeta", "shopify", "2026-11-26") == {}


def test_evidence_is_listed_by_whom_it_is_about_once_and_for_one_merchant(ledger: Ledger) -> None:
    for key in ("acme/shopify/2", "acme/shopify/1", "acme/shopify/2"):
        ledger.note_evidence("acme", "order:shopify:1001", key)
    assert ledger.evidence_of("acme", "order:shopify:1001") == ["acme/shopify/1", "acme/shopify/2"]
    assert ledger.evidence_of("acme", "order:shopify:100") == []
    assert ledger.evidence_of("zeta", "order:shopify:1001") == []


def test_counts_and_lists_lie_beside_the_chain_and_are_sealed(ledger: Ledger) -> None:
    ledger.count_order("acme", placed())
    ledger.note_evidence("acme", "order:shopify:1001", "acme/shopify/1")
    report = verify(everything(ledger))
    assert (report.problems, report.events, report.items) == ((), 0, 2)


# ------------------------------------------------------------------------------------------------ what no exception is without


@pytest.mark.parametrize("missing", ["tier", "owner", "next_action", "deadline"])
@pytest.mark.parametrize("blank", ["", "  "])
def test_an_exception_without_owner_next_action_or_deadline_cannot_even_be_thought(missing: str, blank: str) -> None:
    with pytest.raises(ValueError, match=missing):
        trouble(**{missing: blank})


@pytest.mark.parametrize("missing", ["tier", "owner", "next_action", "deadline"])
def test_the_store_refuses_an_exception_that_is_nobodys_however_it_was_made(ledger: Ledger, missing: str) -> None:
    item = trouble()
    object.__setattr__(item, missing, "")
    with pytest.raises(ValueError, match=missing):
        ledger.append(replace(opening(), exceptions=[item]))
    assert ledger.load("acme", "case-a") == [] and ledger.exceptions("acme").items == []


def test_all_that_the_desk_knows_of_an_exception_comes_back(ledger: Ledger) -> None:
    item = trouble(
        person="p-1", value="19.90", currency="EUR", snoozed_until=at(60), proposed="f" * 64, proposed_by="p-2"
    )
    ledger.append(replace(opening(), exceptions=[item]))
    assert ledger.exceptions("acme").items == [item] and ledger.exception("acme", "exc-1") == item


# ------------------------------------------------------------------------------------------------ leases


def lease(token: str = "t-1", holder: str = "ann", second: int = 300, merchant: str = "acme") -> Lease:
    return Lease(merchant, "exc-1", "P2", holder, token, at(second))


def test_one_of_two_who_take_the_same_exception_gets_it(ledger: Ledger) -> None:
    assert ledger.lease("acme", "exc-1") is None
    ledger.save_lease(lease(), None)
    with pytest.raises(Conflict):
        ledger.save_lease(lease("t-2", "ben"), None)
    assert ledger.lease("acme", "exc-1") == lease()


def test_a_lease_is_written_over_by_whoever_has_seen_its_last_state(ledger: Ledger) -> None:
    ledger.save_lease(lease(), None)
    renewed = lease(second=500)
    ledger.save_lease(renewed, lease())
    with pytest.raises(Conflict):
        ledger.save_lease(lease("t-2", "ben"), lease())
    ledger.save_lease(lease("t-2", "ben", 900), renewed)
    assert ledger.lease("acme", "exc-1") == lease("t-2", "ben", 900)


def test_a_merchants_leases_are_its_own(ledger: Ledger) -> None:
    ledger.save_lease(lease(), None)
    assert ledger.lease("zeta", "exc-1") is None
    ledger.save_lease(lease(merchant="zeta", holder="zoe"), None)
    held = ledger.lease("acme", "exc-1")
    assert held is not None and held.holder == "ann"


def test_a_lease_is_known_to_the_audit_and_its_change_is_seen(ledger: Ledger) -> None:
    ledger.save_lease(lease(), None)
    stored = list(ledger.scan())
    assert verify(stored).problems == ()
    (held,) = [x for x in stored if x.sk == "LEASE"]
    changed = replace(held, attributes={**held.attributes, "holder": "eve"})
    assert verify([x for x in stored if x is not held] + [changed]).problems


def test_a_case_is_found_by_its_terms_at_its_merchant_alone(ledger: Ledger) -> None:
    mail = term("acme", TermKind.EMAIL, "ann@example.com")
    for case in ("case-1", "case-2", "case-1"):
        ledger.note_term("acme", mail, case)
    assert list(ledger.cases_noted("acme", mail)) == ["case-1", "case-2"]
    assert list(ledger.cases_noted("zeta", mail)) == []
    assert list(ledger.cases_noted("acme", term("acme", TermKind.TICKET, "ann@example.com"))) == []
    assert verify(ledger.scan()).problems == ()


def test_open_exceptions_stream_in_the_order_of_the_queue_whatever_the_portion(ledger: Ledger) -> None:
    tiers = ("P2", "P1", "P3", "P1", "P2")
    many = [trouble(f"x-{n}", tier=tier, deadline=at(100 + n)) for n, tier in enumerate(tiers)]
    ledger.append(replace(opening(), exceptions=many))
    for step in (1, 2, 100):
        assert [x.exception_id for x in ledger.open_exceptions("acme", step=step)] == [
            "x-1",
            "x-3",
            "x-0",
            "x-4",
            "x-2",
        ]
    assert [x.exception_id for x in ledger.open_exceptions("acme", "P2")] == ["x-0", "x-4"]
    after = next(iter(ledger.open_exceptions("acme"))).place
    assert [x.exception_id for x in ledger.open_exceptions("acme", after=after, step=1)] == ["x-3", "x-0", "x-4", "x-2"]
    assert [x.exception_id for x in ledger.open_exceptions("zeta")] == []
