"""What was paid back and not owed: by the quantities of each line, in the order in which the money moved, whoever moved it."""

import pytest

from infra.bench.told_case import ToldCase
from stopship.domain import events as e
from stopship.domain.kpi.facts import MoneyFact
from stopship.domain.kpi.money_facts import thousandths
from tests.unit.kpi.week import at

START, LATER, END = at(16, "10:00"), at(16, "11:00"), at(16, "12:00")


def told(outcome: str = "stopped", ordered: int = 4) -> ToldCase:
    case = (
        ToldCase("case-m", "shopify", "1")
        .asked(START, START, "customer_request")
        .order(START, {"L1": ordered, "L2": 1})
    )
    return case.leg(START, "1", "north", "third_party", {"L1": ordered}).settle(START, "1", outcome, {"L1": ordered})


def seen(amount: str, quantity: int = 4, reference: str = "r", line: str = "L1") -> e.PaymentSeen:
    return e.PaymentSeen("refund", reference, {line: quantity}, LATER, amount, "EUR" if amount else "")


def leaks(case: ToldCase) -> list[tuple[str, int | None]]:
    return [(x.leak, x.leaked) for x in case.facts.money]


def elsewhere(case: ToldCase) -> list[MoneyFact]:
    return [x for x in case.facts.money if x.kind == "refund_elsewhere"]


def test_what_stayed_and_was_paid_back_once_is_owed() -> None:
    assert leaks(told().refund(LATER, LATER, "m", "40.00", {"L1": 4})) == [("", 0)]


@pytest.mark.parametrize(("paid", "leaked"), [(4, 40_000), (1, 40_000)])
def test_what_left_is_not_owed(paid: int, leaked: int) -> None:
    assert leaks(told("shipped").refund(LATER, LATER, "m", "40.00", {"L1": paid})) == [("shipped", leaked)]


def test_what_came_back_is_owed() -> None:
    case = told("shipped").add(LATER, e.InterceptEnded("1", "returned", "ups", []))
    assert leaks(case.refund(LATER, LATER, "m", "40.00", {"L1": 4})) == [("", 0)]


def test_what_two_people_paid_all_the_same_is_told_apart() -> None:
    case = told("shipped").exception(LATER, "x", "", "shipped_refund_requested", "P1", "finance", END)
    case.resolve(LATER, "x", "refund_approved").refund(LATER, LATER, "m", "40.00", {"L1": 4})
    assert leaks(case) == [("shipped_approved", 40_000)]


def test_of_two_refunds_the_later_one_was_too_much() -> None:
    case = told().add(LATER, seen("30.00", 3)).refund(LATER, END, "m", "40.00", {"L1": 4})
    assert leaks(case) == [("twice", 30_000), ("", 0)]
    other = told().refund(LATER, LATER, "m", "40.00", {"L1": 4}).add(END, seen("30.00", 3))
    assert leaks(other) == [("", 0), ("twice", 30_000)]


def test_a_part_is_reckoned_by_quantities_and_rounded_half_up() -> None:
    case = told(ordered=3).add(LATER, seen("10.00", 1)).refund(LATER, END, "m", "10.00", {"L1": 3})
    assert leaks(case)[0] == ("twice", 3_333)


def test_a_cancels_note_that_pays_nothing_is_no_money() -> None:
    case = told().add(LATER, seen("0")).refund(LATER, END, "m", "40.00", {"L1": 4})
    assert leaks(case) == [("", 0)]


def test_the_same_refund_told_twice_is_one() -> None:
    case = told().add(LATER, seen("40.00"), seen("40.00"))
    assert [(x.leak, x.amount, x.currency) for x in elsewhere(case)] == [("", 40_000, "EUR")]


def test_what_nobody_told_is_not_known() -> None:
    case = told("shipped").add(LATER, seen(""))
    assert [(x.leak, x.amount, x.leaked, x.currency) for x in elsewhere(case)] == [("shipped", None, None, "")]


def test_money_that_failed_or_is_under_way_is_no_leak() -> None:
    case = told("shipped").add(LATER, e.MoneyRequested("m", "refund", "40.00", "EUR", "p", {"L1": 4}))
    case.add(LATER, e.MoneyMoved("m", "refund", "40.00", "EUR", "pending", "ref", {"L1": 4}))
    assert [(x.state, x.leak, x.moved_at) for x in case.facts.money] == [("pending", "", "")]
    case.add(END, e.MoneyFailed("m", "declined", "no"))
    assert [(x.state, x.leak, x.moved_at) for x in case.facts.money] == [("failed", "", "")]


def test_lines_that_nobody_knows_are_not_called_a_leak() -> None:
    assert leaks(told().add(LATER, seen("5.00", 1, line="L9"))) == [("", 0)]


@pytest.mark.parametrize(("amount", "whole"), [("12.50", 12_500), ("0.001", 1), ("3", 3_000), ("-1.5", -1_500)])
def test_thousandths_are_exact(amount: str, whole: int) -> None:
    assert thousandths(amount) == whole


def test_an_amount_finer_than_a_thousandth_is_refused() -> None:
    with pytest.raises(ArithmeticError):
        thousandths("0.0001")
