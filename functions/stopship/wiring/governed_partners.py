"""A merchant's connections, each behind the gate that keeps to its limits."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from stopship.adapters.gate import Gate, Meter, Pacing, unmetered
from stopship.adapters.governed import governed
from stopship.application.ports import (
    BuyerMessages,
    Carrier,
    Connections,
    Erp,
    OrderSystem,
    Payments,
    Place,
    Tickets,
    TrafficBook,
    Warehouse,
)
from stopship.domain.limits import limit_of

type Configuration = Callable[[str], Mapping[str, Any]]
"""A merchant's configuration."""


class GovernedPartners:
    """Implements ports.Partners over others that do. A warehouse's gate goes by its connection's name, every other by its partner's."""

    def __init__(
        self,
        connections: Connections,
        configuration: Configuration,
        book: TrafficBook,
        pacing: Pacing,
        *,
        urgent: bool = False,
        meter: Meter = unmetered,
    ) -> None:
        self._connections, self._configuration, self._book, self._pacing = connections, configuration, book, pacing
        self._urgent, self._meter = urgent, meter

    def on_lane(self, *, urgent: bool) -> "GovernedPartners":
        return GovernedPartners(
            self._connections, self._configuration, self._book, self._pacing, urgent=urgent, meter=self._meter
        )

    def order_system(self, merchant: str, channel: str) -> OrderSystem:
        return self.behind_gate(merchant, channel, self._connections.order_system(merchant, channel))

    def warehouses(self, merchant: str) -> Mapping[str, Warehouse]:
        found = self._connections.warehouses(merchant)
        return {name: self.behind_gate(merchant, name, warehouse) for name, warehouse in found.items()}

    def places(self, merchant: str) -> Mapping[str, Place]:
        return self._connections.places(merchant)

    def hold_first(self, merchant: str) -> Sequence[str]:
        return self._connections.hold_first(merchant)

    def erp(self, merchant: str) -> Erp | None:
        erp = self._connections.erp(merchant)
        return self.behind_gate(merchant, "netsuite", erp) if erp else None

    def payments(self, merchant: str, channel: str) -> Payments | None:
        payments = self._connections.payments(merchant, channel)
        name = self._configuration(merchant).get(channel, {}).get("payments") or channel
        return self.behind_gate(merchant, name, payments) if payments else None

    def tickets(self, merchant: str, source: str) -> Tickets | None:
        tickets = self._connections.tickets(merchant, source)
        return self.behind_gate(merchant, source, tickets) if tickets else None

    def carrier(self, merchant: str, name: str) -> Carrier | None:
        carrier = self._connections.carrier(merchant, name)
        return self.behind_gate(merchant, name, carrier) if carrier else None

    def refunds_by_person(self, merchant: str, channel: str) -> Payments | None:
        payments = self._connections.refunds_by_person(merchant, channel)
        return self.behind_gate(merchant, channel, payments) if payments else None

    def buyer_messages(self, merchant: str, channel: str) -> BuyerMessages | None:
        messages = self._connections.buyer_messages(merchant, channel)
        return self.behind_gate(merchant, channel, messages) if messages else None

    def sender(self, merchant: str) -> str:
        return self._connections.sender(merchant)

    def turn(self, merchant: str, name: str) -> AbstractContextManager[None]:
        return self.gate(merchant, name).turn(urgent=self._urgent)

    def gate(self, merchant: str, name: str) -> Gate:
        """Raises InvalidInput when the connection's limits cannot be meant."""
        connected = self._configuration(merchant)
        warehouse = connected.get("warehouses", {}).get(name)
        config = warehouse or connected.get("carriers", {}).get(name) or connected.get(name, {})
        kind = warehouse["kind"] if warehouse else name
        return Gate(self._book, merchant, name, limit_of(kind, config), self._pacing, self._meter)

    def behind_gate[P](self, merchant: str, name: str, adapter: P) -> P:
        """``adapter``, whose calls go to the connection of this name."""
        return governed(adapter, self.gate(merchant, name), urgent=self._urgent)
