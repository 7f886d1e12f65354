"""The turn that the call in hand has: what ``http.call`` asks before each request goes out."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Turn(Protocol):
    @property
    def place(self) -> tuple[str, str]:
        """Merchant and partner."""

    def pace(self, operation: str) -> None:
        """Waits a moment until a request of this operation is due. Raises PartnerBusy when that is too long."""


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


def current() -> Turn | None:
    return _current.get()


@contextmanager
def holding(turn: Turn) -> Iterator[None]:
    token = _current.set(turn)
    try:
        yield
    finally:
        _current.reset(token)
