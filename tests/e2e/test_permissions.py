"""Each role allows what its function and the state machine really did in the day, and nothing that nobody needs."""

import pytest

from infra.local.emulator.calls import Call
from stopship.contract import FUNCTIONS, function_name
from tests.e2e.conftest import Day
from tests.e2e.permissions import missing, policy, principals, unused
from tests.e2e.rare import RARE

pytestmark = pytest.mark.emulator


def calls_of(day: Day) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in day.desk.emulator.calls():
        found.setdefault(call.principal, []).append(call)
    return found


def test_every_call_of_the_day_is_allowed_by_its_callers_own_role(played: Day) -> None:
    calls = calls_of(played)
    roles = principals(played.desk)
    assert set(calls) <= set(roles)
    assert {p: missing(policy(played.desk, roles[p]), made) for p, made in calls.items()} == {p: set() for p in calls}


def test_nothing_is_allowed_that_no_call_of_the_day_needed(played: Day) -> None:
    calls = calls_of(played)
    broader: dict[str, set[str]] = {}
    for principal, role in principals(played.desk).items():
        rare = RARE.get(principal.removeprefix("function:stopship-dev-"), {})
        left = unused(policy(played.desk, role), calls.get(principal, [])) - set(rare)
        broader |= {principal: left} if left else {}
    assert broader == {}


def test_a_call_that_no_role_allows_is_noticed(played: Day) -> None:
    principal = f"function:{function_name('dev', 'close_loop')}"
    statements = policy(played.desk, principals(played.desk)[principal])
    stranger = Call(
        principal, "dynamodb", "dynamodb:DeleteItem", f"arn:aws:dynamodb:::table/{played.desk.outputs['TableName']}"
    )
    assert missing(statements, [stranger]) == {(stranger.action, stranger.resource)}


def test_every_function_has_a_role_of_its_own(played: Day) -> None:
    roles = principals(played.desk)
    assert len(set(roles.values())) == len(roles) == len(FUNCTIONS) + 1
