"""Step 6: the ERP. Closes by line number, writes what finance needs to trace the decision, and lets go of holds that are the desk's own and
for which the reason is over."""

from stopship.application.context import Desk
from stopship.application.next_step import Next, answers, go, legs, person
from stopship.application.ports import Erp, ErpLine, ErpUpdate, SalesOrder
from stopship.application.record import Step
from stopship.domain.case import Case, ExceptionState, most, subtract, total
from stopship.domain.conservation import LineCount, disturbed, rows
from stopship.domain.errors import Conflict, PartnerRefused
from stopship.domain.events import ErpSkipped, ErpUpdated, ErpUpdateRequested, LinesCounted
from stopship.domain.ids import action_key
from stopship.domain.order import AckLevel
from stopship.domain.outcome import Outcome, of_case
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution

STEP = "erp"
SYSTEM = "netsuite"


def update_netsuite(desk: Desk, merchant: str, case_id: str) -> Next:
    """Next: go, legs or person. Reads, compares, writes, reads back; a repeat finds nothing left to write."""
    case = desk.cases.load(merchant, case_id)
    if not case.all_settled or case.wishes_unread:
        return legs(case)
    erp = desk.partners_of(case).erp(merchant)
    if erp is None or case.order is None:
        return _skip(desk, case, "no_erp" if erp is None else "no_order")
    if _all_by_hand(case):
        return _skip(desk, case, "by_hand")
    with desk.partners_of(case).turn(merchant, SYSTEM):
        return _update(desk, case, erp)


def _all_by_hand(case: Case) -> bool:
    """A person's word is newer than the last attempt, and about all that is stopped."""
    words = [x.resolved.version for x in _by_hand(case) if x.resolved]
    requested = case.erp_requested.version if case.erp_requested else 0
    return bool(words) and words[-1] > requested and not _to_write(case)


def _by_hand(case: Case) -> list[ExceptionState]:
    """What was asked and done by hand since the case was last reopened."""
    since = case.reopened[-1].version if case.reopened else 0
    said = answers(case, STEP, (Resolution.DONE_BY_HAND,))
    return [x for x in said if x.resolved and x.resolved.version > since]


def _to_write(case: Case) -> dict[str, int]:
    """Stopped lines that nobody has closed by hand: a later leg's stay the desk's to write."""
    return subtract(case.stopped_lines, most(x.about.stopped for x in _by_hand(case)))


def _update(desk: Desk, case: Case, erp: Erp) -> Next:
    """Between the reading and the writing nobody has to wait for a turn again."""
    order = erp.read_sales_order(case.order_ref)
    if order is None:
        return person(Cause.ERP_REFUSED, f"NetSuite has no sales order for {case.order_ref}")
    close, reduce, missing = lines_to_close(case, order)
    if missing:
        return person(Cause.ERP_LINES_DIFFER, f"no sales order line for {', '.join(missing)}")
    unbilled = [x.line for x in order.lines if x.line in close and x.fulfilled > x.billed]
    if unbilled:
        return person(Cause.INVOICE_BEFORE_CLOSE, f"invoice the fulfilled part of lines {unbilled} before closing")
    # The newest case: a leg may have spoken up while the turn was waited for, or while NetSuite was read.
    case = desk.cases.record(case.merchant, case.case_id, lambda c: _intend(desk, c, order, close, reduce))
    update = _wanted(desk, case, close, reduce)
    try:
        after = erp.update(order, update)
    except PartnerRefused as refusal:
        return person(Cause.ERP_REFUSED, f"{refusal}{_still_held(case)}")
    case = desk.cases.extend(case, lambda c: _updated(c, after, update))
    moved = disturbed(_counts(order), _counts(after), {str(line) for line in (*close, *reduce)})
    if moved:
        return person(Cause.ERP_LINES_DIFFER, f"lines {', '.join(moved)} changed while others were closed")
    return go()


def _counts(order: SalesOrder) -> list[LineCount]:
    """By sales order line number. A closed line holds back what was not fulfilled."""
    return [
        LineCount(str(x.line), x.quantity, x.fulfilled, x.quantity - x.fulfilled if x.closed else 0)
        for x in order.lines
    ]


def lines_to_close(case: Case, order: SalesOrder) -> tuple[list[int], dict[int, int], list[str]]:
    """(line numbers to close, line number to reduced quantity, order lines without a sales order line)."""
    close: list[int] = []
    reduce: dict[int, int] = {}
    missing: list[str] = []
    skus = {row["line_id"]: row["sku"] for row in case.order.fact.lines} if case.order else {}
    goes_on = _goes_on(case)
    for line_id in sorted(_to_write(case)):
        line = _match(order, line_id, skus.get(line_id, ""))
        if line is None:
            missing.append(line_id)
        elif goes_on.get(line_id, 0) <= line.fulfilled:
            close.append(line.line)
        else:
            reduce[line.line] = goes_on[line_id]
    return close, reduce, missing


def _goes_on(case: Case) -> dict[str, int]:
    """What is left of each line when all that was cancelled is taken off: by this case, and by others before it."""
    ordered = {row["line_id"]: row["ordered"] for row in case.order.fact.lines} if case.order else {}
    return subtract(ordered, total([case.cancelled_before, case.stopped_lines]))


