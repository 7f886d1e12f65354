"""Five hundred exceptions through the API, in as many calls as their time takes: each ended once, whatever is sent again."""

import json
from collections.abc import Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from stopship.application.bulk import MOST
from stopship.application.ports import ExceptionItem
from stopship.domain.events import ExceptionResolved
from stopship.wiring import exception_routes
from stopship.wiring.routes import answer_call
from tests.fakes.floor import Floor
from tests.fakes.world import MERCHANT
from tests.unit.handlers import deployment as d

LEAD = {"sub": "lea", "cognito:groups": f"[merchant.{MERCHANT} role.lead]"}
AGENT = {"sub": "ann", "cognito:groups": f"[merchant.{MERCHANT} role.agent]"}
ANSWER = {"resolution": "no_refund"}
A_CALL = 120
"""Exceptions that the time of one call holds."""


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch) -> Floor:
    """Its API is as deployed, but for the desk behind it, and a clock on which each exception takes its part of a call's time."""
    floor, ticks = Floor("2026-11-26T09:00:00Z"), count()
    monkeypatch.setattr(exception_routes, "desk", lambda: floor.desk)
    seconds = exception_routes.ONE_CALL_SECONDS / A_CALL
    monkeypatch.setattr(exception_routes, "time", SimpleNamespace(monotonic=lambda: next(ticks) * seconds))
    return floor


def call(route: str, body: Mapping[str, Any], claims: Mapping[str, str] = LEAD) -> d.Answer:
    event = d.request(route, json.dumps(body).encode(), claims=claims, in_base64=True)
    return dict(answer_call(exception_routes.ROUTES, event))


def names_of(items: list[ExceptionItem]) -> list[str]:
    return [x.exception_id for x in items]


def previewed(names: list[str]) -> tuple[list[dict[str, str]], int]:
    """The plans of all of them, and how many calls that took."""
    plans, left, calls = list[dict[str, str]](), names, 0
    while left:
        seen = d.body_of(call("POST /exceptions/bulk/preview", {"exceptions": left, "answer": ANSWER}))
        plans += [{k: x[k] for k in ("exception_id", "plan_hash")} for x in seen["items"]]
        left, calls = seen["left"], calls + 1
    return plans, calls


def portion(plans: list[dict[str, str]]) -> tuple[list[str], list[dict[str, str]]]:
    """What became of those that one call reached, and those that are left."""
    done = d.body_of(call("POST /exceptions/bulk", {"plans": plans, "answer": ANSWER}))
    return [x["status"] for x in done["results"]], [x for x in plans if x["exception_id"] in set(done["left"])]


def ends(floor: Floor, items: list[ExceptionItem]) -> list[int]:
    """How often each was ended."""
    told = [floor.ledger.load(MERCHANT, x.case_id) for x in items]
    return [sum(isinstance(x.event, ExceptionResolved) for x in facts) for facts in told]


def test_five_hundred_are_answered_in_portions_and_each_is_ended_once(floor: Floor) -> None:
    items = [floor.raised(str(n)) for n in range(MOST)]
    plans, calls = previewed(names_of(items))
    assert [x["exception_id"] for x in plans] == names_of(items) and calls > MOST // (A_CALL + 1)
    assert ends(floor, items) == [0] * MOST, "looking changes nothing"

    told, left = portion(plans)
    assert set(told) == {"done"} and 0 < len(left) < MOST
    repeated, _ = portion(plans)
    assert set(repeated) == {"already"}, "the answer was lost, and the same is sent again"
    while left:
        more, left = portion(left)
        told += more
    assert told == ["done"] * MOST
    assert (ends(floor, items), list(floor.ledger.open_exceptions(MERCHANT))) == ([1] * MOST, [])


def test_five_hundred_are_not_an_agents_business_and_none_is_ended(floor: Floor) -> None:
    items = [floor.raised(str(n)) for n in range(3)]
    plans, _ = previewed(names_of(items))
    d.is_problem(call("POST /exceptions/bulk", {"plans": plans, "answer": ANSWER}, AGENT), 403)
    assert ends(floor, items) == [0, 0, 0]


def test_one_more_than_five_hundred_is_refused_and_none_is_ended(floor: Floor) -> None:
    item = floor.raised("1")
    (plan,), _ = previewed([item.exception_id])
    more = [{**plan, "exception_id": f"exc-{n}"} for n in range(MOST)]
    d.is_problem(call("POST /exceptions/bulk", {"plans": [plan, *more], "answer": ANSWER}), 400)
    assert ends(floor, [item]) == [0]


def test_one_address_is_not_for_many_and_none_is_ended(floor: Floor) -> None:
    items = [floor.raised(str(n)) for n in range(2)]
    plans, _ = previewed(names_of(items))
    address = {"name": "Ida", "address1": "Ring 7", "zip": "10115", "city": "Berlin", "country_code": "DE"}
    answer = {"resolution": "address_fixed", "address": address}
    for route, asked in (("/preview", {"exceptions": names_of(items)}), ("", {"plans": plans})):
        problem = d.is_problem(call(f"POST /exceptions/bulk{route}", {**asked, "answer": answer}), 400)
        assert problem["field"] == "address"
    assert ends(floor, items) == [0, 0] and floor.evidence.kept == {}
