"""Runs every few minutes: asks Amazon, within what it allows, for changes whose notification never came."""

from typing import Any

from stopship.adapters.merchants import Merchants
from stopship.application.sweep_orders import ChangedOrders, SweptOrders, sweep_orders
from stopship.domain.errors import StopshipError
from stopship.telemetry import logger
from stopship.wiring import access_tokens, connected_partners, desk, intake_queue, merchants
from stopship.wiring.partners import amazon_changes

CHANNEL = "amazon"


def handler(_event: object, context: Any) -> dict[str, int]:
    """Every connected seller, the longest unswept first. One that fails does not keep the others; in the end it fails the run."""
    total, failed = SweptOrders(), list[StopshipError]()
    for merchant in _in_turn(merchants()):
        try:
            swept = sweep_orders(
                desk(),
                intake_queue(),
                _changes(merchant),
                merchant,
                CHANNEL,
                lambda: context.get_remaining_time_in_millis() / 1000,
            )
        except StopshipError as error:
            logger().exception("sweep failed", extra={"merchant": merchant})
            failed.append(error)
            continue
        logger().info("swept", extra={"merchant": merchant, "why": swept.why, "requests": swept.requests})
        total.requests += swept.requests
        total.orders += swept.orders
        total.queued += swept.queued
    if failed:
        raise failed[0]
    return {"requests": total.requests, "orders": total.orders, "queued": total.queued}


def _changes(merchant: str) -> ChangedOrders:
    config = merchants().connections(merchant)[CHANNEL]
    return connected_partners().behind_gate(merchant, CHANNEL, amazon_changes(merchant, config, access_tokens()))


def _in_turn(known: Merchants) -> list[str]:
    ledger = desk().ledger

    def watermark(merchant: str) -> str:
        state = ledger.sweep_state(merchant, CHANNEL)
        return state.watermark if state else ""

    return sorted(known.connected(CHANNEL), key=watermark)