def _match(order: SalesOrder, line_id: str, sku: str) -> ErpLine | None:
    exact = [x for x in order.lines if x.line_ref == line_id]
    if exact:
        return exact[0]
    by_sku = [x for x in order.lines if not x.line_ref and x.sku == sku]
    return by_sku[0] if len(by_sku) == 1 else None


def fields_of(desk: Desk, case: Case) -> dict[str, str]:
    """The audit fields: case and ticket, the reason code, and the four timestamps."""
    rule = desk.policy_of(case).reasons[case.reason]
    sent = [a.sent.at for leg in case.legs.values() for a in leg.attempts.values() if a.sent]
    answers = [leg.answer for leg in case.legs.values() if leg.answer]
    ends = [leg.settled.at for leg in case.legs.values() if leg.settled]
    return {
        "case_id": case.case_id,
        "ticket_id": case.ticket_ref,
        "reason": rule.erp_code,
        "requested_at": case.requested_at,
        "stopship_sent_at": min(sent, default=""),
        "stopship_acked_at": max((a.at for a in answers), default=""),
        "ack_level": weakest([AckLevel(a.fact.level) for a in answers]),
        "final_outcome": outcome_of(case),
        "final_at": max(ends, default=case.received_at),
    }


def weakest(levels: list[AckLevel]) -> str:
    """What can be said of the whole case is what can be said of its least proven leg."""
    order = list(AckLevel)
    proven = [x for x in levels if x in (AckLevel.SYSTEM_CANCELLED, AckLevel.PHYSICALLY_STOPPED)]
    rest = [x for x in levels if x not in proven]
    return (rest or sorted(proven, key=order.index) or [AckLevel.SENT])[0]


def outcome_of(case: Case) -> Outcome:
    """Of the legs and of what had left before; a case that found nothing to stop anywhere has stopped it all, if it was to."""
    ends = [leg.outcome for leg in case.legs.values() if leg.outcome]
    if case.already_shipped:
        ends.append(Outcome.SHIPPED)
    if ends:
        return of_case(ends)
    return Outcome.WITHDRAWN if case.withdrawn else Outcome.STOPPED


def note_of(case: Case) -> str:
    """One line for the internal note: ids and codes only."""
    legs_text = ", ".join(f"{k}: {leg.outcome}" for k, leg in sorted(case.legs.items()))
    return f"Stopship {case.case_id}: {case.reason} -> {outcome_of(case)} ({legs_text})"


def _wanted(desk: Desk, case: Case, close: list[int], reduce: dict[int, int]) -> ErpUpdate:
    hold = _hold(desk, case)
    return ErpUpdate(fields_of(desk, case), note_of(case), hold, close, reduce, _released(case, hold))


def _released(case: Case, hold: str) -> list[str]:
    """The desk's own, but for the one that stays. What other people hold is theirs to let go of."""
    return sorted(x for x in case.erp_holds if x != hold)


def _still_held(case: Case) -> str:
    """For whoever writes it by hand."""
    return f"; the desk holds it there: {', '.join(sorted(case.erp_holds))}" if case.erp_holds else ""


def _hold(desk: Desk, case: Case) -> str:
    """What is blocked stays on hold; what is stopped otherwise is closed, and the rest may ship."""
    if outcome_of(case) is Outcome.BLOCKED:
        return desk.policy_of(case).reasons[case.reason].erp_hold
    return ""


def _skip(desk: Desk, case: Case, why: str) -> Next:
    def build(current: Case) -> Step | None:
        if current.erp_skipped and current.erp_skipped.fact.why == why:
            return None
        step = Step()
        step.add(ErpSkipped(SYSTEM, why))
        return step

    desk.cases.extend(case, build)
    return go()


def _intend(desk: Desk, case: Case, order: SalesOrder, close: list[int], reduce: dict[int, int]) -> Step:
    """The lines are counted before anything is done. Raises Conflict when these are not the case's lines any more: a leg spoke up, or
    somebody asked for more."""
    if not case.all_settled or case.wishes_unread or lines_to_close(case, order) != (close, reduce, []):
        raise Conflict("a leg speaks up again, or more was asked for")
    lines = [*close, *reduce]
    attempt = case.erp_requested.fact.attempt + 1 if case.erp_requested else 1
    hold, step = _hold(desk, case), Step()
    own = "" if hold in order.holds and hold not in case.erp_holds else hold
    step.add(
        ErpUpdateRequested(SYSTEM, order.record_id, sorted(lines), attempt, own, _released(case, hold)),
        action_key(case.case_id, "", "erp", str(attempt)),
    )
    step.add(LinesCounted(SYSTEM, "before", attempt, rows(_counts(order))))
    return step


def _updated(case: Case, after: SalesOrder, update: ErpUpdate) -> Step:
    asked = case.erp_requested.fact if case.erp_requested else None
    lines, fields = sorted([*update.close, *update.reduce]), dict(update.fields)
    step = Step()
    step.add(LinesCounted(SYSTEM, "after", asked.attempt if asked else 0, rows(_counts(after))))
    step.add(
        ErpUpdated(SYSTEM, after.record_id, lines, fields, asked.hold if asked else "", list(update.release)),
    )
    return step
