"""Step 7: money. Only for proven lines, only on a live reading, only once.

The intent is booked, in one transaction with the event, before the payment system is called; the book is shared by all cases of the order.
After doubt the same move is asked for again under the same key, which the payment system, or a reading of it, answers with the first result.
"""

from collections.abc import Sequence
from decimal import Decimal

from stopship.application.await_submission import expect_word
from stopship.application.context import Desk
from stopship.application.next_step import Next, answers, go, legs, person, wait, wait_announced
from stopship.application.ports import BookEntry, MoveAnswer, Payments
from stopship.application.record import Step
from stopship.domain import chain
from stopship.domain.case import ENDS_MONEY, PAYMENT_STEP, Case, MoveRecord, lines_of, most, subtract, total
from stopship.domain.errors import Conflict, PartnerRefused
from stopship.domain.events import MoneyFailed, MoneyMoved, MoneyRequested, MoneySettled, RefundQuoted
from stopship.domain.ids import money_key
from stopship.domain.instant import seconds_between
from stopship.domain.money import (
    DISPUTED,
    BookedMove,
    MoneyMove,
    MoneyRefused,
    MoveKind,
    MoveState,
    PaymentSnapshot,
    allow,
)
from stopship.domain.order import Quantities
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution
from stopship.frozen import frozen

STEP = PAYMENT_STEP
BY_OTHERS = "refunded_by_others"
PROOFS = frozenset({"system_cancelled", "physically_stopped", "human"})
_ATTEMPTS = 8
_NAMED = 10
"""So many lines are listed where a person is asked."""
_LOOKS = 48
"""How often something that takes its time is looked at within that time."""


@frozen
class Settled:
    """Nothing more to pay back, and why."""

    why: str


@frozen
class UnderWay:
    """A payment that may still come: until its end nobody can say that nothing was paid."""

    told: str


def take_payment_action(desk: Desk, merchant: str, case_id: str) -> Next:
    """Next: go (settled), wait (a refund is pending), legs (a leg speaks up again) or person."""
    case = desk.cases.load(merchant, case_id)
    if not case.all_settled or case.wishes_unread:
        return legs(case)
    if case.money_settled:
        return go()
    payments = desk.partners_of(case).payments(merchant, case.channel)
    if payments is None:
        return _channel_pays(desk, case)
    if case.order is None:
        return _settle(desk, case, Settled("nothing_stopped"), None)
    by_person = _by_person(case, subtract(lines_to_pay(case), case.refunded_lines))
    if by_person:
        return _settle(desk, case, by_person, _seen(payments, case.order_ref))
    return _finish(desk, case, payments) or _held_by_bank(case) or _next_move(desk, case, payments)


def _held_by_bank(case: Case) -> Next | None:
    """A dispute that is open or lost, whatever anybody approved before: the bank gives the money back, or has done so."""
    if not case.disputed:
        return None
    return person(Cause.DISPUTE_OPEN, f"dispute {', '.join(sorted(case.disputed))}: the money is the bank's to decide")


def _channel_pays(desk: Desk, case: Case) -> Next:
    """The channel pays by itself, for what was stopped always. What left may be paid back where the policy has people asked, and two of
    them have said so."""
    payments = desk.partners_of(case).refunds_by_person(case.merchant, case.channel)
    asks = desk.policy_of(case).amazon.shipped_refund == "ask"
    if payments is None or not asks or not case.shipped_lines or case.order is None:
        return _settle(desk, case, Settled("order_system_pays"), None)
    by_person = _by_person(case, _unpaid(case, case.shipped_lines))
    if by_person:
        return _settle(desk, case, by_person, None)
    try:
        return _finish(desk, case, payments) or _next_shipped(desk, case, payments)
    except PartnerRefused as refusal:
        return person(Cause.MONEY_REFUSED, str(refusal))
    except MoneyRefused as refusal:
        return person(Cause.MONEY_REFUSED, f"{refusal.rule}: {refusal}")


