"""While a person decides about a leg, NetSuite holds the order for the case's reason; at the end only what is blocked stays on hold, and what
other people hold is theirs."""

import pytest

from stopship.application.apply_stop_ship_rule import apply_stop_ship_rule
from stopship.application.ports import ErpUpdate, SalesOrder
from stopship.application.update_netsuite import update_netsuite
from stopship.domain.events import ErpHoldAnswered, ErpHoldRequested, ErpUpdated, ErpUpdateRequested
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Reason
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play

HOLDS = {Reason.STOCKOUT: "warehouse", Reason.ADDRESS: "address", Reason.FRAUD: "fraud"}


def ask(play: Play, reason: Reason = Reason.STOCKOUT, manner: Manner = Manner.SILENT) -> Order:
    """An order whose warehouse says nothing, so that a person is asked."""
    order = play.world.order()
    captured(order)
    play.world.warehouses["north"].manner = manner
    play.world.ask(reason=reason, evidence=("risk-1",))
    play.world.settle()
    return order


def held(play: Play) -> set[str]:
    return play.world.erp.holds.get("1001", set())


def levels(play: Play) -> list[str]:
    recorded = play.world.ledger.load(MERCHANT, play.world.case.case_id)
    return [r.event.level for r in recorded if isinstance(r.event, ErpHoldAnswered)]


def last_update(play: Play) -> tuple[ErpUpdateRequested, ErpUpdated]:
    case = play.world.case
    assert case.erp_requested
    return case.erp_requested.fact, case.erp_updated[-1].fact


@pytest.mark.parametrize(("reason", "hold"), HOLDS.items())
def test_an_order_that_waits_for_a_person_is_held_for_its_reason(play: Play, reason: Reason, hold: str) -> None:
    ask(play, reason)
    assert play.world.the_exception.cause == Cause.SILENT_WAREHOUSE
    assert held(play) == {hold} and play.world.erp.fields["1001"] == {"case_id": play.world.case.case_id}
    kinds = play.kinds()
    assert kinds.index("StopShipSent") < kinds.index("ExceptionOpened") < kinds.index("ErpHoldRequested")
    assert play.world.case.erp_holds == {hold: True} and play.world.erp.closed == {"1001": set()}


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        (Resolution.THEY_STOPPED_IT, Outcome.STOPPED),
        (Resolution.IT_SHIPPED, Outcome.SHIPPED),
        (Resolution.LET_IT_SHIP, Outcome.SHIPPED),
        (Resolution.SAVED, Outcome.SAVED),
        (Resolution.WITHDRAWN, Outcome.WITHDRAWN),
    ],
)
def test_the_hold_ends_with_the_question_whatever_became_of_the_order(
    play: Play, word: Resolution, outcome: Outcome
) -> None:
    order = ask(play)
    if outcome is Outcome.SHIPPED:
        play.world.pick(order, PickState.SHIPPED)
    play.world.answer_all(word)
    assert play.outcome == outcome and held(play) == set() and play.world.case.erp_holds == {}
    asked, done = last_update(play)
    assert (asked.hold, asked.release) == ("", ["warehouse"]) and (done.hold, done.released) == ("", ["warehouse"])
    assert play.done.count("erp.hold") == play.done.count("erp.release") == 1


def test_what_is_blocked_stays_on_hold(play: Play) -> None:
    ask(play, Reason.FRAUD)
    play.world.answer_all(Resolution.THEY_STOPPED_IT)
    assert play.outcome == Outcome.BLOCKED and held(play) == {"fraud"}
    asked, done = last_update(play)
    assert (asked.hold, asked.release, done.hold) == ("fraud", [], "fraud")
    assert play.done.count("erp.hold") == 1 and "erp.release" not in play.done


def test_a_block_that_proves_to_have_left_is_held_no_more(play: Play) -> None:
    order = ask(play, Reason.FRAUD, Manner.PROMPT)
    assert play.outcome == Outcome.BLOCKED and held(play) == {"fraud"}
    play.world.pick(order, PickState.SHIPPED, tell=True)
    play.world.settle()
    assert play.world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    play.world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and held(play) == set()


