"""From Stripe's PaymentIntents, charges and refunds to the desk's payment snapshot."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from stopship.adapters.stripe.amounts import from_minor
from stopship.adapters.stripe.client import PARTNER, Data
from stopship.application.ports import MoveAnswer
from stopship.domain.errors import PartnerContractBroken, PartnerUnavailable
from stopship.domain.money import MoveState, PaymentSnapshot, Transaction, TransactionKind, TransactionStatus
from stopship.frozen import frozen

KEY_FIELD: Final = "stopship_key"
ORDER_FIELD: Final = "stopship_order"
CHANNEL_FIELD: Final = "stopship_channel"
LINES_FIELD: Final = "stopship_lines"
LINES_AT_MOST: Final = 500

# Not yet anybody's money: the customer has not finished paying, and may never do. Nothing is reserved, so that there is nothing to void, and
# nothing is under way, so that there is nothing to wait for: such a payment is no transaction yet.
UNFINISHED: Final = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
STATUSES: Final = UNFINISHED | {"processing", "requires_capture", "canceled", "succeeded"}
# Of a dispute that is lost the bank has paid the customer: a refund would pay a second time. A word we do not know is open.
DISPUTE_ENDED_FOR_US: Final = frozenset({"won", "warning_closed", "prevented", "charge_refunded"})
REFUND_STATES: Final = {
    "succeeded": MoveState.DONE,
    "pending": MoveState.PENDING,
    "requires_action": MoveState.PENDING,
    "failed": MoveState.FAILED,
    "canceled": MoveState.FAILED,
}
_TRANSACTION_STATES: Final = {
    MoveState.DONE: TransactionStatus.SUCCESS,
    MoveState.PENDING: TransactionStatus.PENDING,
    MoveState.FAILED: TransactionStatus.FAILURE,
}


@frozen
class Refund:
    """``state`` is PENDING for a status that we do not know: it may still move money. ``release`` marks what Stripe books as a refund
    although nothing was taken: the end of an authorisation, or the part of it that was not captured."""

    refund_id: str
    intent_id: str
    charge_id: str
    amount: Decimal
    status: str
    state: MoveState
    reason: str
    key: str
    lines: Mapping[str, int]
    release: bool


@frozen
class Payment:
    """One PaymentIntent with its one charge that counts. ``left`` is what of the capture is not paid back."""

    intent_id: str
    created: int
    status: str
    currency: str
    amount: Decimal
    capturable: Decimal
    captured: Decimal
    charge_id: str
    expired: bool
    disputed: bool
    refunds: tuple[Refund, ...]

    @property
    def paid_back(self) -> Decimal:
        """Pending is not failed."""
        return self.sum_of(r for r in self.refunds if not r.release and r.state is not MoveState.FAILED)

    @property
    def left(self) -> Decimal:
        return self.captured - self.paid_back

    @staticmethod
    def sum_of(refunds: Any) -> Decimal:
        return sum((r.amount for r in refunds), Decimal(0))


def payment(intent: Data, charges: Sequence[Data], refunds: Sequence[Data], disputes: Sequence[Data]) -> Payment:
    """Raises PartnerUnavailable while a payment is under way: it may become money that must be paid back."""
    status, currency = str(intent["status"]), str(intent["currency"]).upper()
    if status not in STATUSES:
        raise PartnerContractBroken(
            PARTNER, f"status: {word(status)} of a PaymentIntent is unknown", {"field": "status"}
        )
    good = [c for c in charges if c["status"] == "succeeded"]
    if status == "processing" or any(c["status"] == "pending" for c in charges):
        raise PartnerUnavailable(
            PARTNER, "a payment is still under way", in_doubt=False, answered=True, evidence={"status": status}
        )
    strange = [word(str(c["status"])) for c in charges if c["status"] not in ("succeeded", "failed")]
    if len(good) > 1 or strange:
        raise PartnerContractBroken(
            PARTNER,
            f"a PaymentIntent with charges that are not understood: {', '.join(strange) or 'several succeeded'}"[:200],
            {"field": "charges"},
        )
    charge = good[0] if good else None
    if charge is None and status in ("requires_capture", "succeeded"):
        raise PartnerContractBroken(PARTNER, f"a PaymentIntent in {status} without a charge", {"field": "charges"})
    known = charge or {}
    return Payment(
        intent_id=intent["id"],
        created=int(intent["created"]),
        status=status,
        currency=currency,
        amount=from_minor(intent["amount"], currency),
        capturable=from_minor(intent["amount_capturable"], currency) if status == "requires_capture" else Decimal(0),
        captured=from_minor(known["amount_captured"], currency) if charge else Decimal(0),
        charge_id=known["id"] if charge else "",
        expired=intent.get("cancellation_reason") == "automatic",
        disputed=any(d["status"] not in DISPUTE_ENDED_FOR_US for d in disputes),
        refunds=tuple(refund(r, known) for r in refunds),
    )


def refund(told: Data, charge: Data) -> Refund:
    metadata, currency = told.get("metadata") or {}, str(told["currency"]).upper()
    status, key = str(told.get("status") or ""), str(metadata.get(KEY_FIELD, ""))
    less_captured = bool(charge) and charge["amount_captured"] < charge["amount"]
    # What is released never was on the balance: Stripe gives such a refund no balance transaction.
    release = less_captured and not key and status == "succeeded" and told.get("balance_transaction") is None
    return Refund(
        refund_id=told["id"],
        intent_id=str(told.get("payment_intent") or ""),
        charge_id=str(told.get("charge") or ""),
        amount=from_minor(told["amount"], currency),
        status=status,
        state=REFUND_STATES.get(status, MoveState.PENDING),
        reason=str(told.get("failure_reason") or ""),
        key=key,
        lines=lines_in(str(metadata.get(LINES_FIELD, ""))),
        release=release,
    )


def text_of(lines: Mapping[str, int]) -> str:
    """Lines for a refund's metadata, "" when they do not fit there: the desk's own book knows them all the same."""
    text = " ".join(f"{line}={quantity}" for line, quantity in sorted(lines.items()))
    plain = all(line and "=" not in line and not re.search(r"\s", line) for line in lines)
    return text if plain and len(text) <= LINES_AT_MOST else ""


def lines_in(text: str) -> dict[str, int]:
    """Raises ValueError for what the desk never wrote."""
    parts = [part.partition("=") for part in text.split()]
    return {line: int(quantity) for line, _, quantity in parts}


def answer(refunds: Sequence[Refund]) -> MoveAnswer:
    """A refund's record is no payment: its status says whether money moved."""
    reference = ",".join(r.refund_id for r in refunds)
    failed = [r for r in refunds if r.state is MoveState.FAILED]
    done = [r for r in refunds if r.state is MoveState.DONE]
    if any(r.state is MoveState.PENDING for r in refunds):
        states = {r.status for r in refunds if r.state is MoveState.PENDING}
        return MoveAnswer(MoveState.PENDING, reference, code=word(" ".join(sorted(states))))
    if not failed:
        return MoveAnswer(MoveState.DONE, reference)
    why = word(failed[0].reason or failed[0].status)
    if done:
        return partly(done, reference, why)
    return MoveAnswer(MoveState.FAILED, reference, "REFUND_FAILED", why)


