"""Every scenario gets a world of its own, and leaves one in which nothing is wrong."""

from collections.abc import Iterator

import pytest

from tests.fakes.one_thread import use_one_thread
from tests.statemachines.play import Play


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    use_one_thread(monkeypatch)


@pytest.fixture
def play() -> Iterator[Play]:
    play = Play()
    yield play
    assert play.violations() == []
