"""Something that happened in a partner's system and that an open or closed case must know."""

from dataclasses import field
from enum import StrEnum

from stopship.domain.order import Quantities
from stopship.frozen import frozen


class SignalKind(StrEnum):
    """What ``Signal.state`` says for each kind that has one."""

    SHIPMENT = "shipment"
    HOLD_RELEASED = "hold_released"
    REFUND_SEEN = "refund_seen"
    ORDER_CANCELLED_ECHO = "order_cancelled_echo"
    ORDER_CHANGED = "order_changed"
    """Lines, quantities or risk. ``digest`` stands for what counts, so that a message without a change is known."""
    WORK_CHANGED = "work_changed"
    """Moved, split, merged, replaced: the places of the order's work are not what they were."""
    PAYMENT_SEEN = "payment_seen"
    """authorization, capture, void or paid."""
    DISPUTE_SEEN = "dispute_seen"
    """open, won or lost."""
    RETURN_SEEN = "return_seen"
    """active or ended."""
    STOP_ANSWERED = "stop_answered"
    """An AckLevel: system_cancelled or rejected."""
    PROGRESS_SEEN = "progress_seen"
    """A PickState."""


@frozen
class Signal:
    """``leg_id`` is "" when the source does not say which piece of work. ``place`` is the merchant's name of the warehouse that tells it, ""
    when somebody else does. ``departed`` is false for a mere label: a label is not
    a departure. ``reference`` is the partner's id of the thing (shipment, refund, hold). ``origin_key`` is our own action key when the
    message carries it, so that an echo of our own doing is recognised. ``failure`` says in the partner's word why the thing came to nothing,
    "" while it has not. ``state`` is one of the kind's own words, never free text. ``amount`` in ``currency`` is what a refund moved, "" where
    the message does not tell: a refund may move nothing ("0")."""

    merchant: str
    channel: str
    source: str
    topic: str
    delivery_id: str
    order_ref: str
    leg_id: str
    kind: SignalKind
    occurred_at: str
    received_at: str
    lines: Quantities = field(default_factory=dict)
    departed: bool = False
    reference: str = ""
    raw_sha256: str = ""
    origin_key: str = ""
    failure: str = ""
    state: str = ""
    digest: str = ""
    amount: str = ""
    currency: str = ""
    place: str = ""


@frozen
class SubmissionEnd:
    """A partner is through with something that was submitted to it (a feed). It names what was submitted and no order. ``status`` is the
    partner's own word, which proves nothing: whoever waits reads the result himself."""

    merchant: str
    channel: str
    source: str
    topic: str
    delivery_id: str
    reference: str
    status: str
    received_at: str
    raw_sha256: str = ""
