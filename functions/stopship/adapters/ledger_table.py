"""The ledger over any table of items: what is read, what is written, in which transaction.

Both ledgers are this code over a different table, so what is tested against the one is true of the other. A fact's key is unique
per case without an item of its own: the append reads the case's keys and its head in one consistent read, and writes only if the
head still stands at that version; nobody can add a key in between without moving the head.
"""

import base64
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_market import MarketLedger
from stopship.application.ports import (
    Append,
    Callback,
    CaseHead,
    ExceptionItem,
    OrderLock,
    OrderPlaced,
    Page,
    Recorded,
    Stored,
)
from stopship.domain import chain
from stopship.domain.errors import Conflict, InvalidInput, NotFound
from stopship.domain.lease import Lease
from stopship.domain.money import BookedMove
from stopship.domain.search import Term

_MAX_ITEMS = 100
"""DynamoDB's limit for one transaction."""
_FACTS_KEPT = 4096
"""A few megabytes."""


class Table(Protocol):
    """Items by (pk, sk), with the indexes gsi1, gsi2 and gsi3. Reads of the table itself are consistent; an index may lag."""

    def get(self, pk: str, sk: str) -> Mapping[str, Any] | None: ...
    def query(self, pk: str, low: str, high: str, *, only: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        """One partition's items with ``low`` <= sk <= ``high``, in order, perhaps with ``only`` some attributes."""

    def query_index(
        self, index: str, pk: str, low: str, high: str, *, newest_first: bool = False, step: int = 0
    ) -> Iterator[Mapping[str, Any]]:
        """``step`` is how many items to fetch at a time; 0 for as many as one answer holds."""

    def write(self, writes: Sequence[items.Write]) -> None:
        """All or nothing. Raises what the refused write says."""

    def scan(self) -> Iterator[Mapping[str, Any]]: ...


_FIRST, _LAST = " ", "~"
_OWNERS = 4
"""Teams among which the exceptions of a list are spread."""
_BELOW_HASH, _ABOVE_HASH = "#", "$"


class TableLedger(MarketLedger):
    """Implements ``ports.Ledger``."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._fact: items.Read = lru_cache(maxsize=_FACTS_KEPT)(items.fact_of)
        """A case is read many times while it is worked on, and what an event once said it says for ever: it is made once of its text."""

    # -------------------------------------------------------------------------------------- cases

    def append(self, step: Append) -> Sequence[Recorded]:
        if not step.events:
            raise ValueError("a step records at least one event")
        before, keys = self._head_and_keys(step.merchant, step.case_id)
        if (before.version if before else 0) != step.expected_version:
            raise Conflict(f"case {step.case_id} has moved on from version {step.expected_version}")
        items.refuse_repeats(step.events, keys)
        writes = items.writes(step, before)
        _check_size(writes)
        self._table.write(writes)
        return [items.recorded_by(self._fact, w.item) for w in writes[: len(step.events)]]

    def _head_and_keys(self, merchant: str, case_id: str) -> tuple[CaseHead | None, set[str]]:
        """In one read: events sort before the head."""
        head: CaseHead | None = None
        keys: set[str] = set()
        pk = items.case_pk(merchant, case_id)
        for item in self._table.query(pk, items.EVENT_PREFIX, items.HEAD, only=(*_HEAD_ATTRIBUTES, "key")):
            if item["sk"] == items.HEAD:
                head = items.head_of(item)
            elif item["key"]:
                keys.add(item["key"])
        return head, keys

    def load(self, merchant: str, case_id: str) -> Sequence[Recorded]:
        found = self._table.query(items.case_pk(merchant, case_id), "E#", "E$")
        return [items.recorded_by(self._fact, item) for item in found]

    def head(self, merchant: str, case_id: str) -> CaseHead | None:
        item = self._table.get(items.case_pk(merchant, case_id), items.HEAD)
        return items.head_of(item) if item else None

    def cases(self, merchant: str, status: str = "", cursor: str = "", limit: int = 50) -> Page[CaseHead]:
        """Newest first. The order is that of opening, so that pages stay the same while cases move on."""
        query = ["cases", merchant, status]
        high = _position(cursor, query) or _LAST
        streams = [
            self._table.query_index("gsi2", items.cases_gsi2(merchant, x), _FIRST, high, newest_first=True)
            for x in ([status] if status else ["open", "closed"])
        ]
        merged = heapq.merge(*streams, key=_gsi2sk, reverse=True)
        rows, more = _page((x for x in merged if _gsi2sk(x) != high), limit)
        return Page([items.head_of(x) for x in rows], _cursor(query, _gsi2sk(rows[-1])) if more else "")

    def cases_of_order(self, merchant: str, order_ref: str) -> Sequence[CaseHead]:
        found = self._table.query_index("gsi1", items.order_gsi1(merchant, order_ref), _FIRST, _LAST)
        return [items.head_of(x) for x in found]

    def open_cases(self, turn: int = 0) -> Iterable[CaseHead]:
        """Longest untouched first within a shard; a turn begins with a shard of its own."""
        for number in range(items.OPEN_SHARDS):
            shard = (turn + number) % items.OPEN_SHARDS
            for item in self._table.query_index("gsi3", items.open_gsi3(shard), _FIRST, _LAST):
                yield items.head_of(item)

    # -------------------------------------------------------------------------------------- locks and deliveries

    def lock_of(self, merchant: str, channel: str, order_ref: str) -> OrderLock | None:
        item = self._table.get(items.lock_pk(merchant, channel, order_ref), "LOCK")
        return items.lock_of(item) if item else None

    def delivery_case(self, merchant: str, source: str, delivery_id: str) -> str:
        item = self._table.get(items.delivery_pk(merchant, source, delivery_id), "D")
        return str(item["case_id"]) if item else ""

    # -------------------------------------------------------------------------------------- callbacks

    def callback(self, callback_id: str) -> Callback | None:
        item = self._table.get(items.callback_pk(callback_id), "CB")
        return items.callback_of(item) if item else None

    def rearm(self, callback: Callback) -> None:
        expect, refused = items.of_case(callback, state=["open"]), items.door_refusal(callback)
        self._table.write([items.Write(items.callback_item(callback), expect, refused)])

    def waiting(self, merchant: str, case_id: str) -> Sequence[Callback]:
        return [x for x in self.doors(merchant, case_id) if x.state == "open"]

    def doors(self, merchant: str, case_id: str) -> Sequence[Callback]:
        doors = self._table.query(items.case_pk(merchant, case_id), "CB#", "CB$")
        found = [self.callback(door["callback_id"]) for door in doors]
        return [x for x in found if x]

    # -------------------------------------------------------------------------------------- exceptions

    def exception(self, merchant: str, exception_id: str) -> ExceptionItem | None:
        item = self._table.get(items.exceptions_pk(merchant), exception_id)
        return items.exception_of(item) if item else None

    def exceptions(
        self, merchant: str, tier: str = "", owner: str = "", cursor: str = "", limit: int = 50
    ) -> Page[ExceptionItem]:
        query = ["exceptions", merchant, tier, owner]
        after = _position(cursor, query)
        low = after or (tier + _BELOW_HASH if tier else _FIRST)
        high = tier + _ABOVE_HASH if tier else _LAST
        likely, pk = (limit + 2) * (_OWNERS if owner else 1), items.open_exceptions_gsi2(merchant)
        found = self._table.query_index("gsi2", pk, low, high, step=likely)
        wanted = (x for x in found if _gsi2sk(x) != after and owner in ("", x["owner"]))
        rows, more = _page(wanted, limit)
        return Page([items.exception_of(x) for x in rows], _cursor(query, _gsi2sk(rows[-1])) if more else "")

    def lease(self, merchant: str, exception_id: str) -> Lease | None:
        item = self._table.get(items.lease_pk(merchant, exception_id), items.LEASE)
        return items.lease_of(item) if item else None

    def save_lease(self, lease: Lease, over: Lease | None) -> None:
        self._table.write([items.lease_write(lease, over)])

    def open_exceptions(
        self, merchant: str, tier: str = "", after: str = "", step: int = 100
    ) -> Iterator[ExceptionItem]:
        low = after or (tier + _BELOW_HASH if tier else _FIRST)
        high = tier + _ABOVE_HASH if tier else _LAST
        found = self._table.query_index("gsi2", items.open_exceptions_gsi2(merchant), low, high, step=step)
        return (items.exception_of(x) for x in found if _gsi2sk(x) != after)

    # -------------------------------------------------------------------------------------- money and policies

    def book(self, merchant: str, channel: str, order_ref: str) -> tuple[Sequence[BookedMove], int]:
        entries: list[BookedMove] = []
        version = 0
        for item in self._table.query(items.book_pk(merchant, channel, order_ref), _FIRST, _LAST):
            if item["sk"] == items.HEAD:
                version = int(item["version"])
            else:
                entries.append(items.booked_of(item))
        return entries, version

    def save_policy(self, merchant: str, policy_hash: str, text: str) -> None:
        """Keeping the same policy again is no error; another text under a known hash is."""
        known = self._table.get(items.policies_pk(merchant), policy_hash)
        if known and known["text"] == text:
            return
        item = items.policy_item(merchant, policy_hash, text)
        expect = items.Expect(absent=True, present={"text": [text]})
        self._table.write([items.Write(item, expect, lambda _: Conflict(f"policy {policy_hash} is another text"))])

    def policy_text(self, merchant: str, policy_hash: str) -> str:
        """Raises NotFound."""
        item = self._table.get(items.policies_pk(merchant), policy_hash)
        if item is None:
            raise NotFound(f"policy {policy_hash}")
        return str(item["text"])

    # -------------------------------------------------------------------------------------- counts and evidence

    def count_order(self, merchant: str, order: OrderPlaced) -> None:
        self._put_once(items.counted_item(merchant, order))

    def orders_counted(self, merchant: str, channel: str, day: str) -> Mapping[str, int]:
        counted: dict[str, int] = {}
        pk = items.counted_pk(merchant, channel, day)
        for item in self._table.query(pk, _FIRST, _LAST, only=("pk", "sk", "fulfillment_type")):
            kind = str(item["fulfillment_type"])
            counted[kind] = counted.get(kind, 0) + 1
        return counted

    def note_evidence(self, merchant: str, subject: str, key: str) -> None:
        self._put_once(items.held_item(merchant, subject, key))

    def evidence_of(self, merchant: str, subject: str) -> Sequence[str]:
        found = self._table.query(items.held_pk(merchant, subject), _FIRST, _LAST)
        return [str(item["evidence_key"]) for item in found]

    def note_term(self, merchant: str, term: Term, case_id: str) -> None:
        self._put_once(items.term_item(merchant, term, case_id))

    def cases_noted(self, merchant: str, term: Term) -> Sequence[str]:
        found = self._table.query(items.term_pk(merchant, term), _FIRST, _LAST, only=("pk", "sk", "case_id"))
        return [str(item["case_id"]) for item in islice(found, _MAX_ITEMS)]

    def _put_once(self, item: items.Item) -> None:
        """The same item again is no error, and there is no other under its key: every attribute is in the key."""
        expect = items.Expect(absent=True, present={"seal": [str(item["seal"])]})
        self._table.write([items.Write(item, expect, lambda _: Conflict(f"{item['pk']} is another item"))])

    # -------------------------------------------------------------------------------------- audit

    def scan(self) -> Iterable[Stored]:
        for item in self._table.scan():
            rest = {k: v for k, v in item.items() if k not in ("pk", "sk")}
            yield Stored(str(item["pk"]), str(item["sk"]), rest)


_HEAD_ATTRIBUTES = (
    "pk",
    "sk",
    "merchant",
    "case_id",
    "channel",
    "order_ref",
    "version",
    "status",
    "outcome",
    "step",
    "opened_at",
    "updated_at",
    "hash",
)


def _check_size(writes: Sequence[items.Write]) -> None:
    if len(writes) > _MAX_ITEMS:
        raise ValueError(f"a step of {len(writes)} items is too large for one transaction")
    if len({write.key for write in writes}) < len(writes):
        raise ValueError("a step writes each item once")


def _gsi2sk(item: Mapping[str, Any]) -> str:
    return str(item["gsi2sk"])


def _page(found: Iterator[Mapping[str, Any]], limit: int) -> tuple[list[Mapping[str, Any]], bool]:
    """The rows of one page, and whether there is another."""
    if limit < 1:
        raise InvalidInput("limit", f"{limit} rows is no page", "ask for at least 1")
    rows = list(islice(found, limit + 1))
    return rows[:limit], len(rows) > limit


def _cursor(query: Sequence[str], position: str) -> str:
    """Opaque, and good for this merchant and this query only. It holds a place in the order, never a key."""
    text = chain.canonical([chain.digest(query)[:16], position])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _position(cursor: str, query: Sequence[str]) -> str:
    if not cursor:
        return ""
    try:
        bound, position = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput("cursor", "it is not one of ours", "take it from the page before") from error
    if bound != chain.digest(query)[:16] or not isinstance(position, str) or not position:
        raise InvalidInput("cursor", "it belongs to another query", "repeat the query that gave it")
    return position