def _next_shipped(desk: Desk, case: Case, payments: Payments) -> Next:
    """One line at a time, so that each has an end of its own. What was shown to nobody is asked about when the rest is paid."""
    rest, approved = _unpaid(case, case.shipped_lines), _unpaid(case, case.approved_lines)
    if not rest:
        return _settle(desk, case, Settled("refunded"), payments.read(case.order_ref))
    if not approved:
        return _return_or_refund(rest)
    snapshot = payments.read(case.order_ref)
    book, _ = desk.ledger.book(case.merchant, case.channel, case.order_ref)
    others = _by_others(snapshot, book)
    if not subtract(rest, others):
        return _settle(desk, case, Settled("paid_back_by_others"), snapshot)
    due = subtract(approved, others)
    if not due:
        return _return_or_refund(subtract(rest, others))
    line = min(due)
    key = _key(case, MoveKind.REFUND, f"{case.case_id}:{line}")
    quote = payments.quote(case.order_ref, {line: due[line]})
    step = Step()
    step.add(RefundQuoted(str(quote.amount), quote.currency, dict(quote.lines)))
    case = desk.cases.extend(case, lambda _: step)
    move = MoneyMove(key, MoveKind.REFUND, quote.amount, quote.currency, lines=dict(quote.lines))
    case, first = _book(desk, case, move, snapshot)
    return _do(desk, case, payments, move) if first else _asked_already(desk, case, payments, move)


def _return_or_refund(lines: Quantities) -> Next:
    return person(Cause.SHIPPED_REFUND_REQUESTED, f"{sum(lines.values())} pieces left: a return, or a refund?")


def _unpaid(case: Case, left: Quantities) -> dict[str, int]:
    """What of these lines, which left, nobody has paid back or said how it ends."""
    by_person = most(subtract(x.about.left, x.about.paid) for x in answers(case, STEP, ENDS_MONEY))
    return subtract(subtract(left, by_person), case.refunded_lines)


def _seen(payments: Payments, order_ref: str) -> PaymentSnapshot | None:
    """For the record only: a person's word stands also where the payment system does not have the order's money."""
    try:
        return payments.read(order_ref)
    except PartnerRefused:
        return None


def _by_person(case: Case, rest: Quantities) -> Settled | None:
    """``rest`` is what nobody has spoken of yet: lines that came to the case after the answer, which is not about them."""
    said = [x.resolved for x in answers(case, STEP, ENDS_MONEY) if x.resolved]
    if rest or not said or said[-1].version < _last_move(case):
        return None
    refused = said[-1].fact.resolution == Resolution.NO_REFUND
    return Settled("no_refund_by_person" if refused else "by_hand")


def _last_move(case: Case) -> int:
    """When money was last asked for, failed, or moved in part."""
    facts = [x for m in case.moves.values() for x in (m.requested, m.failed, m.partly) if x]
    return max((x.version for x in facts), default=0)


def _finish(desk: Desk, case: Case, payments: Payments) -> Next | None:
    """Moves that were asked for and have no final answer: ask again under the same key. Where the proof fell in the meantime,
    asking again could pay for goods that left."""
    half = partly_moved(case)
    if half:
        return _half(half)
    for record in case.moves.values():
        if record.pending and not _still_due(case, _as_move(record)):
            return person(Cause.MONEY_REFUSED, f"{record.requested.fact.kind} was asked for, and then the goods left")
        if record.pending and record.moved is None and case.disputed:
            # Asking again would pay, if the first time did not.
            return person(Cause.DISPUTE_OPEN, f"{record.requested.fact.kind} is in doubt, and then a dispute opened")
        if record.pending:
            return _do(desk, case, payments, _as_move(record))
    return None


def partly_moved(case: Case) -> MoveRecord | None:
    """A refund of which only a part came through, while nobody has said what becomes of the rest. The desk asks for none of it again: how
    much is still owed is for finance to see."""
    last = max((x.resolved.version for x in answers(case, STEP, ENDS_MONEY) if x.resolved), default=0)
    return next((m for m in case.moves.values() if m.partly and m.partly.version > last), None)


def _half(record: MoveRecord) -> Next:
    asked, moved = record.requested.fact, record.partly.fact.amount if record.partly else ""
    return person(Cause.MONEY_PARTLY_MOVED, f"{moved} of {asked.amount} {asked.currency} have moved, the rest failed")


