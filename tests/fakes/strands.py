"""Things that take time side by side, in virtual time: whoever sleeps hands on, and goes on when his time has come.

Each event of the agenda runs in a thread of its own, but only one of them at any moment, in the order of the agenda: a run is the same every
time, and nothing needs a lock.
"""

from collections.abc import Callable
from threading import Semaphore, Thread

from tests.fakes.agenda import Agenda


class _Strand:
    def __init__(self, strands: "Strands") -> None:
        self._strands, self._turn = strands, Semaphore(0)
        self.job: Callable[[], None] | None = None
        self.error: BaseException | None = None
        Thread(target=self._live, daemon=True).start()

    def go(self) -> None:
        self._turn.release()

    def wait(self) -> None:
        self._turn.acquire()

    def _live(self) -> None:
        while True:
            self.wait()
            if self.job is None:
                return
            try:
                self.job()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever runs the agenda
                self.error = error
            self._strands.finished(self)


class _Back:
    """The event that somebody's time has come."""

    def __init__(self, strand: _Strand) -> None:
        self.strand = strand

    def __call__(self) -> None:
        raise AssertionError("only strands can go on")


class Strands:
    def __init__(self, agenda: Agenda) -> None:
        self._agenda, self._main = agenda, Semaphore(0)
        self._idle: list[_Strand] = []
        self._running: _Strand | None = None
        agenda.perform, agenda.sleep = self._perform, self._sleep

    def _perform(self, event: Callable[[], None]) -> None:
        if isinstance(event, _Back):
            strand = event.strand
        else:
            strand = self._idle.pop() if self._idle else _Strand(self)
            strand.job = event
        self._running = strand
        strand.go()
        self._main.acquire()
        if strand.error:
            raise strand.error

    def _sleep(self, seconds: float) -> None:
        mine = self._running
        if mine is None:
            raise AssertionError("nobody runs who could sleep")
        self._agenda.after(seconds, _Back(mine))
        self._main.release()
        mine.wait()

    def finished(self, strand: _Strand) -> None:
        self._idle.append(strand)
        self._running = None
        self._main.release()

    def close(self) -> None:
        for strand in self._idle:
            strand.job = None
            strand.go()
