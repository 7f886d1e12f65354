"""The one door to MiniStack's internals.

The overlay replaces names inside one released version. Everything it touches is looked up here, so that another
version, or a name that is gone, stops the start with a clear sentence instead of losing a correction in silence.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

SUPPORTED = "1.5.33"


class UnsupportedEmulator(RuntimeError):
    """The installed MiniStack is not the one these corrections are written for."""


def check_version() -> None:
    installed = version("ministack")
    if installed != SUPPORTED:
        raise UnsupportedEmulator(
            f"ministack {installed} is installed, the corrections are written for {SUPPORTED}; "
            "read its changes, run tests/integration/emulator, then move SUPPORTED"
        )


def module(name: str) -> Any:
    """A MiniStack module by its path below the package; untyped, as MiniStack is."""
    return import_module(f"ministack.{name}")


def need(owner: Any, name: str) -> Any:
    """An attribute that must exist."""
    if not hasattr(owner, name):
        where = getattr(owner, "__name__", owner)
        raise UnsupportedEmulator(f"{where} has no {name}; the corrections are written for ministack {SUPPORTED}")
    return getattr(owner, name)


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> Any:
    """Put make(original) in the place of owner.name and return the original."""
    original = need(owner, name)
    setattr(owner, name, make(original))
    return original
