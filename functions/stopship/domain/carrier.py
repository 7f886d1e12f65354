"""A parcel at its carrier: how far it has got, and what its carrier would do to bring it back.

A tracking number opens other people's doors, so that it never enters a fact: its hash does, and the number is read again when needed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from decimal import Decimal
from enum import StrEnum

from stopship.domain.order import Quantities
from stopship.frozen import frozen


class CarrierState(StrEnum):
    """The carrier's own word on a parcel."""

    UNKNOWN = "unknown"
    LABELLED = "labelled"
    """Announced, and never scanned: wherever it is, the carrier does not have it."""
    VOIDED = "voided"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNED = "returned"
    """Back at its sender."""


UNSCANNED = frozenset({CarrierState.LABELLED, CarrierState.VOIDED})
SCANNED = frozenset(
    {CarrierState.IN_TRANSIT, CarrierState.OUT_FOR_DELIVERY, CarrierState.DELIVERED, CarrierState.RETURNED}
)
"""The carrier has it, or had it: proof that it left."""


@frozen
class Parcel:
    """``carrier`` is a name of CARRIERS or "other". ``shipment`` is the source's id of what it is part of: ``lines`` are the shipment's, and
    nobody knows which of them are in which of its parcels. ``works`` are the pieces of work that it ships, where the source says so.
    ``state`` is the source's own word, at second hand, for where the carrier cannot be asked: it can let goods go, and proves nothing.
    ``sent_at`` is when the source took it for sent, "" where it does not say. ``skus`` are the shipment's goods by SKU instead of ``lines``,
    where the source does not know the order's lines."""

    carrier: str
    number: str = field(repr=False)
    lines: Quantities
    shipment: str
    works: frozenset[str] = frozenset()
    state: CarrierState = CarrierState.UNKNOWN
    sent_at: str = ""
    skus: Quantities = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.number.encode()).hexdigest()


@frozen
class ParcelReading:
    """``occurred_at`` is when it became true, "" where the carrier does not say; ``word`` the carrier's own word for it."""

    state: CarrierState
    observed_at: str
    occurred_at: str = ""
    word: str = ""


class Offer(StrEnum):
    """Whether a carrier would bring a parcel back."""

    YES = "yes"
    NO = "no"
    PENDING = "pending"
    """It was asked to already."""
    BY_HAND = "by_hand"
    """Only a person can ask this carrier."""
    UNKNOWN = "unknown"


@frozen
class InterceptOffer:
    """``cost`` is what the carrier would bill, None where it does not say; ``reason`` why it would not."""

    offer: Offer
    cost: Decimal | None = None
    currency: str = ""
    reason: str = ""


def together(states: Iterable[CarrierState]) -> CarrierState:
    """Of several parcels as one. They are back, or unscanned, only together; one that is delivered is lost to the others' return."""
    found = set(states)
    for first in (CarrierState.DELIVERED, CarrierState.OUT_FOR_DELIVERY):
        if first in found:
            return first
    if len(found) == 1:
        return found.pop()
    if found and found <= UNSCANNED:
        return CarrierState.LABELLED
    return CarrierState.IN_TRANSIT if found & SCANNED else CarrierState.UNKNOWN


@frozen
class Guide:
    """How a person asks a carrier that takes no such request from a program."""

    name: str
    portal: str
    steps: str
    cut_off: str


GUIDES: Mapping[str, Guide] = {
    "ups": Guide(
        "UPS",
        "https://www.ups.com/track",
        "track the parcel, choose Change Delivery, Return to Sender",
        "before it is out for delivery; the United States and Puerto Rico only",
    ),
    "fedex": Guide(
        "FedEx",
        "https://www.fedex.com",
        "call or chat as the shipper with the account number, and ask for a return to shipper",
        "before it is out for delivery",
    ),
    "usps": Guide(
        "USPS",
        "https://www.usps.com",
        "sign in, Receive, Intercept a Package, Return to Sender; the fee is due when it is intercepted",
        "before it is out for delivery; domestic parcels with a tracking barcode, not to a mail agent",
    ),
}
"""USPS: Postal Bulletin 22329. FedEx publishes no such operation for shippers."""

CARRIERS = frozenset(GUIDES)
OTHER = "other"
_ALSO_CALLED: Mapping[str, str] = {
    "united parcel service": "ups",
    "federal express": "fedex",
    "united states postal service": "usps",
    "us postal service": "usps",
    "u.s. postal service": "usps",
}


def carrier_name(told: str) -> str:
    """A name of CARRIERS for what a store or a warehouse calls it ("UPS®", "FedEx Ground", "USPS"), else "other"."""
    text = " ".join(told.replace("®", " ").replace("_", " ").casefold().split())
    for long_name, name in _ALSO_CALLED.items():
        if text.startswith(long_name):
            return name
    first = text.partition(" ")[0]
    return first if first in CARRIERS else OTHER
