"""Many exceptions at once, in a real browser: select, see the sum grow, apply, and see what became of each."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Console
from tests.browser.test_console_pages import too_wide, violations
from tests.fakes.partners import Manner, captured


def test_many_are_selected_previewed_and_answered(console: Console, shot: Callable[[Page, str], None]) -> None:
    world = console.world
    world.warehouses["north"].manner = Manner.SILENT
    for n in range(6):
        captured(world.order(f"20{n:02}"))
        world.ask(f"20{n:02}", f"d-20{n:02}")
    world.settle()
    page = console.signed_in("lead")
    page.get_by_label("Tier").select_option("P2")
    expect(page.locator("[data-row]")).to_have_count(8)
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_text("8 selected")).to_be_visible()
    expect(page.locator("[data-row]").first).to_be_visible()
    page.get_by_label("Select order 1001").uncheck()
    expect(page.get_by_text("7 selected")).to_be_visible()
    shot(page, "queue-selected-light")
    page.get_by_role("button", name="Answer them together").click()
    expect(page.get_by_role("heading", name="Answer 7 exceptions together")).to_be_visible()
    page.get_by_label("Answer", exact=True).select_option("let_it_ship")
    page.get_by_role("button", name="Show what will follow").click()
    apply = page.get_by_role("button", name="Do exactly this")
    expect(apply).to_be_visible()
    expect(page.locator("#bulk-run")).to_contain_text("1 left out")
    assert violations(page) == [] and too_wide(page) == 0
    shot(page, "bulk-light")
    apply.click()
    expect(page.locator("#bulk-run")).to_contain_text("Applying: 6 of 6")
    assert len(page.locator("#bulk-rows .tag.good").all()) >= 12
    assert violations(page) == []
    shot(page, "bulk-done-light")
    answered = [c for c in world.cases if any(x.resolved for x in c.exceptions.values())]
    assert len(answered) == 6 and not any(c.order_ref == "1001" for c in answered)


def test_a_selection_outlives_what_comes_in_by_itself(console: Console) -> None:
    page = console.signed_in("lead")
    page.get_by_label("Select order 1001").check()
    captured(console.world.order("2001"))
    with console.served.paused():
        console.world.warehouses["north"].manner = Manner.SILENT
        console.world.ask("2001", "d-2001")
        console.world.settle()
    expect(page.locator("[data-row]")).to_have_count(4, timeout=PATIENCE)
    expect(page.get_by_label("Select order 1001")).to_be_checked()
    expect(page.get_by_text("1 selected")).to_be_visible()
