"""After proof: cancel the proven lines where the order lives, without money, and look for work that came back.

The first effect that cannot be undone. Holds of legs that are not stopped are released first, so that what may ship ships.
"""

from collections.abc import Callable
from decimal import Decimal

from stopship.application.await_submission import expect_word
from stopship.application.call_legs import take_up
from stopship.application.change_address import change_address
from stopship.application.context import Desk
from stopship.application.first_holds import ask_shelves
from stopship.application.next_step import Next, answers, go, legs, person, person_was_asked, wait, wait_announced
from stopship.application.plan_legs import (
    RECREATED_LIMIT,
    add_legs,
    add_plan,
    lines_not_in_order,
    new_legs,
    out_of_sight,
)
from stopship.application.ports import CancelCommand, CancelProgress, CancelState, OrderSystem
from stopship.application.record import Step
from stopship.application.release_holds import release_holds
from stopship.application.weigh_cancel import MARKETPLACES, still_proven, take_back, told_reason, weigh_cancel
from stopship.domain.cancel_reason import officially_asked
from stopship.domain.case import BY_HAND, Case, subtract, total
from stopship.domain.conservation import counts, not_cancelled, rows
from stopship.domain.errors import Conflict, PartnerError, PartnerRefused
from stopship.domain.events import (
    Event,
    LinesCounted,
    OrderCancelled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderCancelSubmitted,
    RefundQuoted,
)
from stopship.domain.ids import action_key
from stopship.domain.instant import seconds_between
from stopship.domain.order import OrderSnapshot, Payment, Quantities
from stopship.domain.policy import Cause, Policy
from stopship.domain.resolution import Resolution

STEP = "cancel"
UNPICKED = "system_cancelled"
"""The proof of a leg that was cancelled before anybody picked it."""


def cancel_in_order_system(desk: Desk, merchant: str, case_id: str) -> Next:
    """Next: go, wait (submitted, not confirmed), legs (a leg speaks up, or work was re-created) or person. Raises PartnerUnavailable also while
    nobody knows where wanted lines lie."""
    case = desk.cases.load(merchant, case_id)
    if case.wishes_unread:
        return _look_again(desk, case)
    if not case.all_settled:
        return legs(take_up(desk, case))
    if missing := _missing_lines(case):
        return person(Cause.LINES_NOT_IN_ORDER, f"lines {', '.join(missing)} are not in the order")
    case = release_holds(desk, change_address(desk, case, STEP))
    if not case.stopped_lines:
        return go()
    if _covers(case):
        return _look_for_new_work(desk, case)
    by_hand = _done_by_hand(case)
    if by_hand:
        return _cancelled(desk, case, CancelProgress(CancelState.DONE, BY_HAND, by_us=False), "lines", by_hand)
    if case.cancel_submitted and not case.cancel_refused and not case.cancelled:
        return _confirm(desk, case)
    return _begin(desk, case)


def _covers(case: Case) -> bool:
    """Whether all that is proven by now was cancelled: lines may have been added since, and work may have come back."""
    done = case.cancelled
    if done is None or subtract(case.stopped_lines, done.fact.lines):
        return False
    return not any(leg.planned.fact.recreated and leg.planned.version > done.version for leg in case.legs.values())


def _look_again(desk: Desk, case: Case) -> Next:
    """Somebody asked for more after the order was read. Legs that are called do not lie behind an order that cannot be read: that is for a
    person when they are taken up."""
    try:
        return _plan_more(desk, case)
    except PartnerError:
        if not case.legs_called:
            raise
    return legs(take_up(desk, case))


def _plan_more(desk: Desk, case: Case) -> Next:
    order = _system(desk, case).read_order(case.order_ref)
    if order is None:
        return legs(take_up(desk, case)) if case.legs_called else _gone()
    if out_of_sight(case, order):
        case = ask_shelves(desk, case, STEP)

    def build(current: Case) -> Step:
        step = Step()
        add_plan(step, current, order, desk.partners.places(case.merchant), desk.policy_of(current).intercept)
        return step

    desk.cases.extend(case, build)
    return cancel_in_order_system(desk, case.merchant, case.case_id)


