"""EventBridge Scheduler: a one-time schedule that has fired does not fire again after a restart."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.durability import control_plane
from infra.local.emulator.durability.journal import Journal
from infra.local.emulator.vendor import module, need, replace

scheduler = module("services.scheduler")


def _tick(journal: Journal) -> Callable[[Any], Any]:
    def wrap(stock: Callable[[], None]) -> Callable[[], None]:
        def tick() -> None:
            schedules, fired = set(scheduler._schedules._data), dict(scheduler._schedule_last_fired)
            stock()
            now_fired = scheduler._schedule_last_fired
            journal.write(
                ("INSERT OR REPLACE INTO fired VALUES (?, ?, ?, ?)", (*key, at))
                for key, at in now_fired.items()
                if fired.get(key) != at
            )
            if schedules != set(scheduler._schedules._data):
                control_plane.save("scheduler")

        return tick

    return wrap


def apply(journal: Journal) -> None:
    need(scheduler, "_schedule_last_fired")
    replace(scheduler, "_tick_schedules", _tick(journal))


def restore(journal: Journal) -> None:
    for account, region, schedule, at in journal.read("SELECT * FROM fired"):
        key = (account, region, schedule)
        if key in scheduler._schedules._data:
            scheduler._schedule_last_fired[key] = at
