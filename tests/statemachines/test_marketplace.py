"""A marketplace is told only what the case can show, and a seller sees what a cancel does to his rate before it is sent."""

from collections.abc import Sequence

import pytest

from stopship.application.ports import Append, MoveAnswer, OrderPlaced, Recorded
from stopship.application.take_payment_action import take_payment_action
from stopship.application.view_case import view_case
from stopship.domain.errors import InvalidInput
from stopship.domain.market import PACKER_NOT_TOLD, SellerCancel
from stopship.domain.money import MoneyMove, RefundQuote
from stopship.domain.order import PickState, Quantities
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play

OPS = {"reason": Reason.STOCKOUT, "requester": Requester.OPS, "source": "ops"}
TODAY = "2026-03-02"


@pytest.fixture
def amazon(play: Play) -> Play:
    play.world.channel = "amazon"
    play.world.partners.has_payments = False
    play.world.order()
    return play


def policy(play: Play, **changes: str) -> None:
    play.world.policies.override = "\n".join(
        ['version = "t"', "[amazon]", *(f'{k} = "{v}"' for k, v in changes.items())]
    )


def seen(play: Play, orders: int, cancels: int = 0, day: str = TODAY) -> None:
    ledger = play.world.ledger
    for number in range(orders):
        ledger.add_market_order(MERCHANT, OrderPlaced("amazon", f"{day}-{number}", day, PACKER_NOT_TOLD))
    for number in range(cancels):
        ledger.note_seller_cancel(MERCHANT, SellerCancel("amazon", f"c-{number}", f"case-{number}", day, ("sku-L1",)))


def untold(play: Play) -> bool:
    return play.world.store.told == [] and not play.world.done("store.cancel")


# ---------------------------------------------------------------------------------------------- the reason


def test_the_buyers_own_request_is_told_as_such_and_does_not_count(amazon: Play) -> None:
    world = amazon.world
    seen(amazon, 10)
    world.ask(official=True)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and world.store.told == [("BuyerCanceled", True)]
    fact = world.case.weighed[-1].fact
    assert (fact.excluded, fact.percent, fact.above) == ("official_buyer_request", "0.00", False)
    assert world.ledger.seller_cancels(MERCHANT, "amazon", TODAY) == []


def test_our_own_stockout_is_told_as_such_and_counts_once(amazon: Play) -> None:
    world = amazon.world
    seen(amazon, 100)
    world.ask(**OPS)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and world.store.told == [("NoInventory", False)]
    (counted,) = world.ledger.seller_cancels(MERCHANT, "amazon", TODAY)
    assert (counted.order_ref, counted.skus, counted.state) == ("1001", ("sku-L1",), "sent")


@pytest.mark.parametrize(
    "wish",
    [{"source": "helpdesk"}, {"reason": Reason.STOCKOUT, "requester": Requester.CUSTOMER}],
)
def test_what_the_case_cannot_show_is_not_told_but_asked(amazon: Play, wish: dict[str, object]) -> None:
    world = amazon.world
    world.ask(**wish)
    world.settle()
    assert world.the_exception.cause == Cause.CANCEL_REASON_UNBACKED and untold(amazon)
    world.answer_all(Resolution.RETRY)
    assert world.the_exception.cause == Cause.CANCEL_REASON_UNBACKED and untold(amazon)
    world.answer_all(Resolution.DONE_BY_HAND)
    assert amazon.outcome == Outcome.STOPPED and untold(amazon)


def test_the_buyers_official_request_ends_the_question_and_the_cancel_goes_out(amazon: Play) -> None:
    world = amazon.world
    world.ask(source="helpdesk")
    world.settle()
    assert world.the_exception.cause == Cause.CANCEL_REASON_UNBACKED
    world.ask(delivery="official", source="amazon", official=True)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and world.store.told == [("BuyerCanceled", True)]
    (state,) = world.case.exceptions.values()
    assert state.resolved and state.resolved.fact.by.startswith("evidence:")


def test_an_official_request_for_less_does_not_back_the_whole(amazon: Play) -> None:
    world = amazon.world
    world.ask(source="helpdesk")
    world.settle()
    world.ask(delivery="official", source="amazon", official=True, lines={"L1": 1})
    world.settle()
    assert world.the_exception.cause == Cause.CANCEL_REASON_UNBACKED and untold(amazon)


