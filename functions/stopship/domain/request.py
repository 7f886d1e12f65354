"""One wish to cancel, normalised from whatever channel it came by."""

from dataclasses import field
from enum import StrEnum

from stopship.domain.order import Quantities
from stopship.frozen import frozen


class Reason(StrEnum):
    """The seven standard reason codes."""

    STOCKOUT = "stockout"
    FRAUD = "fraud"
    ADDRESS = "address"
    LEAD_TIME = "lead_time"
    CUSTOMER_REQUEST = "customer_request"
    DUPLICATE_ORDER = "duplicate_order"
    PAYMENT_TIMEOUT = "payment_timeout"


class Requester(StrEnum):
    CUSTOMER = "customer"
    OPS = "ops"
    SYSTEM = "system"


class Kind(StrEnum):
    """What a request is classified as."""

    CUSTOMER = "customer"
    OPS = "ops"
    AUTO = "auto"


@frozen
class Receipt:
    """That the wish was received is to be told to the order's own address: in which language, and what was declared, word for word."""

    language: str
    statement: str


@frozen
class CancelRequest:
    """``lines`` empty means: everything that is still open. ``official`` is true when the buyer asked through the
    marketplace's own cancel button, which decides what reason may be reported to that marketplace.
    ``evidence`` names what documents the wish (ids or hashes): a fraud block without evidence is refused. ``ticket_link`` opens the
    ticket for a person. ``standing`` is true for a wish that was read from the order as it stands, which does not say when, nor how often
    it was made."""

    merchant: str
    channel: str
    order_ref: str
    reason: Reason
    requester: Requester
    source: str
    delivery_id: str
    requested_at: str
    received_at: str
    lines: Quantities = field(default_factory=dict)
    ticket_ref: str = ""
    ticket_link: str = ""
    official: bool = False
    standing: bool = False
    evidence: tuple[str, ...] = ()
    raw_sha256: str = ""
    receipt: Receipt | None = None

    @property
    def request_id(self) -> str:
        return f"{self.source}:{self.delivery_id}"


def classify(request: CancelRequest) -> Kind:
    """Who is behind the wish, from facts on the request: never from free text."""
    if request.reason is Reason.PAYMENT_TIMEOUT or request.requester is Requester.SYSTEM:
        return Kind.AUTO
    if request.requester is Requester.OPS:
        return Kind.OPS
    return Kind.CUSTOMER