def test_a_hold_that_other_people_have_set_is_theirs(play: Play) -> None:
    play.world.erp.holds["1001"] = {"warehouse", "address"}
    ask(play)
    assert levels(play) == ["by_others"] and play.world.case.erp_holds == {}
    play.world.answer_all(Resolution.WITHDRAWN)
    assert held(play) == {"warehouse", "address"} and "erp.release" not in play.done


def test_a_block_on_a_hold_of_others_does_not_make_it_the_desks(play: Play) -> None:
    play.world.erp.holds["1001"] = {"fraud"}
    order = ask(play, Reason.FRAUD, Manner.PROMPT)
    play.world.pick(order, PickState.SHIPPED, tell=True)
    play.world.settle()
    play.world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and held(play) == {"fraud"}


def test_an_untroubled_case_is_never_held(play: Play) -> None:
    ask(play, manner=Manner.PROMPT)
    assert play.outcome == Outcome.STOPPED and "erp.hold" not in play.done
    assert play.world.faults.calls.count("erp.read_sales_order") == 1


def test_a_reason_without_a_hold_asks_netsuite_nothing(play: Play) -> None:
    ask(play, Reason.CUSTOMER_REQUEST)
    assert play.world.exceptions and not [x for x in play.world.faults.calls if x.startswith("erp.")]


def test_a_merchant_without_an_erp_holds_nothing(play: Play) -> None:
    play.world.partners.has_erp = False
    ask(play)
    assert play.world.exceptions and levels(play) == []


@pytest.mark.parametrize("trouble", [Trouble.REFUSE, Trouble.BUSY, Trouble.DOWN, Trouble.BROKEN])
@pytest.mark.parametrize("call", ["erp.read_sales_order", "erp.update"])
def test_whatever_is_the_matter_with_netsuite_the_question_is_asked(play: Play, call: str, trouble: Trouble) -> None:
    play.world.faults.on(call, trouble)
    ask(play)
    item = play.world.the_exception
    assert item.cause == Cause.SILENT_WAREHOUSE and item.owner and item.deadline
    assert held(play) == set() and "erp.hold" not in play.done
    assert levels(play) == ["in_doubt" if (call, trouble) == ("erp.update", Trouble.BROKEN) else "not_held"]
    play.world.answer_all(Resolution.WITHDRAWN)
    assert play.outcome == Outcome.WITHDRAWN and held(play) == set()


def test_a_sales_order_that_is_not_there_keeps_nobody_from_being_asked(play: Play) -> None:
    play.world.erp.known = False
    ask(play)
    assert play.world.the_exception.cause == Cause.SILENT_WAREHOUSE and levels(play) == ["not_held"]


def test_a_hold_that_was_missed_is_set_with_the_next_question(play: Play) -> None:
    play.world.faults.on("erp.update", Trouble.DOWN)
    ask(play)
    assert held(play) == set()
    play.world.answer_all(Resolution.RETRY)
    assert play.world.exceptions and held(play) == {"warehouse"} and levels(play) == ["not_held", "held"]


@pytest.mark.parametrize("word", [Resolution.WITHDRAWN, Resolution.RETRY])
def test_a_hold_whose_answer_was_lost_is_the_desks_to_let_go_of(play: Play, word: Resolution) -> None:
    play.world.faults.on("erp.update", Trouble.IN_DOUBT)
    ask(play)
    assert held(play) == {"warehouse"} and play.world.case.erp_holds == {"warehouse": False}
    play.world.answer_all(word)
    if word is Resolution.RETRY:
        assert play.kinds().count("ErpHoldRequested") == 1 and play.world.case.erp_holds == {"warehouse": True}
        play.world.answer_all(Resolution.WITHDRAWN)
    assert play.outcome == Outcome.WITHDRAWN and held(play) == set() and play.done.count("erp.hold") == 1


