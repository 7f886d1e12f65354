"""The case page: what is known stands there, nothing that came from outside runs, and nothing is anybody else's."""

from hashlib import sha256
from typing import Any

import pytest

from stopship.application.answer_exception import Answer, answer_exception
from stopship.console.views.case import lines_seen, link_to, order_lines, safe_link
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.world import MERCHANT


def address(visitor: Visitor, number: str) -> str:
    return f"/console/cases/{visitor.console.world.case_of(number).case_id}?merchant={MERCHANT}"


def test_a_closed_case_shows_proof_money_netsuite_and_its_root_cause(lead: Visitor) -> None:
    text = lead.get(address(lead, "1005")).text
    for shown in ("stopped", "Proof", "system cancelled", "refund", "56.70 EUR", "Root cause", "structural", "Policy"):
        assert shown in text
    assert "https://1234567.app.netsuite.com/app/accounting/transactions/salesord.nl?id=1005" in text


def test_an_open_case_shows_what_waits_and_how_old_the_reading_is(lead: Visitor) -> None:
    text = lead.get(address(lead, "1003")).text
    for shown in ("Silent warehouse", "picked", "stale, read", "silent", "VIP", "ZD-4713", "physically stopped"):
        assert shown in text


def test_a_closed_case_shows_the_lines_as_the_store_counted_them_after_the_cancel(lead: Visitor) -> None:
    case = lead.console.world.case_of("1005")
    rows = order_lines(case)
    assert [(row["ordered"], row["cancelled"], row["open"]) for row in rows] == [(2, 2, 0), (1, 1, 0)]
    assert lines_seen(case) == case.counted["shopify", "after"].at


def test_every_fact_stands_in_the_timeline_with_its_hash(lead: Visitor) -> None:
    text = lead.get(address(lead, "1005")).text
    case = lead.console.world.case_of("1005")
    recorded = lead.console.world.ledger.load(MERCHANT, case.case_id)
    assert all(f'id="fact-{r.version}"' in text and r.hash[:10] in text for r in recorded)


def test_a_link_without_its_merchant_finds_the_case_all_the_same(console: FakeConsole) -> None:
    visitor = Visitor(console)
    visitor.sign_in("both")
    case = console.world.case_of("1003")
    assert visitor.get(f"/console/cases/{case.case_id}").status == 200
    assert visitor.get("/console/cases/case-unknown").status == 404


@pytest.mark.parametrize("rest", ["", "/part", "/evidence/2"])
def test_another_merchants_case_is_not_there(console: FakeConsole, rest: str) -> None:
    stranger = Visitor(console)
    stranger.sign_in("stranger")
    case = console.world.case_of("1003").case_id
    for merchant in ("", f"?merchant={MERCHANT}"):
        assert stranger.get(f"/console/cases/{case}{rest}{merchant}").status == 404


def test_the_page_is_sent_again_only_when_the_case_has_moved(lead: Visitor) -> None:
    world = lead.console.world
    case = world.case_of("1003")
    part = f"/console/cases/{case.case_id}/part?merchant={MERCHANT}&seen="
    assert lead.get(f"{part}{case.version}").status == 204
    moved = lead.get(f"{part}{case.version - 1}")
    assert moved.status == 200 and f"seen={case.version}" in moved.text and "<html" not in moved.text


def kept(visitor: Visitor, body: bytes) -> tuple[str, int]:
    """A note on an exception, and the fact that names it."""
    world = visitor.console.world
    item = world.exceptions[0]
    answer_exception(world.desk, MERCHANT, item.exception_id, Answer("retry", "ann", body.decode()))
    recorded = world.ledger.load(MERCHANT, item.case_id)
    (fact,) = [r for r in recorded if type(r.event).__name__ == "ExceptionResolved"]
    return item.case_id, fact.version


def test_evidence_is_shown_as_text_and_who_opened_it_is_logged(lead: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    case, version = kept(lead, b"<script>alert(1)</script> said the warehouse")
    seen = lead.get(f"/console/cases/{case}/evidence/{version}?merchant={MERCHANT}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; said the warehouse" in seen.text
    assert "is the one in the audit trail" in seen.text
    (record,) = [r for r in caplog.records if r.message == "evidence opened"]
    logged: dict[str, Any] = record.__dict__
    assert (logged["subject"], logged["case_id"], logged["merchant"]) == ("id-of-lead@desk.example", case, MERCHANT)
    assert "said the warehouse" not in caplog.text


def test_evidence_that_was_changed_is_told_to_be_so(lead: Visitor) -> None:
    case, version = kept(lead, b"a note")
    evidence = lead.console.world.evidence.kept
    (key,) = [k for k, body in evidence.items() if body == b"a note"]
    evidence[key] = b"another note"
    text = lead.get(f"/console/cases/{case}/evidence/{version}?merchant={MERCHANT}").text
    assert "<strong>not</strong>" in text and sha256(b"a note").hexdigest() in text


def test_a_message_that_a_door_kept_under_another_name_is_found_by_its_hash(lead: Visitor) -> None:
    world, body = lead.console.world, b"please cancel"
    other = b"something else about the same order"
    world.order("1088")
    world.ask("1088", "d-1088", source="shopify_flow", raw_sha256=sha256(body).hexdigest())
    for text in (other, body):
        key, _ = world.evidence.keep(MERCHANT, "shopify-flow", text.decode(), text)
        world.ledger.note_evidence(MERCHANT, "order:shopify:1088", key)
    case = world.case_of("1088").case_id
    text = lead.get(f"/console/cases/{case}/evidence/2?merchant={MERCHANT}").text
    assert "please cancel" in text and "is the one in the audit trail" in text and "something else" not in text


def test_a_message_that_was_erased_is_not_found(lead: Visitor) -> None:
    case, version = kept(lead, b"a note")
    lead.console.world.evidence.kept.clear()
    assert lead.get(f"/console/cases/{case}/evidence/{version}?merchant={MERCHANT}").status == 404


@pytest.mark.parametrize("version", ["1", "9999", "x"])
def test_a_fact_without_a_message_has_no_evidence(lead: Visitor, version: str) -> None:
    case = lead.console.world.case_of("1003").case_id
    assert lead.get(f"/console/cases/{case}/evidence/{version}?merchant={MERCHANT}").status == 404


def test_only_https_links_are_made() -> None:
    assert safe_link("https://a.example/1") == "https://a.example/1"
    assert [safe_link(x) for x in ("javascript:alert(1)", "http://a.example", "data:text/html,x", "https://[", "")] == [
        ""
    ] * 5
    links = {"netsuite": "https://n.example/?id={record}", "order": "javascript:{order_ref}"}
    assert link_to(links, "netsuite", record="a&b c") == "https://n.example/?id=a%26b%20c"
    assert link_to(links, "order", order_ref="1") == link_to(links, "ticket", ticket="1") == ""


def test_cases_are_listed_the_newest_first_and_by_status(lead: Visitor) -> None:
    text = lead.get("/console/cases").text
    assert all(number in text for number in ("1001", "1002", "1003", "1004", "1005"))
    closed = lead.get("/console/cases?status=closed").text
    assert "1005" in closed and "1003" not in closed
    assert lead.get("/console/cases?status=odd").status == 400
