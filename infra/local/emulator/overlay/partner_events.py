"""Events of a partner reach the bus that bears the name of their source; stock MiniStack takes them and forgets them.

PutPartnerEvents is what a partner calls; nobody else may put an event whose source begins with "aws." (Amazon EventBridge
user guide, partner event sources).
"""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, replace

events = module("services.eventbridge")


def _put(_: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def put(request: dict[str, Any]) -> Any:
        entries = [{**entry, "EventBusName": entry.get("Source", "")} for entry in request.get("Entries", [])]
        return events._put_events({"Entries": entries}, allow_aws_source=True)

    return put


def apply() -> None:
    replace(events, "_put_partner_events", _put)
