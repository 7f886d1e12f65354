"""Money: what may be paid back, decided on a live reading and on everything this desk ever intended.

Two guards stand side by side. The payment system's own transactions say how much is still there (whoever took or gave
it back); the order's money book says what we intended, for ever, because a provider forgets its idempotency keys after
a day. A move must pass both.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from decimal import Decimal
from enum import StrEnum

from stopship.domain.errors import StopshipError
from stopship.domain.order import Quantities
from stopship.frozen import frozen


class MoveKind(StrEnum):
    VOID = "void"
    REFUND = "refund"


class MoveState(StrEnum):
    """``requested`` is the intent before the call; only ``failed`` frees the amount and the lines again. ``partly`` is an end too: a part
    has moved and the rest will not, so that nothing of it may be asked for again."""

    REQUESTED = "requested"
    PENDING = "pending"
    DONE = "done"
    PARTLY = "partly"
    FAILED = "failed"


MOVED = frozenset({MoveState.DONE, MoveState.PARTLY})


class TransactionKind(StrEnum):
    AUTHORIZATION = "authorization"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class TransactionStatus(StrEnum):
    SUCCESS = "success"
    PENDING = "pending"
    FAILURE = "failure"


@frozen
class Transaction:
    """One transaction as the payment system lists it. ``expired`` marks an authorisation that ended by itself.
    A direct sale is a CAPTURE with no parent. ``key`` is our idempotency key when the system gives it back. ``explained`` marks a refund
    that says itself what it is for: its lines, or change at a till; ``by_hand`` a payment outside the shop, as cash on delivery, which is
    listed as pending until somebody marks it as made."""

    transaction_id: str
    kind: TransactionKind
    status: TransactionStatus
    amount: Decimal
    currency: str
    parent_id: str = ""
    gateway: str = ""
    expired: bool = False
    key: str = ""
    explained: bool = False
    by_hand: bool = False


@frozen
class PaymentSnapshot:
    """Every transaction of the order, live. ``refunded_lines`` counts line quantities in refunds, whoever made them."""

    currency: str
    transactions: tuple[Transaction, ...]
    observed_at: str
    refunded_lines: Quantities = field(default_factory=dict)
    dispute_open: bool = False

    def _sum(self, kind: TransactionKind, *statuses: TransactionStatus) -> Decimal:
        chosen = (t.amount for t in self.transactions if t.kind is kind and t.status in statuses)
        return sum(chosen, Decimal(0))

    @property
    def captured(self) -> Decimal:
        return self._sum(TransactionKind.CAPTURE, TransactionStatus.SUCCESS)

    @property
    def paid_back(self) -> Decimal:
        """Refunds that have moved or may still move: pending is not failed."""
        return self._sum(TransactionKind.REFUND, TransactionStatus.SUCCESS, TransactionStatus.PENDING)

    @property
    def net_payment(self) -> Decimal:
        return self.captured - self.paid_back

    def refunds_by(self, keys: Collection[str]) -> list[Transaction]:
        """Refunds under these keys that have moved or may still move."""
        return [t for t in self._refunds if t.key in keys]

    def unexplained(self, ours: Collection[str]) -> Decimal:
        """What went back, or may, for nobody knows which lines: under none of our keys, and with no word of its own."""
        return sum((t.amount for t in self._refunds if not t.explained and t.key not in ours), Decimal(0))

    @property
    def _refunds(self) -> list[Transaction]:
        moving = TransactionStatus.SUCCESS, TransactionStatus.PENDING
        return [t for t in self.transactions if t.kind is TransactionKind.REFUND and t.status in moving]

    @property
    def under_way(self) -> tuple[Transaction, ...]:
        """Payments that may still become the merchant's money by themselves: pending, and neither taken nor let go of since. Cash that is paid
        on delivery is not paid for what is not delivered."""
        ended = {
            t.parent_id
            for t in self.transactions
            if t.kind in (TransactionKind.CAPTURE, TransactionKind.VOID) and t.status is TransactionStatus.SUCCESS
        }
        return tuple(
            t
            for t in self.transactions
            if t.kind in (TransactionKind.AUTHORIZATION, TransactionKind.CAPTURE)
            and t.status is TransactionStatus.PENDING
            and not t.expired
            and not t.by_hand
            and t.transaction_id not in ended
        )

    @property
    def open_authorizations(self) -> tuple[Transaction, ...]:
        """Authorisations that still reserve the customer's money: neither captured, voided nor expired."""
        ended = {
            t.parent_id
            for t in self.transactions
            if t.kind in (TransactionKind.CAPTURE, TransactionKind.VOID) and t.status is not TransactionStatus.FAILURE
        }
        return tuple(
            t
            for t in self.transactions
            if t.kind is TransactionKind.AUTHORIZATION
            and t.status is TransactionStatus.SUCCESS
            and not t.expired
            and t.transaction_id not in ended
        )