def test_a_policy_may_name_a_neutral_word_which_counts(amazon: Play) -> None:
    world = amazon.world
    policy(amazon, neutral_reason="GeneralAdjustment")
    world.ask(source="helpdesk")
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and world.store.told == [("GeneralAdjustment", False)]
    assert len(world.ledger.seller_cancels(MERCHANT, "amazon", TODAY)) == 1


def test_a_store_of_ones_own_is_not_weighed(play: Play) -> None:
    play.world.order()
    play.world.ask()
    play.world.settle()
    assert play.world.case.weighed == [] and play.world.store.told == [("CUSTOMER", False)]


# ---------------------------------------------------------------------------------------------- the rate


def test_above_the_limit_a_policy_may_ask_with_the_numbers_before_anything_is_sent(amazon: Play) -> None:
    world = amazon.world
    policy(amazon, above_limit="ask")
    seen(amazon, 100, cancels=2)
    world.ask(**OPS)
    world.settle()
    assert world.the_exception.cause == Cause.CANCEL_RATE_HIGH and untold(amazon)
    (state,) = world.case.exceptions.values()
    detail = state.opened.fact.detail
    assert "2 cancels of 100 orders" in detail and "3.00 %" in detail and "limit 2.5 %" in detail
    assert "sku-L1" in detail
    assert len(world.ledger.seller_cancels(MERCHANT, "amazon", TODAY)) == 2
    world.answer_all(Resolution.RETRY)
    assert amazon.outcome == Outcome.STOPPED and len(world.store.told) == 1
    assert len(world.ledger.seller_cancels(MERCHANT, "amazon", TODAY)) == 3


def test_above_the_limit_the_default_warns_and_shows_it(amazon: Play) -> None:
    world = amazon.world
    seen(amazon, 100, cancels=2)
    world.ask(**OPS)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED
    view = view_case(MERCHANT, world.case.case_id, world.ledger.load(MERCHANT, world.case.case_id))
    report = view["cancel_report"]
    assert (report["percent"], report["above"], report["reason"]) == ("3.00", True, "NoInventory")
    assert report["repeated_skus"] == ["sku-L1"] and "3.00 %" in report["summary"]


def test_below_the_limit_nobody_is_asked(amazon: Play) -> None:
    policy(amazon, above_limit="ask")
    seen(amazon, 100, cancels=1)
    amazon.world.ask(**OPS)
    amazon.world.settle()
    assert amazon.outcome == Outcome.STOPPED and not amazon.world.case.exceptions


def test_many_cancels_at_once_count_against_each_other(amazon: Play) -> None:
    """The same article is missing in four orders: the third of them would lead above the limit."""
    world = amazon.world
    policy(amazon, above_limit="ask")
    seen(amazon, 80)
    for ref in ("2001", "2002", "2003", "2004"):
        world.order(ref)
        world.ask(ref, f"d-{ref}", **OPS)
    world.settle()
    assert len(world.store.told) == 2
    assert [x.cause for x in world.exceptions] == [Cause.CANCEL_RATE_HIGH] * 2


def test_a_cancel_that_was_refused_no_longer_counts(amazon: Play) -> None:
    world = amazon.world
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.ask(**OPS)
    world.settle()
    assert world.the_exception.cause == Cause.ORDER_CANCEL_REFUSED
    assert [x.state for x in world.ledger.seller_cancels(MERCHANT, "amazon", TODAY)] == ["refused"]
    world.answer_all(Resolution.RETRY)
    assert amazon.outcome == Outcome.STOPPED
    assert [x.state for x in world.ledger.seller_cancels(MERCHANT, "amazon", TODAY)] == ["sent"]


def test_a_call_that_is_tried_again_counts_once(amazon: Play) -> None:
    world = amazon.world
    world.faults.on("store.cancel", Trouble.IN_DOUBT, times=2)
    world.ask(**OPS)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED
    assert len(world.ledger.seller_cancels(MERCHANT, "amazon", TODAY)) == 1
    assert len(world.case.weighed) == 1


# ---------------------------------------------------------------------------------------------- the buyer


def statuses(play: Play) -> dict[str, str]:
    return {name.split(":")[0]: x.fact.status for name, x in play.world.case.messages.items()}


def test_the_buyer_hears_the_outcome_through_the_marketplace_once(amazon: Play) -> None:
    world = amazon.world
    world.ask(official=True)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and not world.done("mail")
    (told,) = world.done("buyer.message")
    assert "is cancelled" in told.detail and statuses(amazon) == {"outcome_stopped": "sent"}


