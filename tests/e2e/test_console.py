"""A person at the console of the deployed desk: takes an exception, answers it, and sees the state machine end the case."""

from collections.abc import Iterator
from datetime import UTC

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.day.orders import EAST, Order, make, place
from infra.local.day.wishes import by_flow
from infra.local.people import PASSWORD, PEOPLE
from stopship.adapters import facts_json
from stopship.contract import function_name
from stopship.domain.kpi.weeks import Week
from tests.e2e.conftest import Day
from tests.e2e.figures import follow, invoke
from tests.e2e.permissions import missing, policy, principals
from tests.fakes.chromium import PROGRAM, WITHOUT, chromium

pytestmark = [pytest.mark.emulator, pytest.mark.skipif(PROGRAM is None, reason=WITHOUT)]
SLOW = 60_000
"""Milliseconds: functions start cold, and the warehouse is given its time to answer."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def silent_order(played: Day) -> Order:
    stage = played.stage
    order = make(stage.numbers, "acme", "shopify", warehouses=(EAST,))
    place(stage.desk, order)
    stage.desk.sandboxes.trap(order.order_ref, "stop_ship", "silent")
    by_flow(stage, order)
    return order


def sign_in(played: Day, browser: Browser, role: str) -> Page:
    page = browser.new_page()
    page.set_default_timeout(SLOW)
    page.goto(played.desk.console_url)
    page.get_by_label("E-mail").fill(PEOPLE[role])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible(timeout=SLOW)
    return page


def test_an_exception_is_taken_answered_and_its_case_ends_before_the_persons_eyes(
    played: Day, browser: Browser
) -> None:
    order = silent_order(played)
    page = sign_in(played, browser, "agent")
    page.get_by_label("Merchant").select_option("acme")
    row = page.locator("[data-row]", has_text=order.order_ref)
    expect(row).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Take next").click()
    expect(page.get_by_text("In your hands until")).to_be_visible(timeout=SLOW)
    if order.order_ref not in page.get_by_role("heading", level=1).inner_text():
        page.get_by_role("button", name="Give it back").click()
        row.get_by_role("link").click()
    page.get_by_role("button", name="The warehouse stopped it").click()
    page.get_by_label("Note").fill("the night shift holds the box")
    page.get_by_role("button", name="Show what will follow").click()
    expect(page.locator(".plan")).to_contain_text("refund", timeout=SLOW)
    page.get_by_role("button", name="Do exactly this").click()
    expect(page.get_by_text("Your answer is recorded")).to_be_visible(timeout=SLOW)
    expect(page.locator("#case")).to_contain_text("The end", timeout=SLOW)
    (head,) = played.stage.ledger.cases_of_order("acme", order.order_ref)
    assert (head.status, head.outcome) == ("closed", "stopped")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to the desk")).to_be_visible(timeout=SLOW)


def test_the_order_is_found_by_its_public_number_and_its_message_is_shown_as_text(
    played: Day, browser: Browser
) -> None:
    play = next(p for p in played.plays if p.name == "silent warehouse: a person vouches")
    page = sign_in(played, browser, "auditor")
    page.get_by_role("searchbox").fill(play.order.order_ref)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Order {play.order.order_ref}")).to_be_visible(timeout=SLOW)
    page.locator("summary", has_text="Request received").first.click()
    page.get_by_role("link", name="Open the message behind").first.click()
    expect(page.get_by_text("is the one in the audit trail")).to_be_visible(timeout=SLOW)
    expect(page.locator("pre.raw")).to_contain_text("gid://shopify/Order/")
    page.context.close()


def test_a_number_of_the_day_leads_to_its_cases(played: Day, browser: Browser) -> None:
    cases = [facts_json.load(x).case for x in follow(played) if x.startswith("{")]
    # The day may have begun in one week and be looked at in the next.
    week = Week.at(min(x.ended_at for x in cases if x.merchant == "acme" and x.ended_at), UTC)
    invoke(played, "export_facts", {})
    page = sign_in(played, browser, "auditor")
    page.goto(f"{played.desk.console_url}/kpi?week={week}&merchant=acme")
    page.get_by_role("row", name="Cancel cases ended").get_by_role("link").nth(1).click()
    expect(page.get_by_role("heading", name="What was counted")).to_be_visible(timeout=SLOW)
    page.locator("[data-row]").first.get_by_role("link").click()
    expect(page.locator("#case")).to_contain_text("The end", timeout=SLOW)
    page.goto(f"{played.desk.console_url}/wall")
    expect(page.get_by_label("Today's stops").get_by_text("requested")).to_be_visible(timeout=SLOW)
    page.context.close()
    principal = f"function:{function_name('dev', 'serve_figures')}"
    calls = [call for call in played.desk.emulator.calls() if call.principal == principal]
    assert {call.action for call in calls} >= {"dynamodb:GetItem", "s3:GetObject"}
    assert missing(policy(played.desk, principals(played.desk)[principal]), calls) == set()


def test_the_console_calls_only_what_its_role_allows(played: Day, browser: Browser) -> None:
    page = sign_in(played, browser, "lead")
    page.goto(f"{played.desk.console_url}/cases")
    page.context.close()
    principal = f"function:{function_name('dev', 'serve_console')}"
    calls = [call for call in played.desk.emulator.calls() if call.principal == principal]
    assert {call.action for call in calls} >= {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kms:Encrypt"}
    assert missing(policy(played.desk, principals(played.desk)[principal]), calls) == set()