@frozen
class MoneyMove:
    """One effect on money, under the key that makes it happen once. ``lines`` is empty for a void.

    A move that was asked for before carries when (``asked_at``), and what the payment system called it then (``reference``).
    """

    key: str
    kind: MoveKind
    amount: Decimal
    currency: str
    parent_id: str = ""
    lines: Quantities = field(default_factory=dict)
    asked_at: str = field(default="", compare=False)
    reference: str = field(default="", compare=False)


@frozen
class BookedMove:
    move: MoneyMove
    case_id: str
    state: MoveState


@frozen
class RefundQuote:
    """What the platform itself would pay back for these lines: tax and discounts are its arithmetic, never ours."""

    amount: Decimal
    currency: str
    lines: Quantities


DISPUTED = "no_open_dispute"


class MoneyRefused(StopshipError):
    """This move would break a money rule. ``rule`` is a stable name for reports."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def allow(move: MoneyMove, snapshot: PaymentSnapshot, book: Iterable[BookedMove], ordered: Mapping[str, int]) -> None:
    """Raises MoneyRefused unless the move keeps to every money rule. ``ordered`` is the ordered quantity per line."""
    if move.amount <= 0:
        raise MoneyRefused("positive_amount", f"an amount of {move.amount} is nothing to move")
    if move.currency != snapshot.currency:
        raise MoneyRefused("one_currency", f"{move.currency} cannot be set against {snapshot.currency}")
    if snapshot.dispute_open:
        raise MoneyRefused(DISPUTED, "a dispute is open: the money is the bank's to decide")
    booked = [b for b in book if b.state is not MoveState.FAILED and b.move.key != move.key]
    if move.kind is MoveKind.VOID:
        _allow_void(move, snapshot)
        return
    _allow_refund(move, snapshot, booked)
    for line, quantity in move.lines.items():
        before = sum(b.move.lines.get(line, 0) for b in booked)
        before = max(before, snapshot.refunded_lines.get(line, 0))
        if before + quantity > ordered.get(line, 0):
            raise MoneyRefused(
                "line_paid_once",
                f"line {line}: {before} of {ordered.get(line, 0)} are paid back, {quantity} more asked",
            )


def _allow_void(move: MoneyMove, snapshot: PaymentSnapshot) -> None:
    open_ids = {t.transaction_id: t.amount for t in snapshot.open_authorizations}
    if move.parent_id not in open_ids:
        raise MoneyRefused("open_authorization", f"authorisation {move.parent_id} is not open")
    if move.amount > open_ids[move.parent_id]:
        raise MoneyRefused("within_authorization", f"{move.amount} is more than was authorised")


def _allow_refund(move: MoneyMove, snapshot: PaymentSnapshot, booked: list[BookedMove]) -> None:
    if move.amount > snapshot.net_payment:
        raise MoneyRefused("within_net_payment", f"{move.amount} is more than the {snapshot.net_payment} that is left")
    intended = sum((b.move.amount for b in booked if b.move.kind is MoveKind.REFUND), Decimal(0))
    if intended + move.amount > snapshot.captured:
        raise MoneyRefused(
            "within_captured", f"{intended} is on its way already; {move.amount} more exceeds the capture"
        )