def _still_due(case: Case, move: MoneyMove) -> bool:
    if move.kind is MoveKind.VOID:
        return not subtract(case.shipped_lines, case.approved_lines)
    return not subtract(move.lines, lines_to_pay(case))


def _next_move(desk: Desk, case: Case, payments: Payments) -> Next:
    basis = _basis(case)
    snapshot = payments.read(case.order_ref)
    try:
        book, _ = desk.ledger.book(case.merchant, case.channel, case.order_ref)
        case = _quoted(desk, case, payments, snapshot)
        plan = plan_money(case, snapshot, book)
        if isinstance(plan, Settled):
            return _settle(desk, case, plan, snapshot, basis)
        if isinstance(plan, UnderWay):
            return _wait_or_ask(desk, case, _money_began(case), plan.told)
        case, first = _book(desk, case, plan, snapshot)
    except MoneyRefused as refusal:
        cause = Cause.DISPUTE_OPEN if refusal.rule == DISPUTED else Cause.MONEY_REFUSED
        return person(cause, f"{refusal.rule}: {refusal}")
    return _do(desk, case, payments, plan) if first else _asked_already(desk, case, payments, plan)


def _asked_already(desk: Desk, case: Case, payments: Payments, move: MoneyMove) -> Next:
    """Another run has recorded the same intent, and may be about to ask: for this one it is a move in doubt, which is never asked for as
    if it were new. One that has failed meanwhile is not tried again without a word, either."""
    failed = case.moves[move.key].failed
    if failed:
        answer = MoveAnswer(MoveState.FAILED, code=failed.fact.code, message=failed.fact.message)
        return _failed(case, payments, move, answer)
    return take_payment_action(desk, case.merchant, case.case_id)


def _quoted(desk: Desk, case: Case, payments: Payments, snapshot: PaymentSnapshot) -> Case:
    """The quote from before the cancel stands if it is for what is to be paid. Money that was captured since, and what left
    and is paid back all the same, had none."""
    lines = subtract(lines_to_pay(case), case.refunded_lines)
    if not lines or not snapshot.captured or (case.quote and dict(case.quote.fact.lines) == lines):
        return case
    quote = payments.quote(case.order_ref, lines)
    step = Step()
    step.add(RefundQuoted(str(quote.amount), quote.currency, lines))
    return desk.cases.extend(case, lambda _: step)


def lines_to_pay(case: Case) -> dict[str, int]:
    """Proven lines, those that left and are back, and those that left and that two people have approved. Without what a person has seen to,
    or has said is not paid back."""
    return subtract(total([case.stopped_lines, case.left_and_due]), _by_persons(case))


def _by_persons(case: Case) -> dict[str, int]:
    abouts = [x.about for x in answers(case, STEP, ENDS_MONEY)]
    return most(subtract(total([x.stopped, x.left]), x.paid) for x in abouts)


def unproven(case: Case) -> list[str]:
    """Stopped legs without a proof that money may rest on. There should be none; money is the place to look again."""
    return [
        leg_id
        for leg_id, leg in case.legs.items()
        if leg.settled
        and leg.plan.leg_id
        and leg.outcome in ("stopped", "blocked")
        and leg.settled.fact.proof.get("kind") not in PROOFS
    ]


def plan_money(case: Case, snapshot: PaymentSnapshot, book: Sequence[BookedMove]) -> MoneyMove | Settled | UnderWay:
    """The next single move, or why there is none, or none yet."""
    lines = lines_to_pay(case)
    if not lines:
        return Settled("nothing_stopped")
    if unproven(case) and not case.refund_approved:
        raise MoneyRefused("proof_first", f"legs {unproven(case)} are not proven to be stopped")
    claimed = _claimed_twice(case, lines)
    if claimed:
        raise MoneyRefused("one_claim_per_line", f"an active return asks for the money of {', '.join(claimed)} as well")
    if case.cancelled is None and case.stopped_lines:
        raise MoneyRefused("cancel_first", "the order system still shows these lines as open")
    full = case.cancelled is not None and case.cancelled.fact.scope == "full"
    if snapshot.open_authorizations and full:
        first = snapshot.open_authorizations[0]
        return MoneyMove(
            _key(case, MoveKind.VOID, first.transaction_id),
            MoveKind.VOID,
            first.amount,
            first.currency,
            first.transaction_id,
        )
    if snapshot.under_way and not case.for_want_of_payment:
        # Where it is for want of payment, the attempt has had its time. What comes of it all the same is told when it comes.
        coming = sum((t.amount for t in snapshot.under_way), Decimal(0))
        return UnderWay(f"a payment of {coming} {snapshot.currency} is under way")
    if snapshot.captured == 0:
        return Settled("voided" if full else "not_captured")
    return _plan_refund(case, snapshot, lines, book)


