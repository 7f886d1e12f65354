"""What the ledger's items look like: keys, attributes, seals, and the conditions under which each may be written.

Pure: no table, no clock. Every item carries ``seal``, the sha256 of its keys and all its other attributes in canonical
form, so that a changed byte in any item can be seen; events are chained on top of that (``domain.chain``). Attribute
values are text, whole numbers or booleans only: they come back from the table exactly as they went in.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from stopship.application.audit import seal_of
from stopship.application.ports import (
    MUST_HAVE,
    Append,
    BookEntry,
    Callback,
    CaseHead,
    ExceptionItem,
    NewEvent,
    OrderLock,
    OrderPlaced,
    Recorded,
)
from stopship.domain import chain, instant
from stopship.domain.errors import AlreadyRecorded, Conflict, InvalidInput, NotFound, StopshipError
from stopship.domain.events import CaseClosed, CaseOpened, CaseReopened, Event, from_data, name_of
from stopship.domain.lease import Lease
from stopship.domain.money import MOVED, BookedMove, MoneyMove, MoveKind, MoveState
from stopship.domain.search import Term
from stopship.frozen import frozen

type Value = str | int | bool
type Item = dict[str, Value]

HEAD = "HEAD"
LEASE = "LEASE"
EVENT_PREFIX = "E#"
OPEN_SHARDS = 8
"""The open cases of all merchants are spread over so many index partitions, for the sweep."""

KEEP_SECONDS = 400 * 86_400
"""How long seen deliveries stay: longer than any partner redelivers. All else stays for ever."""

STEP_OF = {
    "CaseOpened": "normalize intake",
    "RequestReceived": "normalize intake",
    "ExecutionStarted": "normalize intake",
    "OrderNotFound": "normalize intake",
    "Classified": "classify",
    "OrderRead": "check fulfillment state",
    "LegPlanned": "check fulfillment state",
    "LinesAlreadyShipped": "check fulfillment state",
    "PickStateObserved": "check fulfillment state",
    "Decided": "apply the stop-ship rule",
    "HoldRequested": "apply the stop-ship rule",
    "HoldAnswered": "apply the stop-ship rule",
    "HoldReleased": "apply the stop-ship rule",
    "StopShipRequested": "execute with acknowledgment",
    "StopShipSent": "execute with acknowledgment",
    "StopShipFailed": "execute with acknowledgment",
    "StopShipRepeated": "execute with acknowledgment",
    "StopReminderRequested": "execute with acknowledgment",
    "StopReminderSent": "execute with acknowledgment",
    "StopReminderFailed": "execute with acknowledgment",
    "AcknowledgementReceived": "execute with acknowledgment",
    "SilenceRecorded": "execute with acknowledgment",
    "AddressChangeRequested": "execute with acknowledgment",
    "AddressChanged": "execute with acknowledgment",
    "LegSettled": "execute with acknowledgment",
    "LegReopened": "execute with acknowledgment",
    "LegsTakenUp": "execute with acknowledgment",
    "CancelWeighed": "execute with acknowledgment",
    "SubmissionEnded": "execute with acknowledgment",
    "OrderCancelRequested": "execute with acknowledgment",
    "OrderCancelSubmitted": "execute with acknowledgment",
    "OrderCancelRefused": "execute with acknowledgment",
    "OrderCancelled": "execute with acknowledgment",
    "ErpUpdateRequested": "update NetSuite",
    "ErpUpdated": "update NetSuite",
    "ErpSkipped": "update NetSuite",
    "RefundQuoted": "payment action",
    "MoneyRequested": "payment action",
    "MoneyMoved": "payment action",
    "MoneyFailed": "payment action",
    "MoneySettled": "payment action",
    "MessageRequested": "close the loop",
    "MessageNotSent": "close the loop",
    "MessageSent": "close the loop",
    "TicketAnswerRequested": "close the loop",
    "TicketAnswerFailed": "close the loop",
    "TicketAnswered": "close the loop",
    "ReturnOpened": "close the loop",
    "CaseClosed": "close the loop",
    "CaseReopened": "check fulfillment state",
}
"""Facts that are missing here (exceptions, echoes, signals) come at any time and do not say how far the case is."""


def step_of(event_type: str, before: str) -> str:
    """Which of the eight steps a case is in after a fact of this type."""
    return STEP_OF.get(event_type, before)


# ------------------------------------------------------------------------------------------------ seals


def sealed(pk: str, sk: str, attributes: Mapping[str, Value]) -> Item:
    return {**attributes, "pk": pk, "sk": sk, "seal": seal_of(pk, sk, attributes)}


# ------------------------------------------------------------------------------------------------ keys


def part(name: str, value: str) -> str:
    """A key part that is not the last one may not hold the separator: two different things would get one key."""
    if not value or "#" in value:
        raise InvalidInput(name, f"{value!r} cannot be part of a ledger key", "use a name without '#'")
    return value


def _merchant(merchant: str) -> str:
    return f"M#{part('merchant', merchant)}"


def case_pk(merchant: str, case_id: str) -> str:
    return f"{_merchant(merchant)}#C#{part('case_id', case_id)}"


def event_sk(version: int) -> str:
    return f"{EVENT_PREFIX}{version:08d}"


def lock_pk(merchant: str, channel: str, order_ref: str) -> str:
    return f"{_merchant(merchant)}#O#{part('channel', channel)}#{order_ref}"


def delivery_pk(merchant: str, source: str, delivery_id: str) -> str:
    return f"{_merchant(merchant)}#D#{part('source', source)}#{delivery_id}"


def callback_pk(callback_id: str) -> str:
    return f"CB#{callback_id}"


def door_sk(callback_id: str) -> str:
    """The case's own note that the callback exists. It lies in the case's partition, so that a read of it is never behind."""
    return f"CB#{callback_id}"


def exceptions_pk(merchant: str) -> str:
    return f"{_merchant(merchant)}#X"


def lease_pk(merchant: str, exception_id: str) -> str:
    return f"{_merchant(merchant)}#L#{exception_id}"


def book_pk(merchant: str, channel: str, order_ref: str) -> str:
    return f"{_merchant(merchant)}#$#{part('channel', channel)}#{order_ref}"


def policies_pk(merchant: str) -> str:
    return f"{_merchant(merchant)}#POLICY"


def held_pk(merchant: str, subject: str) -> str:
    return f"{_merchant(merchant)}#H#{subject}"


def term_pk(merchant: str, term: Term) -> str:
    return f"{_merchant(merchant)}#S#{term.kind}#{term.digest}"


def counted_pk(merchant: str, channel: str, day: str) -> str:
    return f"{_merchant(merchant)}#N#{part('channel', channel)}#{day}"


def counted_sk(fulfillment_type: str, order_ref: str) -> str:
    return f"{part('fulfillment_type', fulfillment_type)}#{order_ref}"


def order_gsi1(merchant: str, order_ref: str) -> str:
    return f"{_merchant(merchant)}#O#{order_ref}"


def open_exceptions_gsi2(merchant: str) -> str:
    return f"{_merchant(merchant)}#X#OPEN"


def cases_gsi2(merchant: str, status: str) -> str:
    return f"{_merchant(merchant)}#CASES#{status}"


def open_gsi3(shard: int) -> str:
    return f"OPEN#{shard}"


def _shard(case_id: str) -> int:
    return sha256(case_id.encode()).digest()[0] % OPEN_SHARDS


def _ttl(at: str) -> int:
    return int(instant.parse(at).timestamp()) + KEEP_SECONDS


# ------------------------------------------------------------------------------------------------ events and head


def event_items(step: Append, previous: str) -> list[Item]:
    """The new events, each sealed to the one before it."""
    items = []
    for offset, new in enumerate(step.events, start=1):
        version = step.expected_version + offset
        data = new.event.data()
        link = chain.seal(step.merchant, step.case_id, version, name_of(new.event), new.key, step.at, data, previous)
        attributes: Item = {
            "merchant": step.merchant,
            "case_id": step.case_id,
            "version": version,
            "type": link.type,
            "key": link.key,
            "at": link.at,
            "data": chain.canonical(data),
            "previous": previous,
            "hash": link.hash,
        }
        items.append(sealed(case_pk(step.merchant, step.case_id), event_sk(version), attributes))
        previous = link.hash
    return items


type Read = Callable[[int, str, str, str, str, str], Recorded]


def recorded(item: Mapping[str, Any]) -> Recorded:
    return recorded_by(fact_of, item)


def recorded_by(read: Read, item: Mapping[str, Any]) -> Recorded:
    """The item's event, as ``read`` makes it of what the item says."""
    return read(int(item["version"]), item["at"], item["key"], item["type"], item["data"], item["hash"])


