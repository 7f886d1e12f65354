"""What the audit says about ledgers that do not tell one story. The seals are made good, so that only the story can betray them."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from stopship.adapters.ledger_memory import MemoryLedger
from stopship.application.audit import seal_of, verify
from stopship.application.keep_unmatched import CHANNEL
from stopship.application.ports import Append, BookEntry, Callback, ExceptionItem, NewEvent, OrderLock, Stored
from stopship.domain import chain
from stopship.domain.events import (
    CaseClosed,
    CaseOpened,
    ExceptionEscalated,
    ExceptionOpened,
    ExceptionResolved,
    MoneyMoved,
    MoneyRequested,
    OrderNotFound,
    StopShipRequested,
)
from stopship.domain.money import BookedMove, MoneyMove, MoveKind, MoveState

POLICY = '{"version":"1"}'
POLICY_HASH = sha256(POLICY.encode()).hexdigest()
CASE = "M#acme#C#case-a"


def at(second: int) -> str:
    return f"2026-03-01T10:00:{second:02d}.000000Z"


def a_case(ledger: MemoryLedger, case_id: str = "case-a", merchant: str = "acme", order_ref: str = "1001") -> None:
    """A case with one of everything, stopped, paid back and closed."""
    lock = OrderLock("shopify", order_ref, case_id, 1, active=True)
    door = Callback(f"cb-{case_id}", merchant, case_id, "acknowledgement", "leg-1", 1, "token", "open", at(50))
    trouble = ExceptionItem(
        merchant=merchant,
        exception_id=f"exc-{case_id}",
        case_id=case_id,
        leg_id="leg-1",
        order_ref=order_ref,
        channel="shopify",
        cause="silent_warehouse",
        tier="P2",
        owner="warehouse",
        next_action="call the warehouse",
        deadline=at(40),
        opened_at=at(3),
        state="open",
    )
    move = MoneyMove(f"money-{case_id}", MoveKind.REFUND, Decimal("19.90"), "EUR", "", {"line-1": 2})
    name, money = trouble.exception_id, move.key

    def book(state: MoveState, version: int) -> BookEntry:
        return BookEntry("shopify", order_ref, BookedMove(move, case_id, state), version)

    opened = NewEvent(CaseOpened("shopify", order_ref, 1, "1", POLICY_HASH), "opened")
    silence = ExceptionOpened(
        name, "leg-1", "silent_warehouse", "P2", "warehouse", "call the warehouse", at(40), "no answer"
    )
    steps = [
        Append(merchant, case_id, 0, at(1), [opened], lock=lock, deliveries=[("shopify", f"d-{case_id}")]),
        Append(
            merchant,
            case_id,
            1,
            at(2),
            [NewEvent(StopShipRequested("leg-1", "wms", 1, True, door.callback_id, at(50)), "stop:1")],
            callbacks=[door],
        ),
        Append(merchant, case_id, 2, at(3), [NewEvent(silence)], exceptions=[trouble]),
        Append(
            merchant,
            case_id,
            3,
            at(4),
            [NewEvent(ExceptionEscalated(name, "ops", at(45), 1))],
            exceptions=[replace(trouble, owner="ops", deadline=at(45), escalations=1)],
        ),
        Append(
            merchant,
            case_id,
            4,
            at(5),
            [NewEvent(ExceptionResolved(name, "they_stopped_it", "agent-7", "", ""))],
            exceptions=[replace(trouble, owner="ops", deadline=at(45), escalations=1, state="resolved")],
            callbacks=[replace(door, state="used")],
        ),
        Append(
            merchant,
            case_id,
            5,
            at(6),
            [NewEvent(MoneyRequested(money, "refund", "19.90", "EUR", "", {"line-1": 2}), f"money:{money}")],
            book=book(MoveState.REQUESTED, 0),
        ),
        Append(
            merchant,
            case_id,
            6,
            at(7),
            [NewEvent(MoneyMoved(money, "refund", "19.90", "EUR", "done", "r-1", {"line-1": 2}))],
            book=book(MoveState.DONE, 1),
        ),
        Append(
            merchant,
            case_id,
            7,
            at(8),
            [NewEvent(CaseClosed("stopped", False, [], "silent_warehouse", False, {}, at(59)), "closed:0")],
            lock=replace(lock, active=False),
            lock_from=lock,
        ),
    ]
    for step in steps:
        ledger.append(step)


def a_ledger() -> list[Stored]:
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    a_case(ledger)
    a_case(ledger, "case-b", order_ref="1002")
    ledger.append(Append("acme", "case-b", 8, at(9), [NewEvent(OrderNotFound(1))]))
    return list(ledger.scan())


def resealed(item: Stored, **changes: object) -> Stored:
    """As somebody would write it who can compute seals."""
    attributes = {**item.attributes, **changes}
    return Stored(item.pk, item.sk, {**attributes, "seal": seal_of(item.pk, item.sk, attributes)})


def changed(items: list[Stored], chosen: Callable[[Stored], bool], **changes: object) -> list[Stored]:
    hit = [x for x in items if chosen(x)]
    assert len(hit) == 1
    return [resealed(x, **changes) if x is hit[0] else x for x in items]


def without(items: list[Stored], pk: str, sk: str = "") -> list[Stored]:
    rest = [x for x in items if not (x.pk.startswith(pk) and x.sk.startswith(sk))]
    assert len(rest) < len(items)
    return rest


def said(items: list[Stored]) -> str:
    return "\n".join(f"{p.where}: {p.what}" for p in verify(items).problems)


def test_a_whole_ledger_has_no_problems_and_is_counted() -> None:
    items = a_ledger()
    report = verify(items)
    assert report.problems == ()
    assert report.ok
    assert (report.cases, report.events, report.items) == (2, 17, len(items))


def test_the_fingerprint_is_that_of_the_contents_whatever_the_order() -> None:
    items = a_ledger()
    assert verify(items).fingerprint == verify(items[::-1]).fingerprint
    assert verify(items).fingerprint != verify(without(items, "M#acme#C#case-b", "E#00000009")).fingerprint


def test_an_empty_ledger_is_whole() -> None:
    report = verify([])
    assert (report.ok, report.cases, report.events, report.items) == (True, 0, 0, 0)


def test_an_event_changed_and_sealed_again_breaks_the_chain() -> None:
    data = chain.canonical(ExceptionResolved("exc-case-a", "refund_approved", "agent-7", "", "").data())
    items = changed(a_ledger(), lambda x: (x.pk, x.sk) == (CASE, "E#00000005"), data=data)
    assert "version 5 (ExceptionResolved) was changed after it was written" in said(items)


def told_anew(items: list[Stored], version: int, type_: str, told: dict[str, object]) -> list[Stored]:
    """The case with another event at ``version``, and every hash and seal after it made good; its head is as it was."""
    events = sorted((x for x in items if x.pk == CASE and x.sk.startswith("E#")), key=lambda x: x.sk)
    previous, forged = chain.GENESIS, []
    for x in events:
        a: Any = x.attributes
        here = a["version"] == version
        data, kind = (told, type_) if here else (chain.json.loads(a["data"]), a["type"])
        link = chain.seal("acme", "case-a", a["version"], kind, a["key"], a["at"], data, previous)
        forged.append(resealed(x, type=kind, data=chain.canonical(data), previous=previous, hash=link.hash))
        previous = link.hash
    return [x for x in items if x not in events] + forged


def test_a_chain_that_was_recomputed_from_a_changed_event_on_does_not_meet_its_head() -> None:
    forged = told_anew(a_ledger(), 2, "OrderNotFound", {"attempt": 9})
    assert f"{CASE} HEAD: stands on version 8" in said(forged)


# ------------------------------------------------------------------------------------------------ who can write all of it


def missed(items: list[Stored]) -> list[str]:
    """What only heads show that were taken before."""
    report = verify(items, verify(a_ledger()).heads)
    assert report.problems == report.missed, "somebody who can write all of it leaves no trace in the ledger itself"
    return [str(problem) for problem in report.missed]


def rewritten() -> list[Stored]:
    """Another person resolved the exception, with every hash, every seal and the head made good."""
    resolved = ExceptionResolved("exc-case-a", "they_stopped_it", "somebody-else", "", "").data()
    forged = told_anew(a_ledger(), 5, "ExceptionResolved", dict(resolved))
    last = next(x for x in forged if (x.pk, x.sk) == (CASE, "E#00000008"))
    return changed(forged, lambda x: (x.pk, x.sk) == (CASE, "HEAD"), hash=last.attributes["hash"])


def removed() -> list[Stored]:
    """The ledger without every item that tells of case-a or of its order's money."""
    rest = [x for x in a_ledger() if "case-a" not in f"{x.pk} {x.sk} {x.attributes}"]
    return without(rest, "M#acme#$#shopify#1001")