def test_a_message_that_is_not_allowed_is_a_recorded_skip_and_closes_the_case(amazon: Play) -> None:
    world = amazon.world
    world.buyers.answer = "skipped:not_allowed"
    world.ask(official=True)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and statuses(amazon) == {"outcome_stopped": "skipped:not_allowed"}


def test_a_message_in_doubt_is_not_sent_again_but_asked_about(amazon: Play) -> None:
    world = amazon.world
    world.faults.on("buyers.send", Trouble.IN_DOUBT)
    world.ask(official=True)
    world.settle()
    assert world.the_exception.cause == Cause.MESSAGE_FAILED and len(world.done("buyer.message")) == 1
    world.answer_all(Resolution.DONE_BY_HAND)
    assert amazon.outcome == Outcome.STOPPED and len(world.done("buyer.message")) == 1
    assert statuses(amazon) == {"outcome_stopped": "skipped:by_hand"}


def test_a_person_may_have_a_message_in_doubt_sent_once_more(amazon: Play) -> None:
    world = amazon.world
    world.faults.on("buyers.send", Trouble.IN_DOUBT)
    world.ask(official=True)
    world.settle()
    world.answer_all(Resolution.RETRY)
    assert amazon.outcome == Outcome.STOPPED and len(world.done("buyer.message")) == 2
    assert statuses(amazon) == {"outcome_stopped": "sent"}


def test_a_message_that_certainly_did_not_go_out_is_sent_by_the_next_try(amazon: Play) -> None:
    world = amazon.world
    world.faults.on("buyers.send", Trouble.DOWN)
    world.ask(official=True)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and len(world.done("buyer.message")) == 1
    assert amazon.kinds().count("MessageNotSent") == 1 and not world.case.exceptions


def test_a_refused_message_is_a_recorded_skip(amazon: Play) -> None:
    world = amazon.world
    world.faults.on("buyers.send", Trouble.REFUSE)
    world.ask(official=True)
    world.settle()
    assert amazon.outcome == Outcome.STOPPED and statuses(amazon)["outcome_stopped"].startswith("skipped:")


def test_a_wish_by_message_is_answered_with_the_way_to_the_official_button(amazon: Play) -> None:
    world = amazon.world
    world.ask(source="helpdesk")
    world.settle()
    (asked,) = world.done("buyer.message")
    assert "Request cancellation" in asked.detail
    (state,) = world.case.exceptions.values()
    assert "official request: sent" in state.opened.fact.detail and untold(amazon)
    world.answer_all(Resolution.RETRY)
    assert len(world.done("buyer.message")) == 1 and untold(amazon)


@pytest.mark.parametrize("trouble", [Trouble.IN_DOUBT, Trouble.DOWN, Trouble.REFUSE])
def test_whatever_keeps_the_question_from_the_buyer_it_is_asked_once_and_a_person_knows(
    amazon: Play, trouble: Trouble
) -> None:
    world = amazon.world
    world.faults.on("buyers.send", trouble)
    world.ask(source="helpdesk")
    world.settle()
    assert world.the_exception.cause == Cause.CANCEL_REASON_UNBACKED
    world.answer_all(Resolution.RETRY)
    assert len(world.done("buyer.message")) == (0 if trouble is Trouble.REFUSE else 1)
    assert untold(amazon)


def test_a_stockout_that_the_case_cannot_show_asks_the_buyer_nothing(amazon: Play) -> None:
    amazon.world.ask(reason=Reason.STOCKOUT, requester=Requester.CUSTOMER)
    amazon.world.settle()
    assert not amazon.world.done("buyer.message")


# ---------------------------------------------------------------------------------------------- money


def shipped(play: Play, **settings: str) -> None:
    """An order that had left when it was asked for, at a merchant whose policy has people asked."""
    world = play.world
    policy(play, **{"shipped_refund": "ask", **settings})
    order = world.orders["1001"]
    captured(order)
    world.pick(order, PickState.DELIVERED)
    world.ask(official=True)
    world.settle()


def money(play: Play) -> str:
    settled = play.world.case.money_settled
    return settled.fact.why if settled else ""


def test_by_default_nobody_moves_money_on_a_marketplace(amazon: Play) -> None:
    shipped(amazon, shipped_refund="never")
    assert amazon.outcome == Outcome.SHIPPED and money(amazon) == "order_system_pays"
    assert not amazon.world.done("payments.refund") and not amazon.world.case.exceptions


