"""State survives `down --keep` and `up --keep`: an exception that was open is open, and its answer still leads the case to its end."""

from pathlib import Path

import pytest

from infra.local.day.director import Director, Stage
from infra.local.day.plays import day
from infra.local.desk import LocalDesk, NotRunning

pytestmark = pytest.mark.emulator

STORY = "silent warehouse: a person vouches"


def quiet(_: str) -> None:
    pass


def test_an_open_exception_survives_a_stop_and_is_answered_after_the_next_start(tmp_path: Path) -> None:
    desk = LocalDesk.start(quiet, tmp_path)
    try:
        stage = Stage.of(desk)
        play = next(p for p in day(stage.numbers) if p.name == STORY)
        reactions, play.reactions = play.reactions, []
        director = Director(stage, [play])
        for step in (director.set_up(), director.wish()):
            for _ in step:
                pass
        when, _ = reactions[0]
        while play.case is None or not when(play.case):
            director.look()
            stage.pause.wait(0.2)
        before = play.case
        desk.stop(keep=True)
        with pytest.raises(NotRunning):
            LocalDesk.attach(tmp_path)

        desk = LocalDesk.start(quiet, tmp_path, keep=True)
        stage = Stage.of(desk)
        stage.sweep()
        play.reactions = reactions
        director = Director(stage, [play])
        for _ in director.until_ended(600):
            pass
        assert play.case.case_id == before.case_id
        assert play.case.closed and play.case.closed.fact.outcome == "stopped"
        assert [a.requested.fact.attempt for leg in play.case.legs.values() for a in leg.attempts.values()] == [1]
    finally:
        desk.stop()
