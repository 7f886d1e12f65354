"""Runs every hour: asks for the cancel of orders that were not paid in the time that their merchant gives them."""

import time
from dataclasses import asdict

from stopship.adapters.clock import SystemClock
from stopship.application.sweep_payments import SweepIncomplete, sweep_payments
from stopship.telemetry import logger
from stopship.wiring import evidence, intake_queue, merchants
from stopship.wiring.payment_timeout import payment_watch, rules


def handler(_event: object, _context: object) -> dict[str, int]:
    """Raises SweepIncomplete, once everybody else is swept, for merchants that need a person."""
    limits, unreadable = rules(merchants())
    swept = sweep_payments(
        limits,
        lambda merchant: payment_watch(merchants(), merchant),
        evidence(),
        intake_queue(),
        SystemClock(),
        time.sleep,
    )
    failed = {**unreadable, **swept.failed}
    logger().info("payments swept", extra={**asdict(swept), "failed": failed})
    if failed:
        raise SweepIncomplete(", ".join(sorted(failed)))
    return {"merchants": swept.merchants, "seen": swept.seen, "asked": swept.asked, "busy": len(swept.busy)}
