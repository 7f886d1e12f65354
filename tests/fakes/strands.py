"""Things that take time side by side, in virtual time: whoever sleeps hands on, and goes on when his time has come.

Each event of the agenda runs on a stack of its own, but only one of them at any moment, in the order of the agenda: a run is the same every
time, and nothing needs a lock. Threads would do the same, and spend most of their time waking each other.
"""

from collections.abc import Callable

from greenlet import getcurrent, greenlet

from tests.fakes.agenda import Agenda


class _Back:
    """The event that somebody's time has come."""

    def __init__(self, strand: greenlet) -> None:
        self.strand = strand

    def __call__(self) -> None:
        raise AssertionError("only strands can go on")


class Strands:
    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        agenda.perform, agenda.sleep = self._perform, self._sleep

    def _perform(self, event: Callable[[], None]) -> None:
        """Comes back when the event is over, or when it sleeps. What it raises is raised here."""
        strand = event.strand if isinstance(event, _Back) else greenlet(event)
        strand.switch()

    def _sleep(self, seconds: float) -> None:
        mine = getcurrent()
        if mine.parent is None:
            raise AssertionError("nobody runs who could sleep")
        self._agenda.after(seconds, _Back(mine))
        mine.parent.switch()
