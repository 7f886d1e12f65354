"""What will follow from an answer: calls to partners and money, in order, and a hash by which a person approves exactly that."""

from collections.abc import Mapping
from dataclasses import asdict, field

from stopship.domain import chain
from stopship.frozen import frozen


@frozen
class PlannedCall:
    """``system`` is the partner's name, ``what`` a sentence without personal data. ``reversible``: it can be taken back afterwards."""

    system: str
    what: str
    reversible: bool


@frozen
class PlannedMoney:
    """``kind`` is void or refund; ``amount`` a decimal text in ``currency``."""

    kind: str
    amount: str
    currency: str
    why: str


@frozen
class Plan:
    """``effect`` is a sentence for the person; ``resolution`` and ``lines`` what it would answer. ``needs_evidence`` names the fields of the command
    that must document the answer; ``warnings`` what could not be looked up, or is worth knowing; ``address_sha256`` is of the address that it
    would write. The same content has the same hash."""

    effect: str
    calls: tuple[PlannedCall, ...] = ()
    money: tuple[PlannedMoney, ...] = ()
    needs_evidence: tuple[str, ...] = ()
    needs_approval: bool = False
    warnings: tuple[str, ...] = ()
    resolution: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    address_sha256: str = ""
    plan_hash: str = field(init=False, default="")

    def __post_init__(self) -> None:
        told = {name: value for name, value in asdict(self).items() if name != "plan_hash"}
        if not self.address_sha256:
            # A plan that waits for a second person keeps the hash that it was shown with.
            del told["address_sha256"]
        object.__setattr__(self, "plan_hash", chain.digest(told))
