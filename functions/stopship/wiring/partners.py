"""A merchant's connections, built from its configuration when they are first needed, and kept for the life of the process.

The configuration is the merchant's secret: {"shopify": {...}, "amazon": {...}, "warehouses": {name: {...}}, "netsuite": {...},
"mail": {"sender": ...}, "desk_url": ...}. A partner's package is imported only by functions that call that partner.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.application.ports import Erp, OrderSystem, Payments, Warehouse
from stopship.domain.errors import NotFound


class ConfiguredPartners:
    """Implements ports.Partners."""

    def __init__(self, merchants: Merchants) -> None:
        self._merchants, self._made = merchants, {}  # type: ignore[var-annotated]

    def order_system(self, merchant: str, channel: str) -> OrderSystem:
        """Raises NotFound for a channel that the merchant has not connected."""
        config = self._config(merchant, channel)
        return self._once(f"orders {merchant} {channel}", lambda: _order_system(merchant, channel, config))

    def warehouses(self, merchant: str) -> Mapping[str, Warehouse]:
        config = self._merchants.connections(merchant).get("warehouses", {})
        return self._once(
            f"warehouses {merchant}",
            lambda: {name: _warehouse(merchant, name, settings) for name, settings in config.items()},
        )

    def hold_first(self, merchant: str) -> Sequence[str]:
        config = self._merchants.connections(merchant).get("warehouses", {})
        return [name for name, settings in config.items() if settings.get("takes_holds", True)]

    def erp(self, merchant: str) -> Erp | None:
        config = self._merchants.connections(merchant).get("netsuite")
        return self._once(f"erp {merchant}", lambda: _netsuite(merchant, config)) if config else None

    def payments(self, merchant: str, channel: str) -> Payments | None:
        if channel != "shopify":
            return None
        config = self._config(merchant, channel)
        return self._once(f"payments {merchant}", lambda: _shopify_payments(merchant, config))

    def sender(self, merchant: str) -> str:
        return str(self._merchants.connections(merchant).get("mail", {}).get("sender", ""))

    def _config(self, merchant: str, channel: str) -> Mapping[str, Any]:
        config: Mapping[str, Any] | None = self._merchants.connections(merchant).get(channel)
        if not config:
            raise NotFound(f"channel {channel} of merchant {merchant}")
        return config

    def _once[T](self, key: str, make: Callable[[], T]) -> T:
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made
