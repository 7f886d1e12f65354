"""The queue page: order, pages, filters, and nothing sent when nothing changed."""

import re

import pytest

from stopship.application.view_queue import QueueFilter, view_queue
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.world import MERCHANT


def orders(text: str) -> list[str]:
    return re.findall(r'<td class="order">(\d+)</td>', text)


def test_the_most_urgent_comes_first_with_all_that_a_row_needs(lead: Visitor) -> None:
    text = lead.get("/console").text
    assert orders(text) == ["1003", "1001", "1002"]
    first = text[text.index("<tbody>") : text.index("1001</td>")]
    for shown in ("P1", "Silent warehouse", "Call the warehouse", "1,920.00 EUR", "shopify", "warehouse", "left"):
        assert shown in first


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tier=P1", ["1003"]),
        ("tier=P2", ["1001", "1002"]),
        ("tier=P3", []),
        ("owner=finance", ["1002"]),
        ("channel=amazon", []),
        ("tier=P2&owner=warehouse", ["1001"]),
        ("mine=1", []),
    ],
)
def test_filters_narrow_it(lead: Visitor, query: str, expected: list[str]) -> None:
    assert orders(lead.get(f"/console?{query}").text) == expected


def test_nothing_is_sent_while_nothing_changes_though_time_passes(lead: Visitor) -> None:
    refresh = re.search(r'hx-get="([^"]+)"', lead.get("/console").text)
    assert refresh
    again = refresh.group(1).replace("&amp;", "&")
    lead.console.world.later(120)
    assert lead.get(again, hx_request="true", x_refresh="1").status == 204
    for _ in range(4):
        lead.console.world.later(900)
        lead.get("/console")
    changed = lead.get(again, hx_request="true", x_refresh="1")
    assert changed.status == 200 and "escalated" in changed.text and "<html" not in changed.text


def test_an_outage_is_one_banner(lead: Visitor) -> None:
    text = lead.get("/console").text
    assert text.count("does not answer since") == 1 and "2 exceptions wait for it" in text


def test_pages_follow_each_other_without_gap_or_repeat(console: FakeConsole) -> None:
    ledger = console.world.ledger
    whole = [x.exception_id for x in view_queue(ledger, [MERCHANT], QueueFilter()).items]
    found, after = list[str](), ""
    for _ in whole:
        page = view_queue(ledger, [MERCHANT], QueueFilter(), after, limit=1)
        found += [x.exception_id for x in page.items]
        after = page.after
    assert (found, after) == (whole, "")


def test_a_merchant_is_chosen_and_stays_chosen(console: FakeConsole) -> None:
    visitor = Visitor(console)
    visitor.sign_in("both")
    assert orders(visitor.get("/console").text) == ["1003", "1001", "1002"]
    assert visitor.post("/console/merchant", merchant="borealis").status == 303
    assert orders(visitor.get("/console").text) == []
    assert visitor.post("/console/merchant", merchant="other").status == 404
    assert orders(visitor.get("/console").text) == []
    visitor.post("/console/merchant", merchant="")
    assert len(orders(visitor.get("/console").text)) == 3


def test_a_theme_is_kept_and_leads_back_to_the_page(lead: Visitor) -> None:
    lead.post("/console/theme", theme="dark")
    assert 'data-theme="dark"' in lead.get("/console").text
    lead.post("/console/theme", theme="bogus")
    assert 'data-theme="auto"' in lead.get("/console").text
