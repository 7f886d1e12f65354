"""What the rest of the world is told about a new ledger item: messages for the exception queues, and counts."""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from stopship.domain.contradiction import LEFT
from stopship.frozen import frozen


@frozen
class Count:
    name: str
    dimensions: Mapping[str, str]
    value: float = 1.0


@frozen
class Projected:
    """``queued``: (tier, message)."""

    queued: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    metrics: list[Count] = field(default_factory=list)


def project(item: Mapping[str, Any], stage: str) -> Projected:
    """``item`` is a ledger item with plain values; only events have a projection. What waits for a partner that is down is not told one by
    one: the outage is told of, once."""
    if not str(item.get("sk", "")).startswith("E#"):
        return Projected()
    data = json.loads(item["data"])
    merchant, case_id = str(item["merchant"]), str(item["case_id"])
    queued = []
    if item["type"] == "ExceptionOpened" and not data.get("evidence", {}).get("outage"):
        queued.append((data["tier"], _queue_message(merchant, case_id, data)))
    return Projected(queued, _counts(stage, merchant, str(item["type"]), data))


def _queue_message(merchant: str, case_id: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Ids, cause and what to do; the details are behind the desk's door."""
    keys = ("exception_id", "leg_id", "cause", "tier", "owner", "next_action", "deadline")
    return {"merchant": merchant, "case_id": case_id, **{key: str(data[key]) for key in keys}}


def _counts(stage: str, merchant: str, type_: str, data: Mapping[str, Any]) -> list[Count]:
    match type_:
        case "CaseOpened":
            return [Count("CasesOpened", {"merchant": merchant, "channel": data["channel"]})]
        case "CaseClosed":
            return [Count("CasesClosed", {"outcome": data["outcome"]})]
        case "ExceptionOpened":
            return [Count("ExceptionsOpened", {"tier": data["tier"]})]
        case "AcknowledgementReceived":
            return [Count("StopShipAcknowledged", {"level": data["level"]})]
        case "LegReopened" if data["why"] == LEFT:
            return [
                Count("ShippedAfterStop", {"merchant": merchant}),
                Count("ShippedAfterStopAnywhere", {"stage": stage}),
            ]
        case "MoneyMoved" if data["status"] == "done":
            return [Count("MoneyMoved", {"kind": data["kind"]})]
        case _:
            return []