def partly(done: Sequence[Refund], reference: str, why: str) -> MoveAnswer:
    """These have moved, and the rest will not."""
    return MoveAnswer(MoveState.PARTLY, reference, "REFUND_PARTLY_FAILED", why, moved=Payment.sum_of(done))


def snapshot(payments: Sequence[Payment], observed_at: str) -> PaymentSnapshot:
    """Raises PartnerContractBroken for payments in several currencies: no sum of them means anything."""
    currencies = {p.currency for p in payments}
    if len(currencies) != 1:
        raise PartnerContractBroken(PARTNER, "currency: an order that is paid in several", {"field": "currency"})
    lines: dict[str, int] = {}
    # A move over several payments is several refunds under one key: its lines count once.
    ours = {r.key: r.lines for p in payments for r in p.refunds if r.key and r.state is not MoveState.FAILED}
    for told in ours.values():
        for line, quantity in told.items():
            lines[line] = lines.get(line, 0) + quantity
    return PaymentSnapshot(
        currency=currencies.pop(),
        transactions=tuple(t for p in payments for t in _transactions(p)),
        observed_at=observed_at,
        refunded_lines=lines,
        dispute_open=any(p.disputed for p in payments),
    )


def _transactions(p: Payment) -> list[Transaction]:
    def one(name: str, kind: TransactionKind, amount: Decimal, parent: str = "", **more: Any) -> Transaction:
        told = {"status": TransactionStatus.SUCCESS, **more}
        return Transaction(name, kind, amount=amount, currency=p.currency, parent_id=parent, gateway=PARTNER, **told)

    found = []
    if p.status == "requires_capture":
        found.append(one(p.intent_id, TransactionKind.AUTHORIZATION, p.capturable))
    elif p.status == "canceled" and p.charge_id:
        released = Payment.sum_of(r for r in p.refunds if r.release)
        found.append(one(p.intent_id, TransactionKind.AUTHORIZATION, p.amount, expired=p.expired))
        found.append(one(f"{p.intent_id}/canceled", TransactionKind.VOID, released or p.amount, p.intent_id))
    if p.captured:
        # While more can still be captured the authorisation is not used up by what was: no parent.
        found.append(one(p.charge_id, TransactionKind.CAPTURE, p.captured))
    found += [
        one(
            r.refund_id,
            TransactionKind.REFUND,
            r.amount,
            r.charge_id,
            status=_TRANSACTION_STATES[r.state],
            key=r.key,
            explained=bool(r.lines),
        )
        for r in p.refunds
        if not r.release
    ]
    return found


def word(text: str) -> str:
    """A word of Stripe's that we do not know, for a person to read. Anything else is not repeated: what is said enters the audit trail."""
    return text if re.fullmatch(r"[a-z_ ]{1,60}", text) else "no word"
