"""An exception's page: what is offered to whom, what a form must say, and that a refusal changes nothing."""

import re

import pytest

from tests.fakes.console import ROLES, FakeConsole, Visitor
from tests.fakes.world import MERCHANT


def item_of(console: FakeConsole, number: str) -> str:
    return next(x.exception_id for x in console.world.exceptions if x.order_ref == number)


def signed_in(console: FakeConsole, who: str) -> Visitor:
    visitor = Visitor(console)
    visitor.sign_in(who)
    visitor.get("/console")
    return visitor


def post(visitor: Visitor, exception_id: str, doing: str, **fields: str) -> int:
    return visitor.post(f"/console/exceptions/{exception_id}/{doing}", merchant=MERCHANT, **fields).status


def planned(visitor: Visitor, exception_id: str, action: str, **fields: str) -> str:
    """The hash of the plan that the page shows."""
    seen = visitor.post(f"/console/exceptions/{exception_id}/preview", merchant=MERCHANT, action=action, **fields)
    assert seen.status == 200, seen.text
    return seen.text.partition('name="plan_hash" value="')[2].partition('"')[0]


def answers(console: FakeConsole, number: str) -> list[str]:
    case = console.world.case_of(number)
    return [x.resolved.fact.resolution for x in case.exceptions.values() if x.resolved]


RIGHT = {
    "address.name": "Ida Example",
    "address.address1": "Ring 7",
    "address.zip": "10115",
    "address.city": "Berlin",
    "address.country_code": "DE",
}


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_not_do_is_shown_with_what_it_takes_and_is_not_done(console: FakeConsole, role: str) -> None:
    visitor, name = signed_in(console, role), item_of(console, "1003")
    text = visitor.get(f"/console/exceptions/{name}").text
    assert ("disabled" in text) == (role in ("agent", "auditor"))
    status = post(visitor, name, "resolve", action="let_it_ship", plan_hash="")
    assert status == (403 if role == "auditor" else 409)
    assert answers(console, "1003") == []


def test_looking_at_what_would_follow_changes_nothing(lead: Visitor) -> None:
    name = item_of(lead.console, "1003")
    before, effects = list(lead.console.world.ledger.scan()), len(lead.console.world.effects)
    assert planned(lead, name, "they_stopped_it", note="Ann holds it")
    assert (list(lead.console.world.ledger.scan()), len(lead.console.world.effects)) == (before, effects)


def test_an_answer_does_what_its_plan_said_and_only_once(lead: Visitor) -> None:
    name = item_of(lead.console, "1003")
    plan = planned(lead, name, "they_stopped_it", note="Ann holds it")
    fields = {"action": "they_stopped_it", "note": "Ann holds it", "plan_hash": plan}
    seen = lead.post(f"/console/exceptions/{name}/resolve", merchant=MERCHANT, **fields)
    assert (seen.status, seen.location.endswith("&told=done")) == (303, True)
    lead.console.world.settle()
    assert post(lead, name, "resolve", **fields) == 409
    assert answers(lead.console, "1003") == ["they_stopped_it"]
    assert len([x for x in lead.console.world.done("payments.refund") if x.subject == "1003"]) == 1
    assert "This exception has ended" in lead.get(f"/console/exceptions/{name}").text


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"action": "nonsense"}, "resolution"),
        ({"action": "stopped_in_part", "note": "n"}, "lines"),
        ({"action": "stopped_in_part", "note": "n", "line.L1": "x"}, "L1"),
        ({"action": "address_fixed", "address.city": "Berlin"}, "address.name"),
        ({"action": "let_it_ship", **RIGHT}, "address"),
        ({"action": "let_it_ship", "evidence": " ".join(f"e{n}" for n in range(51))}, "evidence"),
    ],
)
def test_what_is_wrong_in_a_form_is_named_and_nothing_is_recorded(
    lead: Visitor, fields: dict[str, str], named: str
) -> None:
    name = item_of(lead.console, "1003")
    seen = lead.post(f"/console/exceptions/{name}/preview", merchant=MERCHANT, **fields)
    assert seen.status == 400 and named in seen.text
    assert answers(lead.console, "1003") == []


def test_the_right_address_is_typed_in_shown_as_a_plan_and_written_once(lead: Visitor) -> None:
    name = item_of(lead.console, "1003")
    form = lead.get(f"/console/exceptions/{name}?merchant={MERCHANT}&answer=address_fixed").text
    assert 'name="address.zip"' in form
    seen = lead.post(f"/console/exceptions/{name}/preview", merchant=MERCHANT, action="address_fixed", **RIGHT)
    assert "Writes the address in the order system, then releases" in seen.text
    again = dict(re.findall(r'<input type="hidden" name="(address[^"]+)" value="([^"]*)"', seen.text))
    assert {k: v for k, v in again.items() if v} == RIGHT
    plan = seen.text.partition('name="plan_hash" value="')[2].partition('"')[0]
    assert post(lead, name, "resolve", action="address_fixed", plan_hash=plan) == 409, "without it, another plan"
    assert post(lead, name, "resolve", action="address_fixed", plan_hash=plan, **again) == 303
    lead.console.world.settle()
    order = lead.console.world.orders["1003"]
    assert order.address and (order.address.city, order.address.zip) == ("Berlin", "10115")
    assert len(lead.console.world.done("store.address")) == 1
    assert "Ring 7" not in lead.get(f"/console/exceptions/{name}").text


