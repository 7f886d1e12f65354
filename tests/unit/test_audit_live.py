"""An audit while the desk goes on writing: what is half seen once is no problem, what was changed is one every time."""

from collections.abc import Iterator

from stopship.application.audit import verify
from stopship.application.audit_live import LOOKS, verify_live
from stopship.application.ports import Stored
from tests.unit.test_audit import a_ledger, changed, without


def half_seen(case_id: str) -> list[Stored]:
    """The head was read after the newest event was recorded, and the events before it."""
    version = {"case-a": 8, "case-b": 9}[case_id]
    items = without(a_ledger(), f"M#acme#C#{case_id}", f"E#{version:08d}")
    assert not verify(items).ok
    return items


class Table:
    """Gives another look each time."""

    def __init__(self, *looks: list[Stored]) -> None:
        self._looks = list(looks)
        self.read = 0

    def scan(self) -> Iterator[Stored]:
        found = self._looks[min(self.read, len(self._looks) - 1)]
        self.read += 1
        return iter(found)


def test_a_sound_ledger_is_read_once() -> None:
    table = Table(a_ledger())
    report = verify_live(table.scan)
    assert (report.problems, report.cases, table.read) == ((), 2, 1)


def test_what_was_half_seen_once_is_no_problem() -> None:
    table = Table(half_seen("case-a"), a_ledger())
    report = verify_live(table.scan)
    assert (report.problems, report.events, table.read) == ((), 17, 2)


def test_half_seen_at_another_place_each_time_is_no_problem_either() -> None:
    table = Table(half_seen("case-a"), half_seen("case-b"))
    assert verify_live(table.scan).ok


def test_what_was_changed_is_found_although_something_else_is_half_seen() -> None:
    table = Table(forged(half_seen("case-b")), forged(a_ledger()))
    report = verify_live(table.scan)
    assert report.problems == verify(forged(a_ledger())).problems != ()
    assert table.read == LOOKS


def test_a_head_that_was_held_and_is_gone_stays_missed() -> None:
    held = verify(a_ledger()).heads
    table = Table(without(without(a_ledger(), "M#acme#C#case-b"), "M#acme#O#shopify#1002"))
    report = verify_live(table.scan, held)
    assert [problem.where for problem in report.missed] == ["M#acme#C#case-b E#00000009"]


def forged(items: list[Stored]) -> list[Stored]:
    return changed(items, lambda x: x.pk == "M#acme#C#case-a" and x.sk == "E#00000002", at="2026-03-03T00:00:00.000Z")
