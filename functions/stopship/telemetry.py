"""Logs: JSON, with the merchant and the case on every line, and never a payload."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

_KEYS = ("merchant", "case_id", "leg_id", "source", "delivery_id")


@cache
def logger() -> Logger:
    """One logger per process; the level comes from the function's logging configuration."""
    return Logger(service="stopship", log_uncaught_exceptions=False)


def about(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that a log line may carry from an event: ids only."""
    return {key: facts[key] for key in _KEYS if facts.get(key)}