def fact_of(version: int, at: str, key: str, type_: str, data: str, hash_: str) -> Recorded:
    return Recorded(version, at, key, from_data(type_, json.loads(data)), hash_)


def next_head(step: Append, before: CaseHead | None, last_hash: str) -> CaseHead:
    """The list view after the step."""
    head = before or CaseHead(step.merchant, step.case_id, "", "", 0, "", "", "", step.at, step.at)
    channel, order_ref = head.channel, head.order_ref
    status, outcome, current = head.status, head.outcome, head.step
    for new in step.events:
        current = step_of(name_of(new.event), current)
        status, outcome = _status(new.event, status, outcome)
        if isinstance(new.event, CaseOpened):
            channel, order_ref = new.event.channel, new.event.order_ref
    version = step.expected_version + len(step.events)
    return CaseHead(
        step.merchant,
        step.case_id,
        channel,
        order_ref,
        version,
        status,
        outcome,
        current,
        head.opened_at,
        step.at,
        last_hash,
    )


def _status(event: Event, status: str, outcome: str) -> tuple[str, str]:
    if isinstance(event, CaseOpened | CaseReopened):
        return "open", ""
    if isinstance(event, CaseClosed):
        return "closed", event.outcome
    return status, outcome


def head_item(head: CaseHead) -> Item:
    """With its places in the indexes. A partition that was never opened as a case (kept messages) is in none by status."""
    attributes: Item = {
        "merchant": head.merchant,
        "case_id": head.case_id,
        "channel": head.channel,
        "order_ref": head.order_ref,
        "version": head.version,
        "status": head.status,
        "outcome": head.outcome,
        "step": head.step,
        "opened_at": head.opened_at,
        "updated_at": head.updated_at,
        "hash": head.hash,
        "gsi1pk": order_gsi1(head.merchant, head.order_ref),
        "gsi1sk": f"{head.opened_at}#{head.case_id}",
    }
    if head.status:
        attributes["gsi2pk"] = cases_gsi2(head.merchant, head.status)
        attributes["gsi2sk"] = f"{head.opened_at}#{head.case_id}"
    if head.status == "open":
        attributes["gsi3pk"] = open_gsi3(_shard(head.case_id))
        attributes["gsi3sk"] = f"{head.updated_at}#{head.case_id}"
    return sealed(case_pk(head.merchant, head.case_id), HEAD, attributes)


