"""A person at the desk, in a real browser: sign in, take the next, read, see what will follow, answer, and watch the case end."""

from collections.abc import Callable
from threading import Semaphore

import pytest
from playwright.sync_api import Page, expect

from stopship.domain.order import PickState
from stopship.domain.outcome import Outcome
from tests.browser.conftest import PATIENCE, Console
from tests.browser.test_console_pages import violations
from tests.fakes.partners import Manner, captured
from tests.fakes.world import MERCHANT

LIVE = PATIENCE
"""Within which a page shows by itself what has changed: here it asks every second."""


def answer(page: Page, label: str, note: str = "") -> None:
    page.get_by_role("button", name=label, exact=True).click()
    if note:
        page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Show what will follow").click()


def refunds(console: Console, order: str) -> int:
    return len([x for x in console.world.done("payments.refund") if x.subject == order])


def test_the_whole_story(console: Console, shot: Callable[[Page, str], None]) -> None:
    page = console.signed_in("agent")
    page.get_by_role("button", name="Take next").click()
    expect(page.get_by_role("heading", name="Order 1003")).to_be_visible()
    expect(page.get_by_text("In your hands until")).to_be_visible()
    answer(page, "The warehouse stopped it", "Ann of the night shift holds the box")
    plan = page.locator(".plan")
    expect(plan).to_contain_text("What will be called")
    expect(plan).to_contain_text("1,920.00 EUR")
    assert violations(page) == []
    shot(page, "plan-light")
    assert refunds(console, "1003") == 0
    page.get_by_role("button", name="Do exactly this").click()
    expect(page.get_by_text("Your answer is recorded")).to_be_visible()
    expect(page.locator("#case")).to_contain_text("The end", timeout=LIVE)
    shot(page, "ended-light")
    case = console.world.case_of("1003")
    assert case.closed and case.closed.fact.outcome == Outcome.STOPPED
    assert refunds(console, "1003") == 1


def test_news_that_come_in_meanwhile_do_not_overtake_the_answer_to_what_was_sent(console: Console) -> None:
    page = console.signed_in("agent")
    page.get_by_role("button", name="Take next").click()
    answer(page, "The warehouse stopped it", "Ann holds the box")
    expect(page.get_by_role("button", name="Do exactly this")).to_be_visible()
    news = Semaphore(0)
    # A refresh finds that the exception has ended, and would lead the page to where this is told.
    console.served.sent = lambda _, path: (
        news.release() if "/part" in path and console.world.case_of("1003").closed else None
    )
    console.served.hold = lambda: [news.acquire(timeout=PATIENCE / 1000) for _ in range(2)]
    page.get_by_role("button", name="Do exactly this").click()
    expect(page.get_by_text("Your answer is recorded")).to_be_visible()


def test_two_people_are_given_two_exceptions_and_see_each_others(console: Console) -> None:
    ann, ben = console.signed_in("agent"), console.signed_in("lead")
    for page in (ann, ben):
        page.get_by_role("button", name="Take next").click()
        expect(page.get_by_text("In your hands until")).to_be_visible()
    assert ann.url != ben.url
    ben.goto(ann.url)
    expect(ben.get_by_text("In somebody else's hands")).to_be_visible()
    answer(ben, "Release the hold and ship")
    ben.get_by_role("button", name="Do exactly this").click()
    expect(ben.get_by_text("somebody else's hands").last).to_be_visible()
    assert not console.world.case_of("1003").closed


def test_the_queue_lives_without_being_loaded_again(console: Console) -> None:
    watching = console.signed_in("lead")
    expect(watching.locator("[data-row]")).to_have_count(3)
    watching.evaluate("window.same = true")
    working = console.signed_in("agent")
    item = next(x for x in console.world.exceptions if x.order_ref == "1001")
    working.goto(f"/console/exceptions/{item.exception_id}?merchant={MERCHANT}")
    answer(working, "Release the hold and ship")
    working.get_by_role("button", name="Do exactly this").click()
    expect(watching.locator("[data-row]")).to_have_count(2, timeout=LIVE)
    assert watching.evaluate("window.same") is True


def test_a_plan_that_has_changed_is_shown_again_and_nothing_is_done(console: Console) -> None:
    page = console.signed_in("agent")
    page.get_by_role("button", name="Take next").click()
    answer(page, "The warehouse stopped it", "Ann holds the box")
    expect(page.get_by_role("button", name="Do exactly this")).to_be_visible()
    console.world.orders["1003"].price -= 100
    page.get_by_role("button", name="Do exactly this").click()
    expect(page.get_by_text("nothing was done")).to_be_visible()
    assert refunds(console, "1003") == 0 and not console.world.case_of("1003").closed
    expect(page.locator(".plan").last).to_contain_text("1,620.00 EUR")
    page.get_by_role("button", name="Do exactly this").last.click()
    expect(page.get_by_text("Your answer is recorded")).to_be_visible()
    assert refunds(console, "1003") == 1


def test_an_answer_that_evidence_has_overtaken_has_no_effect(console: Console) -> None:
    page = console.signed_in("agent")
    page.get_by_role("button", name="Take next").click()
    answer(page, "The warehouse stopped it", "Ann holds the box")
    expect(page.get_by_role("button", name="Do exactly this")).to_be_visible()
    with console.served.paused():
        console.world.pick(console.world.orders["1003"], PickState.SHIPPED, tell=True)
        console.world.settle()
    expect(page.get_by_text("This exception has ended")).to_be_visible(timeout=LIVE)
    assert refunds(console, "1003") == 0


