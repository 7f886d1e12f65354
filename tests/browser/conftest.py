"""Real Chromium on the console's handler: no emulator, one browser for a file, one desk for each test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.serve import Served
from tests.fakes.chromium import PROGRAM, WITHOUT, chromium
from tests.fakes.console import FakeConsole, morning
from tests.fakes.identity_provider import PASSWORD
from tests.fakes.one_thread import use_one_thread
from tests.statemachines.play import Play

PATIENCE = 20_000
"""Milliseconds until a page that does not come is called missing, on a machine that does other things beside."""
expect.set_options(timeout=PATIENCE)
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SCREENSHOTS = os.environ.get("STOPSHIP_SCREENSHOTS", "")
"""The folder that pictures go to; without one none is taken."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    if PROGRAM is None:
        pytest.skip(WITHOUT)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Its driver keeps an event loop running in this thread: another file's tests must not find it."""
    with chromium() as started:
        yield started


class Console:
    """The served console, its world, and browsers that open it."""

    def __init__(self, browser: Browser, play: Play, fake: FakeConsole, served: Served) -> None:
        self._browser, self.play, self.world, self.fake, self.served = browser, play, play.world, fake, served
        self._contexts: list[BrowserContext] = []

    def open(self, theme: str = "light", size: dict[str, int] | None = None, *, script: bool = True) -> Page:
        """A browser of its own, with nobody signed in."""
        context = self._browser.new_context(
            base_url=self.served.address,
            color_scheme=theme,  # type: ignore[arg-type]
            viewport=size or WIDE,  # type: ignore[arg-type]
            java_script_enabled=script,
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        return context.new_page()

    def signed_in(
        self, who: str = "lead", theme: str = "light", size: dict[str, int] | None = None, *, script: bool = True
    ) -> Page:
        page = self.open(theme, size, script=script)
        page.goto("/console")
        page.get_by_label("E-mail").fill(f"{who}@desk.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def console(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    use_one_thread(monkeypatch)
    play = Play()
    morning(play.world)
    fake = FakeConsole(play.world)
    with Served(fake.handle, play.world.settle) as served:
        made = Console(browser, play, fake, served)
        yield made
        made.close()
    assert play.violations() == []


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keeps what a page looks like, where somebody wants to see it."""

    def keep(page: Page, name: str) -> None:
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)

    return keep
