"""Give me the next: the most urgent that nobody holds, never the same for two, and nothing is lost when somebody walks away."""

from dataclasses import replace

import pytest

from stopship.application.answer_exception import Answer, answer_exception
from stopship.application.resolve_exception import reassign, snooze
from stopship.application.take_next import give_back, renew, take_next
from stopship.domain.agent import Role
from stopship.domain.errors import InvalidInput, LeaseLost, NotAllowed, NotFound
from stopship.domain.events import ExceptionReassigned, ExceptionSnoozed
from stopship.domain.lease import LEASE_SECONDS, Lease
from stopship.domain.policy import Cause, Team
from tests.fakes.floor import Floor
from tests.fakes.people import ANN, AUD, BEN, BPO, LEA, ZOE, person
from tests.fakes.world import MERCHANT

NOW = "2026-11-26T09:00:00Z"


@pytest.fixture
def floor() -> Floor:
    return Floor(NOW)


def take(floor: Floor, who: object = ANN, merchants: tuple[str, ...] = (MERCHANT,)) -> Lease | None:
    return take_next(floor.desk, who, merchants)  # type: ignore[arg-type]


def taken(floor: Floor, who: object = ANN, merchants: tuple[str, ...] = (MERCHANT,)) -> str:
    lease = take(floor, who, merchants)
    return lease.exception_id if lease else ""


def test_the_most_urgent_tier_comes_first_and_in_it_the_nearest_deadline(floor: Floor) -> None:
    second = floor.raised("1", Cause.MONEY_FAILED)
    floor.later(60)
    third = floor.raised("2", Cause.MONEY_FAILED)
    urgent = floor.raised("3", Cause.MONEY_FAILED, vip=True)
    assert [taken(floor) for _ in range(4)] == [urgent.exception_id, second.exception_id, third.exception_id, ""]


@pytest.mark.parametrize("queued", [True, False])
def test_two_people_never_get_the_same(floor: Floor, queued: bool) -> None:
    items = [floor.raised(str(n)) for n in range(5)]
    if not queued:
        floor.queues.queued.clear()
    got = [taken(floor, who) for who in (ANN, BEN, ANN, BEN, ANN)]
    assert sorted(got) == sorted(x.exception_id for x in items)
    assert taken(floor, BEN) == ""


def test_a_message_that_comes_twice_is_one_piece_of_work(floor: Floor) -> None:
    item = floor.raised()
    floor.queues.send(item.tier, {"merchant": MERCHANT, "exception_id": item.exception_id})
    assert (taken(floor, ANN), taken(floor, BEN)) == (item.exception_id, "")


def test_what_is_left_lying_comes_back_and_the_one_who_left_it_has_lost_it(floor: Floor) -> None:
    item = floor.raised()
    lease = take(floor)
    assert lease
    floor.later(LEASE_SECONDS + 1)
    assert taken(floor, BEN) == item.exception_id
    with pytest.raises(LeaseLost):
        renew(floor.desk, ANN, lease)
    give_back(floor.desk, ANN, lease)
    assert taken(floor, ANN) == ""


def test_an_open_page_keeps_it(floor: Floor) -> None:
    floor.raised()
    lease = take(floor)
    for _ in range(5):
        assert lease
        floor.later(LEASE_SECONDS - 60)
        lease = renew(floor.desk, ANN, lease)
        assert taken(floor, BEN) == ""
    assert lease and lease.expires_at > floor.clock.now()


def test_nobody_renews_or_gives_back_what_somebody_else_holds(floor: Floor) -> None:
    floor.raised()
    lease = take(floor)
    assert lease
    with pytest.raises(LeaseLost):
        renew(floor.desk, BEN, lease)
    with pytest.raises(LeaseLost):
        renew(floor.desk, ANN, replace(lease, token="guessed/"))
    give_back(floor.desk, BEN, lease)
    assert taken(floor, BEN) == ""