def head_of(item: Mapping[str, Any]) -> CaseHead:
    return CaseHead(
        item["merchant"],
        item["case_id"],
        item["channel"],
        item["order_ref"],
        int(item["version"]),
        item["status"],
        item["outcome"],
        item["step"],
        item["opened_at"],
        item["updated_at"],
        item["hash"],
    )


# ------------------------------------------------------------------------------------------------ side items


def lock_item(merchant: str, lock: OrderLock) -> Item:
    attributes: Item = {
        "merchant": merchant,
        "channel": lock.channel,
        "order_ref": lock.order_ref,
        "case_id": lock.case_id,
        "sequence": lock.sequence,
        "active": lock.active,
    }
    return sealed(lock_pk(merchant, lock.channel, lock.order_ref), "LOCK", attributes)


def lock_of(item: Mapping[str, Any]) -> OrderLock:
    return OrderLock(item["channel"], item["order_ref"], item["case_id"], int(item["sequence"]), bool(item["active"]))


def delivery_item(step: Append, source: str, delivery_id: str) -> Item:
    attributes: Item = {
        "merchant": step.merchant,
        "source": source,
        "delivery_id": delivery_id,
        "case_id": step.case_id,
        "at": step.at,
        "ttl": _ttl(step.at),
    }
    return sealed(delivery_pk(step.merchant, source, delivery_id), "D", attributes)


def held_item(merchant: str, subject: str, key: str) -> Item:
    """Says that what lies under ``key`` in the evidence is about ``subject``."""
    attributes: Item = {"merchant": merchant, "subject": subject, "evidence_key": key}
    return sealed(held_pk(merchant, subject), key, attributes)


