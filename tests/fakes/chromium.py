"""Chromium as tests use it: Debian's, without a screen, and with nothing that calls home."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first is the same engine without the parts that need a screen: it takes half the time."""
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-software-rasterizer", "--disable-extensions"),
    *("--mute-audio", "--disable-features=Translate,BackForwardCache,MediaRouter", "--renderer-process-limit=1"),
]
WITHOUT = "no chromium on this machine (Debian: apt-get install chromium-headless-shell)"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