def test_a_process_that_dies_over_the_hold_holds_once(play: Play) -> None:
    play.world.faults.crash_before = {"erp.update"}
    ask(play)
    assert play.world.case.erp_holds == {"warehouse": False} and "erp.hold" not in play.done
    play.world.sweep()
    play.world.settle()
    assert len(play.world.exceptions) == 1 and play.done.count("erp.hold") == 1
    assert play.kinds().count("ErpHoldRequested") == 1 and levels(play) == ["held"]


def test_two_legs_that_wait_share_one_hold(play: Play) -> None:
    world = play.world
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    captured(world.order(lines={"L1": 2, "L2": 1}, works=works))
    for warehouse in world.warehouses.values():
        warehouse.manner = Manner.SILENT
    world.ask(reason=Reason.STOCKOUT)
    world.settle()
    assert len(world.exceptions) == 2 and play.done.count("erp.hold") == 1
    world.answer(next(x for x in world.exceptions if x.leg_id == "a"), Resolution.WITHDRAWN)
    world.settle()
    assert held(play) == {"warehouse"}
    world.answer_all(Resolution.WITHDRAWN)
    assert play.outcome == Outcome.WITHDRAWN and held(play) == set()


def test_an_answer_while_netsuite_is_read_leaves_no_hold_behind(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    world = play.world
    read = world.erp.read_sales_order

    def read_and_answer(order_ref: str) -> SalesOrder | None:
        found = read(order_ref)
        for item in world.exceptions:
            world.answer(item, Resolution.WITHDRAWN)
        return found

    monkeypatch.setattr(world.erp, "read_sales_order", read_and_answer)
    ask(play)
    assert play.outcome == Outcome.WITHDRAWN and "erp.hold" not in play.done
    assert "ErpHoldRequested" not in play.kinds()


def test_a_hold_that_comes_after_the_end_is_let_go_of_at_once(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person answers, and step 6 has written, before the hold's own call gets there."""
    world = play.world
    update = world.erp.update

    def update_late(order: SalesOrder, wanted: ErpUpdate) -> SalesOrder:
        if wanted.hold:
            (item,), case_id = world.exceptions, world.case.case_id
            world.answer(item, Resolution.WITHDRAWN)
            apply_stop_ship_rule(world.desk, MERCHANT, case_id, item.leg_id)
            assert update_netsuite(world.desk, MERCHANT, case_id) == {"next": "go"}
        return update(order, wanted)

    monkeypatch.setattr(world.erp, "update", update_late)
    ask(play)
    assert play.outcome == Outcome.WITHDRAWN and held(play) == set()
    assert play.done.count("erp.hold") == play.done.count("erp.release") == 1
    assert world.case.erp_holds == {} and levels(play) == ["released"]


def test_whoever_writes_by_hand_is_told_of_the_hold(play: Play) -> None:
    ask(play)
    play.world.faults.on("erp.update", Trouble.REFUSE)
    play.world.answer_all(Resolution.WITHDRAWN)
    (state,) = play.world.case.open_exceptions
    assert state.opened.fact.cause == Cause.ERP_REFUSED
    assert state.opened.fact.detail.endswith("the desk holds it there: warehouse")
    assert held(play) == {"warehouse"}
    play.world.answer_all(Resolution.RETRY)
    assert play.outcome == Outcome.WITHDRAWN and held(play) == set()


def test_an_intent_is_recorded_under_one_key_and_names_the_sales_order(play: Play) -> None:
    ask(play)
    recorded = play.world.ledger.load(MERCHANT, play.world.case.case_id)
    (intent,) = [r for r in recorded if isinstance(r.event, ErpHoldRequested)]
    assert intent.event == ErpHoldRequested("netsuite", "1001", "warehouse", 1)
    assert intent.key.startswith(f"{play.world.case.case_id}:") and intent.key.endswith(":1")
