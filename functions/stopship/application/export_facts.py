"""Weeks of facts that have changed go to files, each as a whole, so that a repeat writes the same again."""

from collections.abc import Iterable
from typing import Protocol

from stopship.application.ports import FactBook
from stopship.domain.kpi.facts import CaseFacts, OrderFact


class FactFiles(Protocol):
    def write(self, merchant: str, week: str, cases: Iterable[CaseFacts], orders: Iterable[OrderFact]) -> None:
        """Replaces what there is of that week."""


def export_facts(book: FactBook, files: FactFiles) -> int:
    """Gives how many weeks were written. What changes meanwhile stays to be exported."""
    changed = book.changed()
    for week in changed:
        files.write(week.merchant, week.week, *book.of_week(week.merchant, week.week))
        book.exported(week)
    return len(changed)