def term_item(merchant: str, term: Term, case_id: str) -> Item:
    """Says that the case can be found by the term."""
    attributes: Item = {"merchant": merchant, "kind": str(term.kind), "digest": term.digest, "case_id": case_id}
    return sealed(term_pk(merchant, term), case_id, attributes)


def counted_item(merchant: str, order: OrderPlaced) -> Item:
    """One for each order: what is counted are items, so that a repeat counts nothing."""
    attributes: Item = {
        "merchant": merchant,
        "channel": order.channel,
        "day": order.day,
        "fulfillment_type": order.fulfillment_type,
        "order_ref": order.order_ref,
    }
    sk = counted_sk(order.fulfillment_type, order.order_ref)
    return sealed(counted_pk(merchant, order.channel, order.day), sk, attributes)


def callback_item(callback: Callback) -> Item:
    attributes: Item = {
        "callback_id": callback.callback_id,
        "merchant": callback.merchant,
        "case_id": callback.case_id,
        "purpose": callback.purpose,
        "subject": callback.subject,
        "attempt": callback.attempt,
        "token": callback.token,
        "state": callback.state,
        "expires_at": callback.expires_at,
    }
    return sealed(callback_pk(callback.callback_id), "CB", attributes)


def door_item(callback: Callback) -> Item:
    attributes: Item = {
        "merchant": callback.merchant,
        "case_id": callback.case_id,
        "callback_id": callback.callback_id,
    }
    return sealed(case_pk(callback.merchant, callback.case_id), door_sk(callback.callback_id), attributes)


def callback_of(item: Mapping[str, Any]) -> Callback:
    return Callback(
        item["callback_id"],
        item["merchant"],
        item["case_id"],
        item["purpose"],
        item["subject"],
        int(item["attempt"]),
        item["token"],
        item["state"],
        item["expires_at"],
    )


_EXCEPTION_TEXTS = (
    "merchant",
    "exception_id",
    "case_id",
    "leg_id",
    "order_ref",
    "channel",
    "cause",
    "tier",
    "owner",
    "next_action",
    "deadline",
    "opened_at",
    "state",
)
_EXCEPTION_LATER = ("person", "value", "currency", "snoozed_until", "proposed", "proposed_by")
"""Attributes that exceptions from before there were such do not have, nor those for which they are empty."""


def exception_item(x: ExceptionItem) -> Item:
    attributes: Item = {name: str(getattr(x, name)) for name in _EXCEPTION_TEXTS}
    attributes |= {name: getattr(x, name) for name in _EXCEPTION_LATER if getattr(x, name)}
    attributes["escalations"] = x.escalations
    if x.state == "open":
        attributes["gsi2pk"] = open_exceptions_gsi2(x.merchant)
        attributes["gsi2sk"] = x.place
    return sealed(exceptions_pk(x.merchant), x.exception_id, attributes)


def exception_of(item: Mapping[str, Any]) -> ExceptionItem:
    texts = {name: item[name] for name in _EXCEPTION_TEXTS}
    texts |= {name: item.get(name, "") for name in _EXCEPTION_LATER}
    return ExceptionItem(**texts, escalations=int(item["escalations"]))


def lease_item(lease: Lease) -> Item:
    """Goes by itself a while after it has run out: only the newest says anything."""
    attributes: Item = {
        "merchant": lease.merchant,
        "exception_id": lease.exception_id,
        "tier": lease.tier,
        "holder": lease.holder,
        "token": lease.token,
        "expires_at": lease.expires_at,
        "ttl": _ttl(lease.expires_at),
    }
    return sealed(lease_pk(lease.merchant, lease.exception_id), LEASE, attributes)


def lease_of(item: Mapping[str, Any]) -> Lease:
    names = ("merchant", "exception_id", "tier", "holder", "token", "expires_at")
    return Lease(*(str(item[name]) for name in names))