def _claimed_twice(case: Case, lines: Quantities) -> list[str]:
    """Lines of which this case and somebody's return together ask for more than was ordered."""
    ordered = lines_of(case.order.fact) if case.order else {}
    both = total([lines, case.claimed_by_returns])
    return sorted(line for line, quantity in both.items() if line in lines and quantity > ordered.get(line, quantity))


def _key(case: Case, kind: MoveKind, target: str) -> str:
    """For ever the same for one effect; a move that failed, or that an earlier one of this case came before, makes it another."""
    before = [m for m in case.moves.values() if m.requested.fact.kind == kind and (m.failed or kind is MoveKind.REFUND)]
    return money_key(case.merchant, case.channel, case.order_ref, kind, f"{target}#{len(before)}" if before else target)


def _plan_refund(
    case: Case, snapshot: PaymentSnapshot, lines: Quantities, book: Sequence[BookedMove]
) -> MoneyMove | Settled:
    rest = subtract(lines, case.refunded_lines)
    if not rest:
        return Settled("refunded_in_part" if _by_persons(case) else "refunded")
    _refuse_failed_that_moved(snapshot, book)
    others = _by_others(snapshot, book)
    if snapshot.net_payment <= 0 or not subtract(rest, others):
        return Settled("paid_back_by_others")
    _refuse_unexplained(case, snapshot, book)
    disputable = subtract(others, _taken_out_before(case, book))
    _refuse_in_part(case, snapshot, subtract(rest, subtract(rest, disputable)))
    if case.quote is None:
        raise MoneyRefused("quote_first", "nobody has said what these lines are worth")
    quote = case.quote.fact
    if Decimal(quote.amount) <= 0 and case.cancelled and case.cancelled.fact.scope == "full":
        raise MoneyRefused(
            "quote_of_nothing", f"{snapshot.net_payment} were paid for an order that is wholly cancelled"
        )
    if Decimal(quote.amount) <= 0:
        return Settled("nothing_to_refund")
    key = _key(case, MoveKind.REFUND, case.case_id)
    return MoneyMove(key, MoveKind.REFUND, Decimal(quote.amount), quote.currency, lines=dict(quote.lines))


def _by_others(snapshot: PaymentSnapshot, book: Sequence[BookedMove]) -> Quantities:
    """Line quantities in refunds that this desk has not made, for any case of the order."""
    ours = total(b.move.lines for b in book if b.state is not MoveState.FAILED and b.move.kind is MoveKind.REFUND)
    return subtract(snapshot.refunded_lines, ours)


def _refuse_failed_that_moved(snapshot: PaymentSnapshot, book: Sequence[BookedMove]) -> None:
    """What failed is free to be paid again. Where the payment system shows that it moved after all, it would be paid twice."""
    moved = snapshot.refunds_by({b.move.key for b in book if b.state is MoveState.FAILED})
    if moved:
        told = f"{sum(t.amount for t in moved)} {snapshot.currency} moved of a refund that was told to have failed"
        raise MoneyRefused("failed_and_moved", told)


def _by_amount_alone(snapshot: PaymentSnapshot, book: Sequence[BookedMove]) -> Decimal:
    return snapshot.unexplained({b.move.key for b in book if b.state is not MoveState.FAILED})


def _refuse_unexplained(case: Case, snapshot: PaymentSnapshot, book: Sequence[BookedMove]) -> None:
    """A refund by amount alone may be for these very lines, or for something else."""
    amount = _by_amount_alone(snapshot, book)
    if amount:
        told = f"{amount} {snapshot.currency} were paid back by others, nobody says for which lines"
        _refuse_unless_approved(case, snapshot, told)


