"""Every page, light, dark and on a phone: no violation that axe finds, nothing wider than the screen, nothing heavy.

A phone shows the same elements: there only the width is looked at, and in the dark what colours may be wrong about."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, WIDE, Console
from tests.browser.pages import PAGES

AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js")).read_text()
MOST_BYTES = 100_000
ROUNDS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "phone": ("light", PHONE)}


COLOURS = ("color-contrast", "link-in-text-block")


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds, by all of its rules or by some. It is handed to the browser as its debugger does, so that the page's own policy
    stands."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "async wanted => (await axe.run(document, {resultTypes: ['violations'], ...wanted})).violations",
        {"runOnly": list(rules)} if rules else {},
    )
    return [f"{x['id']}: {n['html'][:120]} {n['failureSummary'][:200]}" for x in found for n in x["nodes"]]


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("name", ROUNDS)
def test_every_page_is_accessible_fits_and_is_light(
    console: Console, shot: Callable[[Page, str], None], name: str
) -> None:
    theme, size = ROUNDS[name]
    door = console.open(theme, size)
    door.goto("/console/sign-in")
    shot(door, f"sign-in-{name}")
    look(door, "sign-in", name)
    page = console.signed_in("both" if name == "dark" else "lead", theme, size)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for title, address in PAGES.items():
        page.goto(address(console.world))
        shot(page, f"{title}-{name}")
        look(page, title, name)
    assert errors == []


def look(page: Page, title: str, name: str) -> None:
    assert too_wide(page) == 0, title
    assert name == "phone" or violations(page, COLOURS if name == "dark" else ()) == [], title


def test_no_page_takes_a_hundred_kilobytes_the_first_time(console: Console) -> None:
    page, weights = console.signed_in(), dict[str, int]()
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    for title, address in PAGES.items():
        console.served.requests.clear()
        page.goto(address(console.world))
        asked = [size for _, path, _, size in console.served.requests if "seen=" not in path]
        weights[title] = sum(asked)
        assert len(asked) >= 4, title
    assert {title: weight for title, weight in weights.items() if weight >= MOST_BYTES} == {}
    assert min(weights.values()) > 10_000


def test_what_makes_a_page_heavy_or_wide_is_noticed(console: Console) -> None:
    page = console.signed_in()
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\"><div id=w></div>')"
    )
    page.evaluate("document.getElementById('w').style.cssText = 'width: 3000px; height: 9px'")
    assert too_wide(page) > 0
    assert [x for x in violations(page) if x.startswith("image-alt")]


def test_a_colour_that_cannot_be_read_is_noticed_in_the_dark(console: Console) -> None:
    page = console.signed_in(theme="dark")
    assert violations(page, COLOURS) == []
    page.evaluate("document.querySelector('h1').style.cssText = 'color: #222; background: #111'")
    assert [x for x in violations(page, COLOURS) if x.startswith("color-contrast")]