def book_items(merchant: str, book: BookEntry) -> tuple[Item, Item]:
    """The book's new head and the entry."""
    pk = book_pk(merchant, book.channel, book.order_ref)
    place: Item = {"merchant": merchant, "channel": book.channel, "order_ref": book.order_ref}
    move = book.entry.move
    entry: Item = {
        **place,
        "case_id": book.entry.case_id,
        "money_key": move.key,
        "kind": str(move.kind),
        "amount": str(move.amount),
        "currency": move.currency,
        "parent_id": move.parent_id,
        "lines": chain.canonical(dict(move.lines)),
        "state": str(book.entry.state),
    }
    return sealed(pk, HEAD, {**place, "version": book.book_version + 1}), sealed(pk, f"I#{move.key}", entry)


def booked_of(item: Mapping[str, Any]) -> BookedMove:
    move = MoneyMove(
        item["money_key"],
        MoveKind(item["kind"]),
        Decimal(item["amount"]),
        item["currency"],
        item["parent_id"],
        json.loads(item["lines"]),
    )
    return BookedMove(move, item["case_id"], MoveState(item["state"]))


def policy_item(merchant: str, policy_hash: str, text: str) -> Item:
    attributes: Item = {"merchant": merchant, "policy_hash": policy_hash, "text": text}
    return sealed(policies_pk(merchant), policy_hash, attributes)


# ------------------------------------------------------------------------------------------------ conditional writes


@frozen
class Expect:
    """When an item may be written: when it is absent (if ``absent``), or when it is there with, for every attribute in ``present``,
    one of the listed values. ``present`` None means: never over an existing item."""

    absent: bool
    present: Mapping[str, Sequence[Value]] | None = None

    def met(self, old: Mapping[str, object] | None) -> bool:
        if old is None:
            return self.absent
        return self.present is not None and all(old.get(k) in values for k, values in self.present.items())


NEW = Expect(absent=True)

type Refusal = Callable[[Mapping[str, Any] | None], StopshipError]


@frozen
class Write:
    """One item of a transaction. ``refused`` says what it means that the condition did not hold, given the item as it stands."""

    item: Item
    expect: Expect
    refused: Refusal

    def __post_init__(self) -> None:
        """No store takes an exception that would not be anybody's, whichever way it came here."""
        if "gsi2pk" in self.item and str(self.item["gsi2pk"]).endswith("#X#OPEN"):
            missing = [name for name in MUST_HAVE if not str(self.item.get(name, "")).strip()]
            if missing:
                raise ValueError(f"an exception without {', '.join(missing)} is not written")

    @property
    def key(self) -> tuple[str, str]:
        return str(self.item["pk"]), str(self.item["sk"])


def worst(errors: Sequence[StopshipError]) -> StopshipError:
    """Several conditions may fail at once: what no retry can heal is said first."""
    order = (NotFound, AlreadyRecorded, Conflict)
    return min(errors, key=lambda e: order.index(type(e)) if type(e) in order else len(order))


def writes(step: Append, before: CaseHead | None) -> list[Write]:
    """Everything the step records, to be written in one transaction or not at all."""
    events = event_items(step, before.hash if before else chain.GENESIS)
    head = next_head(step, before, str(events[-1]["hash"]))
    parts = [Write(item, NEW, _moved_on(step)) for item in events]
    parts.append(Write(head_item(head), _at_version(before), _moved_on(step)))
    if step.lock:
        parts.append(_lock_write(step, step.lock))
    for source, delivery_id in step.deliveries:
        item = delivery_item(step, source, delivery_id)
        parts.append(Write(item, NEW, _already(f"delivery {delivery_id} from {source}")))
    for callback in step.callbacks:
        parts.extend(_callback_writes(step, callback))
    parts.extend(_exception_write(step, x) for x in step.exceptions)
    if step.book:
        parts.extend(_book_writes(step, step.book))
    return parts


def _at_version(before: CaseHead | None) -> Expect:
    if before is None:
        return NEW
    return Expect(absent=False, present={"version": [before.version], "hash": [before.hash]})


def _moved_on(step: Append) -> Refusal:
    return lambda _: Conflict(f"case {step.case_id} has moved on from version {step.expected_version}")


def _already(what: str) -> Refusal:
    return lambda _: AlreadyRecorded(what)


def _lock_write(step: Append, lock: OrderLock) -> Write:
    was = step.lock_from
    expect = NEW
    if was:
        expect = Expect(
            absent=False,
            present={"case_id": [was.case_id], "sequence": [was.sequence], "active": [was.active]},
        )
    return Write(
        lock_item(step.merchant, lock), expect, lambda _: Conflict(f"order {lock.order_ref} was taken by another case")
    )


