"""Who is told of an exception that grows old, over weeks with weekends, a holiday and clocks that jump: how often, when, and never twice."""

import pytest

from stopship.application.answer_exception import Answer, answer_exception
from stopship.application.escalate_exception import DOUBT_SECONDS, escalate_exception
from stopship.application.ports import Notice
from stopship.application.sweep_cases import sweep_cases
from stopship.domain.errors import NotFound
from stopship.domain.events import NoticeRequested, NoticeSent
from stopship.domain.policy import Cause
from tests.fakes.floor import Floor, minute
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT

BERLIN = """
[calendars.finance]
time_zone = "Europe/Berlin"
hours = { mon = "09:00-17:00", tue = "09:00-17:00", wed = "09:00-17:00", thu = "09:00-17:00", fri = "09:00-17:00" }
holidays = ["2026-10-26"]
[calendars.ops]
time_zone = "America/New_York"
hours = { mon = "09:00-17:00", tue = "09:00-17:00", wed = "09:00-17:00", thu = "09:00-17:00", fri = "09:00-17:00" }
[contacts.finance]
lead = ["sns", "webhook:finance"]
[rotas.ops]
people = ["olga", "pat"]
first_week = "2026-10-19"
"""


def told(floor: Floor) -> list[tuple[str, str, str, str]]:
    return [(minute(x.at), x.notice.team, x.notice.level, x.way) for x in floor.notices.told]


def berlin(now: str) -> Floor:
    floor = Floor(now)
    floor.policies.override = BERLIN
    return floor


def test_a_week_with_a_weekend_a_holiday_and_the_end_of_summer_time() -> None:
    """Friday 16:00 in Berlin, four hours of finance's time; Monday is a holiday, and on Sunday the clocks go back in Europe."""
    floor = berlin("2026-10-23T14:00:00Z")
    item = floor.raised(cause=Cause.MONEY_REFUSED)
    assert (item.tier, item.owner, minute(item.deadline)) == ("P2", "finance", "Tue 27 11:00")
    floor.now_is("2026-10-28T14:00:00Z")
    assert told(floor) == [
        ("Tue 27 09:00", "finance", "team", "sns"),
        ("Tue 27 10:12", "finance", "lead", "sns"),
        ("Tue 27 10:12", "finance", "lead", "webhook:finance"),
        ("Tue 27 11:00", "finance", "head", "sns"),
        ("Tue 27 15:00", "ops", "team", "sns"),
        ("Tue 27 16:12", "ops", "lead", "sns"),
        ("Tue 27 17:00", "ops", "head", "sns"),
        ("Wed 28 13:00", "ops", "head", "sns"),
    ]
    assert (floor.item(item).owner, floor.item(item).person, floor.item(item).escalations) == ("ops", "pat", 3)
    answer_exception(floor.desk, MERCHANT, item.exception_id, Answer("no_refund", "pat"))
    floor.now_is("2026-11-06T12:00:00Z")
    assert len(told(floor)) == 8, "whoever has answered is left alone"


def test_whoever_keeps_it_because_nobody_is_next_is_told_ever_more_rarely() -> None:
    floor = Floor("2026-11-26T09:00:00Z")
    item = floor.raised(vip=True)
    floor.now_is("2026-11-29T09:00:00Z")
    kept = [(at, level) for at, team, level, _ in told(floor) if team == "ops"][3:]
    assert [level for _, level in kept] == ["head"] * len(kept)
    assert [at for at, _ in kept] == [
        "Thu 26 12:00",
        "Thu 26 13:00",
        "Thu 26 15:00",
        "Thu 26 19:00",
        "Fri 27 03:00",
        "Fri 27 19:00",
        "Sun 29 03:00",
    ]
    assert floor.item(item).escalations == 71, "its deadlines pass as before, and are on record"


def test_summer_time_begins_within_the_time_of_an_exception() -> None:
    """Friday 14:59 in Berlin (CET); on Sunday the clocks go forward; finance is back on Monday at 07:00 UTC instead of 08:00."""
    floor = berlin("2026-03-27T13:59:00Z")
    floor.raised(cause=Cause.MONEY_REFUSED)
    floor.now_is("2026-03-30T09:30:00Z")
    assert told(floor) == [
        ("Fri 27 15:59", "finance", "team", "sns"),
        ("Mon 30 08:11", "finance", "lead", "sns"),
        ("Mon 30 08:11", "finance", "lead", "webhook:finance"),
        ("Mon 30 08:59", "finance", "head", "sns"),
    ]