def test_what_is_given_back_is_anybodys_at_once(floor: Floor) -> None:
    item = floor.raised()
    lease = take(floor)
    assert lease
    give_back(floor.desk, ANN, lease)
    assert taken(floor, BEN) == item.exception_id


def test_what_has_ended_is_given_to_nobody_and_its_message_goes(floor: Floor) -> None:
    item = floor.raised()
    answer_exception(floor.desk, MERCHANT, item.exception_id, Answer("no_refund", "fin"))
    assert taken(floor) == "" and floor.queues.queued[item.tier] == []


def test_what_ends_while_it_is_held_cannot_be_renewed(floor: Floor) -> None:
    item = floor.raised()
    lease = take(floor)
    assert lease
    answer_exception(floor.desk, MERCHANT, item.exception_id, Answer("no_refund", "fin"))
    with pytest.raises(LeaseLost):
        renew(floor.desk, ANN, lease)


def test_another_merchants_is_left_for_its_own_people_at_once(floor: Floor) -> None:
    theirs = floor.raised("1", merchant="zeta")
    ours = floor.raised("2")
    assert taken(floor, ANN) == ours.exception_id
    assert taken(floor, ZOE, ("zeta",)) == theirs.exception_id
    with pytest.raises(NotFound):
        take(floor, ANN, ("zeta",))


def test_who_works_for_several_gets_the_nearest_deadline_of_all(floor: Floor) -> None:
    first = floor.raised("1", merchant="zeta")
    floor.later(60)
    second = floor.raised("2")
    floor.queues.queued.clear()
    both = ("acme", "zeta")
    assert [taken(floor, BPO, both), taken(floor, BPO, both)] == [first.exception_id, second.exception_id]


def test_a_team_gets_its_own(floor: Floor) -> None:
    floor.raised("1", Cause.MONEY_FAILED)
    assert taken(floor, person("wes", Role.AGENT, teams=(Team.WAREHOUSE,))) == ""
    assert taken(floor, person("fay", Role.AGENT, teams=(Team.FINANCE,))) != ""


def test_who_only_reads_takes_nothing(floor: Floor) -> None:
    floor.raised()
    with pytest.raises(NotAllowed):
        take(floor, AUD)
    assert taken(floor, ANN)


def test_looked_at_and_left_a_thousand_times_it_is_still_there(floor: Floor) -> None:
    """Even when the queue has set its message aside."""
    item = floor.raised()
    for _ in range(1000):
        lease = take(floor)
        assert lease
        give_back(floor.desk, ANN, lease)
    floor.queues.queued.clear()
    assert taken(floor, BEN) == item.exception_id


# ------------------------------------------------------------------------------------------------ moved and put off


def facts(floor: Floor, case_id: str, kind: type) -> list[object]:
    return [x.event for x in floor.ledger.load(MERCHANT, case_id) if isinstance(x.event, kind)]


def test_what_is_put_off_is_given_to_nobody_before_then(floor: Floor) -> None:
    item = floor.raised()
    take(floor)
    floor.now_is("2026-11-26T10:00:00Z")
    take(floor)
    put_off = snooze(floor.desk, ANN, MERCHANT, item.exception_id, "2026-11-26T14:00:00+01:00", "she calls back at two")
    assert put_off.snoozed_until == "2026-11-26T13:00:00.000000Z"
    assert put_off.deadline[:16] == "2026-11-26T16:00", "three of four hours were left"
    assert taken(floor, BEN) == ""
    floor.now_is("2026-11-26T13:00:01Z")
    assert taken(floor, BEN) == item.exception_id
    (fact,) = facts(floor, item.case_id, ExceptionSnoozed)
    assert isinstance(fact, ExceptionSnoozed) and fact.by == "ann" and "calls" not in str(fact.data())


