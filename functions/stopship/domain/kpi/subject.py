"""What every row of a case has in common: whose it is, and what it is counted by."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
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
        return {name: getattr(self, name) for name in self.__slots__}
