"""A partner's adapter behind its gate: each call of the port is a turn."""

from collections.abc import Callable
from typing import Any, cast

from stopship.adapters.gate import Gate

_WITHOUT_A_CALL = frozenset({"expected_work", "owns"})
"""What an adapter answers by itself."""


class _Governed:
    def __init__(self, adapter: object, gate: Gate, *, urgent: bool) -> None:
        self._adapter, self._gate, self._urgent = adapter, gate, urgent

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        if name in _WITHOUT_A_CALL or not callable(found):
            return found
        method: Callable[..., Any] = found

        def call(*args: Any, **named: Any) -> Any:
            with self._gate.turn(urgent=self._urgent):
                return method(*args, **named)

        return call


def governed[P](adapter: P, gate: Gate, *, urgent: bool) -> P:
    """``adapter``, whatever port it implements, with every call through the gate."""
    return cast(P, _Governed(adapter, gate, urgent=urgent))
