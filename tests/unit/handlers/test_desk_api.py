"""The desk's API: every field is checked and named, every answer is about the caller's own merchant."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infra.http_api import DESK, DOORS
from stopship import wiring
from stopship.application.ports import Append, NewEvent, OrderLock
from stopship.application.raise_exception import opening
from stopship.domain import events as e
from stopship.domain.case import Case
from stopship.domain.events import name_of
from stopship.domain.ids import case_id
from stopship.domain.instant import plus
from stopship.domain.policy import Cause, ExceptionRule, Team, Tier
from stopship.handlers import desk_api, receive_webhook
from stopship.wiring.doors import Request
from stopship.wiring.openapi_doors import PROVED_BY
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

AT = "2026-11-24T12:00:00.000000Z"
WISH: dict[str, Any] = json.loads(d.sample("ops/cancellation.json"))
ZETAS = {"sub": "person-z", "cognito:groups": "[merchant.zeta role.agent role.lead]"}
BOTH = {"sub": "person-2", "cognito:groups": "[merchant.acme merchant.zeta role.agent role.lead]"}
CANCEL, CASES, CASE = "POST /cancellations", "GET /cases", "GET /cases/{case_id}"
PREVIEW, APPROVE = "POST /exceptions/{exception_id}/preview", "POST /exceptions/{exception_id}/approval"
EXCEPTIONS, RESOLVE = "GET /exceptions", "POST /exceptions/{exception_id}/resolution"


def call(route: str, body: Any = None, claims: Mapping[str, Any] | None = d.PERSON, **more: Any) -> d.Answer:
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    in_base64 = more.pop("in_base64", True) if raw is not None else False
    answer: d.Answer = desk_api.handler(d.request(route, raw, claims=claims, in_base64=in_base64, **more), d.CONTEXT)
    return answer


def query(**wanted: Any) -> dict[str, str]:
    return {name: str(value) for name, value in wanted.items()}


def pages(route: str, **wanted: Any) -> list[dict[str, Any]]:
    """The items of every page, as a client that follows the cursor gets them."""
    found: list[dict[str, Any]] = []
    cursor, seen = "", set[str]()
    while True:
        answer = call(route, query=query(**wanted, **({"cursor": cursor} if cursor else {})))
        assert answer["statusCode"] == 200, answer
        page = d.body_of(answer)
        assert len(page["items"]) <= wanted.get("limit", 50)
        found += page["items"]
        cursor = page["cursor"]
        if not cursor:
            return found
        assert cursor not in seen
        seen.add(cursor)


def open_case(order: str, merchant: str = d.ACME, *, second: int = 0, closed: bool = False) -> str:
    name, at = case_id(merchant, "shopify", order, 1), plus(AT, second)
    policy = wiring.desk().policies.current(merchant)
    facts: list[e.Event] = [e.CaseOpened("shopify", order, 1, policy.version, policy.hash)]
    facts.append(e.RequestReceived("ops:1", "customer_request", "ops", "ops", at, at, {}, "ZD-1", False, [], "0" * 64))
    if closed:
        facts.append(e.CaseClosed("withdrawn", False, [], "", False, {}, ""))
    lock = OrderLock("shopify", order, name, 1, active=not closed)
    wiring.ledger().append(Append(merchant, name, 0, at, [NewEvent(f) for f in facts], lock=lock))
    return name


def raise_on(
    name: str, cause: Cause, *, merchant: str = d.ACME, tier: Tier = Tier.P2, owner: Team = Team.OPS, second: int = 0
) -> str:
    """An exception of the case as a whole."""
    case: Case = wiring.desk().cases.load(merchant, name)
    step = opening(
        case,
        "",
        cause,
        detail="seen in a test",
        evidence={"step": "payment"},
        rule=ExceptionRule(tier, owner, "look into it"),
        due=plus(AT, 3600 + second),
        now=AT,
    )
    wiring.desk().cases.append(case, step)
    return step.exceptions[0].exception_id


# ---------------------------------------------------------------------------------------------- who calls


ROUTES: list[tuple[str, Any, dict[str, str]]] = [
    (CANCEL, WISH, {}),
    (CASES, None, {}),
    (CASE, None, {"case_id": "case-1"}),
    (EXCEPTIONS, None, {}),
    (RESOLVE, {"resolution": "retry", "note": "n"}, {"exception_id": "exc-1"}),
]


@pytest.mark.parametrize(("route", "body", "path"), ROUTES)
@pytest.mark.parametrize("claims", [None, {}, {"sub": ""}, {"cognito:groups": "[merchant.acme]"}])
def test_without_a_person_in_the_token_nothing_is_read_or_done(
    deployed: Deployment, route: str, body: Any, path: dict[str, str], claims: Any
) -> None:
    d.is_problem(call(route, body, claims, path=path), 401)
    assert deployed.untouched()


@pytest.mark.parametrize(("route", "body", "path"), ROUTES)
@pytest.mark.parametrize(
    ("claims", "merchant", "status"),
    [
        (ZETAS, d.ACME, 404),
        (ZETAS, "nobody", 404),
        (BOTH, "", 400),
        ({"sub": "p", "cognito:groups": "[desk.approver]"}, d.ACME, 404),
        ({"sub": "p"}, d.ACME, 404),
        ({"sub": "p", "cognito:groups": "[merchant.acmeplus xmerchant.acme]"}, d.ACME, 404),
    ],
)
def test_for_another_merchant_nothing_is_read_or_done(
    deployed: Deployment,
    route: str,
    body: Any,
    path: dict[str, str],
    claims: Any,
    merchant: str,
    status: int,
) -> None:
    wanted = {"merchant": merchant} if merchant else {}
    d.is_problem(call(route, body, claims, path=path, query=wanted), status)
    assert deployed.untouched()


def test_another_merchants_case_and_exception_are_as_absent_as_none(deployed: Deployment) -> None:
    name = open_case("5001")
    exception = raise_on(name, Cause.MONEY_FAILED)
    before = deployed.items
    mine = call(CASE, path={"case_id": name})
    assert (mine["statusCode"], d.body_of(mine)["order_ref"]) == (200, "5001")
    theirs = d.is_problem(call(CASE, None, ZETAS, path={"case_id": name}), 404)
    nothing = d.is_problem(call(CASE, None, ZETAS, path={"case_id": "case-none"}), 404)
    assert theirs == {**nothing, "detail": nothing["detail"].replace("case-none", name)}
    d.is_problem(resolve(exception, resolution="retry", note="x", claims=ZETAS), 404)
    planned = {"resolution": "retry", "note": "x", "plan_hash": "0" * 64}
    d.is_problem(call(RESOLVE, planned, ZETAS, path={"exception_id": exception}), 404)
    for route in (CASES, EXCEPTIONS):
        assert d.body_of(call(route, None, ZETAS)) == {"items": [], "cursor": ""}
    assert d.body_of(call(CASES, None, ZETAS, query={"order": "5001"}))["items"] == []
    assert (deployed.items, deployed.evidence) == (before, {})


def test_a_cursor_of_one_merchant_or_query_fits_no_other(deployed: Deployment) -> None:
    for n in range(3):
        open_case(f"500{n}", second=n)
    cursor = d.body_of(call(CASES, query=query(limit=1)))["cursor"]
    assert cursor
    d.is_problem(call(CASES, None, BOTH, query=query(merchant=d.ZETA, limit=1, cursor=cursor)), 400)
    problem = d.is_problem(call(CASES, query=query(status="open", limit=1, cursor=cursor)), 400)
    assert problem["field"] == "cursor"


# ---------------------------------------------------------------------------------------------- a wish


@pytest.mark.parametrize("in_base64", [True, False])
def test_a_wish_is_kept_and_queued_under_the_callers_name(deployed: Deployment, in_base64: bool) -> None:
    answer = call(CANCEL, WISH, in_base64=in_base64)
    assert answer["statusCode"] == 202
    assert d.body_of(answer) == {"request_id": WISH["request_id"], "cases": "/cases?merchant=acme&order=5001"}
    (message,) = deployed.take_queue()
    assert (message["merchant"], message["source"], message["actor"]) == (d.ACME, "ops", "person-1")
    assert json.loads(deployed.evidence[message["evidence_key"]]) == {**WISH, "evidence": []}
    assert deployed.work([message]) == []
    assert [case.order_ref for case in deployed.cases()] == ["5001"]


def test_the_same_wish_again_is_one_wish(deployed: Deployment) -> None:
    assert [call(CANCEL, WISH)["statusCode"] for _ in range(2)] == [202, 202]
    assert deployed.work() == []
    assert len(deployed.cases()) == len(deployed.executions) == len(deployed.evidence) == 1


def test_another_wish_under_a_known_request_id_is_not_answered_yes(deployed: Deployment) -> None:
    call(CANCEL, WISH)
    problem = d.is_problem(call(CANCEL, {**WISH, "order_ref": "5002"}), 409)
    assert (problem["field"], problem["fix"]) == ("request_id", "send a new id with each message")
    messages = deployed.take_queue()
    assert len(messages) == 1
    assert deployed.work(messages) == []
    assert [case.order_ref for case in deployed.cases()] == ["5001"]
    assert len(deployed.evidence) == 1


LINE = {"line_id": "71", "quantity": 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"request_id": ""}, "request_id"),
        ({"request_id": "x" * 201}, "request_id"),
        ({"request_id": 5}, "request_id"),
        ({"request_id": "\ud83d"}, "request_id"),
        ({"channel": "ebay"}, "channel"),
        ({"channel": "shopify\n"}, "channel"),
        ({"order_ref": "5001#x"}, "order_ref"),
        ({"order_ref": "a/b"}, "order_ref"),
        ({"order_ref": ["5001"]}, "order_ref"),
        ({"order_ref": "5001\n"}, "order_ref"),
        ({"reason": "because"}, "reason"),
        ({"reason": None}, "reason"),
        ({"lines": "all"}, "lines"),
        ({"lines": [LINE] * 2}, "lines"),
        ({"lines": [{"line_id": str(n), "quantity": 1} for n in range(201)]}, "lines"),
        ({"lines": [{**LINE, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": -1}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": 1.5}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": True}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": "1"}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "quantity": 10**4000}]}, "lines.0.quantity"),
        ({"lines": [{**LINE, "sku": "MUG"}]}, "lines.0.sku"),
        ({"lines": [LINE, {"quantity": 1}]}, "lines.1.line_id"),
        ({"ticket_ref": "x" * 101}, "ticket_ref"),
        ({"evidence": ["x"] * 51}, "evidence"),
        ({"evidence": [""]}, "evidence.0"),
        ({"reason": "fraud"}, "evidence"),
        ({"requested_at": "yesterday"}, "requested_at"),
        ({"requested_at": "2026-11-24T12:00:00"}, "requested_at"),
        ({"requested_at": "0001-01-01T00:00:00+14:00"}, "requested_at"),
        ({"requester": "cat"}, "requester"),
        ({"merchant": d.ZETA}, "merchant"),
        ({"actor": "somebody"}, "actor"),
    ],
)
def test_a_wrong_field_of_a_wish_is_named_with_what_to_send_and_nothing_is_queued(
    deployed: Deployment, change: dict[str, Any], field: str
) -> None:
    problem = d.is_problem(call(CANCEL, {**WISH, **change}), 400)
    assert problem["field"].removeprefix("body.") == field
    assert problem["fix"]
    assert deployed.untouched()


@pytest.mark.parametrize("field", ["request_id", "channel", "order_ref", "reason"])
def test_a_missing_field_of_a_wish_is_named(deployed: Deployment, field: str) -> None:
    problem = d.is_problem(call(CANCEL, {k: v for k, v in WISH.items() if k != field}), 400)
    assert problem["field"] == f"body.{field}"
    assert deployed.untouched()


BOMBS = [
    (b'{"a": 1,\n  "b": }', "line 2 column 8"),
    (b"[1]", "not a JSON object"),
    (b"null", "not a JSON object"),
    (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
    (b"[" * 100_000, "nested"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested"),
    (b'{"a": ' + b"9" * 5000 + b"}", "number"),
]


@pytest.mark.parametrize(("body", "says"), BOMBS)
@pytest.mark.parametrize(("route", "path"), [(CANCEL, {}), (RESOLVE, {"exception_id": "exc-1"})])
def test_a_body_that_is_no_json_object_is_refused_by_name(
    deployed: Deployment, route: str, path: dict[str, str], body: bytes, says: str
) -> None:
    problem = d.is_problem(call(route, body, path=path), 400)
    assert says in problem["detail"]
    assert problem["field"] == "body"
    assert deployed.untouched()


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "", "application/json;x"])
def test_a_body_is_read_as_json_whatever_its_sender_calls_it(deployed: Deployment, kind: str) -> None:
    event = d.request(CANCEL, json.dumps(WISH).encode(), {"Content-Type": kind}, claims=d.PERSON)
    assert desk_api.handler(event, d.CONTEXT)["statusCode"] == 202
    assert len(deployed.take_queue()) == 1


@pytest.mark.parametrize("body", [None, b""])
def test_a_wish_without_a_body_is_refused(deployed: Deployment, body: bytes | None) -> None:
    assert d.is_problem(call(CANCEL, body), 400)["field"].startswith("body")
    assert deployed.untouched()


@pytest.mark.parametrize("in_base64", [True, False])
def test_a_body_over_the_limit_is_refused_by_its_own_size(deployed: Deployment, in_base64: bool) -> None:
    """The euro sign is three bytes long, so that these are fewer characters than the limit."""
    body = json.dumps({**WISH, "ticket_ref": "€" * 400_000}, ensure_ascii=False).encode()
    assert d.is_problem(call(CANCEL, body, in_base64=in_base64), 413)["field"] == "body"
    assert deployed.untouched()


def test_a_body_is_not_too_large_for_being_longer_in_base64(deployed: Deployment) -> None:
    body = json.dumps(WISH).encode() + b" " * 900_000
    assert len(base64.b64encode(body)) > 1_000_000
    assert call(CANCEL, body)["statusCode"] == 202


def test_a_name_that_stands_twice_counts_once(deployed: Deployment) -> None:
    body = json.dumps(WISH).encode().replace(b'"order_ref": "5001"', b'"order_ref": "4999", "order_ref": "5001"')
    assert call(CANCEL, body)["statusCode"] == 202
    (message,) = deployed.take_queue()
    assert json.loads(deployed.evidence[message["evidence_key"]])["order_ref"] == "5001"


# ---------------------------------------------------------------------------------------------- lists


@pytest.mark.parametrize("limit", [1, 7, 10, 26, 27, 28, 100])
def test_every_case_is_on_exactly_one_page(deployed: Deployment, limit: int) -> None:
    made = [open_case(f"{5000 + n}", second=n // 3, closed=n % 4 == 0) for n in range(27)]
    assert sorted(x["case_id"] for x in pages(CASES, limit=limit)) == sorted(made)
    for status in ("open", "closed"):
        found = pages(CASES, limit=limit, status=status)
        assert {x["status"] for x in found} == {status}
        assert len(found) == {"open": 20, "closed": 7}[status]


def test_a_case_that_moves_between_two_pages_is_neither_lost_nor_repeated(deployed: Deployment) -> None:
    made = [open_case(f"{5000 + n}", second=n) for n in range(25)]
    first = d.body_of(call(CASES, query=query(limit=10)))
    moved = wiring.ledger().head(d.ACME, made[3])
    assert moved is not None
    closed = NewEvent(e.CaseClosed("withdrawn", False, [], "", False, {}, ""))
    wiring.ledger().append(Append(d.ACME, made[3], moved.version, plus(AT, 999), [closed]))
    rest = d.body_of(call(CASES, query=query(limit=100, cursor=first["cursor"])))
    assert sorted(x["case_id"] for x in first["items"] + rest["items"]) == sorted(made)


@pytest.mark.parametrize("limit", [1, 4, 26, 100])
def test_every_exception_is_on_exactly_one_page_the_most_urgent_first(deployed: Deployment, limit: int) -> None:
    made: dict[str, tuple[str, str]] = {}
    tiers, owners = list(Tier), list(Team)
    for n in range(26):
        tier, owner = tiers[n % 3], owners[n % 4]
        name = raise_on(open_case(f"{5000 + n}"), Cause.MONEY_FAILED, tier=tier, owner=owner, second=-n)
        made[name] = (tier, owner)
    found = pages(EXCEPTIONS, limit=limit)
    assert sorted(x["exception_id"] for x in found) == sorted(made)
    assert [(x["tier"], x["deadline"]) for x in found] == sorted((x["tier"], x["deadline"]) for x in found)
    for tier in Tier:
        assert len(pages(EXCEPTIONS, limit=limit, tier=tier)) == len([x for x in made.values() if x[0] == tier])
    for owner in Team:
        some = pages(EXCEPTIONS, limit=limit, owner=owner)
        assert {x["owner"] for x in some} == {owner}
        assert len(some) == len([x for x in made.values() if x[1] == owner])
    both = pages(EXCEPTIONS, limit=limit, tier="P1", owner="ops")
    assert len(both) == len([x for x in made.values() if x == ("P1", "ops")]) > 0


def test_the_cases_of_an_order_are_found_by_its_number_alone(deployed: Deployment) -> None:
    name = open_case("5001")
    open_case("50011")
    assert [x["case_id"] for x in d.body_of(call(CASES, query={"order": "5001"}))["items"]] == [name]
    assert d.body_of(call(CASES, query={"order": "500"}))["items"] == []
    assert d.body_of(call(CASES, query={"order": "9" * 5000}))["items"] == []


@pytest.mark.parametrize(
    ("route", "wanted", "field"),
    [
        (CASES, {"limit": "0"}, "query.limit"),
        (CASES, {"limit": "-1"}, "query.limit"),
        (CASES, {"limit": "101"}, "query.limit"),
        (CASES, {"limit": "ten"}, "query.limit"),
        (CASES, {"limit": "9" * 5000}, "query.limit"),
        (EXCEPTIONS, {"limit": "0"}, "query.limit"),
        (EXCEPTIONS, {"limit": "101"}, "query.limit"),
        (CASES, {"status": "half open"}, "query.status"),
        (EXCEPTIONS, {"tier": "P4"}, "query.tier"),
        (EXCEPTIONS, {"tier": "p1"}, "query.tier"),
        (EXCEPTIONS, {"owner": "jane"}, "query.owner"),
        (CASES, {"cursor": "made up"}, "cursor"),
        (CASES, {"cursor": "W10="}, "cursor"),
        (CASES, {"cursor": "ü"}, "cursor"),
        (EXCEPTIONS, {"cursor": base64.b64encode(b"[" * 50_000).decode()}, "cursor"),
        (EXCEPTIONS, {"cursor": base64.b64encode(b"9" * 5000).decode()}, "cursor"),
    ],
)
def test_a_wrong_question_is_named(deployed: Deployment, route: str, wanted: dict[str, str], field: str) -> None:
    problem = d.is_problem(call(route, query=wanted), 400)
    assert (problem["field"], bool(problem["fix"])) == (field, True)


@pytest.mark.parametrize("name", ["case-none", "x" * 5000, "ü", "..", "%00", "a b", "\x00", "\u2028", "<script>"])
def test_a_case_that_is_not_there_is_not_found_whatever_it_is_called(deployed: Deployment, name: str) -> None:
    open_case("5001")
    d.is_problem(call(CASE, path={"case_id": name}), 404)


def test_a_case_shows_its_timeline_without_the_hidden_parts(deployed: Deployment) -> None:
    name = open_case("5001")
    exception = raise_on(name, Cause.MONEY_FAILED)
    shown = d.body_of(call(CASE, path={"case_id": name}))
    assert [x["type"] for x in shown["timeline"]] == ["CaseOpened", "RequestReceived", "ExceptionOpened"]
    assert shown["open_exceptions"] == [exception]
    assert shown["timeline"][-1]["hash"]


def test_an_address_or_method_that_is_not_there_is_a_problem_too(deployed: Deployment) -> None:
    d.is_problem(call("GET /nothing"), 404)
    d.is_problem(call("DELETE /cases"), 404)


# ---------------------------------------------------------------------------------------------- resolutions


ADDRESS = {"name": "Ida Example", "address1": "Ring 7", "zip": "10115", "city": "Berlin", "country_code": "DE"}


def resolution_facts(name: str) -> list[e.ExceptionResolved]:
    recorded = wiring.ledger().load(d.ACME, name)
    return [r.event for r in recorded if isinstance(r.event, e.ExceptionResolved)]


def resolve(exception: str, **answer: Any) -> d.Answer:
    """As a client that looks at the plan first; what the look is refused for, the answer would be."""
    claims = answer.pop("claims", d.PERSON)
    plan = call(PREVIEW, answer, claims, path={"exception_id": exception})
    if plan["statusCode"] != 200:
        return plan
    planned = {**answer, "plan_hash": d.body_of(plan)["plan_hash"]}
    return call(RESOLVE, planned, claims, path={"exception_id": exception})


def test_a_persons_answer_is_recorded_under_their_id_and_its_note_outside_the_chain(deployed: Deployment) -> None:
    name = open_case("5001")
    exception = raise_on(name, Cause.MONEY_FAILED)
    answer = resolve(exception, resolution="done_by_hand", note="spoke to Jane Doe")
    assert (answer["statusCode"], d.body_of(answer)["state"], d.body_of(answer)["answers"]) == (200, "resolved", [])
    (fact,) = resolution_facts(name)
    assert (fact.resolution, fact.by) == ("done_by_hand", "person-1")
    assert list(deployed.evidence.values()) == [b"spoke to Jane Doe"]
    assert "Jane" not in json.dumps(deployed.items) + deployed.logged
    assert deployed.exceptions() == []


def test_an_exception_is_resolved_once(deployed: Deployment) -> None:
    name = open_case("5001")
    exception = raise_on(name, Cause.MONEY_FAILED)
    resolve(exception, resolution="retry")
    before = deployed.items
    d.is_problem(resolve(exception, resolution="no_refund", note="too late"), 409)
    assert (deployed.items, deployed.evidence) == (before, {})


@pytest.mark.parametrize("exception", ["exc-none", "x" * 5000, "ü", "#"])
def test_an_exception_that_is_not_there_is_not_found_and_no_note_of_it_is_kept(
    deployed: Deployment, exception: str
) -> None:
    d.is_problem(resolve(exception, resolution="retry", note="n"), 404)
    assert deployed.untouched()


@pytest.mark.parametrize(
    ("cause", "answer", "field"),
    [
        (Cause.MONEY_FAILED, {"resolution": "it_shipped"}, "resolution"),
        (Cause.MONEY_FAILED, {"resolution": "nonsense"}, "resolution"),
        (Cause.MONEY_FAILED, {"resolution": ""}, "body.resolution"),
        (Cause.MONEY_FAILED, {}, "body.resolution"),
        (Cause.MONEY_FAILED, {"resolution": "retry", "by": "somebody else"}, "body.by"),
        (Cause.MONEY_FAILED, {"resolution": "retry", "note": "x" * 4001}, "body.note"),
        (Cause.MONEY_FAILED, {"resolution": "refund_approved", "approved_by": "person-2"}, "body.approved_by"),
        (Cause.MONEY_FAILED, {"resolution": "retry", "lines": {"L1": 1}}, "lines"),
        (Cause.MONEY_FAILED, {"resolution": "retry", "lines": {"L1": 0}}, "body.lines.L1"),
        (Cause.MONEY_FAILED, {"resolution": "retry", "address": ADDRESS}, "address"),
        (Cause.MONEY_FAILED, {"resolution": "retry", "address": {**ADDRESS, "zip": 1}}, "body.address.zip"),
        (Cause.MONEY_FAILED, {"resolution": "retry", "address": {"name": "Ida"}}, "body.address.address1"),
        (
            Cause.MONEY_FAILED,
            {"resolution": "retry", "address": {**ADDRESS, "country_code": "Germany"}},
            "body.address.country_code",
        ),
        (Cause.UNKNOWN_ORDER, {"resolution": "refund_approved"}, "resolution"),
        (Cause.ERP_REFUSED, {"resolution": "withdrawn"}, "resolution"),
        (Cause.UNMATCHED_MESSAGE, {"resolution": "retry"}, "resolution"),
    ],
)
def test_an_answer_that_may_not_be_given_is_named_and_changes_nothing(
    deployed: Deployment, cause: Cause, answer: dict[str, Any], field: str
) -> None:
    exception = raise_on(open_case("5001"), cause)
    before = deployed.items
    problem = d.is_problem(resolve(exception, **{"note": "n", **answer}), 400)
    assert (problem["field"], bool(problem["fix"])) == (field, True)
    assert (deployed.items, deployed.evidence, deployed.take_queue()) == (before, {}, [])


def test_a_refund_that_a_second_person_approved_is_recorded_with_both(deployed: Deployment) -> None:
    name = open_case("5001")
    exception = raise_on(name, Cause.MONEY_FAILED)
    asked = d.body_of(resolve(exception, resolution="refund_approved", note="she called"))
    assert asked["waits_for_approval"] and asked["state"] == "open" and resolution_facts(name) == []
    word, path = {"plan_hash": asked["plan_hash"]}, {"exception_id": exception}
    d.is_problem(call(APPROVE, word, path=path), 403)
    finance = {"sub": "person-2", "cognito:groups": "[merchant.acme role.finance]"}
    d.is_problem(call(APPROVE, {"plan_hash": "0" * 64}, finance, path=path), 409)
    assert call(APPROVE, word, finance, path=path)["statusCode"] == 200
    (fact,) = resolution_facts(name)
    assert (fact.by, fact.approved_by) == ("person-1", "person-2")


def test_the_answers_that_an_exception_offers_are_the_ones_it_takes(deployed: Deployment) -> None:
    for n, cause in enumerate((Cause.MONEY_FAILED, Cause.UNKNOWN_ORDER, Cause.ERP_REFUSED, Cause.UNEXPECTED_ERROR)):
        raise_on(open_case(f"{5000 + n}"), cause)
    for shown in d.body_of(call(EXCEPTIONS))["items"]:
        answer = resolve(shown["exception_id"], resolution=shown["answers"][0], note="seen")
        assert answer["statusCode"] == 200
    assert deployed.exceptions() == []


def test_a_kept_message_is_ended_by_a_person_and_its_case_with_it(deployed: Deployment) -> None:
    key, sha256 = wiring.evidence().keep(d.ACME, "shopify", "d-9", b"{}")
    stranger = {
        "merchant": d.ACME,
        "source": "shopify",
        "topic": "planets/aligned",
        "delivery_id": "d-9",
        "evidence_key": key,
        "raw_sha256": sha256,
        "received_at": AT,
        "why": "unknown",
    }
    assert deployed.work([stranger]) == []
    (shown,) = d.body_of(call(EXCEPTIONS))["items"]
    assert shown["answers"] == ["done_by_hand"]
    assert resolve(shown["exception_id"], resolution="done_by_hand", note="a planet")["statusCode"] == 200
    assert [case.status for case in deployed.cases()] == ["closed"]
    assert name_of(wiring.ledger().load(d.ACME, shown["case_id"])[-1].event) == "CaseClosed"


# ---------------------------------------------------------------------------------------------- description and logs


def description() -> dict[str, Any]:
    answer = call("GET /openapi.json")
    assert answer["statusCode"] == 200
    return d.body_of(answer)


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(v) for v in value.values()))
    if isinstance(value, list):
        return set().union(*(references(v) for v in value))
    return set()


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {(m.upper(), path): o for path, ms in description()["paths"].items() for m, o in ms.items()}


def test_the_description_names_every_deployed_route_that_software_calls_and_no_other(deployed: Deployment) -> None:
    """The pages of the form, of vendors and of the console are for people."""
    called = [*DESK, *DOORS["receive_webhook"], *DOORS["receive_acknowledgment"]]
    deployed_routes = {(method.value, path) for method, path in called} - {("GET", "/openapi.json")}
    assert {(method, path.replace("<", "{").replace(">", "}")) for method, path in operations()} == deployed_routes


def test_the_description_is_whole(deployed: Deployment) -> None:
    text = description()
    assert text["openapi"].startswith("3.")
    assert {"title", "version"} <= set(text["info"])
    models = text["components"]["schemas"]
    assert {"Cancellation", "LineQuantity", "PlannedAnswer", "PlanView", "Accepted", "CasePage", "CaseView"} <= set(
        models
    )
    assert {"LegView", "TimelineEntry", "ExceptionView", "ExceptionPage", "CaseSummary", "Problem"} <= set(models)
    names = references(text)
    assert names
    assert {name.removeprefix("#/components/schemas/") for name in names} <= set(models)
    ids = [o["operationId"] for o in operations().values()]
    assert len(ids) == len(set(ids))


def test_every_operation_describes_its_parameters_and_every_problem_it_answers(deployed: Deployment) -> None:
    for (method, path), told in operations().items():
        statuses = set(told["responses"])
        assert {"400", "401", "404", "409", "413", "500"} <= statuses, (method, path)
        assert statuses & {"200", "202"}
        for status in ("400", "401", "404", "409", "413", "500"):
            content = told["responses"][status]["content"]
            assert references(content["application/problem+json"]) == {"#/components/schemas/Problem"}
        in_path = {x["name"] for x in told.get("parameters", ()) if x["in"] == "path"}
        assert in_path == {part[1:-1] for part in path.split("/") if part[:1] in ("{", "<")}
        assert ("requestBody" in told) == (method == "POST")


def test_each_door_of_other_software_says_what_proves_the_sender(deployed: Deployment) -> None:
    schemes = description()["components"]["securitySchemes"]
    told = operations()["POST", "/webhooks/{source}"]
    (source,) = [x for x in told["parameters"] if x["name"] == "source"]
    refused = d.body_of(receive_webhook.handler(d.webhook("ebay", b"{}", {}), d.CONTEXT))
    assert set(re.findall(r"[a-z0-9-]+", refused["detail"].partition(": use ")[2])) - {"or"} == set(
        source["schema"]["enum"]
    )
    assert {name for alternative in told["security"] for name in alternative} == schemes.keys() - {"person"}
    assert operations()["POST", "/acknowledgments/{callback_id}"]["security"] == [{"proof-generic-3pl": []}]


@pytest.mark.parametrize("source", PROVED_BY)
def test_the_header_that_the_description_names_is_the_one_that_is_asked_for(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    asked: list[str] = []
    ask = Request.proof

    def proof(request: Request, name: str) -> str:
        asked.append(name.lower())
        return ask(request, name)

    monkeypatch.setattr(Request, "proof", proof)
    deployed.connect("every", EVERY, {"shopify": "every.myshopify.com", "zendesk": "9"})
    headers = {"X-Shopify-Shop-Domain": "every.myshopify.com", "X-Shopify-Topic": "t", "X-Shopify-Webhook-Id": "w"}
    headers |= {"X-Zendesk-Account-Id": "9", "X-Stopship-Merchant": "every", "X-Stopship-Warehouse": "north"}
    headers |= {"X-Stopship-Help-Desk": "jira", "webhook-id": "w", "webhook-timestamp": "1"}
    headers |= {"X-Zendesk-Webhook-Signature-Timestamp": "t", "x-shipengine-rsa-sha256-key-id": "k"}
    headers |= {"x-shipengine-timestamp": "t", PROVED_BY[source]: "wrong"}
    query = {"merchant": "every", "warehouse": "north"}
    event = d.request("POST /webhooks/{source}", b"{}", headers, path={"source": source}, query=query)
    d.is_problem(receive_webhook.handler(event, d.CONTEXT), 401)
    assert PROVED_BY[source].lower() in asked
    assert deployed.untouched()


EVERY = {
    **d.connections({}),
    "warehouses": {"north": {"secrets": ["s"], "webhook_secrets": ["whsec_c2VjcmV0"], "webhook_keys": {}}},
    "shopify": d.STORE,
    "stripe": {"webhook_secrets": ["s"]},
    "zendesk": {"webhook_secrets": ["s"]},
    "help_desks": {"jira": {"secrets": ["s"]}},
}
"""A merchant who has connected everything that sends messages."""


def test_an_unforeseen_failure_is_an_opaque_problem(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError("table arn:aws:secret")

    monkeypatch.setattr(desk_api, "desk", broken)
    assert "secret" not in d.is_problem(call(CASES), 500)["detail"]
    assert "request failed" in deployed.logged


@pytest.mark.parametrize(
    "run",
    [
        lambda: call(CANCEL, {**WISH, "ticket_ref": "Jane Doe, 1 Elm St"}),
        lambda: call(CANCEL, {**WISH, "order_ref": "jane@example.com"}),
        lambda: call(CANCEL, b'{"a": "jane@example.com"'),
        lambda: call(CANCEL, {**WISH, "jane@example.com": 1}),
        lambda: call(CASES, query={"cursor": "jane@example.com"}),
        lambda: resolve("exc-none", resolution="retry", note="Jane Doe"),
        lambda: call(CASES, None, {**d.PERSON, "email": "jane@example.com", "sub": ""}),
    ],
)
def test_what_is_logged_holds_no_personal_data_and_no_body(deployed: Deployment, run: Callable[[], Any]) -> None:
    run()
    assert [x for x in ("Jane", "jane@example.com", "Elm St", "request_id") if x in deployed.logged] == []
