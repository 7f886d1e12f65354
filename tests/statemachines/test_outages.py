"""A partner is down: its cases become exceptions of one outage, and go on by themselves when it is back."""

import json

from stopship.application.project_ledger import project
from stopship.domain.case import Case
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, Tier
from stopship.domain.resolution import Resolution
from tests.fakes.partners import captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play

FOR_EVER = 10_000


def down(play: Play, call: str) -> None:
    play.world.faults.on(call, Trouble.DOWN, FOR_EVER)


def ask(play: Play, *refs: str, **more: object) -> None:
    for ref in refs:
        captured(play.world.order(ref, **more))  # type: ignore[arg-type]
        play.world.ask(ref, f"d-{ref}")


def outages(play: Play) -> list[tuple[str, str, bool]]:
    return [(x.partner, x.traffic.banner, bool(x.traffic.outage)) for x in play.world.traffic.outages(MERCHANT)]


def calls_of(play: Play, call: str) -> int:
    return play.world.faults.calls.count(call)


def back(play: Play, call: str, minutes: int = 3) -> None:
    """The partner answers again, and the sweep runs every minute, as it does."""
    play.world.faults.clear(call)
    for _ in range(minutes):
        play.world.later(60)
        play.world.sweep()


def ended(case: Case) -> str:
    return case.closed.fact.outcome if case.closed else ""


