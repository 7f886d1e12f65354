"""The money of a case as rows: when it moved, how long after the proof, and what of it was not owed.

Of each line no more is owed than what stayed. Refunds are set against that in the order in which they moved, whoever made them; what
exceeds it went to goods that left, and what exceeds the quantity ordered was paid back twice.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from stopship.domain import events as e
from stopship.domain.case import Case, MoveRecord, lines_of, subtract
from stopship.domain.instant import microseconds_between
from stopship.domain.kpi.facts import MoneyFact
from stopship.domain.kpi.subject import Subject
from stopship.domain.money import MOVED, MoveKind, MoveState
from stopship.domain.resolution import Resolution
from stopship.frozen import frozen

THOUSANDTHS = Decimal(1000)
ELSEWHERE = "refund_elsewhere"
SHIPPED, APPROVED, TWICE = "shipped", "shipped_approved", "twice"


@frozen
class _Paid:
    """One refund that moved. ``amount`` None where nobody told it."""

    money_id: str
    version: int
    lines: Mapping[str, int]
    amount: int | None
    currency: str = ""


@frozen
class _Leak:
    why: str = ""
    part: int | None = 0


def money_facts(case: Case, recorded: Sequence[Any], about: Subject) -> tuple[MoneyFact, ...]:
    elsewhere = _elsewhere(recorded)
    leaks = _leaks(case, _paid(case, elsewhere))
    rows = [_move(case, about, key, move, leaks.get(key, _Leak())) for key, move in case.moves.items()]
    rows += [_other(about, paid, at, leaks[paid.money_id]) for paid, at in elsewhere]
    return tuple(sorted(rows, key=lambda x: x.money_id))


def thousandths(amount: str) -> int:
    """Raises ArithmeticError for an amount that is finer than a thousandth: no currency in use has such a coin."""
    whole = Decimal(amount) * THOUSANDTHS
    if whole != whole.to_integral_value():
        raise ArithmeticError(f"{amount} is finer than a thousandth")
    return int(whole)


def _move(case: Case, about: Subject, key: str, move: MoveRecord, leak: _Leak) -> MoneyFact:
    asked, moved = move.requested, move.moved
    done = moved is not None and moved.fact.status in MOVED
    moved_at = moved.at if moved and done else ""
    proven_at = _proven_at(case, asked.fact.lines)
    return MoneyFact(
        **about.row(),
        money_id=key,
        kind=asked.fact.kind,
        state="failed" if move.failed else "done" if done else "pending",
        currency=asked.fact.currency,
        amount=thousandths(moved.fact.amount if moved else asked.fact.amount),
        requested_at=asked.at,
        moved_at=moved_at,
        proven_at=proven_at,
        delay_us=max(0, microseconds_between(proven_at, moved_at)) if moved_at and proven_at else None,
        leak=leak.why,
        leaked=leak.part,
    )


def _other(about: Subject, paid: _Paid, at: str, leak: _Leak) -> MoneyFact:
    return MoneyFact(
        **about.row(),
        money_id=paid.money_id,
        kind=ELSEWHERE,
        state=str(MoveState.DONE),
        currency=paid.currency,
        amount=paid.amount,
        requested_at="",
        moved_at=at,
        proven_at="",
        delay_us=None,
        leak=leak.why,
        leaked=leak.part,
    )


def _proven_at(case: Case, lines: Mapping[str, int]) -> str:
    """When the last leg with any of these lines was settled; of all legs for a move that names no lines (a void)."""
    return max(
        (
            leg.settled.at
            for leg in case.legs.values()
            if leg.settled and (not lines or set(lines) & set(leg.plan.lines))
        ),
        default="",
    )


def _elsewhere(recorded: Sequence[Any]) -> list[tuple[_Paid, str]]:
    """Refunds of others, each once however often it was told."""
    seen: dict[str, tuple[_Paid, str]] = {}
    for item in recorded:
        fact = item.event
        if not isinstance(fact, e.PaymentSeen) or fact.state != "refund":
            continue
        amount = thousandths(fact.amount) if fact.amount else None
        if amount == 0:
            # A shop's note that lines were cancelled: no money moved.
            continue
        money_id = f"seen-{sha256(fact.reference.encode()).hexdigest()[:20]}"
        paid = _Paid(money_id, item.version, fact.lines, amount, fact.currency if amount else "")
        seen.setdefault(money_id, (paid, fact.occurred_at or item.at))
    return list(seen.values())


def _paid(case: Case, elsewhere: Sequence[tuple[_Paid, str]]) -> list[_Paid]:
    ours = [
        _Paid(key, move.moved.version, move.requested.fact.lines, thousandths(move.moved.fact.amount))
        for key, move in case.moves.items()
        if move.moved and move.failed is None and _is_done_refund(move.moved.fact)
    ]
    return sorted([*ours, *(paid for paid, _ in elsewhere)], key=lambda x: x.version)


def _is_done_refund(fact: e.MoneyMoved) -> bool:
    return fact.kind == MoveKind.REFUND and fact.status in MOVED


def _leaks(case: Case, paid: Sequence[_Paid]) -> dict[str, _Leak]:
    """By money id, for every refund."""
    ordered = lines_of(case.order.fact) if case.order else {}
    gone = subtract(case.shipped_lines, case.returned_lines)
    why_shipped = APPROVED if _approved(case) else SHIPPED
    before: dict[str, int] = {}
    found: dict[str, _Leak] = {}
    for refund in paid:
        twice = shipped = 0
        for line, quantity in refund.lines.items():
            total = before.get(line, 0) + quantity
            twice += _beyond(total, ordered[line], quantity) if line in ordered else 0
            shipped += _beyond(total, ordered[line] - gone.get(line, 0), quantity) if line in ordered else 0
            before[line] = total
        found[refund.money_id] = _leak(refund, twice, shipped, why_shipped)
    return found


def _beyond(total: int, owed: int, quantity: int) -> int:
    """How much of this quantity, the last of ``total``, is more than what was owed."""
    return max(0, min(quantity, total - owed))


def _leak(refund: _Paid, twice: int, shipped: int, why_shipped: str) -> _Leak:
    """``twice`` is part of ``shipped``: what exceeds the quantity ordered exceeds what stayed."""
    if not shipped:
        return _Leak()
    why = TWICE if twice else why_shipped
    if refund.amount is None:
        return _Leak(why, None)
    units = sum(refund.lines.values())
    return _Leak(why, (2 * refund.amount * shipped + units) // (2 * units))


def _approved(case: Case) -> bool:
    return any(
        x.resolved is not None and x.resolved.fact.resolution == Resolution.REFUND_APPROVED
        for x in case.exceptions.values()
    )
