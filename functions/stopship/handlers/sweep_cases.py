"""Runs every minute: resumes cases that nobody works on, escalates exceptions whose timer was lost, reminds vendors who are asked by mail,
follows partners that are down."""

from dataclasses import asdict

from stopship.application.sweep_cases import SweepIncomplete, sweep_cases
from stopship.telemetry import logger
from stopship.wiring import desk
from stopship.wiring.metrics import publish


def handler(_event: object, _context: object) -> dict[str, int]:
    """Raises SweepIncomplete, once everything else is swept, for cases that need a person."""
    swept = sweep_cases(desk())
    publish([*swept.down, *swept.oldest])
    counts = {name: value for name, value in asdict(swept).items() if isinstance(value, int)}
    logger().info("swept", extra={**counts, "broken": swept.broken})
    if swept.broken:
        raise SweepIncomplete(", ".join(sorted(swept.broken)))
    return counts
