"""What every partner's sandbox is built from, and what it must give to be mounted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute

from infra.local.sandboxes.deliver import Deliver
from infra.local.sandboxes.journal import Journal
from infra.local.sandboxes.traps import Traps

type Shipped = Callable[[str, str, str, Mapping[str, int], str], None]
"""Merchant, order reference, leg id, quantities by line, tracking reference."""


@dataclass(slots=True)
class Base:
    """Shared by all partners of one process. Everything runs on one event loop, so partner code needs no locks.

    ``settings`` is what the control endpoint was told: merchant, then partner, then that partner's own settings (secrets, names).
    ``on_shipment`` are the connectors that tell a store what a warehouse ships.
    """

    traps: Traps = field(default_factory=Traps)
    journal: Journal = field(default_factory=Journal)
    deliver: Deliver = field(default_factory=Deliver)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    on_shipment: list[Shipped] = field(default_factory=list)

    def setting(self, merchant: str, partner: str, name: str, default: Any = None) -> Any:
        return self.settings.get(merchant, {}).get(partner, {}).get(name, default)


def _nothing() -> Any:
    return None


def _ignore(saved: Any) -> None:
    """For a partner without state of its own."""


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner, as its module's ``build(base: Base) -> Partner`` gives it.

    ``routes`` are mounted at ``prefix`` (whose path parameters the endpoints find in ``request.path_params``), ``control`` under
    ``/_sandbox/<name>``. ``save`` gives JSON-able state, ``restore`` takes it back in a new process, on the running event loop.
    """

    name: str
    prefix: str
    routes: list[BaseRoute]
    control: list[BaseRoute]
    save: Callable[[], Any] = _nothing
    restore: Callable[[Any], None] = _ignore
