"""A cancel by hand goes the way of every other wish, once, and says what is wrong with it."""

import json
import re

import pytest

from stopship.application.take_in import IntakeMessage
from stopship.wiring.own_doors import normalise
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.world import MERCHANT

WISH = {
    "merchant": MERCHANT,
    "channel": "shopify",
    "order_ref": "1077",
    "reason": "customer_request",
    "requester": "customer",
    "lines": "L1 2\nL2 1",
    "ticket_ref": "ZD-9",
    "evidence": "",
}


def form_id(visitor: Visitor) -> str:
    found = re.search(r'name="request_id" value="([^"]+)"', visitor.get("/console/new").text)
    assert found
    return found.group(1)


def test_a_wish_is_kept_and_queued_under_who_asked(lead: Visitor) -> None:
    request_id = form_id(lead)
    seen = lead.post("/console/new", request_id=request_id, **WISH)
    assert (seen.status, seen.location) == (303, f"/console/new/{MERCHANT}/1077/asked?id={request_id}")
    (message,) = lead.console.queue.messages
    assert (message["actor"], message["delivery_id"]) == ("id-of-lead@desk.example", request_id)
    body = lead.console.world.evidence.kept[message["evidence_key"]]
    wish = normalise(IntakeMessage(**message), body, lambda _: "shopify")
    assert (wish.order_ref, dict(wish.lines), wish.ticket_ref) == ("1077", {"L1": 2, "L2": 1}, "ZD-9")
    assert json.loads(body)["requester"] == "customer"


def test_a_form_that_is_sent_twice_is_one_wish(lead: Visitor) -> None:
    request_id = form_id(lead)
    for _ in range(2):
        lead.post("/console/new", request_id=request_id, **WISH)
    assert len({m["delivery_id"] for m in lead.console.queue.messages}) == 1
    assert form_id(lead) != request_id


def test_a_form_that_comes_back_with_another_order_is_shown_again_under_a_new_id(lead: Visitor) -> None:
    request_id = form_id(lead)
    lead.post("/console/new", request_id=request_id, **WISH)
    seen = lead.post("/console/new", request_id=request_id, **{**WISH, "order_ref": "1078"})
    assert (seen.status, "has asked for something else already" in seen.text) == (409, True)
    assert len(lead.console.queue.messages) == 1
    found = re.search(r'name="request_id" value="([^"]+)"', seen.text)
    assert found
    again = lead.post("/console/new", request_id=found.group(1), **{**WISH, "order_ref": "1078"})
    assert (again.status, len(lead.console.queue.messages)) == (303, 2)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"order_ref": ""}, "order_ref"),
        ({"order_ref": "a b"}, "order_ref"),
        ({"reason": "because"}, "reason"),
        ({"channel": "fax"}, "channel"),
        ({"requester": "nobody"}, "requester"),
        ({"lines": "L1"}, "lines"),
        ({"lines": "L1 x"}, "lines"),
        ({"lines": "L1 0"}, "lines"),
        ({"lines": "L1 1\nL1 2"}, "lines"),
        ({"reason": "fraud"}, "evidence"),
        ({"ticket_ref": "x" * 101}, "ticket_ref"),
    ],
)
def test_what_is_wrong_is_named_what_was_typed_stays_and_nothing_is_queued(
    lead: Visitor, changes: dict[str, str], named: str
) -> None:
    seen = lead.post("/console/new", request_id=form_id(lead), **{**WISH, **changes})
    assert seen.status == 400 and 'role="alert"' in seen.text and named in seen.text
    assert "ZD-9" in seen.text or named == "ticket_ref"
    assert lead.console.queue.messages == [] and len(lead.console.world.evidence.kept) == 0


def test_who_only_reads_asks_for_nothing(console: FakeConsole) -> None:
    auditor = Visitor(console)
    auditor.sign_in("auditor")
    auditor.get("/console")
    assert auditor.get("/console/new").status == 403
    assert auditor.post("/console/new", request_id="r", **WISH).status == 403
    assert console.queue.messages == []


def test_another_merchants_order_is_not_asked_for(console: FakeConsole) -> None:
    stranger = Visitor(console)
    stranger.sign_in("stranger")
    stranger.get("/console")
    assert stranger.post("/console/new", request_id="r", **WISH).status == 404
    assert console.queue.messages == []


def test_the_page_opens_the_case_once_it_is_there(lead: Visitor) -> None:
    waiting = f"/console/new/{MERCHANT}/1077"
    assert lead.get(waiting).status == 204
    lead.console.world.order("1077")
    lead.console.world.ask("1077", "d-1077")
    case = lead.console.world.case_of("1077").case_id
    assert lead.get(waiting).headers["hx-redirect"] == f"/console/cases/{case}?merchant={MERCHANT}"


LIST = "order_ref,reason\n" + "".join(f"{n},stockout\n" for n in range(3000, 3500))


def test_a_list_of_five_hundred_orders_is_asked_for_in_one_go(lead: Visitor) -> None:
    lead.get("/console/new/list")
    seen = lead.post("/console/new/list", merchant=MERCHANT, list=LIST)
    assert seen.status == 200 and "500 cancels are asked for" in seen.text
    assert len(lead.console.queue.messages) == 500
    assert {m["actor"] for m in lead.console.queue.messages} == {"id-of-lead@desk.example"}
    lead.post("/console/new/list", merchant=MERCHANT, list=LIST)
    assert len({m["delivery_id"] for m in lead.console.queue.messages}) == 500


@pytest.mark.parametrize("text", ["", "order_ref\n1001\n", "order_ref,reason\n1001,because\n,stockout\n"])
def test_nothing_of_a_list_is_taken_while_a_row_is_wrong(lead: Visitor, text: str) -> None:
    seen = lead.post("/console/new/list", merchant=MERCHANT, list=text)
    assert seen.status == 400 and 'role="alert"' in seen.text
    assert lead.console.queue.messages == [] and lead.console.world.evidence.kept == {}


def test_who_only_reads_sends_no_list(console: FakeConsole) -> None:
    auditor = Visitor(console)
    auditor.sign_in("auditor")
    auditor.get("/console")
    assert auditor.post("/console/new/list", merchant=MERCHANT, list=LIST).status == 403
    assert console.queue.messages == []
