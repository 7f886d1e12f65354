"""An outage as people see it."""

from typing import Any

from stopship.application.ports import PartnerTraffic
from stopship.domain import instant


def view_outage(known: PartnerTraffic) -> dict[str, Any]:
    state = known.traffic
    return {
        "outage": state.banner,
        "partner": known.partner,
        "state": "down" if state.outage else "returned",
        "since": instant.from_epoch(state.since),
        "returned_at": instant.from_epoch(state.returned_at) if state.returned else "",
        "waiting": state.waiting,
    }
