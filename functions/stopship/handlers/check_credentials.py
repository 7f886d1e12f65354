"""Runs once a day: how many days the merchants' credentials have left. An alarm tells when it gets to be few."""

from dataclasses import asdict

from stopship.adapters.clock import SystemClock
from stopship.application.expiring_credentials import Expiry, counts, expiries
from stopship.telemetry import logger
from stopship.wiring import merchants, settings
from stopship.wiring.metrics import publish

WARN_DAYS = 30.0


def handler(_event: object, _context: object) -> dict[str, int]:
    now, found = SystemClock().now(), _everything()
    for expiry in found:
        days = expiry.days_left(now)
        if days <= WARN_DAYS:
            logger().warning("a credential ends soon", extra={**asdict(expiry), "days_left": days})
    publish(counts(found, now, settings().stage))
    return {"credentials": len(found)}


def _everything() -> list[Expiry]:
    """A secret that nobody has filled yet, or that is no JSON object, is no reason to leave the other merchants out."""
    found: list[Expiry] = []
    for merchant in merchants().names():
        try:
            found.extend(expiries(merchant, merchants().connections(merchant)))
        except (ValueError, AttributeError):
            logger().warning("the merchant's secret is no JSON object", extra={"merchant": merchant})
    return found
