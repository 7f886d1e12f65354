"""Runs every few minutes: resumes cases that nobody works on, escalates exceptions whose timer was lost."""

from dataclasses import asdict

from stopship.application.sweep_cases import sweep_cases
from stopship.telemetry import logger
from stopship.wiring import desk


def handler(_event: object, _context: object) -> dict[str, int]:
    swept = asdict(sweep_cases(desk()))
    logger().info("swept", extra=swept)
    return swept