def test_a_case_that_was_told_anew_with_every_hash_made_good_is_found_by_its_held_head_only() -> None:
    items = rewritten()
    assert verify(items).ok
    (problem,) = missed(items)
    assert "M#acme#C#case-a E#00000008" in problem and "the ledger no longer says so" in problem


def test_a_case_of_which_every_item_was_removed_is_found_by_its_held_head_only() -> None:
    items = removed()
    assert verify(items).ok
    (problem,) = missed(items)
    assert "M#acme#C#case-a E#00000008" in problem


def test_a_case_that_was_shortened_is_found_by_its_held_head_only() -> None:
    """case-b without its last event, and its head set back."""
    place = "M#acme#C#case-b"
    rest = [x for x in a_ledger() if (x.pk, x.sk) != (place, "E#00000009")]
    last = next(x for x in rest if (x.pk, x.sk) == (place, "E#00000008"))
    items = changed(
        rest, lambda x: (x.pk, x.sk) == (place, "HEAD"), version=8, hash=last.attributes["hash"], status="closed"
    )
    assert verify(items).ok
    (problem,) = missed(items)
    assert "M#acme#C#case-b E#00000009" in problem


def test_a_ledger_that_only_grew_still_has_every_head_that_was_held() -> None:
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    a_case(ledger, "case-b", order_ref="1002")
    before = list(verify(ledger.scan()).heads)
    ledger.append(Append("acme", "case-b", 8, at(9), [NewEvent(OrderNotFound(1))]))
    assert [(head.case_id, head.version) for head in before] == [("case-b", 8)]
    assert verify(ledger.scan(), before).ok


