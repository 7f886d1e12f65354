"""What a person tells the desk to do about an exception: a resolution, with what that resolution needs."""

from collections.abc import Mapping
from dataclasses import field

from stopship.domain.address import ShippingAddress
from stopship.frozen import frozen


@frozen
class Command:
    """``resolution`` is a word of domain.resolution. ``plan_hash`` names the plan that the person has seen. ``note`` may hold personal data, so
    only its hash enters the chain; ``evidence`` are references that document the answer. ``lines`` is line id to quantity, where only a part
    is meant. ``address`` is where the order is to go instead: as the note, it enters the chain as a hash."""

    resolution: str
    plan_hash: str = ""
    note: str = ""
    evidence: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    address: ShippingAddress | None = None
