"""What is known about the calls to one partner, and what follows from it for the next one."""

from dataclasses import replace

import pytest

from stopship.domain import traffic
from stopship.domain.errors import InvalidInput
from stopship.domain.limits import LIMITS, Limit, limit_of
from stopship.domain.traffic import CALM, Answer, Traffic, Verdict, ask

FREE = Limit()
FOUR = Limit(concurrent=4, reserved=1)
ME = {"merchant": "acme", "partner": "netsuite"}


def holding(*, ordinary: int = 0, urgent: int = 0, until: float = 1000) -> Traffic:
    names = [(f"o{n}", False) for n in range(ordinary)] + [(f"u{n}", True) for n in range(urgent)]
    return Traffic(leases={name: traffic.Lease(until, urgent) for name, urgent in names})


def failing(times: int, now: float = 0) -> Traffic:
    state = CALM
    for _ in range(times):
        state = traffic.failed(state, "x", now, **ME)
    return state


def probing(state: Traffic, now: float) -> Traffic:
    after = ask(state, FREE, "probe", now, urgent=False).after
    assert after is not None
    return after


def down(now: float = 0) -> Traffic:
    return traffic.failed(probing(failing(4, now), now + 5), "probe", now + 5, **ME)


# ------------------------------------------------------------------------------------------------ places


def test_in_calm_a_partner_without_a_bound_is_called_and_nothing_is_written() -> None:
    assert ask(CALM, FREE, "me", 0, urgent=False) == Answer(Verdict.GO)


@pytest.mark.parametrize(
    ("ordinary", "urgent_ones", "me_urgent", "goes"),
    [
        (2, 0, False, True),
        (3, 0, False, False),
        (3, 0, True, True),
        (0, 4, True, False),
        (3, 1, True, False),
        (2, 1, False, True),
        (2, 2, False, False),
        (0, 3, False, True),
    ],
)
def test_the_reserved_place_is_for_urgent_calls_alone(
    ordinary: int, urgent_ones: int, me_urgent: bool, goes: bool
) -> None:
    answer = ask(holding(ordinary=ordinary, urgent=urgent_ones), FOUR, "me", 0, urgent=me_urgent)
    assert answer.verdict is (Verdict.GO if goes else Verdict.FULL)
    assert (answer.after is not None and "me" in answer.after.leases) is goes


def test_a_lease_that_has_run_out_holds_no_place() -> None:
    answer = ask(holding(ordinary=3, until=50), FOUR, "me", 50, urgent=False)
    assert answer.after and set(answer.after.leases) == {"me"}


def test_whoever_leaves_gives_back_his_own_place_only() -> None:
    state = holding(ordinary=2)
    for leave in (traffic.answered, traffic.unclear):
        assert set(leave(state, "o0", 0).leases) == {"o1"}
    assert set(traffic.failed(state, "o1", 0, **ME).leases) == {"o0"}


# ------------------------------------------------------------------------------------------------ pauses and pace


def test_after_a_wish_to_be_left_alone_nobody_calls_before_its_end() -> None:
    state = traffic.paused(CALM, "", 12.5, 100)
    assert ask(state, FREE, "me", 112.4, urgent=True).verdict is Verdict.BUSY
    assert ask(state, FREE, "me", 112.4, urgent=True).seconds == pytest.approx(0.1)
    assert ask(state, FREE, "me", 112.5, urgent=False).verdict is Verdict.GO


def test_of_two_wishes_the_longer_counts() -> None:
    state = traffic.paused(traffic.paused(CALM, "", 60, 0), "", 1, 0)
    assert ask(state, FREE, "me", 30, urgent=False).verdict is Verdict.BUSY


def test_a_wish_about_one_operation_leaves_the_others_alone() -> None:
    state = traffic.paused(CALM, "createFeed", 120, 0)
    assert ask(state, FREE, "me", 1, urgent=False).verdict is Verdict.GO
    assert traffic.turn_of(state, FREE, "getOrder", 1) == (1, None)
    assert traffic.turn_of(state, FREE, "createFeed", 1) == (120, None)


def test_the_pace_is_kept_once_the_partner_had_enough_and_forgotten_after_a_while() -> None:
    slow = Limit(a_second={"getOrder": 0.5})
    assert traffic.turn_of(CALM, slow, "getOrder", 10) == (10, None)
    state, dues = traffic.paused(CALM, "getOrder", 2, 10), list[float]()
    for _ in range(3):
        due, after = traffic.turn_of(state, slow, "getOrder", 11)
        assert after is not None
        state = after
        dues.append(due)
    assert dues == [12, 14, 16]
    assert traffic.turn_of(state, slow, "getOrder", 10 + 2 + traffic.CROWDED_SECONDS)[1] is None


