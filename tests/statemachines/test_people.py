"""Exceptions and the people who end them: every word re-enters at the right step, every deadline passes it on, none just ends."""

from collections.abc import Callable
from types import ModuleType

import pytest

from stopship.application import cancel_in_order_system, take_payment_action, update_netsuite
from stopship.application.answer_exception import Answer, answer_exception
from stopship.domain.case import Case
from stopship.domain.errors import AlreadyRecorded, InvalidInput, NotFound
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team, Tier
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT
from tests.statemachines.machine import REQUEST_ID
from tests.statemachines.play import Play

_A_MONTH = 2_592_000


def silent(play: Play, **more: object) -> Order:
    order = play.world.order()
    captured(order)
    play.world.warehouses["north"].manner = Manner.SILENT
    play.world.ask(**more)
    play.world.settle()
    return order


@pytest.mark.parametrize(
    ("word", "outcome", "refunds"),
    [
        (Resolution.THEY_STOPPED_IT, Outcome.STOPPED, 1),
        (Resolution.IT_SHIPPED, Outcome.SHIPPED, 0),
        (Resolution.LET_IT_SHIP, Outcome.SHIPPED, 0),
        (Resolution.SAVED, Outcome.SAVED, 0),
        (Resolution.WITHDRAWN, Outcome.WITHDRAWN, 0),
    ],
)
def test_a_persons_word_ends_the_leg_as_it_says(play: Play, word: Resolution, outcome: Outcome, refunds: int) -> None:
    silent(play)
    play.world.answer_all(word)
    assert play.outcome == outcome and len(play.world.done("payments.refund")) == refunds
    proof = play.world.case.legs["fo-1001"].settled
    assert proof and proof.fact.proof["kind"] == "human"


def test_a_retry_asks_the_warehouse_again_under_another_key(play: Play) -> None:
    silent(play)
    play.world.warehouses["north"].manner = Manner.PROMPT
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED
    assert set(play.world.case.legs["fo-1001"].attempts) == {1, 2}


def test_a_word_for_the_case_resumes_at_the_step_that_failed(play: Play) -> None:
    world = play.world
    captured(world.order())
    for call in ("store.read_order", "store.cancel", "erp.update", "payments.move", "mail.send"):
        world.faults.on(call, Trouble.BROKEN)
    world.ask()
    for step in ("normalize", "cancel", "erp", "payment", "close"):
        world.settle()
        (opened,) = [x.opened.fact for x in world.case.open_exceptions]
        assert opened.evidence == {"step": step}
        world.answer(world.the_exception, Resolution.RETRY)
    world.settle()
    assert play.outcome == Outcome.STOPPED
    assert play.done.count("payments.refund") == play.done.count("mail") == 1
    assert play.states().count("Resume at the step") == 5


