"""Money: after proof, once, as much as is still there; and what happens when the bank is slow, says no, or was faster."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stopship.application.invariants import Subject, check
from stopship.application.receive_signal import receive_signal
from stopship.application.record import Step
from stopship.application.take_payment_action import take_payment_action
from stopship.domain.errors import InvalidInput
from stopship.domain.events import Event, LegReopened, LinesAlreadyShipped, MoneyFailed, MoneyRequested, MoneySettled
from stopship.domain.money import (
    MoveState,
    PaymentSnapshot,
    RefundQuote,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from stopship.domain.order import PickState, Quantities
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, authorised, capture_authorised, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def settled(play: Play) -> str:
    money = play.world.case.money_settled
    return money.fact.why if money else ""


def test_reserved_money_is_let_go_of_not_refunded(play: Play) -> None:
    authorised(play.world.order())
    play.world.ask()
    play.world.settle()
    assert settled(play) == "voided" and len(play.world.done("payments.void")) == 1
    assert not play.world.done("payments.refund")


def test_reserved_money_stays_reserved_while_part_of_the_order_goes_on(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    authorised(order)
    world.ask(lines={"L2": 1})
    world.settle()
    assert settled(play) == "not_captured"
    assert not world.done("payments.void") and not world.done("payments.refund")


def test_money_that_is_captured_between_reading_and_voiding_is_refunded(play: Play) -> None:
    world = play.world
    order = world.order()
    authorised(order)
    world.faults.on("payments.move", Trouble.DOWN)
    play.machine.before["Payment action"] = lambda: world.schedule(1, lambda: capture_authorised(order))
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and settled(play) == "refunded"
    assert not world.done("payments.void") and len(world.done("payments.refund")) == 1


def test_a_void_that_fails_while_the_reservation_stands_is_finances(play: Play) -> None:
    world = play.world
    authorised(world.order())
    world.faults.on("payments.move", Trouble.REFUSE)
    world.ask()
    world.settle()
    item = world.the_exception
    assert (item.cause, item.owner) == (Cause.MONEY_FAILED, Team.FINANCE)
    assert not world.done("payments.void") and not world.done("mail")
    world.answer_all(Resolution.RETRY)
    assert settled(play) == "voided" and len(world.done("payments.void")) == 1
    assert [type(m.moved) is type(None) for m in world.case.moves.values()] == [True, False]


def test_a_pending_refund_is_waited_for_and_never_asked_twice(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.payments.pending_for = 300
    world.ask()
    world.settle()
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1
    assert [m.moved.fact.status for m in world.case.moves.values() if m.moved] == ["done"]


def test_a_refund_that_stays_pending_is_finances_and_closes_when_it_is_done(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.payments.never = True
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_PENDING and not world.done("mail")
    world.payments.never = False
    world.answer_all(Resolution.RETRY)
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1


def test_a_refund_that_fails_is_tried_again_only_by_a_person_and_under_a_new_key(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.payments.fails = 1
    world.payments.pending_for = 60
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_FAILED
    assert not world.done("payments.refund") and not world.done("mail")
    world.answer_all(Resolution.RETRY)
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1
    assert len(world.case.moves) == 2


def test_a_refund_whose_answer_was_lost_is_done_once(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("payments.move", Trouble.IN_DOUBT, times=2)
    world.ask()
    world.settle()
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1


def test_what_somebody_else_has_paid_back_is_not_paid_again(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    order.transactions.append(
        Transaction("r-1", TransactionKind.REFUND, TransactionStatus.SUCCESS, order.total, order.currency, "sale-0")
    )
    order.refunded_lines["L1"] = 2
    world.ask()
    world.settle()
    assert settled(play) == "paid_back_by_others" and not world.done("payments.refund")
    assert play.outcome == Outcome.STOPPED


def test_a_line_that_was_partly_paid_back_by_hand_is_finances(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    order.refunded_lines["L1"] = 1
    half = Transaction("r-1", TransactionKind.REFUND, TransactionStatus.SUCCESS, order.price, order.currency, "sale-0")
    order.transactions.append(half)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_REFUSED
    assert not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert settled(play) == "no_refund_by_person" and not world.done("payments.refund")


def by_amount(order: Order, amount: str, name: str = "r-1", key: str = "") -> None:
    """Somebody pays so much back, and names no lines."""
    moved = TransactionStatus.SUCCESS
    order.transactions.append(
        Transaction(name, TransactionKind.REFUND, moved, Decimal(amount), order.currency, "sale-0", key=key)
    )


def test_what_others_paid_back_by_amount_alone_is_a_question_and_is_not_paid_beside_it(play: Play) -> None:
    world = play.world
    order = two_places(play)
    play.machine.before["Payment action"] = lambda: by_amount(order, "10.00")
    world.ask(lines={"L2": 1})
    world.settle()
    item = world.the_exception
    assert (item.cause, item.owner) == (Cause.MONEY_REFUSED, Team.FINANCE)
    asked = world.case.exceptions[item.exception_id].opened.fact.detail
    assert asked.startswith("refunded_by_others: 10.00 EUR were paid back by others") and "10.00 would be due" in asked
    assert not world.done("payments.refund") and not world.done("mail")
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.MONEY_REFUSED and not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert settled(play) == "no_refund_by_person" and not world.done("payments.refund")


def test_a_refund_beside_that_of_others_is_approved_for_the_amount_that_was_shown(play: Play) -> None:
    world = play.world
    order = two_places(play)
    by_amount(order, "2.00")
    world.ask(lines={"L2": 1})
    world.settle()
    play.machine.before["Payment action"] = lambda: by_amount(order, "3.00", "r-2")
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert "5.00" in world.case.exceptions[world.the_exception.exception_id].opened.fact.detail
    assert not world.done("payments.refund")
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert settled(play) == "refunded" and [x.detail for x in world.done("payments.refund")] == ["10.00"]


def in_pieces(play: Play, before: int = 0) -> Order:
    """Two pieces of one line and one of another, each a piece of work; others paid back one of the first, and took out so many of it before
    anybody asked."""
    works = [Work("a", "north", {"L1": 1}), Work("b", "north", {"L1": 1}), Work("c", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works[before:])
    captured(order)
    order.cancelled_lines.update({"L1": before} if before else {})
    by_lines(order, "10.00", {"L1": 1})
    return order


def by_lines(order: Order, amount: str, lines: dict[str, int]) -> None:
    """Somebody pays these lines back, and says so."""
    by_amount(order, amount)
    order.transactions[-1] = replace(order.transactions[-1], explained=True)
    order.refunded_lines.update(lines)


def test_what_others_paid_back_of_a_part_of_what_is_due_is_a_question_and_is_not_paid_again(play: Play) -> None:
    world, order = play.world, in_pieces(play)
    world.ask(lines={"L1": 1, "L2": 1})
    world.settle()
    item = world.the_exception
    assert (item.cause, item.owner) == (Cause.MONEY_REFUSED, Team.FINANCE)
    asked = world.case.exceptions[item.exception_id].opened.fact.detail
    assert asked.startswith("refunded_by_others: 1 x L1") and "20.00 would be due" in asked
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.MONEY_REFUSED
    world.answer_all(Resolution.NO_REFUND)
    assert settled(play) == "no_refund_by_person"
    assert not world.done("payments.refund") and order.refunded_lines == {"L1": 1}


def test_what_others_paid_back_for_another_piece_is_approved_as_it_was_shown(play: Play) -> None:
    world, order = play.world, in_pieces(play)
    order.lines["L1"] = 3
    world.ask(lines={"L1": 2, "L2": 1})
    world.settle()
    play.machine.before["Payment action"] = lambda: by_lines(order, "10.00", {"L2": 1})
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    asked = world.case.exceptions[world.the_exception.exception_id].opened.fact.detail
    assert "1 x L1, 1 x L2" in asked and not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert not world.done("payments.refund")


def test_an_approval_is_known_again_however_many_lines_it_is_about(play: Play) -> None:
    world = play.world
    lines = {f"1480123456{i:04d}": 4 for i in range(60)}
    order = world.order(lines=lines, works=[Work("a", "north", dict(lines))])
    captured(order)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask(lines=dict.fromkeys(lines, 2))
    world.later(10)
    order.refunded_lines = dict.fromkeys(lines, 1)
    world.settle()
    assert "and 50 more lines" in world.case.exceptions[world.the_exception.exception_id].opened.fact.detail
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert world.exceptions == [] and settled(play) == "refunded"


def test_a_refund_of_others_for_another_piece_of_the_line_is_paid_beside_when_two_people_say_so(play: Play) -> None:
    world, order = play.world, in_pieces(play)
    world.ask(lines={"L1": 1, "L2": 1})
    world.settle()
    assert not world.done("payments.refund")
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert settled(play) == "refunded" and [x.detail for x in world.done("payments.refund")] == ["20.00"]
    assert order.refunded_lines == {"L1": 2, "L2": 1}


def test_what_others_took_out_and_paid_back_before_anybody_asked_is_not_in_question(play: Play) -> None:
    world, order = play.world, in_pieces(play, before=1)
    world.ask()
    world.settle()
    assert world.case.stopped_lines == {"L1": 1, "L2": 1} and not world.case.exceptions
    assert settled(play) == "refunded" and order.refunded_lines == {"L1": 2, "L2": 1}


def test_of_an_order_that_was_cancelled_as_a_whole_nothing_counts_as_taken_out_before(play: Play) -> None:
    """One piece of the line had left, and which of the two others paid back nobody says."""
    world = play.world
    works = [Work("a", "north", {"L1": 1, "L2": 1}, listed=False)]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works, cancelled=True)
    captured(order)
    order.shipped_lines["L1"] = 1
    by_lines(order, "10.00", {"L1": 1})
    world.partners.first = ["north"]
    world.ask()
    world.settle()
    assert world.case.stopped_lines == {"L1": 1, "L2": 1} and world.the_exception.cause == Cause.MONEY_REFUSED
    assert not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert not world.done("payments.refund")


def test_a_piece_that_an_earlier_case_took_out_and_paid_is_no_excuse_for_a_refund_of_others(play: Play) -> None:
    world = play.world
    works = [Work(x, "north", {"L1": 1}) for x in ("a", "b", "c")]
    order = world.order(lines={"L1": 3, "L2": 1}, works=[*works, Work("d", "south", {"L2": 1})])
    captured(order)
    world.ask(lines={"L1": 1})
    world.settle()
    by_lines(order, "10.00", {"L1": 2})
    world.ask(delivery="d-2", lines={"L1": 1, "L2": 1})
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_REFUSED and len(world.done("payments.refund")) == 1
    world.answer_all(Resolution.NO_REFUND)
    assert order.refunded_lines == {"L1": 2} and len(world.done("payments.refund")) == 1


def test_a_refund_of_others_for_lines_that_nobody_asked_about_asks_nobody(play: Play) -> None:
    world, order = play.world, in_pieces(play)
    world.ask(lines={"L2": 1})
    world.settle()
    assert not world.case.exceptions and settled(play) == "refunded"
    assert order.refunded_lines == {"L1": 1, "L2": 1}


def test_a_refund_of_others_that_came_to_nothing_asks_nobody(play: Play) -> None:
    order = two_places(play)
    by_amount(order, "10.00")
    order.transactions[-1] = replace(order.transactions[-1], status=TransactionStatus.FAILURE)
    play.world.ask(lines={"L2": 1})
    play.world.settle()
    assert settled(play) == "refunded" and len(play.world.done("payments.refund")) == 1


@pytest.mark.parametrize("word", [Resolution.DONE_BY_HAND, Resolution.NO_REFUND])
def test_of_a_refund_that_moved_in_part_nothing_is_asked_for_again(play: Play, word: Resolution) -> None:
    world = play.world
    order = two_places(play)
    world.payments.part = Decimal("5.00")
    world.ask(lines={"L1": 2})
    world.settle()
    item = world.the_exception
    assert (item.cause, item.owner) == (Cause.MONEY_PARTLY_MOVED, Team.FINANCE)
    assert "5.00 of 20.00 EUR" in world.case.exceptions[item.exception_id].opened.fact.detail
    for never in (Resolution.RETRY, Resolution.REFUND_APPROVED):
        with pytest.raises(InvalidInput):
            world.answer_all(never, approved_by="ben")
    assert [x.detail for x in world.done("payments.refund")] == ["5.00"] and not world.done("mail")
    (booked,) = world.ledger.book(MERCHANT, "shopify", order.ref)[0]
    assert (booked.state, dict(booked.move.lines)) == (MoveState.PARTLY, {"L1": 2})
    world.answer_all(word)
    assert settled(play) in ("by_hand", "no_refund_by_person") and len(world.done("payments.refund")) == 1


def test_lines_that_are_stopped_after_a_refund_that_moved_in_part_are_paid_by_themselves(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.payments.part = Decimal("5.00")
    world.ask(lines={"L1": 2})
    world.settle()
    world.answer_all(Resolution.NO_REFUND)
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert [x.detail for x in world.done("payments.refund")] == ["5.00", "10.00"]
    assert order.refunded_lines == {"L1": 2, "L2": 1}


@pytest.mark.parametrize("word", [Resolution.RETRY, Resolution.REFUND_APPROVED])
def test_a_refund_that_failed_and_moved_all_the_same_is_neither_paid_again_nor_taken_for_others(
    play: Play, word: Resolution
) -> None:
    world = play.world
    order = two_places(play)
    world.payments.fails = 1
    world.ask(lines={"L1": 2})
    world.settle()
    (key,) = world.case.moves
    by_amount(order, "5.00", key=key)
    order.refunded_lines["L1"] = 2
    world.answer_all(word, approved_by="ben")
    assert world.the_exception.cause == Cause.MONEY_REFUSED and settled(play) == ""
    assert not world.done("payments.refund") and not world.done("mail")


def under_way(order: Order, kind: TransactionKind = TransactionKind.CAPTURE, *, by_hand: bool = False) -> None:
    sale = Transaction("sale", kind, TransactionStatus.PENDING, order.total, order.currency, by_hand=by_hand)
    order.transactions.append(sale)


def test_cash_that_would_be_paid_on_delivery_is_not_waited_for(play: Play) -> None:
    world = play.world
    order = world.order()
    under_way(order, by_hand=True)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and not world.case.exceptions
    assert not world.done("payments.refund") and not world.done("payments.void")


def comes(order: Order) -> None:
    order.transactions[0] = replace(
        order.transactions[0], kind=TransactionKind.CAPTURE, status=TransactionStatus.SUCCESS
    )


@pytest.mark.parametrize("lines", [{}, {"L1": 2}])
@pytest.mark.parametrize("kind", [TransactionKind.CAPTURE, TransactionKind.AUTHORIZATION])
def test_a_payment_under_way_is_waited_for_and_paid_back_when_it_comes(
    play: Play, kind: TransactionKind, lines: dict[str, int]
) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    under_way(order, kind)
    play.machine.before["Payment action"] = lambda: world.schedule(100, lambda: comes(order))
    world.ask(lines=lines)
    world.settle()
    assert settled(play) == "refunded" and order.refunded_lines == (lines or {"L1": 2, "L2": 1})
    assert world.exceptions == []


def test_a_payment_that_stays_under_way_is_finances_and_nobody_is_told_that_nothing_was_taken(play: Play) -> None:
    world = play.world
    order = world.order()
    under_way(order)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_PENDING and settled(play) == "" and not world.done("mail")
    comes(order)
    world.answer_all(Resolution.RETRY)
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1


def test_a_pending_payment_that_was_let_go_of_since_is_not_waited_for(play: Play) -> None:
    world = play.world
    order = world.order()
    under_way(order)
    void = Transaction("v", TransactionKind.VOID, TransactionStatus.SUCCESS, order.total, order.currency, "sale")
    order.transactions.append(void)
    world.ask()
    world.settle()
    assert settled(play) == "voided" and world.exceptions == []


def test_a_leg_that_speaks_up_while_the_money_is_looked_at_is_not_settled_over(play: Play) -> None:
    world = play.world
    order = two_places(play)
    order.transactions.clear()
    real = world.payments.read

    def read(order_ref: str) -> PaymentSnapshot:
        snapshot = real(order_ref)
        world.payments.read = real  # type: ignore[method-assign]
        record(play, LegReopened("b", "it speaks up"))
        return snapshot

    def from_now() -> None:
        world.payments.read = read  # type: ignore[method-assign]

    play.machine.before["Payment action"] = from_now
    world.ask()
    world.settle()
    kinds = play.kinds()
    assert kinds.index("MoneySettled") > len(kinds) - kinds[::-1].index("LegSettled") - 1


@pytest.mark.parametrize("lines", [{}, {"L1": 2}])
def test_money_that_is_taken_while_the_money_is_looked_at_is_not_settled_over(
    play: Play, lines: dict[str, int]
) -> None:
    """The reading is from before the capture, and its message comes before the end: neither would tell anybody."""
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    authorised(order)
    real = world.payments.read

    def read(order_ref: str) -> PaymentSnapshot:
        snapshot = replace(real(order_ref), transactions=())
        world.payments.read = real  # type: ignore[method-assign]
        capture_authorised(order)
        now = world.clock.now()
        told = Signal(
            MERCHANT, CHANNEL, "shopify", "transactions", "evt", "1001", "", SignalKind.PAYMENT_SEEN, now, now
        )
        receive_signal(world.desk, replace(told, state="capture", reference="cap"))
        return snapshot

    def from_now() -> None:
        world.payments.read = read  # type: ignore[method-assign]

    play.machine.before["Payment action"] = from_now
    world.ask(lines=lines)
    world.settle()
    assert settled(play) == "refunded" and order.refunded_lines == (lines or {"L1": 2, "L2": 1})
    assert world.exceptions == []


def test_a_refund_that_another_run_asks_for_while_the_money_is_looked_at_is_waited_for(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    order = two_places(play)
    world.pick(order, PickState.SHIPPED, "b")
    world.payments.fails = 1
    world.ask()
    world.settle()
    world.payments.pending_for = 300
    quote, told = world.payments.quote, list[str]()

    def quoted(order_ref: str, lines: Quantities) -> RefundQuote:
        told.append("quote")
        if len(told) == 1:
            take_payment_action(world.desk, MERCHANT, world.case.case_id)
        return quote(order_ref, lines)

    monkeypatch.setattr(world.payments, "quote", quoted)
    world.answer(world.the_exception, Resolution.REFUND_APPROVED, approved_by="ben")
    world.later(60)
    assert len(told) > 1 and [m.pending for m in world.case.moves.values() if not m.failed] == [True]
    assert settled(play) == "" and not world.done("mail")
    world.settle()
    assert settled(play) == "refunded" and len(world.done("payments.refund")) == 1


def record(play: Play, fact: Event) -> None:
    step = Step()
    step.add(fact)
    play.world.desk.cases.record(MERCHANT, play.world.case.case_id, lambda _: step)


def faults(play: Play, *facts: Event, rule: str = "I3") -> list[str]:
    """What of the money the check finds wrong when these facts follow."""
    for fact in facts:
        record(play, fact)
    case = play.world.case
    subject = Subject(case, play.world.ledger.load(MERCHANT, case.case_id), (), play.world.clock.now())
    return check([subject], [], 0, [])[rule].violations


def test_the_check_sees_an_end_of_the_money_that_leaves_out_a_leg_or_a_part() -> None:
    play = Play()
    two_places(play)
    play.world.ask()
    play.world.settle()
    (key,) = play.world.case.moves
    assert faults(play) == []
    failed = MoneyFailed(key, "REFUND_PARTLY_FAILED", "")
    (part,) = faults(play, failed, MoneySettled("paid_back_by_others", "0", "EUR"))
    assert "a part of a refund" in part
    assert "a leg without an end" in " ".join(faults(play, LegReopened("b", "left"), MoneySettled("by_hand", "", "")))


def test_the_check_sees_a_refund_beside_one_of_others_that_nobody_approved() -> None:
    play = Play()
    two_places(play)
    play.world.ask(lines={"L2": 1})
    play.world.settle()
    (found,) = faults(play, MoneyRequested("k", "refund", "10.00", "EUR", "", {"L2": 1}, "10.00"))
    assert "nobody says for which lines" in found


def test_an_open_dispute_keeps_the_money_where_it_is(play: Play) -> None:
    world = play.world
    order = world.order(dispute=True)
    captured(order)
    world.ask()
    world.settle()
    assert (world.the_exception.cause, world.the_exception.tier) == (Cause.DISPUTE_OPEN, "P1")
    with pytest.raises(InvalidInput):
        world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.DISPUTE_OPEN and not world.done("payments.refund")
    world.answer_all(Resolution.DONE_BY_HAND)
    assert settled(play) == "by_hand" and play.outcome == Outcome.STOPPED


def test_shipped_lines_are_paid_back_only_when_two_people_say_so(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.pick(order, PickState.SHIPPED, "b")
    world.payments.fails = 1
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_FAILED and order.refunded_lines == {}
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert order.refunded_lines == {"L1": 2, "L2": 1} and len(world.done("payments.refund")) == 1
    assert play.outcome == Outcome.SHIPPED


def test_what_joins_after_an_approval_and_had_left_before_is_not_paid_back_with_it(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    world.pick(order, PickState.SHIPPED, "b")
    by_amount(order, "2.00")
    world.ask(lines={"L1": 2})
    world.settle()
    world.payments.pending_for = 300
    world.answer(world.the_exception, Resolution.REFUND_APPROVED, approved_by="ben")
    world.later(30)
    assert len(world.case.moves) == 1
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert order.refunded_lines == {"L1": 2} and len(world.done("payments.refund")) == 1
    assert world.case.shipped_lines == {"L2": 1} and settled(play) == "refunded"


def test_the_check_sees_money_for_what_joined_after_its_approval() -> None:
    play = Play()
    works = [Work("a", "north", {"L1": 1}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 1, "L2": 1}, works=works)
    captured(order)
    by_amount(order, "2.00")
    play.world.ask(lines={"L1": 1})
    play.world.settle()
    play.world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert faults(play, rule="I2") == []
    left = LinesAlreadyShipped({"L2": 1})
    (found,) = faults(play, left, MoneyRequested("k", "refund", "10.00", "EUR", "", {"L2": 1}), rule="I2")
    assert "more lines paid than proven" in found


def test_two_cancels_of_pieces_of_the_same_line_are_each_paid_back(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 3}, works=[Work("a", "north", {"L1": 1}), Work("b", "south", {"L1": 2})])
    captured(order)
    world.ask(lines={"L1": 1})
    world.settle()
    assert order.refunded_lines == {"L1": 1}
    world.ask(delivery="d-2", lines={"L1": 1})
    world.settle()
    assert order.refunded_lines == {"L1": 2} and len(world.cases) == 2
    assert sum(Decimal(x.detail) for x in world.done("payments.refund")) == 2 * order.price


def test_nothing_is_moved_where_the_channel_owns_the_money(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.partners.has_payments = False
    world.ask()
    world.settle()
    assert settled(play) == "order_system_pays" and not world.done("payments.refund")


def test_an_order_that_was_never_paid_needs_no_money(play: Play) -> None:
    play.world.order()
    play.world.ask()
    play.world.settle()
    assert settled(play) == "voided" and not play.world.done("payments.refund")


def test_free_lines_have_nothing_to_refund(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 1}), Work("b", "north", {"L2": 1})]
    captured(world.order(lines={"L1": 1, "L2": 1}, works=works, price=Decimal(0)), Decimal(5))
    world.ask(lines={"L2": 1})
    world.settle()
    assert settled(play) == "nothing_to_refund" and not world.done("payments.refund")


def test_a_quote_of_nothing_for_a_whole_order_that_was_paid_is_finances(play: Play) -> None:
    world = play.world
    captured(world.order(price=Decimal(0)), Decimal(5))
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_REFUSED and not world.done("payments.refund")
    world.answer_all(Resolution.NO_REFUND)
    assert play.outcome == Outcome.STOPPED


def test_no_money_moves_before_the_last_leg_is_proven(play: Play) -> None:
    world = play.world
    order = two_places(play)
    world.warehouses["south"].manner = Manner.SILENT
    world.ask()
    world.settle()
    assert world.case.legs["a"].outcome == Outcome.STOPPED and order.refunded_lines == {}
    world.answer_all(Resolution.IT_SHIPPED)
    assert order.refunded_lines == {"L1": 2} and play.outcome == Outcome.SHIPPED


@pytest.mark.parametrize("word", [Resolution.DONE_BY_HAND, Resolution.NO_REFUND])
def test_a_line_that_joins_after_a_persons_word_on_the_money_is_paid_back_alone(play: Play, word: Resolution) -> None:
    world, order = play.world, two_places(play)
    world.payments.fails = 1
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_FAILED
    play.machine.before["Close the loop"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(word)
    assert order.refunded_lines == {"L2": 1}
    assert [x.detail for x in world.done("payments.refund")] == ["10.00"]
    assert settled(play) == "refunded_in_part" and play.outcome == Outcome.STOPPED


def test_a_word_on_the_money_stands_when_the_same_goods_are_stopped_once_more(play: Play) -> None:
    world = play.world
    order = world.order()
    captured(order)
    world.payments.fails = 1
    world.ask()
    world.settle()
    world.answer_all(Resolution.DONE_BY_HAND)
    world.pick(order, PickState.SHIPPED)
    world.shipment(order, order.works[0])
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert settled(play) == "by_hand" and not world.done("payments.refund")


def test_a_pending_refund_that_a_person_saw_to_is_not_asked_for_again_when_a_line_joins(play: Play) -> None:
    world, order = play.world, two_places(play)
    world.payments.never = True
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_PENDING
    world.payments.never = False
    play.machine.before["Close the loop"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(Resolution.DONE_BY_HAND)
    assert order.refunded_lines == {"L2": 1} and len(world.done("payments.refund")) == 1
    assert play.outcome == Outcome.STOPPED