def test_who_is_told_is_told_as_much_later(floor: Floor) -> None:
    item = floor.raised()
    floor.now_is("2026-11-26T10:00:00Z")
    snooze(floor.desk, ANN, MERCHANT, item.exception_id, "2026-11-26T12:00:00Z", "waits")
    floor.now_is("2026-11-26T12:59:00Z")
    assert floor.notices.told == []
    floor.now_is("2026-11-26T15:01:00Z")
    assert [x.at[11:16] for x in floor.notices.told] == ["13:00", "14:12", "15:00"]


@pytest.mark.parametrize(
    ("until", "reason", "field"),
    [
        ("2026-11-26T12:00:00Z", " ", "reason"),
        ("2026-11-26T08:00:00Z", "x", "until"),
        ("2026-11-26T12:00", "x", "until"),
        ("tomorrow", "x", "until"),
        ("2026-11-30T12:00:00Z", "x", "until"),
    ],
)
def test_what_cannot_be_put_off_is_refused_by_its_field(floor: Floor, until: str, reason: str, field: str) -> None:
    item = floor.raised()
    with pytest.raises(InvalidInput) as refusal:
        snooze(floor.desk, ANN, MERCHANT, item.exception_id, until, reason)
    assert refusal.value.field == field and refusal.value.fix and floor.item(item) == item


def test_who_waits_for_a_partner_waits_as_long_as_the_partner_may_take(floor: Floor) -> None:
    item = floor.raised()
    with pytest.raises(InvalidInput):
        snooze(floor.desk, ANN, MERCHANT, item.exception_id, "2026-11-26T14:00:00Z", "asked", waiting_for="stripe")
    snooze(floor.desk, ANN, MERCHANT, item.exception_id, "2026-11-26T12:00:00Z", "asked", waiting_for="stripe")
    (fact,) = facts(floor, item.case_id, ExceptionSnoozed)
    assert isinstance(fact, ExceptionSnoozed) and fact.waiting_for == "stripe"


def test_another_team_gets_it_with_the_same_deadline(floor: Floor) -> None:
    item = floor.raised()
    moved = reassign(floor.desk, LEA, MERCHANT, item.exception_id, "fraud", "frida", "smells")
    assert (moved.owner, moved.person, moved.deadline) == ("fraud", "frida", item.deadline)
    assert taken(floor, person("fay", Role.AGENT, teams=(Team.FINANCE,))) == ""
    assert taken(floor, person("frida", Role.AGENT, teams=(Team.FRAUD,))) == item.exception_id
    (fact,) = facts(floor, item.case_id, ExceptionReassigned)
    assert isinstance(fact, ExceptionReassigned) and fact.by == "lea"


def test_what_is_one_persons_is_anybodys_once_half_of_its_time_is_over(floor: Floor) -> None:
    item = floor.raised()
    reassign(floor.desk, LEA, MERCHANT, item.exception_id, "finance", "fin")
    assert taken(floor, ANN) == ""
    floor.now_is("2026-11-26T11:00:01Z")
    assert taken(floor, ANN) == item.exception_id


@pytest.mark.parametrize("team", ["", "sales"])
def test_a_team_that_does_not_exist_gets_nothing(floor: Floor, team: str) -> None:
    item = floor.raised()
    with pytest.raises(InvalidInput):
        reassign(floor.desk, LEA, MERCHANT, item.exception_id, team)
    with pytest.raises(NotAllowed):
        reassign(floor.desk, ANN, MERCHANT, item.exception_id, "fraud")
    assert floor.item(item) == item


def test_nobody_moves_or_answers_what_somebody_else_holds(floor: Floor) -> None:
    item = floor.raised()
    take(floor, BEN)
    with pytest.raises(LeaseLost):
        snooze(floor.desk, ANN, MERCHANT, item.exception_id, "2026-11-26T12:00:00Z", "x")
    with pytest.raises(LeaseLost):
        reassign(floor.desk, LEA, MERCHANT, item.exception_id, "fraud")
    assert floor.item(item) == item
