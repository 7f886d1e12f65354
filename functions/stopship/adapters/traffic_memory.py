"""Traffic in memory: for tests of use cases. Thread safe; gone with the process."""

from collections.abc import Sequence
from threading import Lock

from stopship.application.ports import PartnerTraffic
from stopship.domain.errors import Conflict
from stopship.domain.traffic import CALM, Traffic


class MemoryTraffic:
    """Implements ports.TrafficBook."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[Traffic, int]] = {}
        self._lock = Lock()

    def load(self, merchant: str, partner: str) -> tuple[Traffic, int]:
        with self._lock:
            return self._kept.get((merchant, partner), (CALM, 0))

    def save(self, merchant: str, partner: str, traffic: Traffic, expected: int) -> int:
        with self._lock:
            if self._kept.get((merchant, partner), (CALM, 0))[1] != expected:
                raise Conflict(f"traffic with {partner} has moved on")
            self._kept[merchant, partner] = (traffic, expected + 1)
            return expected + 1

    def outages(self, merchant: str = "") -> Sequence[PartnerTraffic]:
        with self._lock:
            found = [PartnerTraffic(*key, traffic) for key, (traffic, _) in self._kept.items() if traffic.banner]
        return sorted((x for x in found if merchant in ("", x.merchant)), key=lambda x: (x.merchant, x.partner))
