"""A wish that came by ticket is answered there: once, by the outcome, and never in the way of the case's end."""

from typing import Any

import pytest

from stopship.application.ports import TicketMessage
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.request import Reason
from stopship.domain.resolution import Resolution
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.statemachines.play import Play


def by_ticket(play: Play, ticket: str = "77", delivery: str = "77-a", **more: Any) -> None:
    play.world.ask(delivery=delivery, source="zendesk", ticket_ref=ticket, **more)
    play.world.settle()


def answered(play: Play, ticket: str = "77") -> list[TicketMessage]:
    return [effect.detail for effect in play.world.done("ticket") if effect.subject == ticket]


@pytest.fixture
def ordered(play: Play) -> Play:
    captured(play.world.order())
    return play


def test_a_stopped_order_is_answered_on_its_ticket_after_the_customer_was_told(ordered: Play) -> None:
    by_ticket(ordered)
    (told,) = answered(ordered)
    assert told.tag == "stopship-stopped"
    assert "is cancelled" in told.reply and "on its way back" in told.reply
    assert ordered.world.case.case_id in told.note and "line L1: 2 stopped" in told.note
    assert ordered.done.index("mail") < ordered.done.index("ticket")
    assert ordered.kinds()[-3:] == ["TicketAnswerRequested", "TicketAnswered", "CaseClosed"]
    assert ordered.outcome == Outcome.STOPPED


def test_an_order_that_left_is_never_called_cancelled_on_its_ticket(ordered: Play) -> None:
    ordered.world.warehouses["north"].manner = Manner.SILENT
    by_ticket(ordered)
    assert answered(ordered) == []
    ordered.world.answer_all(Resolution.IT_SHIPPED)
    (told,) = answered(ordered)
    assert told.tag == "stopship-shipped" and "cancelled" not in told.reply


def test_a_fraud_block_is_tagged_as_blocked(ordered: Play) -> None:
    by_ticket(ordered, reason=Reason.FRAUD, evidence=("report-1",))
    (told,) = answered(ordered)
    assert told.tag == "stopship-blocked" and "will not be delivered" in told.reply


def test_a_wish_that_came_by_another_way_answers_no_ticket(ordered: Play) -> None:
    ordered.world.ask(source="ops", ticket_ref="OPS-12")
    ordered.world.settle()
    assert ordered.outcome == Outcome.STOPPED and ordered.world.done("ticket") == []


def test_every_ticket_that_joined_the_case_is_answered(ordered: Play) -> None:
    ordered.world.warehouses["north"].manner = Manner.SILENT
    by_ticket(ordered, "77")
    by_ticket(ordered, "78", "78-a")
    by_ticket(ordered, "77", "77-b")
    ordered.world.answer_all(Resolution.THEY_STOPPED_IT)
    assert len(ordered.world.cases) == 1
    assert len(answered(ordered, "77")) == len(answered(ordered, "78")) == 1


def test_a_help_desk_that_is_away_for_a_moment_is_met_by_trying_again(ordered: Play) -> None:
    ordered.world.faults.on("tickets.tell", Trouble.DOWN, times=2)
    by_ticket(ordered)
    assert ordered.outcome == Outcome.STOPPED and ordered.world.case.exceptions == {}
    assert ordered.kinds().count("TicketAnswerFailed") == 2 and len(answered(ordered)) == 1


def test_a_lost_answer_of_the_help_desk_tells_nothing_twice(ordered: Play) -> None:
    ordered.world.faults.on("tickets.tell", Trouble.IN_DOUBT, times=2)
    by_ticket(ordered)
    assert ordered.outcome == Outcome.STOPPED and len(answered(ordered)) == 1


@pytest.mark.parametrize(
    ("trouble", "times"), [(Trouble.DOWN, 3), (Trouble.REFUSE, 1), (Trouble.BROKEN, 1)], ids=["away", "refuses", "odd"]
)
def test_a_help_desk_that_cannot_be_told_becomes_a_p3_exception_and_the_case_ends_by_hand(
    ordered: Play, trouble: Trouble, times: int
) -> None:
    world = ordered.world
    world.faults.on("tickets.tell", trouble, times=times)
    by_ticket(ordered)
    item = world.the_exception
    assert (item.cause, item.tier, ordered.outcome) == (Cause.MESSAGE_FAILED, "P3", "")
    assert len(world.done("mail")) == 1 and answered(ordered) == []
    world.answer_all(Resolution.DONE_BY_HAND)
    assert ordered.outcome == Outcome.STOPPED and answered(ordered) == []
    assert len(world.done("mail")) == len(world.done("payments.refund")) == 1


def test_a_retry_tells_a_help_desk_that_is_back(ordered: Play) -> None:
    world = ordered.world
    world.faults.on("tickets.tell", Trouble.DOWN, times=4)
    by_ticket(ordered)
    assert world.the_exception.cause == Cause.MESSAGE_FAILED
    world.answer_all(Resolution.RETRY)
    assert ordered.outcome == Outcome.STOPPED and len(answered(ordered)) == 1
    assert ordered.kinds().count("TicketAnswerFailed") == 4 and len(world.case.exceptions) == 1


def test_a_word_about_the_mail_is_no_word_about_the_ticket(ordered: Play) -> None:
    ordered.world.faults.on("mail.send", Trouble.REFUSE)
    by_ticket(ordered)
    assert answered(ordered) == []
    ordered.world.answer_all(Resolution.DONE_BY_HAND)
    assert ordered.world.done("mail") == [] and len(answered(ordered)) == 1


def test_a_stop_that_shipped_after_all_is_told_on_the_ticket_and_by_mail_again(ordered: Play) -> None:
    """Also where the first end was told by hand: that word was about that end."""
    world = ordered.world
    order = world.orders["1001"]
    world.faults.on("tickets.tell", Trouble.REFUSE)
    by_ticket(ordered)
    world.answer_all(Resolution.DONE_BY_HAND)
    assert ordered.outcome == Outcome.STOPPED
    world.shipment(order, order.works[0], delivery="leak")
    world.settle()
    world.answer_all(Resolution.IT_SHIPPED)
    assert ordered.outcome == Outcome.SHIPPED
    assert [told.tag for told in answered(ordered)] == ["stopship-shipped"]
    assert len(world.done("mail")) == 2


def test_a_process_that_dies_anywhere_while_it_answers_tells_once(play: Play) -> None:
    world = play.world
    for number in range(1, 13):
        ref = f"30{number:02}"
        captured(world.order(ref))
        tickets, count = world.tickets, len(world.done("ticket"))
        by: dict[str, Any] = {"source": "zendesk", "ticket_ref": str(number)}
        play.machine.before["Close the loop"] = lambda n=number: world.faults.crash([world.faults.points + n])  # type: ignore[misc]
        world.ask(ref, f"d-{number}", **by)
        world.settle()
        world.sweep()
        closed = world.case_of(ref).closed
        assert closed and closed.fact.outcome == Outcome.STOPPED, number
        assert len(world.done("ticket")) == count + 1 == len(tickets.told)
