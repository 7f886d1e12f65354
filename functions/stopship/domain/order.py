"""The order as the desk needs it: quantities, legs, money. No names, no addresses."""

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from enum import StrEnum

from stopship.frozen import frozen

type Quantities = Mapping[str, int]
"""Line id to quantity. A line that is not in the mapping has quantity 0."""


class PickState(StrEnum):
    """How far a leg has got, in the warehouse's own physical terms."""

    NOT_RELEASED = "not_released"
    RELEASED = "released"
    PICKING = "picking"
    PICKED = "picked"
    PACKED = "packed"
    LABELLED = "labelled"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"


PRE_PICK = frozenset({PickState.NOT_RELEASED, PickState.RELEASED})
IN_WORK = frozenset({PickState.PICKING, PickState.PICKED, PickState.PACKED, PickState.LABELLED})
DEPARTED = frozenset({PickState.SHIPPED, PickState.DELIVERED})


class AckLevel(StrEnum):
    """What an answer to a stop-ship proves. A 200 is at most what the partner's contract says it is."""

    SENT = "sent"
    ACCEPTED = "accepted"
    SYSTEM_CANCELLED = "system_cancelled"
    PHYSICALLY_STOPPED = "physically_stopped"
    REJECTED = "rejected"
    SILENT = "silent"


FINAL = frozenset({AckLevel.SYSTEM_CANCELLED, AckLevel.PHYSICALLY_STOPPED, AckLevel.REJECTED})
"""Levels after which nothing more is to come."""


class FulfillmentType(StrEnum):
    IN_HOUSE = "in_house"
    THIRD_PARTY = "third_party"
    DROP_SHIP = "drop_ship"


class Payment(StrEnum):
    """What the order system says about the money for an order."""

    UNKNOWN = ""
    OPEN = "open"
    """Nothing was ever received, and nothing valid is promised."""
    MADE = "made"
    """Received at least in part, or reserved and still to be had."""


class Sign(StrEnum):
    """What an order system shows, by its own codes, that may be why an order comes to be cancelled."""

    FRAUD_SUSPECTED = "fraud_suspected"
    OUT_OF_STOCK = "out_of_stock"
    ADDRESS_DOUBTED = "address_doubted"
    PROMISE_MISSED = "promise_missed"
    DELIVERY_DATE_UNKNOWN = "delivery_date_unknown"


@frozen
class OrderLine:
    """One line. ``ordered`` = ``shipped`` + ``cancelled`` + ``open`` at all times (line conservation).

    ``bundle`` names the bundle that it was sold in, "" for none, and ``bundles`` how many of them the line stands for."""

    line_id: str
    sku: str
    ordered: int
    shipped: int = 0
    cancelled: int = 0
    bundle: str = ""
    bundles: int = 0

    @property
    def open(self) -> int:
        return self.ordered - self.shipped - self.cancelled


@frozen
class PlannedLeg:
    """One place from which part of the order would ship.

    ``leg_id`` is stable over re-reads: the partner's own id for that piece of work (a fulfillment order's numeric id).
    ``warehouse`` names the merchant's connection that runs it, "" when no connection covers the place.
    ``external_ref`` is the order system's id of the work (a fulfillment order gid), "" where there is none.
    ``lines`` are what the order system still counts as open there; ``departed`` says that these goods are on their way all the same.
    ``partner`` is the row of the capability table that speaks of the warehouse, "" where none is known.
    """

    leg_id: str
    warehouse: str
    fulfillment_type: FulfillmentType
    external_ref: str
    lines: Quantities
    departed: bool = False
    partner: str = ""


@frozen
class OrderSnapshot:
    """The order system's view at ``observed_at``. ``total`` is the order total in ``currency``.

    ``cancelled`` is true when the order system says that the whole order is cancelled. ``risk`` is the order system's
    own fraud assessment: "", "low", "medium" or "high". ``evidence`` are references (ids, not contents) that document it. ``places`` are
    the warehouses that have or had work of the order, as far as the order system can tell. ``language`` is the customer's, by its letters in
    lower case ("de"), and ``placed_at`` when the customer ordered: both "" where the order system does not tell it.
    """

    channel: str
    order_ref: str
    display_ref: str
    lines: tuple[OrderLine, ...]
    legs: tuple[PlannedLeg, ...]
    total: Decimal
    currency: str
    observed_at: str
    cancelled: bool = False
    vip: bool = False
    risk: str = ""
    payment_pending: bool = False
    evidence: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    payment: Payment = Payment.UNKNOWN
    signs: tuple[Sign, ...] = ()
    language: str = ""
    placed_at: str = ""


@frozen
class PickObservation:
    """A warehouse's own word on one leg, and when it was true. ``actor`` is a role or system, never a person's name. ``said`` is the word
    itself where the state is unknown because nobody knows the word."""

    state: PickState
    source: str
    observed_at: str
    actor: str = ""
    shipped_lines: Quantities = field(default_factory=dict)
    departed_at: str = ""
    said: str = ""


@frozen
class StopAnswer:
    """A warehouse's answer to a hold or stop-ship, at once or by callback.

    ``stopped_lines`` is empty when the answer covers every line of the leg; a partial answer names what it stopped.
    """

    level: AckLevel
    source: str
    state: PickState = PickState.UNKNOWN
    state_at: str = ""
    actor: str = ""
    reference: str = ""
    reason: str = ""
    stopped_lines: Quantities = field(default_factory=dict)
    partial: bool = False
