"""Every scenario gets a world of its own, and leaves one in which nothing is wrong."""

from collections.abc import Iterator

import pytest

from tests.statemachines.play import Play


@pytest.fixture
def play() -> Iterator[Play]:
    play = Play()
    yield play
    assert play.violations() == []