def test_who_only_reads_is_offered_no_answer_and_gets_none_through(console: Console) -> None:
    page = console.signed_in("auditor")
    expect(page.get_by_role("button", name="Take next")).to_have_count(0)
    expect(page.get_by_role("link", name="New cancel")).to_have_count(0)
    page.locator("[data-open]").first.click()
    for button in page.locator(".answers button").all():
        expect(button).to_be_disabled()
    assert violations(page) == []
    address = page.url.replace("?", "/resolve?")
    token = page.locator("[name=csrf]").first.input_value()
    status = page.evaluate(
        "async ([to, csrf]) => (await fetch(to, {method: 'POST', body: new URLSearchParams({csrf, action: 'let_it_ship'})})).status",
        [address, token],
    )
    assert status == 403 and not console.world.case_of("1003").closed


def test_the_keyboard_is_enough(console: Console) -> None:
    page = console.signed_in("agent")
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    expect(page.locator("tr.chosen .order")).to_have_text("1001")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#seek")).to_be_focused()
    page.keyboard.type("jj")
    expect(page.locator("#seek")).to_have_value("jj")
    page.keyboard.press("Tab")
    page.locator("tr.chosen [data-open]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Order 1001")).to_be_visible()
    page.keyboard.press("q")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Order 1003")).to_be_visible()


def test_a_session_that_ends_shows_itself_and_leads_back(console: Console) -> None:
    page = console.signed_in("agent")
    console.world.later(31 * 60)
    expect(page.get_by_text("Your session has ended")).to_be_visible(timeout=LIVE)


def test_a_desk_that_cannot_be_reached_says_so_until_it_can(console: Console) -> None:
    page = console.signed_in("agent")
    console.served.down = True
    expect(page.locator("#offline")).to_be_visible(timeout=LIVE)
    assert page.locator("[data-row]").count() == 3
    console.served.down = False
    expect(page.locator("#offline")).to_be_hidden(timeout=LIVE)


def test_an_open_page_keeps_what_it_has(console: Console) -> None:
    page = console.signed_in("agent")
    page.get_by_role("button", name="Take next").click()
    expect(page.get_by_text("In your hands until")).to_be_visible()
    item = next(x for x in console.world.exceptions if x.order_ref == "1003")
    taken = console.world.ledger.lease(MERCHANT, item.exception_id)
    with page.expect_response(lambda answer: "/renew" in answer.url) as renewed:
        page.get_by_text("In your hands until").hover()
    kept = console.world.ledger.lease(MERCHANT, item.exception_id)
    assert renewed.value.status == 204 and taken and kept and kept.expires_at > taken.expires_at


def test_a_theme_that_is_chosen_stays(console: Console) -> None:
    page = console.signed_in("agent", theme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_label("Theme").select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_cancel_is_asked_for_by_hand(console: Console) -> None:
    page = console.signed_in("agent")
    page.get_by_role("link", name="New cancel").click()
    page.get_by_label("Reason").select_option("fraud")
    page.get_by_label("Order", exact=True).fill("1077")
    page.get_by_role("button", name="Ask for the cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("evidence is empty")
    assert violations(page) == [] and console.fake.queue.messages == []
    page.get_by_label("Evidence").fill("case-file-9")
    page.get_by_role("button", name="Ask for the cancel").click()
    expect(page.get_by_role("heading", name="The cancel is asked for")).to_be_visible()
    (message,) = console.fake.queue.messages
    assert (message["merchant"], message["source"], message["topic"]) == (MERCHANT, "ops", "cancellation")
    assert violations(page) == []
    console.world.order("1077")
    console.world.ask("1077", "d-1077")
    expect(page.get_by_role("heading", name="Order 1077")).to_be_visible(timeout=LIVE)


@pytest.mark.parametrize("script", [True, False])
def test_an_answer_goes_through_without_a_script_too(console: Console, script: bool) -> None:
    page = console.signed_in("agent", script=script)
    page.get_by_role("button", name="Take next").click()
    answer(page, "Release the hold and ship")
    page.get_by_role("button", name="Do exactly this").click()
    expect(page.get_by_text("Your answer is recorded")).to_be_visible()
    assert console.world.case_of("1003").legs["fo-1003"].human


def test_the_wall_shows_by_itself_what_has_changed(console: Console, shot: Callable[[Page, str], None]) -> None:
    wall = console.signed_in("auditor")
    wall.goto("/console/wall")
    cases = wall.get_by_label("Cases", exact=True).locator(".huge")
    expect(cases).to_have_text("3")
    expect(wall.get_by_label("Today's stops").get_by_text("requested")).to_be_visible()
    wall.evaluate("window.same = true")
    with console.served.paused():
        console.world.warehouses["north"].manner = Manner.SILENT
        captured(console.world.order("2001"))
        console.world.ask("2001", "d-2001")
        console.world.settle()
    expect(cases).to_have_text("4", timeout=LIVE)
    assert wall.evaluate("window.same") is True
    shot(wall, "wall-changed-light")
