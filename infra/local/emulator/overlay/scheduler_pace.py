"""One-time schedules fire within the second; stock MiniStack looks every ten, which a demonstration notices."""

from infra.local.emulator.vendor import module, need

scheduler = module("services.scheduler")

EVERY_SECONDS = 0.5


def apply() -> None:
    need(scheduler, "_SCHEDULE_TICK_INTERVAL")
    scheduler._SCHEDULE_TICK_INTERVAL = EVERY_SECONDS
