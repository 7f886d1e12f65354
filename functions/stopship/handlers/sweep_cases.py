"""Runs every minute: resumes cases that nobody works on, escalates exceptions whose timer was lost, reminds vendors who are asked by mail,
follows partners that are down."""

from dataclasses import asdict
from typing import Protocol

from stopship.application.project_ledger import Count
from stopship.application.sweep_cases import OUTAGES, SweepIncomplete, Swept, sweep_cases
from stopship.telemetry import logger
from stopship.wiring import desk, settings
from stopship.wiring.metrics import publish

RESERVE_MILLISECONDS = 30_000
"""What is left of a function's time for what follows the last case: partners that are down, and the figures."""


class Context(Protocol):
    """As Lambda gives it."""

    def get_remaining_time_in_millis(self) -> int: ...


def handler(_event: object, context: Context) -> dict[str, int]:
    """Raises SweepIncomplete, once everything else is swept, for cases that need a person."""
    swept = sweep_cases(desk(), lambda: context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS)
    publish([*swept.down, *_anywhere(swept), *swept.oldest])
    counts = {name: value for name, value in asdict(swept).items() if isinstance(value, int)}
    logger().info("swept", extra={**counts, "broken": swept.broken})
    if swept.unfinished:
        logger().warning("more open cases than one sweep has time for", extra={"open_cases": swept.open_cases})
    if swept.broken:
        raise SweepIncomplete(", ".join(sorted(swept.broken)))
    return counts


def _anywhere(swept: Swept) -> list[Count]:
    """Of all merchants together, for the alarm. Who could not look says nothing: that is not the same as none."""
    if OUTAGES in swept.broken:
        return []
    return [Count("PartnersDownAnywhere", {"stage": settings().stage}, sum(x.value for x in swept.down))]
