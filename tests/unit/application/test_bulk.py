"""One answer for many: the sum first, each on its own, and whoever is cut off sends the same again."""

from decimal import Decimal

import pytest

from stopship.application.bulk import ALREADY, DONE, MOST, REFUSED, BulkItem, apply_bulk, preview_bulk, summed
from stopship.application.take_next import take_next
from stopship.domain.command import Command
from stopship.domain.errors import InvalidInput, NotAllowed, NotFound
from stopship.domain.events import ExceptionResolved
from stopship.domain.plan import Plan, PlannedCall, PlannedMoney
from tests.fakes.floor import Floor
from tests.fakes.people import ANN, BEN, LEA, ZOE
from tests.fakes.world import MERCHANT

WORD = Command("no_refund")


@pytest.fixture
def floor() -> Floor:
    return Floor("2026-11-26T09:00:00Z")


def plans(floor: Floor, names: list[str]) -> list[tuple[str, str]]:
    seen = preview_bulk(floor.desk, LEA, MERCHANT, names, WORD)
    return [(x.exception_id, x.plan.plan_hash) for x in seen.items if x.plan]


def ends(floor: Floor) -> int:
    cases = {x.case_id for x in floor.cases}
    facts = [x.event for c in cases for x in floor.ledger.load(MERCHANT, c)]
    return sum(isinstance(x, ExceptionResolved) for x in facts)


def test_a_list_is_answered_in_one_go_and_each_once(floor: Floor) -> None:
    names = [floor.raised(str(n)).exception_id for n in range(100)]
    known = plans(floor, names)
    first = apply_bulk(floor.desk, LEA, MERCHANT, known, WORD)
    begun = [next(first).status for _ in range(40)]
    assert begun == [DONE] * 40, "and then the line is cut"
    results = list(apply_bulk(floor.desk, LEA, MERCHANT, known, WORD))
    assert [x.status for x in results] == [ALREADY] * 40 + [DONE] * 60
    assert floor.exceptions == [] and ends(floor) == 100


def test_one_that_cannot_be_answered_says_why_and_keeps_no_other_from_it(floor: Floor) -> None:
    one, held, two = (floor.raised(str(n)).exception_id for n in range(3))
    known = plans(floor, [one, held, two])
    floor.queues.queued.clear()
    lease = take_next(floor.desk, BEN, [MERCHANT])
    assert lease
    known = [*known, ("exc-none", "0" * 64)]
    results = {x.exception_id: x for x in apply_bulk(floor.desk, LEA, MERCHANT, known, WORD)}
    assert results[lease.exception_id].status == REFUSED and "hands" in results[lease.exception_id].detail
    assert results["exc-none"].status == REFUSED
    assert sorted(x.status for x in results.values()) == [DONE, DONE, REFUSED, REFUSED]


def test_a_stale_plan_is_refused_for_its_own_exception_alone(floor: Floor) -> None:
    one, two = (floor.raised(str(n)).exception_id for n in range(2))
    (first, second) = plans(floor, [one, two])
    results = list(apply_bulk(floor.desk, LEA, MERCHANT, [(first[0], "f" * 64), second], WORD))
    assert [x.status for x in results] == [REFUSED, DONE]


def test_the_sum_is_by_kind_and_currency(floor: Floor) -> None:
    def plan(amount: str, currency: str) -> Plan:
        return Plan("x", (PlannedCall("s", "w", True),), (PlannedMoney("refund", amount, currency, "y"),))

    rows = [plan("10.50", "EUR"), plan("0.50", "EUR"), plan("3", "USD")]
    total = summed([*(BulkItem(str(n), p) for n, p in enumerate(rows)), BulkItem("9", None, "resolved")])
    assert [(x.currency, Decimal(x.amount)) for x in total.money] == [("EUR", Decimal(11)), ("USD", Decimal(3))]
    assert total.calls == 3 and total.plan_hash != summed([]).plan_hash


@pytest.mark.parametrize("names", [[], ["a", "a"], [str(n) for n in range(MOST + 1)]])
def test_a_list_that_is_none_is_refused(floor: Floor, names: list[str]) -> None:
    with pytest.raises(InvalidInput):
        preview_bulk(floor.desk, LEA, MERCHANT, names, WORD)
    with pytest.raises(InvalidInput):
        apply_bulk(floor.desk, LEA, MERCHANT, [(n, "0" * 64) for n in names], WORD)


def test_many_at_once_is_a_leads_business(floor: Floor) -> None:
    name = floor.raised().exception_id
    with pytest.raises(NotAllowed):
        preview_bulk(floor.desk, ANN, MERCHANT, [name], WORD)
    with pytest.raises(NotFound):
        apply_bulk(floor.desk, ZOE, MERCHANT, [(name, "0" * 64)], WORD)
    assert ends(floor) == 0
