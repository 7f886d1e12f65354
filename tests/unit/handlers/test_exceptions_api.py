"""Working on exceptions through the API: take, keep, look, answer, approve, move, and many at once; each role within its limits."""

from collections.abc import Mapping
from typing import Any

import pytest

from stopship import wiring
from stopship.domain.policy import Cause, Tier
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment
from tests.unit.handlers.test_desk_api import call, open_case, raise_on, resolution_facts

NEXT, BULK, BULK_PREVIEW = "POST /exceptions/next", "POST /exceptions/bulk", "POST /exceptions/bulk/preview"
NO_PLAN = "0" * 64


def who(subject: str, *roles: str, merchant: str = "acme") -> dict[str, str]:
    groups = " ".join([f"merchant.{merchant}", *(f"role.{x}" for x in roles)])
    return {"sub": subject, "cognito:groups": f"[{groups}]"}


ANN, BEN, FIN, AUD = who("ann", "agent"), who("ben", "agent"), who("fin", "finance"), who("aud", "auditor")
LEA, NOBODY = who("lea", "lead"), who("new")


def on(exception: str, what: str, body: Mapping[str, Any], claims: Mapping[str, str] = ANN) -> d.Answer:
    return call(f"POST /exceptions/{{exception_id}}/{what}", dict(body), claims, path={"exception_id": exception})


def test_two_people_are_given_two_exceptions_the_most_urgent_first(deployed: Deployment) -> None:
    later = raise_on(open_case("5001"), Cause.MONEY_FAILED)
    urgent = raise_on(open_case("5002"), Cause.MONEY_FAILED, tier=Tier.P1)
    first, second = d.body_of(call(NEXT, {}, ANN)), d.body_of(call(NEXT, {}, BEN))
    assert (first["exception"]["exception_id"], second["exception"]["exception_id"]) == (urgent, later)
    assert first["lease"]["expires_at"] > first["exception"]["opened_at"]
    assert d.body_of(call(NEXT, {}, ANN)) == {"lease": None, "exception": None}


def test_a_lease_is_kept_by_its_holder_and_given_back(deployed: Deployment) -> None:
    name = raise_on(open_case("5001"), Cause.MONEY_FAILED)
    lease = d.body_of(call(NEXT, {}, ANN))["lease"]
    again = d.body_of(on(name, "lease", {"token": lease["token"]}))
    assert again["expires_at"] >= lease["expires_at"]
    d.is_problem(on(name, "lease", {"token": lease["token"]}, BEN), 409)
    d.is_problem(on(name, "lease", {"token": "guessed"}), 409)
    d.is_problem(on("exc-none", "lease", {"token": "guessed"}), 409)
    assert on(name, "lease", {"token": lease["token"], "give_back": True})["statusCode"] == 200
    assert d.body_of(call(NEXT, {}, BEN))["exception"]["exception_id"] == name


def test_looking_at_a_plan_changes_nothing(deployed: Deployment) -> None:
    name = raise_on(open_case("5001"), Cause.MONEY_FAILED)
    before = deployed.items
    plan = d.body_of(on(name, "preview", {"resolution": "no_refund"}))
    assert len(plan["plan_hash"]) == 64 and plan["effect"].startswith("No money moves")
    assert (deployed.items, deployed.evidence) == (before, {})


def test_an_answer_to_another_plan_is_refused_and_nothing_is_recorded(deployed: Deployment) -> None:
    name = raise_on(open_case("5001"), Cause.MONEY_FAILED)
    before = deployed.items
    problem = d.is_problem(on(name, "resolution", {"resolution": "no_refund", "plan_hash": NO_PLAN}), 409)
    assert problem["title"] == "The plan changed" and problem["fix"]
    assert deployed.items == before


def test_an_exception_is_moved_and_put_off_with_who_and_why(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stopship.application.move_exception.set_timer", lambda *_: None)
    name = raise_on(open_case("5001"), Cause.MONEY_FAILED)
    moved = d.body_of(on(name, "assignment", {"team": "fraud", "note": "smells"}, LEA))
    assert moved["owner"] == "fraud" and moved["state"] == "open"
    problem = d.is_problem(on(name, "snooze", {"until": "2020-01-01T00:00:00Z", "reason": "x"}), 400)
    assert problem["field"] == "until"


@pytest.mark.parametrize(
    ("what", "body", "able"),
    [
        ("preview", {"resolution": "retry"}, {"agent", "lead", "finance", "admin"}),
        ("resolution", {"resolution": "retry", "plan_hash": NO_PLAN}, {"agent", "lead", "finance", "admin"}),
        ("approval", {"plan_hash": NO_PLAN}, {"lead", "finance"}),
        ("assignment", {"team": "ops"}, {"lead", "finance", "admin"}),
        ("snooze", {"until": "2020-01-01T00:00:00Z", "reason": "x"}, {"agent", "lead", "finance", "admin"}),
        ("lease", {"token": "t"}, {"agent", "lead", "finance", "admin"}),
    ],
)
def test_each_role_has_its_limits(deployed: Deployment, what: str, body: dict[str, Any], able: set[str]) -> None:
    name = raise_on(open_case("5001"), Cause.MONEY_FAILED)
    roles = ("agent", "lead", "finance", "auditor", "admin")
    allowed = {role for role in roles if on(name, what, body, who("p", role))["statusCode"] != 403}
    assert allowed == able
    d.is_problem(on(name, what, body, NOBODY), 403)
    assert resolution_facts(open_case_of(name)) == []


def open_case_of(exception: str) -> str:
    item = wiring.ledger().exception(d.ACME, exception)
    assert item
    return item.case_id


def test_who_has_no_role_reads_nothing(deployed: Deployment) -> None:
    d.is_problem(call("GET /exceptions", None, NOBODY), 403)
    d.is_problem(call("POST /cancellations", {}, AUD), 403)
    assert call("GET /exceptions", None, AUD)["statusCode"] == 200


def test_many_are_previewed_as_a_sum_and_answered_one_by_one(deployed: Deployment) -> None:
    names = [raise_on(open_case(f"{5000 + n}"), Cause.MONEY_FAILED) for n in range(5)]
    foreign = raise_on(open_case("6000"), Cause.UNKNOWN_ORDER)
    answer = {"resolution": "no_refund"}
    seen = d.body_of(call(BULK_PREVIEW, {"exceptions": [*names, foreign, "exc-none"], "answer": answer}, LEA))
    assert [bool(x["plan_hash"]) for x in seen["items"]] == [True] * 5 + [False, False] and seen["left"] == []
    assert all(x["why_not"] for x in seen["items"][5:])
    plans = [{k: x[k] for k in ("exception_id", "plan_hash")} for x in seen["items"] if x["plan_hash"]]
    done = d.body_of(call(BULK, {"plans": plans, "answer": answer}, LEA))
    assert [x["status"] for x in done["results"]] == ["done"] * 5
    again = d.body_of(call(BULK, {"plans": plans, "answer": answer}, LEA))
    assert [x["status"] for x in again["results"]] == ["already"] * 5
    assert [x.exception_id for x in deployed.exceptions()] == [foreign]


def test_what_the_time_of_one_call_does_not_hold_is_left_and_told(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [raise_on(open_case(f"{5000 + n}"), Cause.MONEY_FAILED) for n in range(3)]
    monkeypatch.setattr("stopship.wiring.exception_routes.ONE_CALL_SECONDS", -1.0)
    seen = d.body_of(call(BULK_PREVIEW, {"exceptions": names, "answer": {"resolution": "no_refund"}}, LEA))
    assert (len(seen["items"]), seen["left"]) == (1, names[1:])