def _refuse_in_part(case: Case, snapshot: PaymentSnapshot, both: Quantities) -> None:
    """``both`` is due, and as much of these lines was paid back by others: for the same pieces, or for others of the line."""
    if both:
        _refuse_unless_approved(case, snapshot, f"{_listed(both)} of what is due may be paid back by others already")


def _listed(lines: Quantities) -> str:
    """Some of them by name and all of them by a hash, so that what was shown is known again where a text is cut."""
    named = [f"{quantity} x {line}" for line, quantity in sorted(lines.items())]
    if len(named) <= _NAMED:
        return ", ".join(named)
    rest = len(named) - _NAMED
    return f"{', '.join(named[:_NAMED])} and {rest} more lines ({chain.digest(dict(sorted(lines.items())))[:12]})"


def _taken_out_before(case: Case, book: Sequence[BookedMove]) -> Quantities:
    """What others had taken out of the order before the case came to it: if they paid that back, it is no part of what is due. An order that
    is cancelled as a whole does not tell one from the other."""
    if case.order is None or case.order.fact.cancelled:
        return {}
    ours = total(b.move.lines for b in book if b.case_id != case.case_id and b.state is not MoveState.FAILED)
    return subtract(case.cancelled_before, ours)


def _refuse_unless_approved(case: Case, snapshot: PaymentSnapshot, told: str) -> None:
    """Only a person can find out what others paid for. An approval is of what was shown: what comes after it is asked about again."""
    shown = f"{BY_OTHERS}: {told}"
    if not any(x.opened.fact.detail.startswith(shown) for x in case.refund_approvals):
        due = f"{case.quote.fact.amount} would be due now" if case.quote else "what is due has no price yet"
        raise MoneyRefused(BY_OTHERS, f"{told}; {due}, {snapshot.net_payment} of {snapshot.captured} are left")


def _book(desk: Desk, case: Case, move: MoneyMove, snapshot: PaymentSnapshot) -> tuple[Case, bool]:
    """Intent, event and money rules in one transaction. The case with the intent in it, and whether the intent is this call's own: then
    nothing can have been asked for before. Raises MoneyRefused when a rule forbids it."""
    for _ in range(_ATTEMPTS):
        case = desk.cases.load(case.merchant, case.case_id)
        if move.key in case.moves:
            return case, False
        if not case.all_settled or not _still_due(case, move):
            raise Conflict("a leg speaks up again")
        book, version = desk.ledger.book(case.merchant, case.channel, case.order_ref)
        allow(move, snapshot, book, lines_of(case.order.fact) if case.order else {})
        step = Step(book=_entry(case, move, MoveState.REQUESTED, version))
        beside = _by_amount_alone(snapshot, book) if move.kind is MoveKind.REFUND else Decimal(0)
        told = move.key, move.kind, str(move.amount), move.currency, move.parent_id, dict(move.lines)
        step.add(MoneyRequested(*told, str(beside) if beside else ""), f"money:{move.key}")
        try:
            return desk.cases.append(case, step), True
        except Conflict:
            continue
    raise Conflict(f"the money book of {case.order_ref} kept changing")


def _do(desk: Desk, case: Case, payments: Payments, move: MoneyMove) -> Next:
    try:
        answer = payments.move(case.order_ref, move)
    except PartnerRefused as refusal:
        answer = MoveAnswer(MoveState.FAILED, code=refusal.code, message=str(refusal))
    case = _answered(desk, case, move, answer)
    if answer.state is MoveState.DONE:
        return take_payment_action(desk, case.merchant, case.case_id)
    if answer.state is MoveState.FAILED:
        return _failed(case, payments, move, answer)
    if answer.state is MoveState.PARTLY:
        return _half(case.moves[move.key])
    return _patience(desk, case, case.moves[move.key], answer)


def _failed(case: Case, payments: Payments, move: MoneyMove, answer: MoveAnswer) -> Next:
    """A void that came too late (captured meanwhile) is looked at afresh; a refund that failed is finance's."""
    if move.kind is MoveKind.VOID and not any(
        t.transaction_id == move.parent_id for t in payments.read(case.order_ref).open_authorizations
    ):
        return wait(1)
    return person(Cause.MONEY_FAILED, f"{answer.code} {answer.message}")


