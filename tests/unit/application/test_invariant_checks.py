"""The checks of what must always hold see what does not."""

import pytest

from stopship.adapters.ledger_memory import MemoryLedger
from stopship.application.invariants import GRACE_SECONDS, Subject, check
from stopship.application.ports import Append, NewEvent, Stored
from stopship.domain.case import fold
from stopship.domain.events import CaseOpened, ExceptionEscalated, ExceptionOpened, ExceptionResolved
from stopship.domain.instant import plus
from tests.unit.test_audit import POLICY, POLICY_HASH, a_case, a_ledger, at, changed, resealed

PASSED_ON, RESOLVED = 3, 4
"""Versions of the case in which its exception has come so far."""


def two_merchants() -> list[Stored]:
    ledger = MemoryLedger()
    for merchant in ("acme", "zeta"):
        ledger.save_policy(merchant, POLICY_HASH, POLICY)
        a_case(ledger, f"case-{merchant}", merchant)
    return list(ledger.scan())


def of_two(items: list[Stored]) -> list[str]:
    return check([], [], 0, items)["I9"].violations


@pytest.mark.parametrize("items", [a_ledger(), two_merchants()], ids=["one merchant", "two merchants"])
def test_a_ledger_in_which_each_item_is_of_one_merchant_has_them_apart(items: list[Stored]) -> None:
    tally = check([], [], 0, items)["I9"]
    assert tally.violations == []
    assert tally.checked > len(items)


def test_an_item_that_names_another_merchant_than_its_place_is_seen() -> None:
    moved = changed(two_merchants(), lambda x: (x.pk, x.sk) == ("M#acme#O#shopify#1001", "LOCK"), merchant="zeta")
    assert [x for x in of_two(moved) if "names another merchant than zeta" in x]


def test_an_item_that_is_found_among_another_merchants_is_seen() -> None:
    moved = changed(two_merchants(), lambda x: (x.pk, x.sk) == ("M#acme#C#case-acme", "HEAD"), gsi1pk="M#zeta#O#1001")
    (found,) = of_two(moved)
    assert found == "M#acme#C#case-acme HEAD names another merchant than acme"


@pytest.mark.parametrize("place", ["M#zeta#X", "CB#cb-case-zeta"])
def test_a_case_that_is_named_by_two_merchants_is_seen(place: str) -> None:
    items = two_merchants()
    (item,) = [x for x in items if x.pk == place]
    forged = [x for x in items if x is not item] + [resealed(item, case_id="case-acme")]
    assert [x for x in of_two(forged) if "is about case-acme, which is another merchant's" in x]


def looked_at(versions: int, now: str) -> list[str]:
    facts = [
        CaseOpened("shopify", "1001", 1, "1", POLICY_HASH),
        ExceptionOpened("exc-1", "", "silent_warehouse", "P2", "warehouse", "call", at(40), "no answer"),
        ExceptionEscalated("exc-1", "ops", at(45), 1),
        ExceptionResolved("exc-1", "they_stopped_it", "agent-7", "", ""),
    ]
    ledger = MemoryLedger()
    ledger.append(Append("acme", "case-a", 0, at(1), [NewEvent(fact) for fact in facts[:versions]]))
    recorded = ledger.load("acme", "case-a")
    return check([Subject(fold("acme", "case-a", recorded), recorded, (), now)], [], 0, [])["I5"].violations


def test_an_exception_that_nobody_passes_on_at_its_deadline_is_seen() -> None:
    deadline = at(45)
    assert looked_at(PASSED_ON, plus(deadline, GRACE_SECONDS)) == []
    (found,) = looked_at(PASSED_ON, plus(deadline, GRACE_SECONDS + 1))
    assert "exc-1 was left 601 s beyond its deadline" in found


def test_an_exception_that_was_ended_in_time_is_not_late_afterwards() -> None:
    assert looked_at(RESOLVED, plus(at(45), 86_400)) == []
