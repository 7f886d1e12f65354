"""A vendor with a mailbox who says nothing: half of his time is gone, and he is reminded, once."""

import pytest

from stopship.application.remind_vendors import remind_vendors
from stopship.domain.errors import InvalidInput
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.reminder import MOST_TRIES
from stopship.domain.resolution import Resolution
from tests.fakes.trouble import Trouble
from tests.fakes.vendor import Habit, Vendor
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play
from tests.statemachines.test_vendors import settle_in

EARLY, HALF, LATE = 440, 460, 910
"""Seconds after the wish: he has 900 to answer."""


@pytest.fixture
def vendor(play: Play, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    """He has been asked, and is silent."""
    vendor = settle_in(play, monkeypatch)
    vendor.habit = Habit.SILENT
    play.world.ask()
    play.world.later(5)
    return vendor


def sweep_at(play: Play, seconds: float) -> None:
    """The sweep alone; what comes after it is not awaited."""
    play.world.later(seconds - play.world.seconds)
    swept = [remind_vendors(play.world.desk, case) for case in play.world.cases]
    assert len(swept) == 1
    play.world.later(2)


def reminders(play: Play) -> int:
    return sum(x.key == "stop_ship_reminder" for x in play.world.effects)


def test_when_half_of_his_time_is_gone_he_is_reminded_by_the_same_links(play: Play, vendor: Vendor) -> None:
    sweep_at(play, EARLY)
    assert len(vendor.mails) == 1
    sweep_at(play, HALF)
    first, second = vendor.mails
    assert (second.subject, second.tokens) == (f"Reminder: {first.subject}", first.tokens)
    assert "no answer from you yet" in second.text
    assert len(play.world.ledger.waiting(MERCHANT, play.world.case.case_id)) == 1


def test_it_is_the_minutes_sweep_that_reminds_and_it_calls_no_other_partner(play: Play, vendor: Vendor) -> None:
    play.world.later(HALF)
    calls = len(play.world.faults.calls)
    swept = play.world.sweep()
    assert swept is not None and (swept.reminded, swept.unreminded) == (1, 0)
    assert play.world.faults.calls[calls] == "atelier.stop_ship"


def test_however_often_the_sweep_comes_there_is_one_reminder(play: Play, vendor: Vendor) -> None:
    for seconds in range(HALF, LATE, 60):
        sweep_at(play, seconds)
    assert reminders(play) == 1
    assert play.kinds().count("StopReminderRequested") == play.kinds().count("StopReminderSent") == 1


def test_two_sweeps_that_have_read_the_same_case_send_one_reminder(play: Play, vendor: Vendor) -> None:
    play.world.later(HALF)
    both = [play.world.case, play.world.case]
    assert [remind_vendors(play.world.desk, case).sent for case in both] == [1, 0]
    assert reminders(play) == 1


def test_after_an_answer_there_is_no_reminder(play: Play, vendor: Vendor) -> None:
    vendor.answer(vendor.mails[0], Habit.TOO_LATE)
    sweep_at(play, HALF)
    assert reminders(play) == 0 and "StopReminderRequested" not in play.kinds()


def test_after_the_deadline_there_is_no_reminder_but_a_person(play: Play, vendor: Vendor) -> None:
    play.world.settle()
    sweep_at(play, max(LATE, play.world.seconds + 1))
    assert reminders(play) == 0
    assert play.world.the_exception.cause == Cause.SILENT_WAREHOUSE


def test_a_wish_that_was_taken_back_reminds_nobody(play: Play, vendor: Vendor) -> None:
    play.world.settle()
    play.world.answer_all(Resolution.WITHDRAWN)
    sweep_at(play, play.world.seconds + 1)
    assert reminders(play) == 0


def test_the_answer_to_a_reminder_stops_the_order_and_the_first_mails_links_are_used(
    play: Play, vendor: Vendor
) -> None:
    sweep_at(play, HALF)
    first, second = vendor.mails
    assert vendor.answer(second, Habit.STOPPED) == 200
    assert vendor.answer(first, Habit.STOPPED) == 409
    play.world.settle()
    assert play.outcome == Outcome.STOPPED
    assert play.violations() == []


def test_every_further_attempt_has_a_reminder_of_its_own(play: Play, vendor: Vendor) -> None:
    sweep_at(play, HALF)
    play.world.settle()
    play.world.answer(play.world.the_exception, Resolution.RETRY)
    play.world.later(HALF)
    sweep_at(play, play.world.seconds + 1)
    assert reminders(play) == 2
    assert vendor.mails[-1].tokens == vendor.mails[-2].tokens != vendor.mails[0].tokens


def test_a_sweep_that_dies_before_the_mail_leaves_an_intent_and_nobody_writes_twice(play: Play, vendor: Vendor) -> None:
    play.world.faults.crash_before.add("atelier.stop_ship")
    play.world.later(HALF)
    assert play.world.sweep() is None
    sweep_at(play, HALF + 60)
    assert reminders(play) == 0
    assert play.kinds().count("StopReminderRequested") == 1


def test_a_reminder_that_is_known_not_to_have_gone_out_is_tried_again(play: Play, vendor: Vendor) -> None:
    play.world.faults.on("atelier.stop_ship", Trouble.DOWN)
    sweep_at(play, HALF)
    assert reminders(play) == 0
    sweep_at(play, HALF + 60)
    sweep_at(play, HALF + 120)
    assert reminders(play) == 1
    assert play.kinds().count("StopReminderFailed") == 1


def test_but_not_for_ever(play: Play, vendor: Vendor) -> None:
    play.world.faults.on("atelier.stop_ship", Trouble.REFUSE, times=10)
    for n in range(6):
        sweep_at(play, HALF + n * 60)
    assert play.kinds().count("StopReminderRequested") == play.kinds().count("StopReminderFailed") == MOST_TRIES


def test_a_reminder_in_doubt_is_followed_by_none(play: Play, vendor: Vendor) -> None:
    play.world.faults.on("atelier.stop_ship", Trouble.IN_DOUBT)
    for seconds in range(HALF, LATE, 60):
        sweep_at(play, seconds)
    assert reminders(play) == 1
    assert "StopReminderSent" not in play.kinds()


@pytest.mark.parametrize(("share", "expected"), [("0", 0), ("0.1", 1)])
def test_the_policy_says_when_and_whether(
    play: Play, monkeypatch: pytest.MonkeyPatch, share: str, expected: int
) -> None:
    play.world.policies.override = f'version = "2"\nreminder_share = {share}\n'
    settle_in(play, monkeypatch).habit = Habit.SILENT
    play.world.ask()
    play.world.later(5)
    sweep_at(play, 120)
    sweep_at(play, HALF)
    assert reminders(play) == expected


def test_a_merchant_whose_vendors_are_set_up_wrongly_keeps_nobody_from_being_swept(
    play: Play, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_merchant: str) -> None:
        raise InvalidInput("mail.sender", "is missing")

    monkeypatch.setattr(play.world.partners, "warehouses", broken)
    play.world.later(HALF)
    swept = play.world.sweep()
    assert swept is not None and swept.open_cases == 1
    assert "mail.sender" in swept.broken[play.world.case.case_id]
    assert "StopReminderRequested" not in play.kinds()
