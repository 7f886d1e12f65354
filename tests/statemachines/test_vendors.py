"""Orders of a drop shipper who has a mailbox and nothing else: one mail, and what becomes of it."""

from collections.abc import Mapping
from itertools import count
from types import SimpleNamespace

import pytest

from stopship.application.ports import Place
from stopship.domain.order import FulfillmentType, PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Team, Tier
from stopship.domain.resolution import Resolution
from stopship.handlers import answer_vendor_page
from tests.fakes.order_book import Work
from tests.fakes.partners import captured
from tests.fakes.trouble import Trouble
from tests.fakes.vendor import SECRET, Habit, Vendor
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play
from tests.unit.handlers.vendor_request import call


@pytest.fixture
def vendor(play: Play, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    """Order 1001 is with him, and what he opens is answered by the deployed page's own code."""
    return settle_in(play, monkeypatch)


def settle_in(play: Play, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    world = play.world
    connected = SimpleNamespace(connections=lambda _: {"vendor_answers": {"secrets": [SECRET]}})
    monkeypatch.setattr(answer_vendor_page, "desk", lambda: world.desk)
    monkeypatch.setattr(answer_vendor_page, "evidence", lambda: world.evidence)
    monkeypatch.setattr(answer_vendor_page, "merchants", lambda: connected)
    monkeypatch.setattr(answer_vendor_page, "SystemClock", lambda: world.clock)

    def browse(method: str, token: str, form: Mapping[str, str]) -> int:
        return int(call(method, token, form)["statusCode"])

    vendor = Vendor(world, browse)
    world.warehouses[vendor.name] = vendor  # type: ignore[assignment]
    world.partners.kinds[vendor.name] = "email_vendor"
    captured(world.order(works=[Work("fo-1001", vendor.name, {"L1": 2})]))
    return vendor


def ask(play: Play) -> None:
    play.world.ask()
    play.world.settle()


def no_money(play: Play) -> bool:
    return not {"store.cancel", "payments.refund", "payments.void", "mail"} & set(play.done)


def answers(play: Play) -> list[tuple[str, str, bool]]:
    attempts = play.world.case.legs["fo-1001"].attempts.values()
    return [(a.fact.level, a.fact.actor, a.fact.late) for attempt in attempts for a in attempt.answers]


def test_a_vendor_is_asked_at_once_by_one_mail_and_his_word_stops_the_order(play: Play, vendor: Vendor) -> None:
    ask(play)
    assert play.outcome == Outcome.STOPPED
    assert play.done.count("atelier.mail") == 1 and "ExceptionOpened" not in play.kinds()
    assert answers(play) == [("physically_stopped", "operator", False)]
    leg = play.world.case.legs["fo-1001"]
    assert leg.attempts[1].sent and leg.attempts[1].sent.fact.level == "sent"
    assert leg.settled and leg.settled.fact.proof["kind"] == "physically_stopped"


def test_the_mail_names_the_order_and_its_goods_and_nothing_of_the_customer(play: Play, vendor: Vendor) -> None:
    ask(play)
    (mail,) = vendor.mails
    assert mail.subject == "Please stop order #1001" and "2 x sku-L1" in mail.text
    assert set(mail.tokens) == {"stopped", "too_late", "partly"}
    assert play.world.orders["1001"].contact not in mail.text


def test_a_case_that_a_vendor_stops_takes_no_more_steps_than_any_other(play: Play, vendor: Vendor) -> None:
    ask(play)
    (run,) = play.machine.runs.values()
    assert run.transitions <= 20


def test_nothing_moves_until_somebody_answers(play: Play, vendor: Vendor) -> None:
    vendor.answers_after = 600
    play.world.ask()
    play.world.later(500)
    assert len(vendor.mails) == 1 and no_money(play)


def test_a_scanner_that_opens_every_link_stops_nothing_and_settles_nothing(play: Play, vendor: Vendor) -> None:
    vendor.scanned, vendor.habit = True, Habit.SILENT
    ask(play)
    assert answers(play) == [] and "CallbackRefused" not in play.kinds()
    assert play.world.the_exception.cause == Cause.SILENT_WAREHOUSE
    assert no_money(play)


def test_a_person_can_answer_after_a_scanner_has_opened_every_link(play: Play, vendor: Vendor) -> None:
    vendor.scanned = True
    ask(play)
    assert play.outcome == Outcome.STOPPED and vendor.statuses == [200]


def test_too_late_is_a_question_for_a_person_and_moves_no_money(play: Play, vendor: Vendor) -> None:
    vendor.habit = Habit.TOO_LATE
    ask(play)
    assert play.world.the_exception.cause == Cause.STOP_REJECTED and no_money(play)
    play.world.answer_all(Resolution.LET_IT_SHIP)
    assert play.outcome == Outcome.SHIPPED


def test_handed_to_a_carrier_ends_as_shipped_with_a_return(play: Play, vendor: Vendor) -> None:
    vendor.habit = Habit.CARRIER
    ask(play)
    assert play.outcome == Outcome.SHIPPED and not play.world.done("payments.refund")
    assert len(play.world.done("store.return")) == 1


def test_partly_names_the_lines_and_asks_a_person(play: Play, vendor: Vendor) -> None:
    vendor.habit = Habit.PARTLY
    ask(play)
    assert play.world.the_exception.cause == Cause.STOP_PARTIAL and no_money(play)
    (answer,) = play.world.case.legs["fo-1001"].attempts[1].answers
    assert answer.fact.stopped_lines == {"L1": 1}
    play.world.orders["1001"].works[0].keep()
    play.world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED


def test_a_vendor_who_does_not_answer_becomes_a_p2_exception(play: Play, vendor: Vendor) -> None:
    vendor.habit = Habit.SILENT
    ask(play)
    item = play.world.the_exception
    assert (item.cause, item.tier, item.owner) == (Cause.SILENT_WAREHOUSE, Tier.P2, Team.WAREHOUSE)
    assert item.next_action and no_money(play) and len(vendor.mails) == 1


def test_a_late_answer_is_on_record_as_late_and_ends_the_exception(play: Play, vendor: Vendor) -> None:
    vendor.answers_after = 1000
    ask(play)
    assert answers(play) == [("physically_stopped", "operator", True)]
    assert vendor.statuses == [410] and play.outcome == Outcome.STOPPED
    (state,) = play.world.case.exceptions.values()
    assert state.resolved and state.resolved.fact.by.startswith("evidence:")


def test_two_people_who_answer_differently_leave_one_answer_and_a_refusal(play: Play, vendor: Vendor) -> None:
    ask(play)
    assert vendor.answer(vendor.mails[0], Habit.TOO_LATE) == 409
    assert answers(play) == [("physically_stopped", "operator", False)]
    assert play.kinds()[-1] == "CallbackRefused" and play.outcome == Outcome.STOPPED


def test_a_retry_after_silence_is_another_mail_and_the_old_links_still_count(play: Play, vendor: Vendor) -> None:
    vendor.habit = Habit.SILENT
    ask(play)
    play.world.answer(play.world.the_exception, Resolution.RETRY)
    play.world.later(30)
    assert len(vendor.mails) == 2 and "had this message before" not in vendor.mails[1].text
    assert vendor.answer(vendor.mails[0], Habit.STOPPED) == 410
    play.world.settle()
    assert play.outcome == Outcome.STOPPED


def test_goods_that_leave_after_his_word_are_leakage(play: Play, vendor: Vendor) -> None:
    ask(play)
    world = play.world
    work = world.orders["1001"].works[0]
    work.kept.clear()
    work.taken_out.clear()
    work.state, work.left_at = PickState.SHIPPED, world.clock.now()
    world.shipment(world.orders["1001"], work)
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    work.keep()


def test_a_merchant_whose_people_ask_first_sends_no_mail(play: Play, vendor: Vendor) -> None:
    play.world.policies.override = 'unreadable_pick_state = "ask_person"\n'
    ask(play)
    assert play.world.the_exception.cause == Cause.PICK_STATE_UNKNOWN
    assert vendor.mails == [] and no_money(play)


def test_the_merchant_says_what_kind_of_place_it_is_and_the_leg_carries_it(
    play: Play, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {vendor.name: Place("email_vendor", FulfillmentType.DROP_SHIP)}
    monkeypatch.setattr(play.world.partners, "places", lambda _: places)
    ask(play)
    leg = play.world.case.legs["fo-1001"]
    assert (leg.plan.fulfillment_type, leg.plan.partner) == (FulfillmentType.DROP_SHIP, "email_vendor")


def test_an_order_that_was_cancelled_in_the_store_is_stopped_at_the_vendor_too(play: Play, vendor: Vendor) -> None:
    order = play.world.orders["1001"]
    order.cancelled, order.works[0].listed = True, False
    ask(play)
    assert "all-atelier" in play.world.case.legs
    assert play.done.count("atelier.mail") == 1


def test_a_vendor_is_not_bothered_about_an_order_that_never_was_his(play: Play, vendor: Vendor) -> None:
    order = play.world.orders["1001"]
    order.cancelled, order.works[0].listed, order.works[0].warehouse = True, False, "north"
    ask(play)
    assert play.outcome == Outcome.STOPPED and vendor.mails == []
    assert set(play.world.case.legs) == {"all-north"}


# ---------------------------------------------------------------------------------------------- sends that go wrong


def repeats(play: Play) -> list[bool]:
    """Of each repeat, whether the send before it was in doubt."""
    return [x.fact.in_doubt for x in play.world.case.legs["fo-1001"].attempts[1].repeats]


def test_a_mail_that_was_not_taken_goes_out_again_without_a_doubt(play: Play, vendor: Vendor) -> None:
    play.world.faults.on("atelier.stop_ship", Trouble.DOWN, 2)
    ask(play)
    assert repeats(play) == [False, False] and len(vendor.mails) == 1
    assert "had this message before" not in vendor.mails[0].text
    assert play.outcome == Outcome.STOPPED


def test_a_send_in_doubt_is_recorded_and_the_same_links_go_out_once_more(play: Play, vendor: Vendor) -> None:
    play.world.faults.on("atelier.stop_ship", Trouble.IN_DOUBT)
    ask(play)
    first, second = vendor.mails
    assert repeats(play) == [True] and first.tokens == second.tokens
    assert "had this message before" in second.text and "had this message before" not in first.text
    assert play.outcome == Outcome.STOPPED
    assert [level for level, _, _ in answers(play)] == ["physically_stopped"]


def test_a_doubt_that_does_not_end_becomes_a_persons_and_no_more_mails_go_out(play: Play, vendor: Vendor) -> None:
    vendor.habit = Habit.SILENT
    play.world.faults.on("atelier.stop_ship", Trouble.IN_DOUBT, 9)
    ask(play)
    assert repeats(play) == [True, True] and len(vendor.mails) == 3
    assert play.world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and no_money(play)


def test_a_mail_that_is_refused_is_not_tried_again(play: Play, vendor: Vendor) -> None:
    play.world.faults.on("atelier.stop_ship", Trouble.REFUSE)
    ask(play)
    assert play.world.the_exception.cause == Cause.PARTNER_REFUSED
    assert vendor.mails == [] and no_money(play)


@pytest.mark.parametrize("kill", [True, False])
def test_wherever_the_process_dies_once_there_is_at_most_one_more_mail_and_one_answer(
    monkeypatch: pytest.MonkeyPatch, kill: bool
) -> None:
    """Dies at each point of the story in turn: with the whole execution, or with the function's process alone."""
    seen = set()
    for point in count(1):
        play = Play()
        vendor = settle_in(play, monkeypatch)
        play.machine.kill_on_crash = kill
        play.world.faults.crash([point])
        ask(play)
        for _ in range(3):
            play.world.later(60)
            play.world.sweep()
        if play.world.faults.points < point:
            break
        assert play.outcome == Outcome.STOPPED, point
        assert play.violations() == []
        assert [level for level, _, _ in answers(play)] == ["physically_stopped"]
        assert len(vendor.mails) == 1 or (len(vendor.mails) == 2 and repeats(play) == [True])
        assert len({tuple(mail.tokens.values()) for mail in vendor.mails}) == 1
        seen.add(len(vendor.mails))
    # With the execution gone, his answer is there before another one begins.
    assert seen == ({1} if kill else {1, 2})


def test_the_vendors_case_is_the_merchants_own(play: Play, vendor: Vendor) -> None:
    ask(play)
    assert {case.merchant for case in play.world.cases} == {MERCHANT}
