"""A list of wishes through the desk's API: all of it, or nothing, or what was said to be enough; and once."""

from typing import Any

import pytest

from stopship import wiring
from stopship.adapters.ops_csv import rows
from stopship.handlers import desk_api
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

ROUTE = "POST /cancellations/csv"
GOOD = "order_ref;reason;ticket_ref\n5001;stockout;OPS-1\n5002;stockout;OPS-1\n"
HALF = "order_ref,reason\n5001,stockout\n,stockout\n5003,because\n"


def send(text: str | bytes, kind: str = "text/csv", claims: Any = d.PERSON, **query: str) -> d.Answer:
    body = text if isinstance(text, bytes) else text.encode()
    event = d.request(ROUTE, body, {"Content-Type": kind}, claims=claims, query=query, in_base64=True)
    answer: d.Answer = desk_api.handler(event, d.CONTEXT)
    return answer


def test_each_row_is_a_wish_and_the_file_is_kept_as_it_came(deployed: Deployment) -> None:
    answer = send(GOOD)
    assert answer["statusCode"] == 202
    told = d.body_of(answer)
    assert [(x["line"], x["order_ref"]) for x in told["taken"]] == [(2, "5001"), (3, "5002")]
    assert told["refused"] == []
    assert told["taken"][0]["cases"] == "/cases?merchant=acme&order=5001"
    assert list(deployed.evidence.values()) == [GOOD.encode()]
    messages = deployed.take_queue()
    assert {(m["source"], m["actor"], m["raw_sha256"]) for m in messages} == {("ops-csv", "person-1", told["file"])}
    assert deployed.work(messages) == []
    assert sorted(case.order_ref for case in deployed.cases()) == ["5001", "5002"]
    case = wiring.desk().cases.load(d.ACME, deployed.cases()[0].case_id)
    assert [(r.fact.requester, r.fact.reason, r.fact.ticket_ref) for r in case.requests] == [
        ("ops", "stockout", "OPS-1")
    ]
    assert case.requests[0].fact.request_id in {x["wish"] for x in told["taken"]}


def test_the_same_file_twice_acts_once(deployed: Deployment) -> None:
    assert [send(GOOD)["statusCode"] for _ in range(2)] == [202, 202]
    assert deployed.work() == []
    assert len(deployed.evidence) == 1
    assert [len(wiring.desk().cases.load(d.ACME, c.case_id).requests) for c in deployed.cases()] == [1, 1]


def test_a_corrected_file_acts_once_for_the_rows_that_carry_an_id(deployed: Deployment) -> None:
    head = "order_ref,reason,request_id\n"
    send(head + "5001,stockout,r-1\n5002,stockout,r-2\n")
    send(head + "5003,stockout,r-3\n5001,stockout,r-1\n")
    assert deployed.work() == []
    requests = {c.order_ref: len(wiring.desk().cases.load(d.ACME, c.case_id).requests) for c in deployed.cases()}
    assert requests == {"5001": 1, "5002": 1, "5003": 1}


def test_with_a_fault_in_any_row_nothing_is_taken_and_every_fault_is_named(deployed: Deployment) -> None:
    problem = d.is_problem(send(HALF), 400)
    assert [(x["line"], x["column"]) for x in problem["errors"]] == [(3, "order_ref"), (4, "reason")]
    assert all(x["problem"] and x["fix"] for x in problem["errors"])
    assert (problem["field"], problem["fix"]) == ("line 3, order_ref", "the order's id")
    assert deployed.untouched()


def test_a_part_is_taken_only_where_that_was_said_to_be_enough(deployed: Deployment) -> None:
    told = d.body_of(send(HALF, partial="true"))
    assert [x["line"] for x in told["taken"]] == [2]
    assert [x["line"] for x in told["refused"]] == [3, 4]
    assert deployed.work() == []
    assert [case.order_ref for case in deployed.cases()] == ["5001"]


def test_of_a_list_that_is_all_wrong_nothing_is_a_part(deployed: Deployment) -> None:
    d.is_problem(send("order_ref,reason\n,x\n", partial="true"), 400)
    assert deployed.untouched()


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        (GOOD, "application/json", 400),
        (GOOD, "", 400),
        (b"\xff\xfe", "text/csv", 400),
        ("", "text/csv", 400),
        ("order_ref,reason\n" + "5001,stockout\n" * 80_000, "text/csv", 413),
    ],
)
def test_what_is_no_list_is_refused_and_nothing_is_done(
    deployed: Deployment, text: Any, kind: str, status: int
) -> None:
    d.is_problem(send(text, kind), status)
    assert deployed.untouched()


@pytest.mark.parametrize(
    ("claims", "merchant", "status"),
    [(None, d.ACME, 401), (d.PERSON, d.ZETA, 404), ({"sub": "p"}, d.ACME, 404)],
)
def test_only_the_merchants_own_people_may_send_a_list(
    deployed: Deployment, claims: Any, merchant: str, status: int
) -> None:
    d.is_problem(send(GOOD, claims=claims, merchant=merchant), status)
    assert deployed.untouched()


def test_a_charset_beside_the_media_type_is_no_other_type(deployed: Deployment) -> None:
    assert send(GOOD, "Text/CSV; charset=utf-8")["statusCode"] == 202


def test_as_many_rows_as_are_allowed_reach_the_queue_and_one_more_is_refused(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 60)
    d.is_problem(send("order_ref,reason\n" + "".join(f"{n},stockout\n" for n in range(61))), 400)
    assert deployed.take_queue() == []
    answer = send("order_ref,reason\n" + "".join(f"{n},stockout\n" for n in range(60)))
    assert len(d.body_of(answer)["taken"]) == len(deployed.take_queue()) == 60


def test_a_queue_that_refuses_some_answers_no_yes_and_a_repeat_makes_it_whole(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = wiring.intake_queue()._client.send_message_batch

    def half(**told: Any) -> Any:
        first, *rest = told["Entries"]
        answer = real(QueueUrl=told["QueueUrl"], Entries=[first])
        return {**answer, "Failed": [{"Id": x["Id"], "SenderFault": False, "Code": "x"} for x in rest]}

    text = "order_ref,reason\n" + "".join(f"{n},stockout\n" for n in range(5001, 5006))
    with monkeypatch.context() as patch:
        patch.setattr(wiring.intake_queue()._client, "send_message_batch", half)
        d.is_problem(send(text), 500)
    assert send(text)["statusCode"] == 202
    assert deployed.work() == []
    assert sorted(case.order_ref for case in deployed.cases()) == [str(n) for n in range(5001, 5006)]
    assert len(deployed.executions) == 5


def test_a_sku_that_cannot_be_looked_up_now_waits_in_the_queue(deployed: Deployment) -> None:
    send("order_ref,sku,reason\n5001,MUG,stockout\n")
    assert deployed.work() == ["m-0"]
    assert deployed.cases() == []


def test_a_channel_that_is_not_connected_is_put_before_a_person(deployed: Deployment) -> None:
    send("order_ref,channel,sku,reason\n903-8868176-2219830,amazon,MUG,stockout\n")
    assert deployed.work() == []
    (shown,) = deployed.exceptions()
    assert shown.cause == "unmatched_message"


def test_the_description_takes_text_for_a_list(deployed: Deployment) -> None:
    told = d.body_of(desk_api.handler(d.request("GET /openapi.json", claims=d.PERSON), d.CONTEXT))
    post = told["paths"]["/cancellations/csv"]["post"]
    assert list(post["requestBody"]["content"]) == ["text/csv"]
    assert {x["name"] for x in post["parameters"]} == {"merchant", "partial"}