# ------------------------------------------------------------------------------------------------ outages


def test_single_failures_between_answers_are_no_outage() -> None:
    state = CALM
    for _ in range(10):
        state = traffic.answered(failing(3), "x", 0)
    assert state == CALM


def test_failures_in_a_row_keep_everybody_off_for_a_moment_and_then_one_looks() -> None:
    state = failing(4, now=100)
    assert ask(state, FREE, "me", 104.9, urgent=True).verdict is Verdict.BUSY
    first = ask(state, FREE, "me", 105, urgent=False)
    assert first.verdict is Verdict.GO and first.after and first.after.probe_by == "me"
    assert ask(first.after, FREE, "you", 105, urgent=True).verdict is Verdict.BUSY
    assert not state.outage


def test_a_probe_that_is_answered_ends_the_suspicion_without_an_outage() -> None:
    state = traffic.answered(probing(failing(4), 5), "probe", 6)
    assert state == CALM


def test_a_probe_that_fails_makes_an_outage_with_a_name_that_stays() -> None:
    state = down()
    assert state.outage.startswith("outage-") and state.since == 5
    assert ask(state, FREE, "me", 10, urgent=True).verdict is Verdict.DOWN
    again = traffic.failed(probing(state, 40), "probe", 41, **ME)
    assert (again.outage, again.since) == (state.outage, 5) and again.probe_at == 41 + traffic.PROBE_SECONDS


def test_what_was_under_way_when_it_went_down_says_nothing_new() -> None:
    state = probing(failing(4), 5)
    assert not traffic.failed(state, "late", 6, **ME).outage


def test_a_prober_that_dies_is_followed_by_another() -> None:
    state = probing(down(), 40)
    assert ask(state, FREE, "me", 41, urgent=False).verdict is Verdict.DOWN
    assert ask(state, FREE, "me", 40 + traffic.CALL_SECONDS, urgent=False).verdict is Verdict.GO


def test_an_answer_ends_the_outage_and_it_is_remembered_until_all_know() -> None:
    state = traffic.answered(probing(down(), 40), "probe", 42)
    assert not state.outage and not state.failing and state.banner == state.returned and state.returned_at == 42
    assert ask(state, FREE, "me", 43, urgent=False).verdict is Verdict.GO
    assert traffic.mended(state) == CALM


def test_an_outage_that_comes_back_while_cases_still_wait_is_the_same_outage() -> None:
    state = traffic.answered(probing(down(), 40), "probe", 42)
    name, since = state.returned, state.since
    for _ in range(4):
        state = traffic.failed(state, "x", 50, **ME)
    state = traffic.failed(probing(state, 56), "probe", 56, **ME)
    assert (state.outage, state.returned, state.since) == (name, "", since)


def test_one_case_at_a_time_is_sent_to_look() -> None:
    assert traffic.send_canary(CALM, 0) is None and traffic.send_canary(failing(4), 100) is None
    state = down()
    assert traffic.send_canary(state, 6) is None
    sent = traffic.send_canary(state, 40)
    assert sent and traffic.send_canary(sent, 40 + traffic.CANARY_SECONDS - 1) is None
    assert traffic.send_canary(sent, 40 + traffic.CANARY_SECONDS)


def test_a_person_who_knows_better_has_the_next_call_look() -> None:
    assert traffic.look_now(CALM, 0) is None
    state = traffic.look_now(down(), 6)
    assert state and ask(state, FREE, "me", 6, urgent=False).verdict is Verdict.GO


def test_the_state_survives_being_written_down() -> None:
    for state in (CALM, down(), replace(holding(ordinary=2, urgent=1), pauses={"": 4.5}, crowded={"a": 9.0})):
        assert traffic.from_data(traffic.to_data(state)) == state


# ------------------------------------------------------------------------------------------------ limits


def test_a_connection_may_say_what_it_takes() -> None:
    assert limit_of("netsuite", {}) == LIMITS["netsuite"]
    assert limit_of("netsuite", {"limits": {"concurrent": 15}}) == Limit(15, 3)
    assert limit_of("unheard of", {"limits": {"concurrent": 2, "reserved": 1}}) == Limit(2, 1)
    assert limit_of("amazon", {"limits": {"a_second": {"getOrder": 2}}}).a_second["getOrder"] == 2
    assert limit_of("generic_3pl", {}) == Limit()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"concurrent": -1}, "limits.concurrent"),
        ({"concurrent": "5"}, "limits.concurrent"),
        ({"concurrent": True}, "limits.concurrent"),
        ({"concurrent": 2, "reserved": 2}, "limits.reserved"),
        ({"a_second": {"getOrder": 0}}, "limits.a_second.getOrder"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused_by_name(told: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        limit_of("netsuite", {"limits": told})
    assert refusal.value.field == field
