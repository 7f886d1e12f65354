"""The console's handler on a desk in memory."""

import pytest

from tests.fakes.console import FakeConsole, Visitor, morning
from tests.fakes.one_thread import use_one_thread
from tests.fakes.world import World
from tests.statemachines.play import Play


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    use_one_thread(monkeypatch)
    return Play().world


@pytest.fixture
def console(world: World) -> FakeConsole:
    """With a morning behind it."""
    morning(world)
    return FakeConsole(world)


@pytest.fixture
def empty(world: World) -> FakeConsole:
    return FakeConsole(world)


@pytest.fixture
def lead(console: FakeConsole) -> Visitor:
    visitor = Visitor(console)
    visitor.sign_in("lead")
    visitor.get("/console")
    return visitor
