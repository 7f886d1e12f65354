"""From Shopify's transactions and refunds to the desk's payment snapshot. All amounts are what the customer paid in."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from stopship.adapters.shopify.client import PARTNER
from stopship.adapters.shopify.gid import number
from stopship.adapters.shopify.mapping import quantities
from stopship.adapters.words import known
from stopship.application.ports import MoveAnswer
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import normal
from stopship.domain.money import MoveState, PaymentSnapshot, Transaction, TransactionKind, TransactionStatus
from stopship.frozen import frozen

# SUGGESTED_REFUND is no transaction that happened. CHANGE is cash handed back at a till: it is not there to refund.
_KINDS = {
    "AUTHORIZATION": TransactionKind.AUTHORIZATION,
    "EMV_AUTHORIZATION": TransactionKind.AUTHORIZATION,
    "CAPTURE": TransactionKind.CAPTURE,
    "SALE": TransactionKind.CAPTURE,
    "VOID": TransactionKind.VOID,
    "REFUND": TransactionKind.REFUND,
    "CHANGE": TransactionKind.REFUND,
}
KINDS = frozenset({*_KINDS, "SUGGESTED_REFUND"})
# Pending is not failed: AWAITING_RESPONSE and UNKNOWN may still move money.
STATUSES = {
    "SUCCESS": TransactionStatus.SUCCESS,
    "PENDING": TransactionStatus.PENDING,
    "AWAITING_RESPONSE": TransactionStatus.PENDING,
    "UNKNOWN": TransactionStatus.PENDING,
    "FAILURE": TransactionStatus.FAILURE,
    "ERROR": TransactionStatus.FAILURE,
}
# Of a dispute that is lost or accepted the bank has paid the customer: a refund would pay a second time.
_DISPUTE_ENDED_FOR_US = frozenset({"WON", "PREVENTED", "CHARGE_REFUNDED"})
_DISPUTE_LOST = frozenset({"LOST", "ACCEPTED"})
_KEY_MARK = "stopship-key:"


@frozen
class Refund:
    """``parts`` are its payments: how each ended, and how much it was. ``lines`` counts only when money moved with them: a restocking
    cancel leaves a refund of nothing."""

    number: str
    key: str
    parts: tuple[tuple[TransactionStatus, Decimal], ...]
    transactions: frozenset[str]
    lines: Mapping[str, int]
    paid: bool


def bag(value: Mapping[str, Any]) -> Decimal:
    return Decimal(value["presentmentMoney"]["amount"])


def dispute_state(status: str) -> str:
    """The desk's word: open, won or lost. A status that nobody knows is no end."""
    if status.upper() in _DISPUTE_ENDED_FOR_US:
        return "won"
    return "lost" if status.upper() in _DISPUTE_LOST else "open"


def note_for(key: str) -> str:
    """Shown to staff beside the refund, and how a repeat finds it."""
    return f"Order cancelled and stopped before shipping. {_KEY_MARK}{key}"


def key_in(note: str | None) -> str:
    """Our idempotency key in a refund's note, "" when the refund is not ours."""
    _, mark, rest = (note or "").partition(_KEY_MARK)
    return rest.split()[0] if mark and rest.split() else ""


def refund(node: Mapping[str, Any]) -> Refund:
    for name in ("refundLineItems", "transactions"):
        if node[name]["pageInfo"]["hasNextPage"]:
            raise PartnerContractBroken(PARTNER, f"a refund with more {name} than are read", {"refund": node["id"]})
    moved, parts = _payments_in(node), parts_of(node)
    return Refund(
        number=number(node["id"], "Refund"),
        key=key_in(node["note"]),
        parts=parts,
        transactions=frozenset(number(t["id"], "OrderTransaction") for t in moved),
        lines=quantities(node["refundLineItems"]["nodes"], "quantity"),
        paid=any(s is not TransactionStatus.FAILURE and amount > 0 for s, amount in parts),
    )


def _payments_in(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [t for t in node["transactions"]["nodes"] if kind(t) == "REFUND"]


def parts_of(node: Mapping[str, Any]) -> tuple[tuple[TransactionStatus, Decimal], ...]:
    return tuple((status(t), bag(t["amountSet"])) for t in _payments_in(node))


def kind(transaction: Mapping[str, Any]) -> str:
    return known(PARTNER, "OrderTransaction.kind", transaction["kind"], KINDS)


def status(transaction: Mapping[str, Any]) -> TransactionStatus:
    return STATUSES[known(PARTNER, "OrderTransaction.status", transaction["status"], STATUSES)]


def answer(reference: str, parts: Iterable[tuple[TransactionStatus, Decimal]]) -> MoveAnswer:
    """A refund's record is no payment: its transactions are (REFUNDS_CREATE says the same of itself)."""
    known = list(parts)
    moved = [amount for state, amount in known if state is TransactionStatus.SUCCESS]
    if any(state is TransactionStatus.PENDING for state, _ in known):
        return MoveAnswer(MoveState.PENDING, reference)
    if not moved:
        return MoveAnswer(MoveState.FAILED, reference, "REFUND_FAILED", "no money moved")
    if len(moved) < len(known):
        return MoveAnswer(MoveState.PARTLY, reference, "REFUND_PARTLY_FAILED", moved=sum(moved, Decimal(0)))
    return MoveAnswer(MoveState.DONE, reference)


def snapshot(order: Mapping[str, Any], refunds: list[Refund], observed_at: str) -> PaymentSnapshot:
    known = {transaction: r for r in refunds for transaction in r.transactions}
    lines: dict[str, int] = {}
    for one in refunds:
        for line, quantity in one.lines.items() if one.paid else ():
            lines[line] = lines.get(line, 0) + quantity
    return PaymentSnapshot(
        currency=order["presentmentCurrencyCode"],
        transactions=tuple(
            _transaction(node, known, observed_at) for node in order["transactions"] if kind(node) in _KINDS
        ),
        observed_at=observed_at,
        refunded_lines=lines,
        dispute_open=any(d["status"] not in _DISPUTE_ENDED_FOR_US for d in order["disputes"]),
    )


def _transaction(node: Mapping[str, Any], refunds: Mapping[str, Refund], now: str) -> Transaction:
    transaction_id = number(node["id"], "OrderTransaction")
    parent, expires = node["parentTransaction"], node["authorizationExpiresAt"]
    of = refunds.get(transaction_id)
    return Transaction(
        transaction_id=transaction_id,
        kind=_KINDS[node["kind"]],
        status=status(node),
        amount=bag(node["amountSet"]),
        currency=node["amountSet"]["presentmentMoney"]["currencyCode"],
        parent_id=number(parent["id"], "OrderTransaction") if parent else "",
        gateway=node["gateway"] or "",
        expired=bool(expires) and normal(expires) <= now,
        key=of.key if of else "",
        explained=bool(of and of.lines) or node["kind"] == "CHANGE",
        by_hand=node["manualPaymentGateway"],
    )