def _missing_lines(case: Case) -> list[str]:
    """What somebody asked for that the order does not have, and that nobody was asked about since."""
    asked = [x.opened.version for x in case.exceptions.values() if x.opened.fact.cause == Cause.LINES_NOT_IN_ORDER]
    if case.order is None or max(asked, default=0) > case.requests[-1].version:
        return []
    return lines_not_in_order(case, {row["line_id"] for row in case.order.fact.lines})


def _gone() -> Next:
    return person(Cause.ORDER_CANCEL_REFUSED, "the order system does not know the order any more")


def _done_by_hand(case: Case) -> dict[str, int]:
    """The proven lines that a person has cancelled by hand: those of a cancel that the order system did not take, or else what was proven when
    the person was asked. Whoever saw to the address, before the cancel's turn, or to work that came back did not cancel anything by it."""
    before = [x.version for x in (case.cancel_requested, case.cancelled, *case.address_changed.values()) if x]
    since = max(before, default=0)
    if case.case_human is None or not person_was_asked(case, STEP, since, (Resolution.DONE_BY_HAND,)):
        return {}
    state = case.exceptions[case.case_human.fact.exception_id]
    if state.opened.fact.cause == Cause.WORK_RECREATED:
        return {}
    not_taken = case.cancel_requested if case.cancelled is None else None
    asked = not_taken.fact.lines if not_taken else state.about.stopped
    lines = {line: min(quantity, asked.get(line, 0)) for line, quantity in case.stopped_lines.items()}
    return {line: quantity for line, quantity in lines.items() if quantity}


def _begin(desk: Desk, case: Case) -> Next:
    order = desk.partners_of(case).order_system(case.merchant, case.channel).read_order(case.order_ref)
    if order is None:
        return _gone()
    if new_legs(case, order, desk.partners.places(case.merchant)) and not _left_alone(case):
        return _new_work(desk, case, order)
    if order.payment is Payment.MADE and case.for_want_of_payment and not _although_paid(case):
        return person(Cause.PAID_AFTER_STOP, "the order was paid after its stop was asked for")
    scope, lines = _scope(case, order), case.stopped_lines
    if order.cancelled:
        case = _quote(desk, case)
        return _cancelled(desk, case, CancelProgress(CancelState.DONE, by_us=False), scope, lines)
    case, first = weigh_cancel(desk, case, order)
    if first:
        return first
    case = _quote(desk, case)
    try:
        # The newest case, also where an intent stands and nothing is added: a leg may have spoken up since this one was read.
        case = desk.cases.record(case.merchant, case.case_id, lambda c: _intend(c, scope, lines, order))
    except Conflict:
        take_back(desk, case)
        raise
    return _after(desk, case, _said(lambda: _system(desk, case).cancel(_command(desk, case))))


def _although_paid(case: Case) -> bool:
    """A person knows that it was paid, and wants it to be cancelled and paid back."""
    asked = [x.resolved for x in case.exceptions.values() if x.opened.fact.cause == Cause.PAID_AFTER_STOP]
    return any(x is not None and x.fact.resolution == Resolution.RETRY for x in asked)


def _said(call: Callable[[], CancelProgress]) -> CancelProgress:
    try:
        return call()
    except PartnerRefused as refusal:
        return CancelProgress(CancelState.REFUSED, code=refusal.code, message=str(refusal))


def _system(desk: Desk, case: Case) -> OrderSystem:
    return desk.partners_of(case).order_system(case.merchant, case.channel)


def _scope(case: Case, order: OrderSnapshot) -> str:
    """The whole order only when nothing of it stays behind: nothing shipped, nothing open that nobody asked about."""
    rest = any(line.shipped or line.open > case.stopped_lines.get(line.line_id, 0) for line in order.lines)
    return "lines" if rest else "full"


