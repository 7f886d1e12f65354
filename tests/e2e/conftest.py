"""One day at the desk, on the deployed template, with the emulator killed in the middle: played once, looked at by many tests."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.day.director import Director, Play, Stage
from infra.local.day.plays import day
from infra.local.day.report import Report, report
from infra.local.desk import LocalDesk

LIMIT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Day:
    desk: LocalDesk
    stage: Stage
    plays: list[Play]
    report: Report


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    home: Path = tmp_path_factory.mktemp("desk")
    started = time.monotonic()
    desk = LocalDesk.start(lambda _: None, home)
    try:
        stage = Stage.of(desk)
        director = Director(stage, day(stage.numbers))
        for step in (director.set_up(), director.wish(crash_at=0.6), director.until_ended(LIMIT_SECONDS)):
            for _ in step:
                pass
        yield Day(desk, stage, director.plays, report(desk, director.plays, time.monotonic() - started))
    finally:
        desk.stop()
