"""What is submitted and worked on elsewhere: the partner's word that it is through ends the wait, and nothing depends on that word."""

from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from tests.fakes.partners import captured
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play

WAIT = "Await word of the partner"


def submitted(play: Play, seconds: float) -> str:
    """A case whose cancel is at the order system, and the reference under which it is there."""
    world = play.world
    captured(world.order())
    world.store.announces, world.store.confirms_after = True, seconds
    world.ask()
    world.later(30)
    found = world.case.cancel_submitted
    assert found is not None and play.states()[-1] == WAIT
    return found.fact.reference


def waited(play: Play) -> float:
    """Seconds from the submission to the cancel."""
    (effect,) = play.world.done("store.cancel")
    case = play.world.case
    assert case.cancel_submitted
    return play.world.seconds_until(effect.at) - play.world.seconds_until(case.cancel_submitted.at)


def test_the_partners_word_ends_the_wait_at_once(play: Play) -> None:
    reference = submitted(play, 20)
    play.world.announce(reference)
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and waited(play) < 35
    assert play.kinds().count("SubmissionEnded") == 1 and play.states().count(WAIT) == 1


def test_without_the_word_it_is_looked_at_when_the_time_is_up(play: Play) -> None:
    submitted(play, 100)
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and 100 < waited(play) < 200
    assert "SubmissionEnded" not in play.kinds() and play.states().count(WAIT) == 2


def test_a_word_that_comes_while_nobody_waits_is_found_by_the_next_wait(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.store.announces, world.store.confirms_after = True, 3

    def early() -> None:
        found = world.case.cancel_submitted
        assert found
        world.schedule(3, lambda: None)
        world.announce(found.fact.reference)

    play.machine.before[WAIT] = early
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and play.kinds().count("SubmissionEnded") == 1


def test_a_word_before_the_submission_is_recorded_is_nobodys_and_polling_finds_the_end(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.store.announces, world.store.confirms_after = True, 20
    world.announce("feed-of-nobody")
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and "SubmissionEnded" not in play.kinds()


def test_the_word_twice_and_after_the_end_changes_nothing(play: Play) -> None:
    reference = submitted(play, 5)
    for delivery in ("one", "one", "two"):
        play.world.announce(reference, delivery)
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and play.kinds().count("SubmissionEnded") == 1
    before = list(play.done)
    play.world.announce(reference, "three")
    play.world.announce(reference, "one")
    play.world.settle()
    assert play.done == before and play.outcome == Outcome.STOPPED
    assert play.kinds().count("EchoIgnored") == 2


def test_a_word_that_is_not_true_yet_leads_to_polling_not_to_circles(play: Play) -> None:
    """The feed is said to be done, and the order does not show it for another while."""
    reference = submitted(play, 170)
    play.world.announce(reference)
    play.world.settle()
    assert play.outcome == Outcome.STOPPED and 170 < waited(play) < 260
    assert play.states().count(WAIT) == 1 and play.states().count("Look again later") == 3


def test_a_word_on_a_submission_that_never_succeeds_leaves_it_to_a_person(play: Play) -> None:
    reference = submitted(play, 10**7)
    play.world.announce(reference)
    play.world.settle()
    assert play.world.the_exception.cause == Cause.ORDER_CANCEL_UNCONFIRMED
    assert not {"store.cancel", "payments.refund", "mail"} & set(play.done)


def test_a_wait_that_cannot_be_prepared_is_polled(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.store.announces, world.store.confirms_after = True, 5
    play.machine.faults = [(WAIT, "ValueError")]
    world.ask()
    world.settle()
    assert play.outcome == Outcome.STOPPED and play.machine.faults == []
    assert "Look again later" in play.states()


def test_a_process_that_dies_between_the_word_and_the_waking_is_made_good_by_the_repeat(play: Play) -> None:
    reference = submitted(play, 5)
    world = play.world
    (door,) = [x for x in world.ledger.doors(MERCHANT, world.case.case_id) if x.purpose == "wake"]
    wake, woken = play.machine.wake, list[str]()
    play.machine.wake = lambda token, output: bool(woken.append(token)) or (len(woken) > 1 and wake(token, output))  # type: ignore[method-assign]
    world.announce(reference)
    world.announce(reference)
    assert woken == [door.token] * 2
    world.settle()
    assert play.outcome == Outcome.STOPPED and waited(play) < 35


def test_the_door_of_a_submission_takes_no_acknowledgement(play: Play) -> None:
    submitted(play, 20)
    (door,) = [x for x in play.world.ledger.doors(MERCHANT, play.world.case.case_id) if x.subject.startswith("feed-")]
    assert door.purpose == "wake" and door.state == "open"
    play.world.settle()


def test_a_refund_whose_end_is_told_is_looked_at_then(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.payments.announces, world.payments.pending_for, world.payments.expected = True, 3000, 48 * 3600
    world.ask()
    world.later(20)
    (move,) = world.case.moves.values()
    assert move.moved and play.states()[-1] == WAIT
    world.later(3000)
    world.announce(move.moved.fact.reference)
    world.settle()
    assert play.outcome == Outcome.STOPPED and world.seconds < 3100
    assert len(world.done("payments.refund")) == 1
