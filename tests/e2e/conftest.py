"""One day at the desk, on the deployed template, each function and the state machine with nothing but its own role; taken down in good
order once and killed once in the middle: played once, looked at by many tests."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from infra.local.day.director import Director, Play, Stage
from infra.local.day.plays import day
from infra.local.day.report import Report, report
from infra.local.desk import LocalDesk
from infra.local.emulator.server import ENFORCE
from stopship.domain.case import Case

LIMIT_SECONDS = 900.0
LEAKS = "ships after the stop: P1, return"
ANSWERED_AFTER_THE_STOP = "silent warehouse: a person vouches"
ENDED_BEFORE_THE_STOP = 3
PLAIN = "unpicked, captured: refunded"


@dataclass(frozen=True, slots=True)
class Day:
    """``before_the_stop`` are the cases as they were when the desk was taken down, by order."""

    stage: Stage
    plays: list[Play]
    report: Report
    before_the_stop: Mapping[str, Case]

    @property
    def desk(self) -> LocalDesk:
        return self.stage.desk


def each_story_once(plays: list[Play]) -> list[Play]:
    """What two merchants have, the first half of it at the one and the rest at the other. What leaks is asked for last: CloudWatch has no
    memory of what it counted before the machine died."""
    merchants: dict[str, list[str]] = {}
    for play in plays:
        known = merchants.setdefault(play.name, [])
        if play.order.merchant not in known:
            known.append(play.order.merchant)
    twice = [name for name, known in merchants.items() if len(known) > 1]
    at = {name: known[0] for name, known in merchants.items()}
    at |= {name: merchants[name][1] for name in twice[len(twice) // 2 :]}
    return sorted((play for play in plays if play.order.merchant == at[play.name]), key=lambda play: play.name == LEAKS)


def worth_stopping(waits: Play, plays: list[Play]) -> bool:
    """A person is asked something, and some cases have ended: on a quick machine no case has, when a third of the wishes are made."""
    asked = bool(waits.case and waits.case.open_exceptions)
    return asked and sum(play.ended for play in plays) >= ENDED_BEFORE_THE_STOP


@pytest.fixture(scope="package")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    started = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        # For the time of the play alone: another test of this process may start an emulator of its own afterwards.
        patch.setenv(ENFORCE, "true")
        stage = Stage.of(LocalDesk.start(lambda _: None, tmp_path_factory.mktemp("desk")))
        try:
            director, before = play_the_day(stage)
        except BaseException:
            stage.desk.stop()
            raise
    try:
        found = report(stage.desk, director.plays, time.monotonic() - started)
        yield Day(stage, director.plays, found, before)
    finally:
        stage.desk.stop()


def play_the_day(stage: Stage) -> tuple[Director, Mapping[str, Case]]:
    """Until every case has ended, and one more that had the desk to itself; with the cases as they were when the desk was taken down, by
    order."""
    before: dict[str, Case] = {}
    director = Director(stage, each_story_once(day(stage.numbers)))
    waits = next(play for play in director.plays if play.name == ANSWERED_AFTER_THE_STOP)
    reactions, waits.reactions = waits.reactions, []

    def down_and_up() -> None:
        for _ in director.until(lambda: worth_stopping(waits, director.plays), LIMIT_SECONDS):
            pass
        before.update({play.order.order_ref: play.case for play in director.plays if play.case})
        stage.down_and_up()
        waits.reactions = reactions

    interruptions = {0.3: down_and_up, 0.7: stage.crash}
    for step in (director.set_up(), director.wish(interruptions), director.until_ended(LIMIT_SECONDS)):
        for _ in step:
            pass
    wish_when_it_is_quiet(director)
    return director, before


def wish_when_it_is_quiet(director: Director) -> None:
    """The day's own plain cases may all have met trouble on a busy machine: this one comes to a desk that is warm and has nothing else to
    do."""
    stage = director.stage
    play = next(x for x in day(stage.numbers) if x.name == PLAIN)
    play.set_up(stage.desk, play.order)
    director.plays.append(play)
    play.wish(stage, play)
    for _ in director.until(lambda: play.ended, LIMIT_SECONDS):
        pass
