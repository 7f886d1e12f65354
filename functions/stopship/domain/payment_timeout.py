"""How long an order may stand unpaid: what the limit is for, and which orders have none."""

from enum import StrEnum

from stopship.domain.instant import plus
from stopship.frozen import frozen


@frozen
class OpenPayment:
    """An order that nobody has paid. ``state`` is pending, expired or reservation_expired; ``since`` the last attempt to pay; ``attempt`` its
    id in the order system, "" when nobody ever tried. ``manual``: it is to be paid outside (on delivery, by transfer); ``terms``: it is sold
    on account; ``sent``: at least a part of it is with the carrier or the customer."""

    order_ref: str
    state: str
    since: str
    attempt: str
    manual: bool
    terms: bool
    gateways: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sent: bool = False

    @property
    def epoch(self) -> str:
        """One attempt to pay, of one order: another attempt gives the order its time again."""
        return f"{self.order_ref}:{self.attempt}"


@frozen
class PaymentTimeout:
    """``hours`` 0 is no limit. Gateways and tags are compared without regard to case."""

    hours: int = 0
    spare_gateways: frozenset[str] = frozenset()
    spare_tags: frozenset[str] = frozenset()


class Verdict(StrEnum):
    """What the limit says of an order that is not paid."""

    OVERDUE = "overdue"
    NO_LIMIT = "no_limit"
    PAID_OUTSIDE = "paid_outside"
    ON_ACCOUNT = "on_account"
    NEVER_TRIED = "never_tried"
    SENT = "sent"
    """What is owed for goods that left is a matter of finance."""
    SPARED = "spared"
    NOT_YET = "not_yet"


def judge(payment: OpenPayment, rule: PaymentTimeout, now: str) -> Verdict:
    """Only an order that somebody tried to pay at once, and did not, can be overdue."""
    if not rule.hours:
        return Verdict.NO_LIMIT
    if payment.manual:
        return Verdict.PAID_OUTSIDE
    if payment.terms:
        return Verdict.ON_ACCOUNT
    if payment.sent:
        return Verdict.SENT
    if not payment.attempt:
        return Verdict.NEVER_TRIED
    if _any_of(payment.gateways, rule.spare_gateways) or _any_of(payment.tags, rule.spare_tags):
        return Verdict.SPARED
    return Verdict.OVERDUE if plus(payment.since, rule.hours * 3600) <= now else Verdict.NOT_YET


def _any_of(names: tuple[str, ...], spared: frozenset[str]) -> bool:
    known = {name.casefold() for name in spared}
    return any(name.strip().casefold() in known for name in names)
