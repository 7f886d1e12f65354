"""EventBridge Scheduler: schedules are written through, and one that has fired does not fire again after a restart."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.durability.encoding import decode, encode
from infra.local.emulator.durability.journal import Journal, Statement
from infra.local.emulator.vendor import module, need, replace

scheduler = module("services.scheduler")
AccountRegionScopedDict = need(module("core.responses"), "AccountRegionScopedDict")

DELETE = "DELETE FROM schedules WHERE account = ? AND region = ? AND schedule = ?"
DELETE_FIRED = "DELETE FROM fired WHERE account = ? AND region = ? AND schedule = ?"


class Schedules(AccountRegionScopedDict):  # type: ignore[misc, valid-type]
    """All schedules; a record is replaced whole whenever it changes."""

    __slots__ = ()
    journal: Journal

    def __setitem__(self, name: str, schedule: dict[str, Any]) -> None:
        key = self._scoped(name)
        insert: Statement = ("INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, ?)", (*key, encode(schedule)))
        self.journal.write([insert, (DELETE_FIRED, key)])
        super().__setitem__(name, schedule)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self.journal.write(deletions(self._scoped(name)))

    def pop(self, name: str, *default: Any) -> Any:
        self.journal.write(deletions(self._scoped(name)))
        return super().pop(name, *default)


def deletions(key: tuple[str, str, str]) -> list[Statement]:
    return [(DELETE, key), (DELETE_FIRED, key)]


def _changes(before: set[Any], fired: dict[Any, float]) -> list[Statement]:
    """What a round of firing has changed."""
    changes: list[Statement] = [
        ("INSERT OR REPLACE INTO fired VALUES (?, ?, ?, ?)", (*key, at))
        for key, at in scheduler._schedule_last_fired.items()
        if fired.get(key) != at
    ]
    for key in before - scheduler._schedules._data.keys():
        changes += deletions(key)
    return changes


def _tick(journal: Journal) -> Callable[[Any], Any]:
    def wrap(stock: Callable[[], None]) -> Callable[[], None]:
        def tick() -> None:
            before, fired = set(scheduler._schedules._data), dict(scheduler._schedule_last_fired)
            stock()
            if changes := _changes(before, fired):
                journal.write(changes)

        return tick

    return wrap


def apply(journal: Journal) -> None:
    need(scheduler, "_schedule_last_fired")
    Schedules.journal = journal
    need(scheduler, "_schedules").__class__ = Schedules
    replace(scheduler, "_tick_schedules", _tick(journal))


def restore(journal: Journal) -> None:
    # What the last graceful stop saved is older than the journal.
    scheduler._schedules._data.clear()
    for account, region, name, text in journal.read("SELECT * FROM schedules"):
        scheduler._schedules._data[(account, region, name)] = decode(text)
    for account, region, name, at in journal.read("SELECT * FROM fired"):
        scheduler._schedule_last_fired[(account, region, name)] = at
