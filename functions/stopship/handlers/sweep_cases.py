"""Runs every minute: resumes cases that nobody works on, escalates exceptions whose timer was lost, follows partners that are down."""

from dataclasses import asdict

from stopship.application.sweep_cases import sweep_cases
from stopship.telemetry import logger
from stopship.wiring import desk
from stopship.wiring.metrics import publish


def handler(_event: object, _context: object) -> dict[str, int]:
    swept = sweep_cases(desk())
    publish([*swept.down, *swept.oldest])
    counts = {name: value for name, value in asdict(swept).items() if isinstance(value, int)}
    logger().info("swept", extra=counts)
    return counts
