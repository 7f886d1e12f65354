"""What every row of a case has in common: whose it is, and what it is counted by."""

from dataclasses import fields
from typing import Any

from stopship.frozen import frozen


@frozen
class Subject:
    merchant: str
    case_id: str
    version: int
    channel: str
    fulfillment_type: str
    reason: str
    root_cause: str
    avoidable: str

    def row(self) -> dict[str, Any]:
        return {x.name: getattr(self, x.name) for x in fields(self)}