def _patience(desk: Desk, case: Case, record: MoveRecord, answer: MoveAnswer) -> Next:
    announced = answer.reference if answer.announced and answer.reference not in case.submissions_ended else ""
    return _wait_or_ask(desk, case, record.requested.at, answer.message, answer.expected_seconds, announced)


def _wait_or_ask(desk: Desk, case: Case, since: str, told: str, expected: int = 0, announced: str = "") -> Next:
    policy = desk.policy_of(case)
    since = max(since, case.case_human.at if case.case_human else "")
    waited = seconds_between(since, desk.clock.now())
    if waited > max(policy.confirm_wait_seconds * policy.confirm_attempts, expected):
        return person(Cause.MONEY_PENDING, f"still pending after {int(waited)} s {told}".rstrip())
    pause = max(policy.confirm_wait_seconds, expected // _LOOKS)
    return wait_announced(announced, pause) if announced else wait(pause)


def _money_began(case: Case) -> str:
    """When all that comes before the money was done."""
    ends = [leg.settled.at for leg in case.legs.values() if leg.settled]
    return max([*ends, case.cancelled.at if case.cancelled else ""])


def _answered(desk: Desk, case: Case, move: MoneyMove, answer: MoveAnswer) -> Case:
    """The answer as a fact, and the book's entry with it."""
    for _ in range(_ATTEMPTS):
        case = desk.cases.load(case.merchant, case.case_id)
        record = case.moves[move.key]
        if record.failed or (record.moved and _says(record.moved.fact, answer)):
            return case
        _, version = desk.ledger.book(case.merchant, case.channel, case.order_ref)
        step = Step(book=_entry(case, move, answer.state, version))
        if answer.state is MoveState.FAILED:
            step.add(MoneyFailed(move.key, answer.code, answer.message[:500]))
        else:
            amount, lines = str(answer.moved or move.amount), dict(move.lines)
            step.add(MoneyMoved(move.key, move.kind, amount, move.currency, answer.state, answer.reference, lines))
            if answer.announced:
                expect_word(desk, case, step, answer.reference)
        try:
            return desk.cases.append(case, step)
        except Conflict:
            continue
    raise Conflict(f"the money book of {case.order_ref} kept changing")


def _says(fact: MoneyMoved, answer: MoveAnswer) -> bool:
    return fact.status == answer.state and answer.reference in ("", fact.reference)


def _entry(case: Case, move: MoneyMove, state: MoveState, version: int) -> BookEntry:
    return BookEntry(case.channel, case.order_ref, BookedMove(move, case.case_id, state), version)


def _as_move(record: MoveRecord) -> MoneyMove:
    fact = record.requested.fact
    return MoneyMove(
        fact.money_key,
        MoveKind(fact.kind),
        Decimal(fact.amount),
        fact.currency,
        fact.parent_id,
        dict(fact.lines),
        asked_at=record.requested.at,
        reference=record.moved.fact.reference if record.moved else "",
    )


def _settle(
    desk: Desk,
    case: Case,
    end: Settled,
    snapshot: PaymentSnapshot | None,
    basis: tuple[object, ...] | None = None,
) -> Next:
    """``basis`` is of the case as it was before the payment system was read, where it was added to since."""
    stood = basis or _basis(case)
    net = str(snapshot.net_payment) if snapshot else ""
    fact = MoneySettled(end.why, net, snapshot.currency if snapshot else "")

    def build(current: Case) -> Step | None:
        if current.money_settled:
            return None
        if _basis(current) != stood:
            raise Conflict("the case has moved on since its money was looked at")
        step = Step()
        step.add(fact)
        return step

    desk.cases.extend(case, build)
    return go()


def _basis(case: Case) -> tuple[object, ...]:
    """What an end of the money rests on: another leg, goods that are back, a new wish or what others did to the money make it another
    question. Of a payment that was told after the reading, only this step can still see that it is not in it."""
    told = case.payment_seen.version if case.payment_seen else 0
    return case.all_settled, case.wishes_unread, lines_to_pay(case), case.shipped_lines, case.refunded_lines, told
