"""The partners' sandboxes as if just started. Starting a process takes longer than most tests, so one that nobody uses begins anew."""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.sandboxes.process import Sandboxes

_idle: list[Sandboxes] = []


@contextmanager
def sandboxes_anew() -> Iterator[Sandboxes]:
    """A test that brings the process itself down, or starts it with an environment or a state of its own, starts its own."""
    running = _idle.pop() if _idle else Sandboxes.start()
    try:
        yield running
    finally:
        running.command("renew")
        _idle.append(running)


@atexit.register
def _end() -> None:
    while _idle:
        _idle.pop().stop()
