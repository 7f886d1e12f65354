"""Reading what Amazon sends of its own accord: what is not as its schema says is named by its place, never guessed at."""

from collections.abc import Mapping, Sequence
from typing import Any

from stopship.adapters.amazon.client import word
from stopship.domain.errors import InvalidInput


def one_of(value: Mapping[str, Any], name: str, known: Sequence[str], above: str) -> str:
    """A word of the contract's; one that it does not have is for a person to read, never taken for another."""
    found: str = get(value, name, str, above)
    if found not in known:
        raise InvalidInput(f"{above}.{name}", f"is {word(found)}, not one of the contract's", ", ".join(known))
    return found


def get(value: Mapping[str, Any], path: str, kind: type, above: str = "") -> Any:
    """The value at a dotted path. Raises InvalidInput with the whole path."""
    found: Any = value
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    right = isinstance(found, kind) and not (kind is int and isinstance(found, bool)) and found != ""
    if not right:
        place = f"{above}.{path}" if above else path
        raise InvalidInput(place, "is missing" if found is None else f"is not of type {kind.__name__}")
    return found
