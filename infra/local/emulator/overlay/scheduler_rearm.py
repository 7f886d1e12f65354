"""A one-time schedule that is made or changed fires, though one of its name has fired before.

Stock MiniStack remembers by name that a one-time schedule has fired and never forgets it.
"""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, need, replace

scheduler = module("services.scheduler")

ONE_TIME = "at("


def _armed(stock: Callable[..., Any]) -> Callable[..., Any]:
    def arm(name: str, request: dict[str, Any]) -> Any:
        answer = stock(name, request)
        if answer[0] < 300 and str(request.get("ScheduleExpression", "")).startswith(ONE_TIME):
            key = f"{request.get('GroupName', 'default')}/{name}"
            scheduler._schedule_last_fired.pop((scheduler.get_account_id(), scheduler.get_region(), key), None)
        return answer

    return arm


def apply() -> None:
    need(scheduler, "_schedule_last_fired")
    replace(scheduler, "_create_schedule", _armed)
    replace(scheduler, "_update_schedule", _armed)