@pytest.mark.parametrize("version", range(1, 9))
def test_a_dropped_event_is_missed(version: int) -> None:
    assert not verify(without(a_ledger(), CASE, f"E#{version:08d}")).ok


def test_a_case_whose_events_or_head_are_gone_is_missed() -> None:
    assert "the case has no head" in said(without(a_ledger(), CASE, "HEAD"))
    assert "the case has no events" in said(without(a_ledger(), CASE, "E#"))


def test_a_case_that_was_removed_whole_is_missed_by_what_referred_to_it() -> None:
    problems = said(without(a_ledger(), CASE))
    for place in (
        "#O#shopify#1001 LOCK",
        "#D#shopify#d-case-a D",
        "CB#cb-case-a CB",
        "#X exc-case-a",
        "I#money-case-a",
    ):
        assert f"{place}: its case case-a does not exist" in problems


def test_a_fact_recorded_twice_is_found() -> None:
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    a_case(ledger)
    last = ledger.load("acme", "case-a")[-1]
    link = chain.seal("acme", "case-a", 9, "OrderNotFound", "stop:1", at(9), {"attempt": 1}, last.hash)
    extra = Stored(
        CASE,
        "E#00000009",
        {
            "merchant": "acme",
            "case_id": "case-a",
            "version": 9,
            "type": "OrderNotFound",
            "key": "stop:1",
            "at": at(9),
            "data": '{"attempt":1}',
            "previous": last.hash,
            "hash": link.hash,
        },
    )
    assert "the fact stop:1 is recorded twice" in said([*ledger.scan(), resealed(extra)])


@pytest.mark.parametrize(
    ("key", "changes", "sentence"),
    [
        (("M#acme#X", "exc-case-a"), {"state": "open"}, "state is 'open'; the case's events say 'resolved'"),
        (("M#acme#X", "exc-case-a"), {"owner": "warehouse"}, "owner is 'warehouse'; the case's events say 'ops'"),
        (("M#acme#X", "exc-case-a"), {"deadline": at(59)}, "deadline"),
        (("M#acme#X", "exc-case-a"), {"exception_id": "exc-other"}, "its case never opened this exception"),
        (("M#acme#$#shopify#1001", "I#money-case-a"), {"state": "failed"}, "state is 'failed'"),
        (
            ("M#acme#$#shopify#1001", "I#money-case-a"),
            {"amount": "1.00"},
            "amount is 1.00; the case's events say 19.90",
        ),
        (("M#acme#$#shopify#1001", "I#money-case-a"), {"amount": "x"}, "cannot be read"),
        (("M#acme#$#shopify#1001", "I#money-case-a"), {"lines": "{}"}, "lines is '{}'"),
        (("M#acme#$#shopify#1001", "I#money-case-a"), {"money_key": "other"}, "never asked for this money"),
        (("M#acme#$#shopify#1001", "HEAD"), {"version": 0}, "stands at version 0 with 1 entries"),
        (("M#acme#O#shopify#1001", "LOCK"), {"sequence": 4}, "sequence is 4; the case's events say 1"),
        (("M#acme#O#shopify#1001", "LOCK"), {"case_id": "case-z"}, "its case case-z does not exist"),
        (("CB#cb-case-a", "CB"), {"case_id": "case-b"}, "its case does not know this callback"),
        (("M#acme#POLICY", POLICY_HASH), {"text": "{}"}, "the text is not the one that this hash names"),
        ((CASE, "HEAD"), {"status": "open", "outcome": ""}, "does not say what the events say: closed stopped"),
        ((CASE, "HEAD"), {"version": 7}, "stands on version 7"),
        ((CASE, "HEAD"), {"merchant": "zeta"}, "lies in another case's place"),
        ((CASE, "E#00000002"), {"version": 3}, "version 3 lies at another place"),
        ((CASE, "E#00000002"), {"data": "{"}, "cannot be read"),
    ],
)
def test_a_side_item_that_tells_another_story_is_found_though_its_seal_is_good(
    key: tuple[str, str], changes: dict[str, object], sentence: str
) -> None:
    assert sentence in said(changed(a_ledger(), lambda x: (x.pk, x.sk) == key, **changes))


