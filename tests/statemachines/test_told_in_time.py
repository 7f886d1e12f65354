"""What somebody is told holds at the moment when it is said: whatever comes in before that changes it, and not after it was said."""

from collections.abc import Callable
from typing import Any

import pytest

from stopship.application import close_loop
from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import captured
from tests.statemachines.play import Play


def leaving(order: Order, play: Play, work: str = "") -> Callable[[], None]:
    """Its goods leave, and the shop says so, the first time that this is called after the money was settled."""

    def leave() -> None:
        goods = order.work(work) if work else order.works[0]
        if goods and not goods.gone and play.world.case.money_settled:
            play.world.pick(order, PickState.SHIPPED, work, tell=True)

    return leave


def before(monkeypatch: pytest.MonkeyPatch, who: object, call: str, happens: Callable[[], None]) -> None:
    """``happens`` right before this call of a partner."""
    real = getattr(who, call)

    def called(*args: Any, **more: Any) -> Any:
        happens()
        return real(*args, **more)

    monkeypatch.setattr(who, call, called)


def after(monkeypatch: pytest.MonkeyPatch, who: object, call: str, happens: Callable[[], None]) -> None:
    real = getattr(who, call)

    def called(*args: Any, **more: Any) -> Any:
        answer = real(*args, **more)
        happens()
        return answer

    monkeypatch.setattr(who, call, called)


def two_places(play: Play) -> Order:
    works = [Work("a", "north", {"L1": 2}), Work("b", "south", {"L2": 1})]
    order = play.world.order(lines={"L1": 2, "L2": 1}, works=works)
    captured(order)
    return order


def mails(play: Play) -> list[str]:
    return [effect.detail for effect in play.world.done("mail")]


def test_a_departure_while_the_address_is_read_keeps_the_customer_from_hearing_cancelled(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = play.world.order()
    captured(order)
    before(monkeypatch, play.world.store, "contact", leaving(order, play))
    play.world.ask(source="zendesk", ticket_ref="77")
    play.world.settle()
    assert play.world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    assert mails(play) == [] and not play.world.done("ticket") and "MessageRequested" not in play.kinds()
    play.world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and mails(play) == ["outcome_shipped"]


def test_a_departure_that_comes_with_the_return_of_another_leg_is_asked_about_before_anybody_is_told(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = two_places(play)
    play.world.pick(order, PickState.SHIPPED, "b")
    after(monkeypatch, play.world.store, "open_return", leaving(order, play, "a"))
    play.world.ask()
    play.world.settle()
    assert play.world.the_exception.cause == Cause.SHIPPED_AFTER_STOP and mails(play) == []
    play.world.answer_all(Resolution.IT_SHIPPED)
    assert play.outcome == Outcome.SHIPPED and mails(play) == ["outcome_shipped"]
    assert [effect.detail for effect in play.world.done("store.return")] == [{"L2": 1}, {"L1": 2}]


def test_a_departure_while_carriers_are_read_opens_no_return_until_its_end_is_known(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = two_places(play)
    play.world.pick(order, PickState.SHIPPED, "b")
    before(monkeypatch, close_loop, "watch_intercepts", leaving(order, play, "a"))
    play.world.ask()
    play.world.settle()
    assert not play.world.done("store.return") and mails(play) == []
    play.world.answer_all(Resolution.IT_SHIPPED)
    (opened,) = play.world.done("store.return")
    assert opened.detail == {"L1": 2, "L2": 1} and mails(play) == ["outcome_shipped"]


def test_a_departure_after_the_mail_keeps_the_ticket_from_the_old_outcome(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = play.world.order()
    captured(order)
    after(monkeypatch, play.world.mailer, "send", leaving(order, play))
    play.world.ask(source="zendesk", ticket_ref="77")
    play.world.settle()
    assert mails(play) == ["outcome_stopped"] and not play.world.done("ticket")
    play.world.answer_all(Resolution.IT_SHIPPED)
    assert mails(play) == ["outcome_stopped", "outcome_shipped"]
    assert [effect.detail.tag for effect in play.world.done("ticket")] == ["stopship-shipped"]


def test_a_departure_between_two_tickets_keeps_the_second_from_the_old_outcome(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    order = world.order()
    captured(order)
    after(monkeypatch, world.tickets, "tell", leaving(order, play))
    world.ask(delivery="77-a", source="zendesk", ticket_ref="77")
    world.ask(delivery="78-a", source="zendesk", ticket_ref="78")
    world.settle()
    assert [(x.subject, x.detail.tag) for x in world.done("ticket")] == [("77", "stopship-stopped")]
    world.answer_all(Resolution.IT_SHIPPED)
    told = {(x.subject, x.detail.tag) for x in world.done("ticket")}
    assert told == {("77", "stopship-stopped"), ("77", "stopship-shipped"), ("78", "stopship-shipped")}


def test_a_departure_before_a_marketplaces_buyer_is_written_to_is_not_told_as_a_cancel(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    world.channel, world.partners.has_payments = "amazon", False
    order = world.order()
    before(monkeypatch, world.partners, "buyer_messages", leaving(order, play))
    world.ask(official=True)
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP
    assert not world.done("buyer.message") and "MessageRequested" not in play.kinds()


def test_a_buyer_is_not_sent_to_the_official_button_for_goods_that_have_left(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = play.world
    world.channel, world.partners.has_payments = "amazon", False
    order = world.order()

    def leave() -> None:
        if world.case.weighed and not order.works[0].gone:
            world.pick(order, PickState.SHIPPED, tell=True)

    before(monkeypatch, world.partners, "buyer_messages", leave)
    world.ask(source="helpdesk")
    world.settle()
    assert world.the_exception.cause == Cause.SHIPPED_AFTER_STOP and not world.done("buyer.message")
