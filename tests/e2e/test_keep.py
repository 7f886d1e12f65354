"""State survives `down --keep` and `up --keep`: whoever was asked is asked no second time, and the answer still leads the case to its end."""

from collections.abc import Iterator

import pytest

from stopship.domain.case import Case
from tests.e2e.conftest import ANSWERED_AFTER_THE_STOP, ENDED_BEFORE_THE_STOP, Day

pytestmark = pytest.mark.emulator


def stops(case: Case) -> list[tuple[str, int]]:
    """Leg and number of every stop that was asked for."""
    return [
        (a.requested.fact.leg_id, a.requested.fact.attempt) for x in case.legs.values() for a in x.attempts.values()
    ]


def before_and_after(played: Day) -> Iterator[tuple[Case, Case]]:
    for play in played.plays:
        before = played.before_the_stop.get(play.order.order_ref)
        if before and play.case:
            yield before, play.case


def test_an_open_exception_survives_a_stop_and_is_answered_after_the_next_start(played: Day) -> None:
    play = next(x for x in played.plays if x.name == ANSWERED_AFTER_THE_STOP)
    before, case = played.before_the_stop[play.order.order_ref], play.case
    assert case
    assert case.case_id == before.case_id
    assert case.closed and case.closed.fact.outcome == "stopped"
    (asked,) = before.open_exceptions
    assert list(case.exceptions) == [asked.opened.fact.exception_id]
    assert stops(case) == stops(before)


def test_what_had_ended_before_the_stop_is_left_alone(played: Day) -> None:
    ended = [(before, case) for before, case in before_and_after(played) if before.closed and not case.reopened]
    assert len(ended) >= ENDED_BEFORE_THE_STOP
    for before, case in ended:
        assert stops(case) == stops(before)
        assert list(case.moves) == list(before.moves)