@pytest.mark.parametrize(
    ("pk", "sk", "sentence"),
    [
        ("M#acme#X", "exc-case-a", "the exception is not in the queue"),
        ("M#acme#$#shopify#1001", "I#", "the money book does not know this intent"),
        ("CB#cb-case-a", "CB", "the callback of this stop-ship is gone"),
        ("M#acme#POLICY", "", "the policy that it pinned is gone"),
        ("M#acme#O#shopify#1001", "LOCK", f"{CASE} E#00000001: the order's lock is gone"),
        ("M#acme#$#shopify#1001", "HEAD", "M#acme#$#shopify#1001 HEAD: the money book has no head"),
    ],
)
def test_a_dropped_side_item_is_missed(pk: str, sk: str, sentence: str) -> None:
    assert sentence in said(without(a_ledger(), pk, sk))


def test_a_lock_that_was_set_back_to_an_earlier_case_is_found() -> None:
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    a_case(ledger)
    before = [x for x in ledger.scan() if x.sk == "LOCK"]
    lock = OrderLock("shopify", "1001", "case-a", 1, active=False)
    opened = NewEvent(CaseOpened("shopify", "1001", 2, "1", POLICY_HASH), "opened")
    second = replace(lock, case_id="case-c", sequence=2, active=True)
    ledger.append(Append("acme", "case-c", 0, at(9), [opened], lock=second, lock_from=lock))
    items = list(ledger.scan())
    assert verify(items).ok
    assert "case-c E#00000001: the order's lock is that of an earlier case" in said(
        [*(x for x in items if x.sk != "LOCK"), *before]
    )


def test_a_message_that_is_of_no_order_has_no_lock_to_miss() -> None:
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    opened = NewEvent(CaseOpened(CHANNEL, "d-1", 1, "1", POLICY_HASH), "opened")
    ledger.append(Append("acme", "case-m", 0, at(1), [opened]))
    assert verify(ledger.scan()).ok


@pytest.mark.parametrize(
    "key", [("X", "Y"), ("M#", "HEAD"), ("M#acme#C#", "E#00000001"), (CASE, "NOTE"), ("CB#1", "X")]
)
def test_an_item_that_is_none_of_ours_is_found(key: tuple[str, str]) -> None:
    stranger = resealed(Stored(*key, {"merchant": "acme"}))
    assert verify([*a_ledger(), stranger]).problems


def test_a_dropped_callback_of_a_person_is_missed_by_its_case() -> None:
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    a_case(ledger)
    wait = Callback("cb-wake", "acme", "case-a", "wake", "", 1, "token", "open", at(50))
    ledger.append(Append("acme", "case-a", 8, at(9), [NewEvent(OrderNotFound(1))], callbacks=[wait]))
    items = list(ledger.scan())
    assert verify(items).ok
    assert said(without(items, "CB#cb-wake")) == f"{CASE} CB#cb-wake: the callback is gone"


def test_the_same_facts_in_other_bytes_are_found_though_their_hash_is_the_same() -> None:
    item = next(x for x in a_ledger() if (x.pk, x.sk) == (CASE, "E#00000005"))
    loose = f" {item.attributes['data']}"
    assert "not in canonical form" in said(changed(a_ledger(), lambda x: x == item, data=loose))


def test_one_merchants_evidence_does_not_stand_in_for_anothers() -> None:
    """The other merchant pinned a policy of the same hash, which only the first one has kept."""
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    a_case(ledger, "case-z", merchant="zeta")
    assert "M#zeta#C#case-z E#00000001: the policy that it pinned is gone" in said(list(ledger.scan()))
