"""A thing that is made when it is first used."""

from collections.abc import Callable
from typing import Any


class Lazy:
    """Stands in for a client: the first attribute that is asked for makes it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._made = make, None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)