def test_what_shipped_is_a_persons_question_where_the_policy_says_so(amazon: Play) -> None:
    shipped(amazon)
    item = amazon.world.the_exception
    assert (item.cause, item.tier) == (Cause.SHIPPED_REFUND_REQUESTED, "P1")
    assert not amazon.world.done("payments.refund") and not amazon.world.done("buyer.message")
    amazon.world.answer_all(Resolution.NO_REFUND)
    assert amazon.outcome == Outcome.SHIPPED and money(amazon) == "no_refund_by_person"
    assert not amazon.world.done("payments.refund")


def test_two_people_have_it_paid_back_once_and_line_by_line(play: Play) -> None:
    world = play.world
    world.channel, world.partners.has_payments = "amazon", False
    order = world.order(lines={"L1": 2, "L2": 1})
    policy(play, shipped_refund="ask")
    captured(order)
    world.pick(order, PickState.DELIVERED)
    world.ask(official=True)
    world.settle()
    with pytest.raises(InvalidInput):
        world.answer(world.the_exception, Resolution.REFUND_APPROVED)
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert money(play) == "refunded" and order.refunded_lines == {"L1": 2, "L2": 1}
    assert len(world.done("payments.refund")) == 2 and len(world.case.moves) == 2


def test_what_was_stopped_is_never_paid_back_even_when_it_is_approved(play: Play) -> None:
    world = play.world
    world.channel, world.partners.has_payments = "amazon", False
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 2, "L2": 1}, works=works)
    policy(play, shipped_refund="ask")
    captured(order)
    world.pick(order, PickState.SHIPPED, "b")
    world.ask(official=True)
    world.settle()
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert order.refunded_lines == {"L2": 1} and order.cancelled_lines == {"L1": 2}


def test_a_refund_that_takes_two_days_is_waited_for_and_asked_about_after_that(amazon: Play) -> None:
    world = amazon.world
    world.payments.pending_for, world.payments.expected = 40 * 3600, 54 * 3600
    shipped(amazon)
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert money(amazon) == "refunded" and len(world.done("payments.refund")) == 1
    assert [x.opened.fact.cause for x in world.case.exceptions.values()] == [Cause.SHIPPED_REFUND_REQUESTED]


def test_a_refund_that_never_shows_is_finances_and_stays_approved_for_the_retry(amazon: Play) -> None:
    world = amazon.world
    world.payments.never, world.payments.expected = True, 54 * 3600
    shipped(amazon)
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert world.the_exception.cause == Cause.MONEY_PENDING and not world.done("payments.refund")
    world.payments.never = False
    world.answer_all(Resolution.RETRY)
    assert money(amazon) == "refunded" and len(world.done("payments.refund")) == 1


def test_what_others_have_paid_back_is_not_paid_again(amazon: Play) -> None:
    shipped(amazon)
    order = amazon.world.orders["1001"]
    order.refunded_lines = {"L1": 2}
    amazon.world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert money(amazon) == "paid_back_by_others" and not amazon.world.done("payments.refund")


def two_shipped(play: Play) -> Order:
    """Two lines that had left when the first of them was asked for."""
    world = play.world
    world.channel, world.partners.has_payments = "amazon", False
    works = [Work("a", "north", {"L1": 1}), Work("b", "south", {"L2": 1})]
    order = world.order(lines={"L1": 1, "L2": 1}, works=works)
    policy(play, shipped_refund="ask")
    captured(order)
    world.pick(order, PickState.DELIVERED, "a")
    world.pick(order, PickState.DELIVERED, "b")
    world.ask(official=True, lines={"L1": 1})
    world.settle()
    return order


def test_what_joins_after_an_approval_is_asked_about_by_itself(play: Play) -> None:
    world, order = play.world, two_shipped(play)
    world.payments.pending_for, world.payments.expected = 40 * 3600, 54 * 3600
    world.answer(world.the_exception, Resolution.REFUND_APPROVED, approved_by="ben")
    world.later(600)
    assert len(world.case.moves) == 1 and not world.exceptions
    world.ask(delivery="d-2", official=True, lines={"L2": 1})
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_REFUND_REQUESTED and order.refunded_lines == {"L1": 1}
    world.answer_all(Resolution.NO_REFUND)
    assert money(play) == "no_refund_by_person" and order.refunded_lines == {"L1": 1}


def test_what_joins_after_an_approval_is_paid_back_when_it_is_approved_too(play: Play) -> None:
    world, order = play.world, two_shipped(play)
    world.payments.pending_for, world.payments.expected = 3600, 54 * 3600
    world.answer(world.the_exception, Resolution.REFUND_APPROVED, approved_by="ben")
    world.later(600)
    world.ask(delivery="d-2", official=True, lines={"L2": 1})
    world.settle()
    assert order.refunded_lines == {"L1": 1}
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert money(play) == "refunded" and order.refunded_lines == {"L1": 1, "L2": 1}