def test_a_message_that_cannot_be_sent_keeps_the_case_open_until_somebody_told_the_customer(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("mail.send", Trouble.REFUSE)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MESSAGE_FAILED and play.outcome == ""
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED and not world.done("mail")


def test_a_mail_that_is_throttled_for_a_moment_is_sent_without_a_person(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("mail.send", Trouble.DOWN, times=2)
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and not world.case.exceptions
    assert len(world.done("mail")) == 1
    assert play.kinds().count("MessageRequested") == 1 + play.kinds().count("MessageNotSent") == 3


def test_a_mail_that_cannot_be_sent_again_and_again_is_told_by_a_person(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("mail.send", Trouble.DOWN, times=4)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MESSAGE_FAILED and play.outcome == ""
    assert play.kinds().count("MessageNotSent") == 3 and not world.done("mail")
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED and len(world.done("mail")) == 1


def test_a_mail_that_may_have_gone_out_is_not_sent_again_by_itself(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("mail.send", Trouble.IN_DOUBT)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.MESSAGE_FAILED and play.outcome == ""
    assert len(world.done("mail")) == 1 and "MessageNotSent" not in play.kinds()


@pytest.mark.parametrize("length", [1, 3000])
def test_the_text_of_an_error_that_nobody_foresaw_stays_out_of_the_chain(
    play: Play, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """It may quote what the function had in hand. People see its type, and where the log has the rest."""

    def fails(_: str) -> None:
        raise KeyError("Jane Doe, jane@example.com, 1 Main Street" * length)

    world = play.world
    captured(world.order())
    monkeypatch.setattr(world.erp, "read_sales_order", fails)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.UNEXPECTED_ERROR
    (opened,) = [x.opened.fact for x in world.case.open_exceptions]
    assert opened.detail == ("KeyError" if length > 1 else f"KeyError, in the log under {REQUEST_ID}")
    assert [r for r in world.ledger.load(MERCHANT, world.case.case_id) if "Jane" in repr(r)] == []
    monkeypatch.undo()
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_what_a_partner_says_is_shown_to_people(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("erp.read_sales_order", Trouble.REFUSE)
    world.ask()
    world.settle()
    (opened,) = [x.opened.fact for x in world.case.open_exceptions]
    assert opened.detail.startswith("PartnerRefused: ") and "erp: no: it will not" in opened.detail


def test_who_told_the_customer_by_hand_did_not_tell_what_was_stopped_after_that(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    captured(world.order(lines={"L1": 2, "L2": 1}, works=works))
    world.faults.on("mail.send", Trouble.REFUSE)
    world.ask(lines={"L1": 2})
    world.settle()
    assert world.the_exception.cause == Cause.MESSAGE_FAILED
    world.ask(delivery="d-2", lines={"L2": 1})
    world.answer_all(Resolution.DONE_BY_HAND)
    assert play.outcome == Outcome.STOPPED
    assert [x.detail for x in world.done("mail")] == ["outcome_stopped"]


def stretched(monkeypatch: pytest.MonkeyPatch, step: ModuleType, name: str, as_if: Callable[..., object]) -> Play:
    """A world in which a step takes a person's word for more than was asked: L1 is seen to by hand at each step, and then L2 joins."""
    monkeypatch.setattr(step, name, as_if)
    play = Play()
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    captured(world.order(lines={"L1": 2, "L2": 1}, works=works))
    world.faults.on("store.cancel", Trouble.REFUSE)
    world.faults.on("erp.update", Trouble.REFUSE)
    world.payments.fails = 1
    world.ask(lines={"L1": 2})
    world.settle()
    play.machine.before["Close the loop"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    for _ in range(3):
        world.answer_all(Resolution.DONE_BY_HAND)
    return play


def paid_by_hand(case: Case) -> take_payment_action.Settled | None:
    return take_payment_action.Settled("by_hand") if case.moves else None


@pytest.mark.parametrize(
    ("step", "name", "as_if", "seen"),
    [
        (
            cancel_in_order_system,
            "_done_by_hand",
            lambda x: x.stopped_lines if x.case_human else {},
            "nobody cancelled {'L2': 1}",
        ),
        (update_netsuite, "_all_by_hand", lambda x: bool(update_netsuite._by_hand(x)), "nobody closed {'L2': 1}"),
        (take_payment_action, "_by_person", lambda x, _: paid_by_hand(x), "nobody said how {'L2': 1}"),
    ],
)
def test_the_check_sees_a_word_that_is_taken_for_more_than_was_asked(
    monkeypatch: pytest.MonkeyPatch, step: ModuleType, name: str, as_if: Callable[..., object], seen: str
) -> None:
    assert any(seen in x for x in stretched(monkeypatch, step, name, as_if).violations())


def test_a_word_at_every_step_is_taken_for_what_was_asked_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    play = stretched(monkeypatch, take_payment_action, "STEP", take_payment_action.STEP)
    order = play.world.orders["1001"]
    assert play.violations() == [] and play.outcome == Outcome.STOPPED
    assert [x.detail for x in play.world.done("store.cancel")] == [{"L2": 1}]
    assert play.world.erp.closed == {"1001": {2}} and order.refunded_lines == {"L2": 1}


def test_a_passed_deadline_escalates_by_the_map_and_never_ends_the_exception(play: Play) -> None:
    silent(play)
    first = play.world.the_exception
    play.world.later(14_400 + 1)
    second = play.world.the_exception
    assert (first.owner, second.owner, second.escalations) == (Team.WAREHOUSE, Team.OPS, 1)
    assert second.deadline > first.deadline
    play.world.later(14_400 * 3)
    assert play.world.the_exception.escalations == 4 and play.outcome == ""
    play.world.answer_all(Resolution.IT_SHIPPED)
    assert play.world.exceptions == [] and play.outcome == Outcome.SHIPPED


def test_a_lost_timer_is_found_by_the_sweep(play: Play) -> None:
    play.world.timers.lost = True
    silent(play)
    play.world.later(14_400 + 1)
    assert play.world.the_exception.escalations == 0
    swept = play.world.sweep()
    assert swept and swept.escalated == 1 and play.world.the_exception.owner == Team.OPS
    play.world.answer_all(Resolution.IT_SHIPPED)


SELDOM_DUE = "[tier_seconds]\nP1 = 604680\nP2 = 604740\nP3 = 604800\n"
"""A month of deadlines every few hours is thousands of notices, of which these tests are not."""


def test_an_exception_outlives_the_wait_of_the_state_machine(play: Play) -> None:
    play.world.policies.override = SELDOM_DUE
    silent(play)
    before = play.world.the_exception.exception_id
    play.world.later(_A_MONTH + 10)
    assert play.world.the_exception.exception_id == before
    assert play.states().count("Leg waits for a person") == 2
    play.world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED


def test_an_exception_of_the_case_outlives_the_wait_too(play: Play) -> None:
    world = play.world
    world.policies.override = SELDOM_DUE
    captured(world.order())
    world.erp.known = False
    world.ask()
    world.settle()
    world.later(_A_MONTH + 10)
    assert world.the_exception.cause == Cause.ERP_REFUSED
    world.erp.known = True
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_two_people_who_answer_at_once_are_one_answer(play: Play) -> None:
    silent(play)
    item = play.world.the_exception
    play.world.answer(item, Resolution.IT_SHIPPED)
    with pytest.raises(AlreadyRecorded):
        play.world.answer(item, Resolution.THEY_STOPPED_IT)
    play.world.settle()
    assert play.outcome == Outcome.SHIPPED and not play.world.done("payments.refund")


@pytest.mark.parametrize("word", ["refund_approved", "no_refund", "nonsense", "done_by_hand"])
def test_a_word_that_makes_no_sense_for_the_cause_is_refused(play: Play, word: str) -> None:
    silent(play)
    item = play.world.the_exception
    with pytest.raises(InvalidInput):
        answer_exception(play.world.desk, MERCHANT, item.exception_id, Answer(word, "ann", approved_by="ben"))
    assert play.world.the_exception == item


@pytest.mark.parametrize("approver", ["", "ann"])
def test_a_refund_needs_a_second_person(play: Play, approver: str) -> None:
    world = play.world
    captured(world.order(dispute=True))
    world.ask()
    world.settle()
    item = world.the_exception
    with pytest.raises(InvalidInput):
        world.answer(item, Resolution.REFUND_APPROVED, approved_by=approver)
    assert world.the_exception == item and not world.done("payments.refund")


def test_another_merchant_cannot_answer(play: Play) -> None:
    silent(play)
    item = play.world.the_exception
    with pytest.raises(NotFound):
        answer_exception(play.world.desk, "other", item.exception_id, Answer("it_shipped", "eve"))
    assert play.world.the_exception == item


def test_a_wish_cannot_be_taken_back_for_goods_that_are_stopped(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.faults.on("store.cancel", Trouble.BROKEN)
    world.ask()
    world.settle()
    item = world.the_exception
    with pytest.raises(InvalidInput):
        world.answer(item, Resolution.WITHDRAWN)
    assert world.the_exception == item
    world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.STOPPED


def test_fraud_is_blocked_with_evidence_and_shows_who(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask(reason=Reason.FRAUD, requester=Requester.OPS, evidence=("risk-7781",), ticket_ref="T-1")
    world.settle()
    closed = world.case.closed
    assert closed and (closed.fact.outcome, closed.fact.root_cause) == (Outcome.BLOCKED, "ops_fraud")
    assert "risk-7781" in world.case.evidence and world.case.requests[0].fact.requester == "ops"
    assert world.erp.holds["1001"] == {"fraud"}
    assert world.done("mail")[0].detail == "outcome_blocked"


def test_a_block_without_evidence_waits_until_somebody_documents_it(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask(reason=Reason.FRAUD, requester=Requester.OPS)
    world.settle()
    item = world.the_exception
    assert (item.cause, item.tier, item.owner) == (Cause.FRAUD_WITHOUT_EVIDENCE, Tier.P1, Team.FRAUD)
    assert not world.done("store.cancel") and not world.done("payments.refund")
    world.ask(delivery="d-2", reason=Reason.FRAUD, requester=Requester.OPS, evidence=("chargeback-12",))
    world.settle()
    assert play.outcome == Outcome.BLOCKED and world.exceptions == []


def test_the_stores_own_assessment_documents_a_block(play: Play) -> None:
    world = play.world
    captured(world.order(risk="high"))
    world.ask(reason=Reason.FRAUD, requester=Requester.OPS)
    world.settle()
    assert play.outcome == Outcome.BLOCKED and world.exceptions == []


@pytest.mark.parametrize("more", [{"vip": True}, {"lines": {"L1": 50}}])
def test_a_vip_or_a_valuable_order_is_a_p1_whatever_the_cause(play: Play, more: dict[str, object]) -> None:
    world = play.world
    captured(world.order(**more))  # type: ignore[arg-type]
    world.warehouses["north"].believes["fo-1001"] = PickState.UNKNOWN
    world.ask()
    world.settle()
    assert world.the_exception.tier == Tier.P1
    world.answer_all(Resolution.IT_SHIPPED)
