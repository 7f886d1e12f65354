"""Whatever arrives, how often and in which order, whoever fails and wherever a process dies: the invariants stand, and every case ends."""

from hypothesis import given, note

from tests.property.day import Day, days, live
from tests.statemachines.play import Play


def must_stand(play: Play) -> None:
    for case in play.world.cases:
        note(f"{case.case_id}: {play.kinds(case)}")
    note(f"{play.done}")
    assert play.violations() == []
    assert [case.case_id for case in play.world.cases if not case.closed] == []
    assert play.world.cases


@given(days())
def test_any_order_and_duplication_of_deliveries_leaves_the_invariants_standing(day: Day) -> None:
    must_stand(live(day))


@given(days(troubles=6))
def test_any_trouble_at_any_partner_leaves_the_invariants_standing(day: Day) -> None:
    must_stand(live(day))


@given(days(crashes=4, troubles=3))
def test_crashes_between_any_two_effects_leave_the_invariants_standing(day: Day) -> None:
    must_stand(live(day))
