"""How a leg and a case may end."""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    STOPPED = "stopped"
    SHIPPED = "shipped"
    BLOCKED = "blocked"
    SAVED = "saved"
    WITHDRAWN = "withdrawn"


ENDS_WITHOUT_SHIPMENT = frozenset({Outcome.STOPPED, Outcome.BLOCKED})

# A case has one outcome, and it must not promise more than its worst line: if anything leaves, it shipped.
_WORST_FIRST = (Outcome.SHIPPED, Outcome.BLOCKED, Outcome.STOPPED, Outcome.SAVED, Outcome.WITHDRAWN)


def of_case(legs: Iterable[Outcome]) -> Outcome:
    """The one honest outcome of a case. A case whose order left nothing to stop has no legs: its caller decides."""
    ends = set(legs)
    for outcome in _WORST_FIRST:
        if outcome in ends:
            return outcome
    raise ValueError("a case without an ended leg has no outcome")