def test_an_answer_of_another_kind_asks_for_no_address(lead: Visitor) -> None:
    name = item_of(lead.console, "1003")
    text = lead.get(f"/console/exceptions/{name}?merchant={MERCHANT}&answer=let_it_ship").text
    assert "address." not in text


def test_a_part_of_a_leg_is_answered_line_by_line(lead: Visitor) -> None:
    name = item_of(lead.console, "1003")
    assert planned(lead, name, "stopped_in_part", note="one box", **{"line.L1": "1", "line.L2": "0"})


def test_the_next_is_taken_given_back_and_taken_by_somebody_else(console: FakeConsole) -> None:
    ann, ben = signed_in(console, "agent"), signed_in(console, "lead")
    first = ann.post("/console/next").location
    assert item_of(console, "1003") in first and "In your hands" in ann.get(first).text
    assert ben.post("/console/next").location != first
    name = item_of(console, "1003")
    assert post(ben, name, "give-back") == 409
    assert post(ann, name, "give-back") == 303
    assert signed_in(console, "finance").post("/console/next").location == first


def test_an_open_page_keeps_what_it_has_and_a_closed_one_loses_it(console: FakeConsole) -> None:
    ann, name = signed_in(console, "agent"), item_of(console, "1003")
    ann.post("/console/next")
    for _ in range(4):
        console.world.later(120)
        assert post(ann, name, "renew") == 204
    console.world.later(400)
    assert signed_in(console, "lead").post("/console/next").status == 303
    assert post(ann, name, "renew") == 409


def test_nothing_to_take_is_told(console: FakeConsole) -> None:
    visitor = signed_in(console, "stranger")
    seen = visitor.post("/console/next")
    assert (
        seen.location == "/console?told=empty" and "Nothing waits that you can take" in visitor.get(seen.location).text
    )


def test_another_team_gets_it_and_its_deadline_stays(lead: Visitor) -> None:
    name = item_of(lead.console, "1001")
    before = lead.console.world.ledger.exception(MERCHANT, name)
    assert post(lead, name, "reassign", team="fraud", note="looks odd") == 303
    after = lead.console.world.ledger.exception(MERCHANT, name)
    assert before and after and (after.owner, after.deadline) == ("fraud", before.deadline)
    assert post(lead, name, "reassign", team="nobody") == 400


def test_what_is_put_off_is_given_to_nobody_before_then(lead: Visitor) -> None:
    name = item_of(lead.console, "1003")
    assert post(lead, name, "snooze", until="1 hour", reason="they call back") == 303
    assert name not in lead.post("/console/next").location
    assert post(lead, name, "snooze", until="for ever", reason="x") == 400


def test_two_people_are_needed_where_the_policy_says_so(console: FakeConsole) -> None:
    lead, finance, name = signed_in(console, "lead"), signed_in(console, "finance"), item_of(console, "1002")
    console.world.faults.clear("payments.move")
    plan = planned(lead, name, "refund_approved")
    seen = lead.post(f"/console/exceptions/{name}/resolve", merchant=MERCHANT, action="refund_approved", plan_hash=plan)
    assert seen.location.endswith("told=waits")
    assert "waits for a second person" in lead.get(seen.location).text
    assert post(lead, name, "approve", plan_hash=plan) == 403
    assert [x for x in console.world.done("payments.refund") if x.subject == "1002"] == []
    assert post(finance, name, "approve", plan_hash="another") == 409
    assert post(finance, name, "approve", plan_hash=plan) == 303
    console.world.settle()
    assert len([x for x in console.world.done("payments.refund") if x.subject == "1002"]) == 1


def test_a_denied_answer_leaves_the_exception_open(console: FakeConsole) -> None:
    lead, finance, name = signed_in(console, "lead"), signed_in(console, "finance"), item_of(console, "1002")
    plan = planned(lead, name, "refund_approved")
    post(lead, name, "resolve", action="refund_approved", plan_hash=plan)
    assert post(finance, name, "deny", plan_hash=plan, note="not yet") == 303
    item = console.world.ledger.exception(MERCHANT, name)
    assert item and (item.state, item.proposed) == ("open", "")


@pytest.mark.parametrize("doing", ["", "/part", "/answer"])
def test_another_merchants_exception_is_not_there(console: FakeConsole, doing: str) -> None:
    stranger, name = signed_in(console, "stranger"), item_of(console, "1003")
    for merchant in ("", f"?merchant={MERCHANT}"):
        assert stranger.get(f"/console/exceptions/{name}{doing}{merchant}").status == 404
    assert post(stranger, name, "resolve", action="let_it_ship") == 404
    assert answers(console, "1003") == []


def test_a_part_is_sent_only_when_something_has_changed(lead: Visitor) -> None:
    name = item_of(lead.console, "1003")
    text = lead.get(f"/console/exceptions/{name}?merchant={MERCHANT}").text
    part = text.partition('id="case" hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    assert lead.get(part, hx_request="true", x_refresh="1").status == 204
    signed_in(lead.console, "agent").post("/console/next")
    changed = lead.get(part, hx_request="true", x_refresh="1")
    assert changed.status == 200 and "somebody else&#39;s hands" in changed.text.replace("'", "&#39;")