def test_a_word_on_a_refund_that_failed_is_not_about_what_joined_since_it_was_approved(play: Play) -> None:
    world, order = play.world, two_shipped(play)
    world.payments.pending_for, world.payments.expected, world.payments.fails = 3600, 54 * 3600, 1
    world.answer(world.the_exception, Resolution.REFUND_APPROVED, approved_by="ben")
    world.later(600)
    world.ask(delivery="d-2", official=True, lines={"L2": 1})
    world.settle()
    assert world.the_exception.cause == Cause.MONEY_FAILED
    world.answer_all(Resolution.DONE_BY_HAND)
    assert world.the_exception.cause == Cause.SHIPPED_REFUND_REQUESTED and order.refunded_lines == {}
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert order.refunded_lines == {"L2": 1} and len(world.done("payments.refund")) == 1


def test_what_joins_is_asked_about_also_where_others_have_paid_back_all_that_was_approved(play: Play) -> None:
    world, order = play.world, two_shipped(play)
    order.refunded_lines["L1"] = 1
    play.machine.before["Payment action"] = lambda: world.ask(delivery="d-2", official=True, lines={"L2": 1})
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert world.the_exception.cause == Cause.SHIPPED_REFUND_REQUESTED and not world.done("payments.refund")
    world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert money(play) == "paid_back_by_others" and order.refunded_lines == {"L1": 1, "L2": 1}
    assert [x.detail for x in world.done("payments.refund")] == ["10.00"]


@pytest.mark.parametrize("moment", ["quote", "RefundQuoted"])
def test_a_second_run_that_finds_the_intent_of_the_first_reads_back_and_asks_for_nothing(
    play: Play, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """A feed has no key that would make the second one harmless: whoever has not recorded the intent himself must say that he asks again."""
    told = two_runs(play, monkeypatch, moment)
    play.world.settle()
    assert told[:3] == ["the other run", "anew", "again"] and told.count("anew") == 1
    assert money(play) == "refunded" and len(play.world.done("payments.refund")) == 1
    assert [x.opened.fact.cause for x in play.world.case.exceptions.values()] == [Cause.SHIPPED_REFUND_REQUESTED]


def test_a_second_run_does_not_try_again_what_failed_for_the_first(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    play.world.payments.fails = 1
    told = two_runs(play, monkeypatch, "RefundQuoted", takes=0)
    play.world.settle()
    assert told == ["the other run", "anew"] and not play.world.done("payments.refund")
    assert play.world.the_exception.cause == Cause.MONEY_FAILED


def two_runs(play: Play, monkeypatch: pytest.MonkeyPatch, moment: str, takes: float = 3600) -> list[str]:
    """A refund is approved, and at that moment of the run that makes it another one does the same from its beginning to its end. What
    happens, and how the payment system is asked."""
    world = play.world
    two_shipped(play)
    world.payments.pending_for, world.payments.expected = takes, 54 * 3600
    append, quote, move, told = world.ledger.append, world.payments.quote, world.payments.move, list[str]()

    def reached(place: str) -> None:
        if place == moment and not told:
            told.append("the other run")
            take_payment_action(world.desk, MERCHANT, world.case.case_id)

    def appended(step: Append) -> Sequence[Recorded]:
        recorded = append(step)
        reached(type(step.events[0].event).__name__)
        return recorded

    def quoted(order_ref: str, lines: Quantities) -> RefundQuote:
        reached("quote")
        return quote(order_ref, lines)

    def moved(order_ref: str, asked: MoneyMove) -> MoveAnswer:
        told.append("again" if asked.asked_at else "anew")
        return move(order_ref, asked)

    monkeypatch.setattr(world.ledger, "append", appended)
    monkeypatch.setattr(world.payments, "quote", quoted)
    monkeypatch.setattr(world.payments, "move", moved)
    world.answer(world.the_exception, Resolution.REFUND_APPROVED, approved_by="ben")
    return told


def test_a_refused_quote_is_finances(amazon: Play) -> None:
    amazon.world.faults.on("payments.quote", Trouble.REFUSE)
    shipped(amazon)
    amazon.world.answer_all(Resolution.REFUND_APPROVED, approved_by="ben")
    assert amazon.world.the_exception.cause == Cause.MONEY_REFUSED and not amazon.world.done("payments.refund")
