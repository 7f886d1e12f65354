"""Misbehaviour on command: what a partner does wrong next, per order and operation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Kind = Literal[
    "silent",
    "late",
    "false_ok",
    "rejected",
    "recreate",
    "http_429",
    "http_500",
    "http_500_after",
    "reset",
    "slow",
]
KINDS: tuple[str, ...] = get_args(Kind)
ANY = "*"
FOR_EVER = -1


@dataclass(slots=True)
class Trap:
    """One way to go wrong.

    ``times`` is how many calls it spoils, -1 for every call until it is cleared. ``seconds`` is the delay of ``late`` and ``slow`` and
    the Retry-After of ``http_429``. ``after`` lets a ``reset`` happen once the effect is done; ``http_500_after`` always does.
    ``detail`` is the partner module's own business (a reject reason, an item to fail).
    """

    kind: Kind
    times: int = 1
    seconds: float = 0.0
    after: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


def trap_from(raw: Mapping[str, Any]) -> Trap:
    """Reads the control message's form; raises ValueError for an unknown kind, TypeError for an unknown field."""
    if raw.get("kind") not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    return Trap(**raw)


class Traps:
    """Set traps, by order reference and operation; "*" stands for any. The most specific one is sprung first."""

    def __init__(self) -> None:
        self._set: dict[tuple[str, str], list[Trap]] = {}

    def set(self, order_ref: str, operation: str, trap: Trap) -> None:
        """Adds a trap behind those that are already set for the same place."""
        self._set.setdefault((order_ref, operation), []).append(trap)

    def take(self, order_ref: str, operation: str) -> Trap | None:
        """The trap that this call falls into, with one of its times used up; None when the way is clear."""
        for place in ((order_ref, operation), (order_ref, ANY), (ANY, operation), (ANY, ANY)):
            waiting = self._set.get(place)
            if not waiting:
                continue
            trap = waiting[0]
            if trap.times > 0:
                trap.times -= 1
            if trap.times == 0:
                waiting.pop(0)
            return trap
        return None

    def clear(self) -> None:
        self._set.clear()

    def save(self) -> list[dict[str, Any]]:
        return [
            {"order_ref": order_ref, "operation": operation, **asdict(trap)}
            for (order_ref, operation), waiting in self._set.items()
            for trap in waiting
        ]

    def restore(self, saved: list[dict[str, Any]]) -> None:
        for raw in saved:
            place = {key: raw[key] for key in ("order_ref", "operation")}
            self.set(**place, trap=trap_from({key: value for key, value in raw.items() if key not in place}))
