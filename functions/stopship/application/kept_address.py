"""Where the address of an answer lies: in the evidence, under its exception and its hash, until it is written and as long as notes are kept."""

from typing import Final

from stopship.application.context import Desk
from stopship.application.ports import Evidence
from stopship.domain.address import ShippingAddress, address_of

SOURCE: Final = "shipping-address"


def keep_address(desk: Desk, merchant: str, exception_id: str, address: ShippingAddress | None) -> None:
    """Before the chain names it. The same address again is the same object."""
    if address is not None:
        desk.evidence.keep(merchant, SOURCE, f"{exception_id}:{address.sha256}", address.as_bytes)


def address_key(evidence: Evidence, merchant: str, exception_id: str, digest: str) -> str:
    return evidence.key_of(merchant, SOURCE, f"{exception_id}:{digest}")


def kept_address(desk: Desk, merchant: str, exception_id: str, digest: str) -> ShippingAddress:
    """Raises NotFound when it was erased."""
    return address_of(desk.evidence.load(address_key(desk.evidence, merchant, exception_id, digest)))
