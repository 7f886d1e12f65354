"""EventBridge Scheduler calls this at an exception's deadline."""

from collections.abc import Mapping
from typing import Any

from stopship.application.escalate_exception import escalate_exception
from stopship.telemetry import logger
from stopship.wiring import desk


def handler(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    owner = escalate_exception(desk(), event["merchant"], event["exception_id"])
    logger().info("deadline looked at", extra={"merchant": event["merchant"], "owner": owner})
    return {"owner": owner}
