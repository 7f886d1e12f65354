"""What a person may answer to an exception, and what that answer is worth as evidence."""

from enum import StrEnum

from stopship.domain.policy import Cause


class Resolution(StrEnum):
    RETRY = "retry"
    """Look again and act again."""
    THEY_STOPPED_IT = "they_stopped_it"
    """A person vouches, by name, that the goods were held back. Proof."""
    STOPPED_IN_PART = "stopped_in_part"
    """A person vouches that the named quantities were held back; the rest of the leg is out."""
    IT_SHIPPED = "it_shipped"
    INTERCEPT = "intercept"
    """The carrier is to bring it back; or the person has asked it to, where only a person can."""
    CAME_BACK = "came_back"
    """A person vouches, by name, that the goods are back. Proof."""
    LET_IT_SHIP = "let_it_ship"
    """The stop is given up: holds are released, the goods may go."""
    SAVED = "saved"
    """The customer took a change instead of the cancel."""
    ADDRESS_FIXED = "address_fixed"
    """The address is right now, which was all that stood against it: holds are released, the goods may go."""
    MARK_FRAUD = "mark_fraud"
    """It is fraud, and this documents it: what is stopped is blocked, what is not is stopped as fraud."""
    WITHDRAWN = "withdrawn"
    """The wish was taken back."""
    DONE_BY_HAND = "done_by_hand"
    """The step was done outside by the person named; the desk records it and goes on."""
    REFUND_APPROVED = "refund_approved"
    """Money may move without the usual proof; a second person must have approved."""
    NO_REFUND = "no_refund"
    """No money moves for what was asked about."""


LEG_RESOLUTIONS = frozenset(
    {
        Resolution.RETRY,
        Resolution.THEY_STOPPED_IT,
        Resolution.STOPPED_IN_PART,
        Resolution.IT_SHIPPED,
        Resolution.LET_IT_SHIP,
        Resolution.SAVED,
        Resolution.ADDRESS_FIXED,
        Resolution.MARK_FRAUD,
        Resolution.WITHDRAWN,
    }
)
CASE_RESOLUTIONS = frozenset(
    {Resolution.RETRY, Resolution.DONE_BY_HAND, Resolution.WITHDRAWN, Resolution.REFUND_APPROVED, Resolution.NO_REFUND}
)
_ON_THE_WAY = frozenset({Cause.CARRIER_INTERCEPT, Cause.SHIPPED_AFTER_STOP})
"""The goods are with a carrier, which may bring them back."""
_AFTER_THE_STOP = frozenset(
    {
        Cause.ORDER_CANCEL_REFUSED,
        Cause.ORDER_CANCEL_UNCONFIRMED,
        Cause.CANCEL_REASON_UNBACKED,
        Cause.CANCEL_RATE_HIGH,
        Cause.PAID_AFTER_STOP,
        Cause.WORK_RECREATED,
        Cause.ERP_REFUSED,
        Cause.ERP_LINES_DIFFER,
        Cause.INVOICE_BEFORE_CLOSE,
        Cause.MESSAGE_FAILED,
    }
)
"""They arise when the goods are stopped: it is too late to take the wish back."""
_FOR_A_PERSON_ALONE = frozenset(
    {Cause.UNMATCHED_MESSAGE, Cause.HOLD_LOST, Cause.CAPTURED_AFTER_CANCEL, Cause.DATA_REQUEST}
)
"""No step of a case waits for the answer."""
NEEDS_APPROVAL = frozenset({Resolution.REFUND_APPROVED})
"""Money that a person decides about: above the policy's limit a second one does too."""
LETS_GO = frozenset({Resolution.LET_IT_SHIP, Resolution.SAVED, Resolution.ADDRESS_FIXED, Resolution.WITHDRAWN})
"""Words after which the goods may go, and may yet be there. "It shipped" says that they are not."""
VOUCHES = frozenset(
    {Resolution.THEY_STOPPED_IT, Resolution.STOPPED_IN_PART, Resolution.CAME_BACK, Resolution.DONE_BY_HAND}
)
"""A person's word stands for a proof: it must say who told him, or what shows it."""


def allowed(cause: Cause, *, of_leg: bool) -> frozenset[Resolution]:
    """The answers that make sense for this cause."""
    if of_leg:
        on_the_way = {Resolution.INTERCEPT, Resolution.CAME_BACK} if cause in _ON_THE_WAY else set()
        return LEG_RESOLUTIONS | on_the_way
    if cause is Cause.INTERCEPT_UNRESOLVED:
        return frozenset({Resolution.RETRY, Resolution.CAME_BACK, Resolution.IT_SHIPPED})
    if cause is Cause.LABEL_NOT_VOIDED:
        return frozenset({Resolution.DONE_BY_HAND})
    if cause in (Cause.UNKNOWN_ORDER, Cause.LINES_NOT_IN_ORDER, Cause.BUNDLE_IN_PART):
        return frozenset({Resolution.RETRY, Resolution.WITHDRAWN})
    if cause in _AFTER_THE_STOP:
        return frozenset({Resolution.RETRY, Resolution.DONE_BY_HAND})
    if cause in _FOR_A_PERSON_ALONE:
        return frozenset({Resolution.DONE_BY_HAND})
    if cause is Cause.MONEY_PARTLY_MOVED:
        return frozenset({Resolution.DONE_BY_HAND, Resolution.NO_REFUND})
    if cause is Cause.DISPUTE_OPEN:
        return frozenset({Resolution.RETRY, Resolution.DONE_BY_HAND, Resolution.NO_REFUND})
    if cause in (Cause.MONEY_REFUSED, Cause.MONEY_FAILED, Cause.MONEY_PENDING, Cause.SHIPPED_REFUND_REQUESTED):
        return frozenset({Resolution.RETRY, Resolution.DONE_BY_HAND, Resolution.REFUND_APPROVED, Resolution.NO_REFUND})
    return frozenset({Resolution.RETRY, Resolution.DONE_BY_HAND, Resolution.WITHDRAWN})
