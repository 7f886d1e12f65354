"""Audit of a ledger that the desk goes on writing to. A scan takes a while and is no snapshot: an event that is recorded meanwhile may be
seen without its head. What really was changed is found each time; what only one look shows was on its way."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from stopship.application.audit import AuditReport, Head, Problem, verify
from stopship.application.ports import Stored

LOOKS = 3


def verify_live(scan: Callable[[], Iterable[Stored]], held: Sequence[Head] = ()) -> AuditReport:
    """As ``verify``, of the last look. While anything is found, everything is read again; a problem is one at the same place every time."""
    report = verify(scan(), held)
    for _ in range(LOOKS - 1):
        if report.ok:
            break
        again = verify(scan(), held)
        report = replace(
            again, problems=_in_both(report.problems, again.problems), missed=_in_both(report.missed, again.missed)
        )
    return report


def _in_both(before: Sequence[Problem], after: Sequence[Problem]) -> tuple[Problem, ...]:
    places = {problem.where for problem in before}
    return tuple(problem for problem in after if problem.where in places)
