"""Wishes and messages as they really come: twice, on two channels, as our own echo, late, or after everything is over."""

from dataclasses import replace

from stopship.adapters.policy_file import load_default
from stopship.application.keep_unmatched import keep_unmatched
from stopship.application.open_case import receive_request
from stopship.application.receive_signal import receive_signal
from stopship.domain.events import HoldReleased
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.order_book import Work
from tests.fakes.partners import Manner, captured
from tests.fakes.world import CHANNEL, MERCHANT
from tests.statemachines.play import Play


def signal(play: Play, kind: SignalKind, *, leg_id: str = "", delivery: str = "s-1", origin_key: str = "") -> str:
    now = play.world.clock.now()
    told = Signal(MERCHANT, CHANNEL, "shopify", str(kind), delivery, "1001", leg_id, kind, now, now, reference="r-1")
    return receive_signal(play.world.desk, replace(told, origin_key=origin_key))


def test_the_same_wish_on_two_channels_is_one_case(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask()
    world.ask(delivery="t-7", source="portal", ticket_ref="T-7")
    world.settle()
    assert len(world.case.requests) == 2 and world.case.ticket_ref == "T-7"
    assert len(play.machine.runs) == 1
    assert play.done.count("north.stop") == play.done.count("payments.refund") == 1


def test_the_same_delivery_again_changes_nothing(play: Play) -> None:
    world = play.world
    captured(world.order())
    wish = world.wish()
    assert receive_request(world.desk, wish).how == "opened"
    assert receive_request(world.desk, wish).how == "repeated"
    world.settle()
    assert receive_request(world.desk, wish).how == "repeated"
    world.settle()
    assert len(world.case.requests) == 1 and play.done.count("payments.refund") == 1


def test_our_own_echo_is_ignored(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.ask()
    world.settle()
    before = list(play.done)
    echo = world.wish(delivery="echo-1", source="shopify:order_cancelled", requester=Requester.OPS)
    assert receive_request(world.desk, echo).how == "echo"
    (key,) = world.case.moves
    signal(play, SignalKind.REFUND_SEEN, origin_key=key)
    world.settle()
    assert play.kinds()[-2:] == ["EchoIgnored", "EchoIgnored"]
    assert play.done == before and len(world.cases) == 1 and play.outcome == Outcome.STOPPED


def test_an_echo_that_overtakes_the_answer_to_our_own_call_is_ignored_too(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.store.confirms_after = 90
    world.ask()
    world.later(30)
    echo = world.wish(delivery="echo-1", source="shopify:order_cancelled", requester=Requester.OPS)
    assert receive_request(world.desk, echo).how == "echo"
    world.settle()
    assert len(world.case.requests) == 1 and play.outcome == Outcome.STOPPED


def test_an_order_cancelled_in_the_store_by_a_person_is_a_wish(play: Play) -> None:
    world = play.world
    captured(world.order())
    wish = world.wish(source="shopify:order_cancelled", requester=Requester.OPS)
    assert receive_request(world.desk, wish).how == "opened"
    world.settle()
    assert play.outcome == Outcome.STOPPED and world.case.kind == "ops"


def test_a_second_wish_for_more_lines_widens_the_open_case(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.ask(lines={"L1": 2})
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert set(world.case.legs) == {"a", "b"} and play.outcome == Outcome.STOPPED
    assert order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_wish_that_comes_while_the_money_is_under_way_is_stopped_and_paid_too(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.payments.pending_for = 90
    world.ask(lines={"L1": 2})
    world.later(30)
    assert "MoneyMoved" in play.kinds()
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 2, "L2": 1}
    assert len(world.done("payments.refund")) == 2
    assert [x.detail for x in world.done("mail")] == ["outcome_stopped"]


def test_a_wish_that_comes_just_before_the_closing_keeps_the_case_open_for_it(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    play.machine.before["Close the loop"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.ask(lines={"L1": 2})
    world.settle()
    assert len(world.cases) == 1 and play.outcome == Outcome.STOPPED
    assert order.refunded_lines == {"L1": 2, "L2": 1}
    assert {"Is the case closed", "Stop every leg"} <= set(play.states())


def test_a_wish_while_netsuite_is_updated_goes_back_to_the_legs(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    play.machine.before["Update NetSuite"] = lambda: world.ask(delivery="d-2", lines={"L2": 1})
    world.ask(lines={"L1": 2})
    world.settle()
    assert order.refunded_lines == {"L1": 2, "L2": 1} and len(world.done("payments.refund")) == 1


def test_a_wish_for_lines_that_have_left_meanwhile_is_a_return(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)

    def too_late() -> None:
        order.shipped_lines["L2"], order.works[1].listed = 1, False
        world.ask(delivery="d-2", lines={"L2": 1})

    play.machine.before["Update NetSuite"] = too_late
    world.ask(lines={"L1": 2})
    world.settle()
    closed = world.case.closed
    assert closed and closed.fact.mixed and closed.fact.outcome == Outcome.SHIPPED
    assert order.refunded_lines == {"L1": 2} and world.done("store.return")[0].detail == {"L2": 1}


def test_a_wish_after_the_case_is_closed_opens_the_next_case_of_the_order(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})])
    captured(order)
    world.ask(lines={"L1": 2})
    world.settle()
    world.ask(delivery="d-2", lines={"L2": 1})
    world.settle()
    assert [c.closed.fact.outcome for c in world.cases if c.closed] == ["stopped", "stopped"]
    assert order.refunded_lines == {"L1": 2, "L2": 1}


def test_a_case_is_decided_by_the_policy_it_began_with(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.SILENT
    world.ask()
    world.policies.override = '[exceptions.silent_warehouse]\ntier = "P3"\nowner = "ops"\nnext_action = "Wait."\n'
    world.settle()
    assert world.the_exception.tier == "P2" and world.case.policy_hash == load_default().hash
    world.answer_all(Resolution.THEY_STOPPED_IT)
    world.order("1002")
    captured(world.orders["1002"])
    world.ask("1002", "d-2")
    world.settle()
    assert world.the_exception.tier == "P3"
    world.answer_all(Resolution.THEY_STOPPED_IT)


def test_somebody_else_who_releases_our_hold_is_noticed_and_it_is_placed_again(play: Play) -> None:
    world = play.world
    captured(world.order())
    world.warehouses["north"].manner = Manner.REJECT
    world.ask()
    world.settle()
    signal(play, SignalKind.HOLD_RELEASED, leg_id="fo-1001")
    assert any(isinstance(r.event, HoldReleased) for r in world.ledger.load(MERCHANT, world.case.case_id))
    assert play.done.count("store.hold") == 2 and "shopify" in world.case.legs["fo-1001"].holds
    world.warehouses["north"].manner = Manner.PROMPT
    world.answer_all(Resolution.RETRY)
    assert play.done.count("store.hold") == 2 and play.outcome == Outcome.STOPPED


def test_a_message_that_fits_nothing_is_kept_for_a_person_once(play: Play) -> None:
    world = play.world
    for _ in range(2):
        keep_unmatched(world.desk, MERCHANT, "shopify", "mystery", "m-1", "no such form", "sha")
    item = world.the_exception
    assert item.cause == Cause.UNMATCHED_MESSAGE
    world.answer_all(Resolution.DONE_BY_HAND)
    assert world.exceptions == [] and world.sweep() and not play.machine.runs


def test_a_payment_that_never_came_is_an_automatic_cancel(play: Play) -> None:
    world = play.world
    world.order()
    world.ask(reason=Reason.PAYMENT_TIMEOUT, requester=Requester.SYSTEM)
    world.settle()
    closed = world.case.closed
    assert closed and (world.case.kind, closed.fact.root_cause) == ("auto", "payment_not_completed")


def test_an_order_that_was_cancelled_elsewhere_is_stopped_at_every_warehouse_that_knows_it(play: Play) -> None:
    world = play.world
    order = world.order(cancelled=True, works=[Work("a", "south", {"L1": 2}, listed=False)])
    captured(order)
    world.ask()
    world.settle()
    assert order.works[0].stopped and not world.done("north.hold")
    assert list(world.case.legs) == ["all-south"] and play.outcome == Outcome.STOPPED


def test_open_lines_that_the_order_system_puts_nowhere_become_an_exception(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 1, "L2": 1}, works=[Work("a", "north", {"L1": 1})])
    captured(order)
    world.ask()
    world.settle()
    assert world.the_exception.cause == Cause.NO_WAREHOUSE
    assert world.case.legs["no-place"].plan.lines == {"L2": 1} and not world.done("payments.refund")
    world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.STOPPED and order.refunded_lines == {"L1": 1, "L2": 1}


def test_a_wish_that_grows_within_one_piece_of_work_stops_the_rest_of_it_too(play: Play) -> None:
    world = play.world
    order = world.order(lines={"L1": 2, "L2": 1}, works=[Work("a", "north", {"L1": 2, "L2": 1})])
    captured(order)
    world.warehouses["north"].manner = Manner.CALLBACK
    world.ask(lines={"L1": 1})
    world.later(5)
    world.ask(delivery="d-2")
    world.settle()
    assert {leg_id: leg.plan.lines for leg_id, leg in world.case.legs.items()} == {
        "a": {"L1": 1},
        "a~2": {"L1": 1, "L2": 1},
    }
    assert order.works[0].stopped and play.outcome == Outcome.STOPPED
    assert order.refunded_lines == {"L1": 2, "L2": 1} and play.violations() == []