def test_the_most_urgent_know_no_weekend() -> None:
    floor = berlin("2026-10-24T22:00:00Z")
    floor.raised(cause=Cause.MONEY_REFUSED, vip=True)
    floor.now_is("2026-10-24T23:31:00Z")
    assert told(floor) == [
        ("Sat 24 22:30", "finance", "team", "sns"),
        ("Sat 24 22:48", "finance", "lead", "sns"),
        ("Sat 24 22:48", "finance", "lead", "webhook:finance"),
        ("Sat 24 23:00", "finance", "head", "sns"),
        ("Sat 24 23:30", "ops", "team", "sns"),
    ]


def test_timers_that_come_early_twice_or_together_tell_nobody_twice() -> None:
    floor = Floor("2026-11-26T09:00:00Z")
    item = floor.raised()
    for moment in ("10:00", "10:59", "11:00", "11:01", "11:02", "12:13", "13:01", "13:02"):
        floor.now_is(f"2026-11-26T{moment}:00Z")
        for _ in range(3):
            escalate_exception(floor.desk, MERCHANT, item.exception_id)
    assert [x.notice.level for x in floor.notices.told] == ["team", "lead", "head"]
    asked = [x for x in floor.ledger.load(MERCHANT, item.case_id) if isinstance(x.event, NoticeRequested)]
    assert len(asked) == 3


def test_without_any_timer_the_sweep_tells_everybody_once_however_late() -> None:
    floor = Floor("2026-11-26T09:00:00Z")
    floor.timers.lost = True
    item = floor.raised()
    floor.now_is("2026-11-26T13:30:00Z")
    assert sweep_cases(floor.desk).escalated == 1
    assert sweep_cases(floor.desk).escalated == 0
    assert [x.notice.level for x in floor.notices.told] == ["team", "lead", "head"]
    assert floor.item(item).escalations == 1


def test_a_way_that_cannot_be_reached_is_tried_once_more_and_then_on_record() -> None:
    floor = Floor("2026-11-26T09:00:00Z")
    floor.faults.on("notice.sns", Trouble.BROKEN)
    item = floor.raised()
    floor.now_is("2026-11-26T11:01:00Z")
    assert floor.notices.told == []
    floor.later(DOUBT_SECONDS + 1)
    sweep_cases(floor.desk)
    assert [x.notice.level for x in floor.notices.told] == ["team"]
    ends = [x.event for x in floor.ledger.load(MERCHANT, item.case_id) if isinstance(x.event, NoticeSent)]
    assert [x.status for x in ends] == ["sent"]


@pytest.mark.parametrize("gone", [NotFound("merchant"), KeyError("escalation_webhooks"), RuntimeError("of an SDK")])
def test_a_way_that_is_gone_for_whatever_reason_leaves_the_others_and_is_on_record(
    monkeypatch: pytest.MonkeyPatch, gone: Exception
) -> None:
    """The lead is told by the topic and by a chat, whose address stands in a secret that is no longer there."""
    floor = berlin("2026-11-26T09:00:00Z")
    item = floor.raised(cause=Cause.MONEY_REFUSED, vip=True)
    real = floor.notices.tell

    def tell(way: str, notice: Notice) -> None:
        if way == "webhook:finance":
            raise gone
        real(way, notice)

    monkeypatch.setattr(floor.notices, "tell", tell)
    floor.now_is("2026-11-26T09:49:00Z")
    floor.later(DOUBT_SECONDS + 1)
    assert sweep_cases(floor.desk).broken == {}
    assert [(x.notice.level, x.way) for x in floor.notices.told] == [("team", "sns"), ("lead", "sns")]
    ends = [x.event for x in floor.ledger.load(MERCHANT, item.case_id) if isinstance(x.event, NoticeSent)]
    assert {x.way: x.status for x in ends if x.level == "lead"} == {
        "sns": "sent",
        "webhook:finance": f"failed:{type(gone).__name__}",
    }


@pytest.mark.parametrize("point", range(1, 8))
def test_a_process_that_dies_while_it_tells_loses_nobody_and_tells_nobody_twice_but_in_doubt(point: int) -> None:
    floor = Floor("2026-11-26T09:00:00Z")
    item = floor.raised()
    floor.faults.crash([floor.faults.points + point])
    floor.now_is("2026-11-26T11:01:00Z")
    floor.now_is("2026-11-26T11:10:00Z")
    sweep_cases(floor.desk)
    levels = [x.notice.level for x in floor.notices.told]
    assert set(levels) == {"team"} and len(levels) <= 2
    state = floor.desk.cases.load(MERCHANT, item.case_id).exceptions[item.exception_id]
    assert not any(x.unknown for x in state.told.values())