def _intend(case: Case, scope: str, lines: Quantities, order: OrderSnapshot) -> Step | None:
    """An intent without an answer stands, as long as it says what is proven now. The lines are counted before anything is done. Raises Conflict
    when that is not what ``scope`` was found for: a leg spoke up, or somebody asked for more, while partners were read."""
    still_proven(lines)(case)
    last = case.cancel_requested
    if last and not case.cancel_refused and not case.cancelled and _says(last.fact, scope, lines):
        return None
    attempt = last.fact.attempt + 1 if last else 1
    step = Step()
    step.add(
        OrderCancelRequested(case.channel, scope, lines, attempt, _restocks(case)),
        action_key(case.case_id, "", "cancel", str(attempt)),
    )
    step.add(LinesCounted(case.channel, "before", attempt, rows(counts(order.lines))))
    return step


def _restocks(case: Case) -> bool:
    """Only what nobody has touched is for sale again at once. Goods that were picked lie at a packing table: their warehouse counts them
    when they are back on the shelf, and counting them here as well would sell them twice."""
    return all(
        leg.settled.fact.proof["kind"] == UNPICKED for leg in case.legs.values() if leg.settled and leg.was_stopped
    )


def _says(wanted: OrderCancelRequested, scope: str, lines: Quantities) -> bool:
    return wanted.scope == scope and dict(wanted.lines) == dict(lines)


def _command(desk: Desk, case: Case) -> CancelCommand:
    if case.cancel_requested is None:
        raise ValueError("a cancel is recorded before it is asked for")
    wanted = case.cancel_requested.fact
    rule = desk.policy_of(case).reasons[case.reason]
    return CancelCommand(
        order_ref=case.order_ref,
        case_id=case.case_id,
        full=wanted.scope == "full",
        lines=subtract(wanted.lines, case.cancelled_by_hand),
        reason=told_reason(case) if case.channel in MARKETPLACES else rule.shopify_reason,
        official=officially_asked(case, wanted.lines),
        key=action_key(case.case_id, "", "cancel", str(wanted.attempt)),
        restock=wanted.restock,
    )


def _confirm(desk: Desk, case: Case) -> Next:
    if case.cancel_submitted is None:
        raise ValueError("nothing was submitted")
    reference = case.cancel_submitted.fact.reference
    return _after(desk, case, _said(lambda: _system(desk, case).read_cancel(_command(desk, case), reference)))


def _after(desk: Desk, case: Case, progress: CancelProgress) -> Next:
    if case.cancel_requested is None:
        raise ValueError("a cancel is recorded before it is asked for")
    if progress.state is CancelState.DONE:
        wanted = case.cancel_requested.fact
        return _cancelled(desk, case, progress, wanted.scope, wanted.lines)
    attempt = case.cancel_requested.fact.attempt
    if progress.state is CancelState.REFUSED:
        refused = OrderCancelRefused(case.channel, progress.code, progress.message[:500], attempt)
        take_back(desk, case)
        desk.cases.extend(case, lambda _: _one(refused))
        return person(Cause.ORDER_CANCEL_REFUSED, f"{progress.code} {progress.message}")
    submitted = OrderCancelSubmitted(case.channel, progress.reference, attempt)
    key = action_key(case.case_id, "", "submitted", str(attempt))

    def build(current: Case) -> Step:
        step = _one(submitted, key)
        if progress.announced:
            expect_word(desk, current, step, progress.reference)
        return step

    case = desk.cases.extend(case, build)
    since = case.cancel_submitted.at if case.cancel_submitted else desk.clock.now()
    return _patience(desk, case, since, progress.reference if progress.announced else "")


def _patience(desk: Desk, case: Case, since: str, announced: str = "") -> Next:
    """``announced`` is a submission of which the order system tells when it is through with it."""
    policy: Policy = desk.policy_of(case)
    asked = case.case_human.at if case.case_human else ""
    waited = seconds_between(max(since, asked), desk.clock.now())
    if waited > policy.confirm_wait_seconds * policy.confirm_attempts:
        return person(Cause.ORDER_CANCEL_UNCONFIRMED, f"not confirmed after {int(waited)} s")
    if announced and announced not in case.submissions_ended:
        return wait_announced(announced, policy.confirm_wait_seconds)
    return wait(policy.confirm_wait_seconds)


