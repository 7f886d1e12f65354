"""What a payment system says of refunds afterwards, and what stands where it says nothing: a person's word."""

import pytest

from stopship.application.receive_signal import receive_signal
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.partners import captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play

REFUND = "re_1"


def tell(play: Play, key: str, failure: str, topic: str = "refund.failed") -> str:
    now = play.world.clock.now()
    told = Signal(
        MERCHANT,
        CHANNEL,
        "stripe",
        topic,
        f"evt-{topic}-{failure}",
        "1001",
        "",
        SignalKind.REFUND_SEEN,
        now,
        now,
        reference=REFUND,
        origin_key=key,
        failure=failure,
    )
    return receive_signal(play.world.desk, told)


def paid_back(play: Play) -> str:
    """A case that ended with a refund; gives the refund's key."""
    captured(play.world.order())
    play.world.ask()
    play.world.settle()
    (key,) = play.world.case_of("1001").moves
    return key


def test_a_refund_that_fails_after_the_case_is_closed_becomes_finances_once(play: Play) -> None:
    key = paid_back(play)
    before = list(play.done)
    for topic in ("refund.updated", "charge.refund.updated", "refund.failed"):
        tell(play, key, "insufficient_funds", topic)
        tell(play, key, "insufficient_funds", topic)
    play.world.settle()
    shown = play.world.the_exception
    assert (shown.cause, shown.owner, shown.state) == (Cause.MONEY_FAILED, Team.FINANCE, "open")
    assert play.done == before
    assert play.world.case_of("1001").closed is not None


@pytest.mark.parametrize(("key", "failure"), [("ours", ""), ("", "insufficient_funds"), ("money-of-another", "failed")])
def test_a_refund_that_stands_or_is_not_ours_disturbs_nobody(play: Play, key: str, failure: str) -> None:
    ours = paid_back(play)
    tell(play, ours if key == "ours" else key, failure)
    play.world.settle()
    assert play.world.exceptions == []
    assert play.outcome == Outcome.STOPPED


def test_a_persons_word_ends_it_although_the_payment_system_does_not_have_the_money(play: Play) -> None:
    world = play.world
    captured(world.order())
    play.machine.before["Payment action"] = lambda: world.faults.on("payments.read", Trouble.REFUSE, 2)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.PARTNER_REFUSED
    world.answer_all(Resolution.DONE_BY_HAND)
    assert world.case.money_settled is not None
    assert world.case.money_settled.fact.why == "by_hand"
    assert world.exceptions == []
    assert not world.done("payments.refund")


def test_a_step_that_failed_stays_its_owners_whatever_is_told_meanwhile(play: Play) -> None:
    """Each of these messages wakes whoever waits for the leg, and none says anything about it."""
    world = play.world
    captured(world.order())
    world.faults.on("north.stop_ship", Trouble.REFUSE, 50)
    world.ask()
    world.settle()
    first = world.the_exception
    assert first.cause == Cause.PARTNER_REFUSED
    escalated = 0
    for number in range(6):
        world.later(3000)
        tell(play, "", "", f"refund.created.{number}")
        world.settle()
        assert world.the_exception.exception_id == first.exception_id
        assert world.the_exception.escalations >= escalated
        escalated = world.the_exception.escalations
    assert escalated > 0
    assert play.kinds().count("ExceptionOpened") == 1 and "ExceptionResolved" not in play.kinds()
    assert not world.done("payments.refund")
