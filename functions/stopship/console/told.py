"""A sentence for the person at the top of a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """``kind`` is good, info or bad; ``fix`` says what to do."""

    kind: str
    text: str
    fix: str = ""