def _cancelled(desk: Desk, case: Case, progress: CancelProgress, scope: str, lines: Quantities) -> Next:
    fact = OrderCancelled(case.channel, scope, dict(lines), progress.reference, progress.by_us)
    case = desk.cases.extend(case, lambda c: None if _covers(c) else _one(fact))
    if not case.all_settled:
        return legs(case)
    if not _covers(case):
        return _begin(desk, case)
    return _look_for_new_work(desk, release_holds(desk, case))


def _look_for_new_work(desk: Desk, case: Case) -> Next:
    order = _system(desk, case).read_order(case.order_ref)
    if order is None:
        return go()
    if new_legs(case, order, desk.partners.places(case.merchant)):
        return go() if _left_alone(case) else _new_work(desk, case, order)
    if _still_counted(case, order) and not _rests_on_a_word(case):
        return _patience(desk, case, case.cancelled.at if case.cancelled else desk.clock.now())
    desk.cases.extend(case, lambda c: _count_after(c, order))
    return go()


def _rests_on_a_word(case: Case) -> bool:
    by_hand = case.cancelled is not None and case.cancelled.fact.reference == BY_HAND
    return by_hand or bool(_done_by_hand(case))


def _still_counted(case: Case, order: OrderSnapshot) -> list[str]:
    """Lines that the order system goes on counting although it said that they are cancelled."""
    return not_cancelled(counts(order.lines), total([case.cancelled_before, case.stopped_lines]))


def _count_after(case: Case, order: OrderSnapshot) -> Step | None:
    found = rows(counts(order.lines))
    last = case.counted.get((case.channel, "after"))
    if last and last.fact.lines == found:
        return None
    attempt = case.cancel_requested.fact.attempt if case.cancel_requested else 0
    return _one(LinesCounted(case.channel, "after", attempt, found))


def _new_work(desk: Desk, case: Case, order: OrderSnapshot) -> Next:
    """More to stop: a split, or work that came back after the cancel. What comes back again and again needs a person."""
    returned = [leg for leg in case.legs.values() if leg.planned.fact.recreated]
    if len(returned) >= RECREATED_LIMIT and _said_of_new_work(case) != Resolution.RETRY:
        return person(Cause.WORK_RECREATED, f"cancelled work came back {len(returned) + 1} times")

    def build(current: Case) -> Step:
        step = Step()
        add_legs(step, current, order, new_legs(current, order, desk.partners.places(case.merchant)))
        return step

    return legs(desk.cases.extend(case, build))


def _left_alone(case: Case) -> bool:
    """A person has seen to the work that came back."""
    return _said_of_new_work(case) == Resolution.DONE_BY_HAND


def _said_of_new_work(case: Case) -> str:
    """The newest word on work that came back, given for what has come back since the case's last leg was planned."""
    since = max((leg.planned.version for leg in case.legs.values()), default=0)
    said = [
        x.resolved.fact.resolution
        for x in answers(case, STEP, (Resolution.DONE_BY_HAND, Resolution.RETRY))
        if x.resolved and x.opened.fact.cause == Cause.WORK_RECREATED and x.opened.version > since
    ]
    return said[-1] if said else ""


def _quote(desk: Desk, case: Case) -> Case:
    """What the platform would pay back, asked while the lines are still there; the arithmetic is never ours."""
    payments = desk.partners_of(case).payments(case.merchant, case.channel)
    lines = subtract(case.stopped_lines, case.refunded_lines)
    if payments is None or not lines or (case.quote and dict(case.quote.fact.lines) == lines):
        return case
    if payments.read(case.order_ref).captured == Decimal(0):
        return case
    quote = payments.quote(case.order_ref, lines)
    fact = RefundQuoted(str(quote.amount), quote.currency, lines)
    return desk.cases.extend(case, lambda _: _one(fact))


def _one(event: Event, key: str = "") -> Step:
    step = Step()
    step.add(event, key)
    return step