def test_cases_of_a_partner_that_is_down_are_exceptions_of_one_outage(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1", "2", "3")
    play.world.settle()
    ((partner, outage, is_down),) = outages(play)
    assert (partner, is_down) == ("netsuite", True)
    assert [x.cause for x in play.world.exceptions] == [Cause.PARTNER_UNAVAILABLE] * 3
    facts = [x.opened.fact.evidence for case in play.world.cases for x in case.open_exceptions]
    assert facts == [{"step": "erp", "partner": "netsuite", "outage": outage}] * 3
    back(play, "erp.read_sales_order")
    assert [ended(c) for c in play.world.cases] == [Outcome.STOPPED] * 3


def test_while_it_is_known_to_be_down_nobody_calls_it_but_whoever_looks(play: Play) -> None:
    play.world.govern()
    down(play, "north.read_pick_state")
    ask(play, "1")
    play.world.settle()
    before = calls_of(play, "north.read_pick_state")
    ask(play, "2", "3", "4")
    play.world.settle()
    assert len(play.world.exceptions) == 4
    assert calls_of(play, "north.read_pick_state") == before
    assert not play.world.done("north.stop")
    back(play, "north.read_pick_state")
    assert [ended(c) for c in play.world.cases] == [Outcome.STOPPED] * 4


def test_they_go_on_without_a_person_and_the_audit_trail_says_why(play: Play) -> None:
    play.world.govern()
    down(play, "north.stop_ship")
    ask(play, "1", "2")
    play.world.settle()
    first, item = sorted(play.world.exceptions, key=lambda x: x.opened_at)
    ((_, outage, _),) = outages(play)
    back(play, "north.stop_ship")
    looked, case = play.world.case_of(first.order_ref), play.world.case_of(item.order_ref)
    assert ended(looked) == ended(case) == Outcome.STOPPED and play.world.exceptions == []
    resolved = case.exceptions[item.exception_id].resolved
    facts = play.world.ledger.load(MERCHANT, case.case_id)
    evidence = next(r for r in facts if type(r.event).__name__ == "PartnerReturned")
    assert evidence.event.data()["outage"] == outage and evidence.event.data()["partner"] == "north"
    assert resolved and (resolved.fact.resolution, resolved.fact.by) == ("evidence", f"evidence:{evidence.version}")
    assert play.done.count("north.stop") == play.done.count("payments.refund") == 2
    assert outages(play) == []


def test_time_alone_ends_nothing_while_the_partner_stays_away(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1", "2")
    play.world.settle()
    before = {x.exception_id for x in play.world.exceptions}
    back_in = calls_of(play, "erp.read_sales_order")
    for _ in range(30):
        play.world.later(60)
        play.world.sweep()
    assert {x.exception_id for x in play.world.exceptions} == before
    looked = calls_of(play, "erp.read_sales_order") - back_in
    assert 10 <= looked <= 30, "one looks about every minute or two, not every case each time"
    assert not play.world.done("erp.update")
    back(play, "erp.read_sales_order")
    assert play.done.count("payments.refund") == 2


def test_the_most_urgent_goes_first_and_not_all_go_at_once(play: Play) -> None:
    from stopship.application.follow_outages import AT_ONCE

    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, *(str(n) for n in range(100, 100 + AT_ONCE + 4)))
    ask(play, "900", vip=True)
    play.world.settle()
    (vip,) = play.world.ledger.exceptions(MERCHANT, tier=Tier.P1).items
    play.world.faults.clear("erp.read_sales_order")
    play.world.later(60)
    play.world.sweep()
    play.world.later(60)
    swept = play.world.sweep()
    assert swept and swept.released == AT_ONCE
    assert vip.exception_id not in {x.exception_id for x in play.world.exceptions}
    assert len(play.world.exceptions) == 5
    assert [(partner, is_down) for partner, _, is_down in outages(play)] == [("netsuite", False)]
    play.world.sweep()
    assert play.world.exceptions == [] and outages(play) == []


def test_a_moments_trouble_is_no_outage(play: Play) -> None:
    """Four failures in a row keep everybody off for a moment; the next call finds the partner there."""
    play.world.govern()
    play.world.faults.on("erp.read_sales_order", Trouble.DOWN, 4)
    ask(play, "1")
    play.world.settle()
    assert ended(play.world.case) == Outcome.STOPPED and not play.world.case.exceptions and outages(play) == []


def test_a_person_who_knows_that_it_is_back_is_believed_at_once(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1")
    play.world.settle()
    play.world.faults.clear("erp.read_sales_order")
    play.world.answer_all(Resolution.RETRY)
    assert ended(play.world.case) == Outcome.STOPPED
    play.world.sweep()
    assert outages(play) == []


def test_a_person_who_is_wrong_about_it_gets_the_exception_again(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1")
    play.world.settle()
    play.world.answer_all(Resolution.RETRY)
    assert play.world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and len(outages(play)) == 1
    back(play, "erp.read_sales_order")
    assert ended(play.world.case) == Outcome.STOPPED


def test_whoever_was_sent_to_look_may_die_and_another_is_sent(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1", "2")
    play.world.settle()
    play.world.faults.clear("erp.read_sales_order")
    play.world.faults.crash_before = {"erp.read_sales_order"}
    play.world.later(60)
    play.world.sweep()
    assert len(play.world.exceptions) == 2 and not play.world.done("erp.update")
    for _ in range(5):
        play.world.later(60)
        play.world.sweep()
    assert [ended(c) for c in play.world.cases] == [Outcome.STOPPED] * 2
    assert play.done.count("erp.update") == 2 and outages(play) == []


def test_a_sweep_that_dies_while_it_lets_cases_go_lets_the_rest_go_the_next_time(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1", "2", "3")
    play.world.settle()
    play.world.faults.clear("erp.read_sales_order")
    play.world.later(60)
    play.world.sweep()
    play.world.faults.crash([play.world.faults.points + 3])
    play.world.later(60)
    assert play.world.sweep() is None
    for _ in range(2):
        play.world.later(60)
        play.world.sweep()
    assert [ended(c) for c in play.world.cases] == [Outcome.STOPPED] * 3
    assert play.done.count("payments.refund") == 3 and outages(play) == []


def test_another_merchants_partner_of_the_same_name_is_another_partner(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1")
    play.world.settle()
    assert [x.merchant for x in play.world.traffic.outages()] == [MERCHANT]
    assert play.world.traffic.load("zeta", "netsuite")[1] == 0
    back(play, "erp.read_sales_order")


def test_an_exception_that_waits_for_a_partner_is_counted_and_not_queued_one_by_one() -> None:
    fact = {"tier": "P2", "exception_id": "x", "evidence": {"step": "erp", "partner": "netsuite", "outage": "outage-a"}}
    item = {"sk": "E#1", "merchant": "acme", "case_id": "c", "type": "ExceptionOpened", "data": json.dumps(fact)}
    projected = project(item, "dev")
    assert projected.queued == [] and [x.name for x in projected.metrics] == ["ExceptionsOpened"]


def test_one_number_tells_the_alarm_however_many_cases_wait(play: Play) -> None:
    play.world.govern()
    down(play, "erp.read_sales_order")
    ask(play, "1", "2", "3")
    play.world.settle()
    swept = play.world.sweep()
    assert swept and [(x.name, dict(x.dimensions), x.value) for x in swept.down] == [
        ("PartnersDown", {"merchant": MERCHANT}, 1)
    ]
    assert play.world.traffic.load(MERCHANT, "netsuite")[0].waiting == 3
    back(play, "erp.read_sales_order")
    again = play.world.sweep()
    assert again and list(again.down) == []


def test_a_partner_that_answers_and_fails_at_one_thing_alone_is_not_down(play: Play) -> None:
    """Its reads are answered: waiting for its return would be waiting for ever, so that a person looks."""
    play.world.govern()
    play.world.faults.on("payments.move", Trouble.DOWN, 4)
    ask(play, "1")
    for tenth in range(400):
        play.world.schedule(tenth / 10, lambda: play.world.desk.partners.order_system(MERCHANT, "shopify").contact("1"))
    play.world.settle()
    assert play.world.the_exception.cause == Cause.PARTNER_UNAVAILABLE and outages(play) == []
    for _ in range(3):
        play.world.later(60)
        play.world.sweep()
    assert play.world.the_exception and not play.world.done("payments.refund")
    play.world.answer_all(Resolution.RETRY)
    assert ended(play.world.case) == Outcome.STOPPED and play.done.count("payments.refund") == 1


def test_a_leg_that_waits_for_its_warehouse_is_ended_by_its_word_all_the_same(play: Play) -> None:
    world = play.world
    world.govern()
    down(play, "north.stop_ship")
    ask(play, "1")
    world.settle()
    order = world.orders["1"]
    world.pick(order, PickState.SHIPPED, tell=True)
    world.settle()
    assert ended(world.case) == Outcome.SHIPPED and world.exceptions == [] and not world.done("payments.refund")