def _callback_writes(step: Append, callback: Callback) -> list[Write]:
    """A door is opened once and used once. Using it with a token that was replaced meanwhile is a conflict, because the
    caller would then wake a wait that is no longer there."""
    if (callback.merchant, callback.case_id) != (step.merchant, step.case_id):
        raise ValueError(f"callback {callback.callback_id} belongs to another case")
    item = callback_item(callback)
    if callback.state == "open":
        already = _already(f"callback {callback.callback_id}")
        return [Write(item, NEW, already), Write(door_item(callback), NEW, already)]
    # An answer may come after its time: an expired door still takes one, late.
    before = ["open", "expired"] if callback.state == "used" else ["open"]
    expect = of_case(callback, state=before, token=[callback.token])
    return [Write(item, expect, door_refusal(callback))]


def of_case(callback: Callback, **present: Sequence[Value]) -> Expect:
    """The door is there, and this case's; ``present`` as for Expect."""
    owner = {"merchant": [callback.merchant], "case_id": [callback.case_id]}
    return Expect(absent=False, present={**owner, **present})


def door_refusal(callback: Callback) -> Refusal:
    def refused(old: Mapping[str, Any] | None) -> StopshipError:
        if old is None or (old["merchant"], old["case_id"]) != (callback.merchant, callback.case_id):
            return NotFound(f"callback {callback.callback_id}")
        if old["state"] != "open" and (callback.state, old["state"]) != ("used", "expired"):
            return AlreadyRecorded(f"callback {callback.callback_id} is {old['state']}")
        return Conflict(f"another wait stands behind callback {callback.callback_id} now")

    return refused


def _exception_write(step: Append, x: ExceptionItem) -> Write:
    if (x.merchant, x.case_id) != (step.merchant, step.case_id):
        raise ValueError(f"exception {x.exception_id} belongs to another case")
    expect = Expect(absent=x.state == "open", present={"case_id": [x.case_id], "state": ["open"]})

    def refused(old: Mapping[str, Any] | None) -> StopshipError:
        if old is None or old["case_id"] != x.case_id:
            return NotFound(f"exception {x.exception_id}")
        return AlreadyRecorded(f"exception {x.exception_id} is {old['state']}")

    return Write(exception_item(x), expect, refused)


def _book_writes(step: Append, book: BookEntry) -> list[Write]:
    """An intent is written once; only its failure frees the key for another try. What has moved stays so."""
    head, entry = book_items(step.merchant, book)
    at_version = Expect(absent=False, present={"version": [book.book_version]}) if book.book_version else NEW
    raced = Write(head, at_version, lambda _: Conflict(f"the money book of {book.order_ref} has moved on"))
    key = book.entry.move.key
    if book.entry.state is MoveState.REQUESTED:
        expect = Expect(absent=True, present={"state": [MoveState.FAILED.value]})
        return [raced, Write(entry, expect, _already(f"money key {key}"))]
    unfinished = [s.value for s in MoveState if s not in (*MOVED, book.entry.state)]
    expect = Expect(absent=False, present={"state": unfinished, "case_id": [book.entry.case_id]})

    def refused(old: Mapping[str, Any] | None) -> StopshipError:
        if old is None or old["case_id"] != book.entry.case_id:
            return NotFound(f"money key {key}")
        return AlreadyRecorded(f"money key {key} is {old['state']}")

    return [raced, Write(entry, expect, refused)]


def lease_write(lease: Lease, over: Lease | None) -> Write:
    """Two who take the same thing at the same moment: one of them writes over what is no longer there."""
    expect = NEW if over is None else Expect(False, {"token": [over.token], "expires_at": [over.expires_at]})
    return Write(lease_item(lease), expect, lambda _: Conflict(f"exception {lease.exception_id} was taken just now"))


def refuse_repeats(events: Sequence[NewEvent], known: set[str]) -> None:
    """Raises AlreadyRecorded when a fact that may happen once is in the case already, or twice in the step."""
    seen = set(known)
    for new in events:
        if new.key and new.key in seen:
            raise AlreadyRecorded(f"fact {new.key}")
        seen.add(new.key)
