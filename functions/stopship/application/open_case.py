"""A wish to cancel comes in: open a case for the order, or join the one that is open."""

from stopship.application.context import Desk
from stopship.application.end_exception import end_case_exception, end_exception_by_evidence
from stopship.application.keep_unmatched import keep_unmatched
from stopship.application.ports import NewEvent, OrderLock
from stopship.application.record import Step
from stopship.application.want_again import in_doubt, wanted_again
from stopship.domain.cancel_reason import officially_asked
from stopship.domain.case import Case, lines_of, subtract, total
from stopship.domain.errors import AlreadyRecorded, Conflict
from stopship.domain.events import CaseOpened, EchoIgnored, ExecutionStarted, RequestReceived
from stopship.domain.ids import case_id as derive_case_id
from stopship.domain.policy import Cause
from stopship.domain.request import CancelRequest
from stopship.frozen import frozen

_ATTEMPTS = 8


@frozen
class Received:
    """``how`` is opened, joined, repeated or echo."""

    case_id: str
    how: str


def receive_request(desk: Desk, request: CancelRequest) -> Received:
    """Safe to repeat: a delivery acts once, and a repeat makes sure that the execution was started."""
    for _ in range(_ATTEMPTS):
        known = desk.ledger.delivery_case(request.merchant, request.source, request.delivery_id)
        if known:
            _ensure_started(desk, request.merchant, known)
            case = desk.cases.load(request.merchant, known)
            _document(desk, case)
            _ask_whether_it_stands(desk, case, request)
            return Received(known, "repeated")
        try:
            return _receive_once(desk, request)
        except (Conflict, AlreadyRecorded):
            continue
    raise Conflict(f"order {request.order_ref} kept changing")


def _receive_once(desk: Desk, request: CancelRequest) -> Received:
    lock = desk.ledger.lock_of(request.merchant, request.channel, request.order_ref)
    if lock is None:
        return _open(desk, request, None)
    case = desk.cases.load(request.merchant, lock.case_id)
    if is_echo(case, request):
        step = Step([NewEvent(EchoIgnored(request.source, request.delivery_id))], deliveries=_delivery(request))
        desk.cases.append(case, step)
        return Received(lock.case_id, "echo")
    if _was_heard(case, request):
        step = Step([NewEvent(EchoIgnored(request.source, request.delivery_id))], deliveries=_delivery(request))
        desk.cases.append(case, step)
        return Received(lock.case_id, "repeated")
    if not lock.active:
        return _open(desk, request, lock)
    facts = [_received(request), *wanted_again(case, request)]
    case = desk.cases.append(case, Step(facts, deliveries=_delivery(request)))
    _ensure_started(desk, request.merchant, lock.case_id)
    _document(desk, case)
    _ask_whether_it_stands(desk, case, request)
    wake_for_wishes(desk, case)
    return Received(lock.case_id, "joined")


def _ask_whether_it_stands(desk: Desk, case: Case, request: CancelRequest) -> None:
    """Once, beside the case, which may wait for something else."""
    legs = in_doubt(case, request)
    if not legs:
        return
    works = ", ".join(leg.work_id or leg.plan.leg_id for leg in legs)
    why = f"a wish for order {case.order_ref} was made at {request.requested_at}, before {works} was let go, and came after it"
    keep_unmatched(
        desk, case.merchant, request.source, "wish", f"stands:{request.delivery_id}", why, request.raw_sha256
    )


def wake_for_wishes(desk: Desk, case: Case) -> None:
    """Whatever the case waits for, somebody has asked for more: everybody's wait ends, the order is read again, and all go on where they
    stood, together with what is to be stopped besides. Nothing is answered by it."""
    if not case.wishes_unread:
        return
    for door in desk.ledger.waiting(case.merchant, case.case_id):
        desk.tasks.wake(door.token, {"why": "somebody asked for more"})


def _document(desk: Desk, case: Case) -> None:
    """A wish may bring the evidence that a block, or a reason for the marketplace, was waiting for; or be the cancel that was refused to us."""
    for state in case.open_exceptions:
        if state.opened.fact.cause == Cause.FRAUD_WITHOUT_EVIDENCE:
            end_exception_by_evidence(desk, case, state.opened.fact.leg_id)
        if state.opened.fact.cause == Cause.CANCEL_REASON_UNBACKED and officially_asked(case, case.stopped_lines):
            end_case_exception(desk, case, Cause.CANCEL_REASON_UNBACKED)
    newest = case.requests[-1].fact
    if newest.source == f"{case.channel}:order_cancelled":
        end_case_exception(desk, case, Cause.ORDER_CANCEL_REFUSED)


def _was_heard(case: Case, request: CancelRequest) -> bool:
    """A marketplace's wish comes by several messages, some of them late. Read from the order as it stands, it says nothing new to a case that
    had it; told by a message, it is new to an open case, and to a closed one unless it was made before that ended."""
    if not request.official or not _covered(case, request):
        return False
    return request.standing or (case.closed is not None and request.requested_at <= case.closed.at)


def _covered(case: Case, request: CancelRequest) -> bool:
    asked = [r.fact.lines for r in case.requests if r.fact.official]
    if any(not lines for lines in asked):
        return True
    named = total(asked)
    wanted = request.lines or (lines_of(case.order.fact) if case.order else {})
    return bool(wanted) and all(named.get(line, 0) >= quantity for line, quantity in wanted.items())


def is_echo(case: Case, request: CancelRequest) -> bool:
    """The order system reports the very cancel that this case asked it for. Ours is known by what we intended before it was reported, so the
    report may overtake the answer to our own call. It reports the end of whole orders only: that is not what a case made that took lines off
    the order, or that was refused; unless nothing of the order was left behind it."""
    if request.source != f"{request.channel}:order_cancelled":
        return False
    asked = case.cancel_requested
    ours = asked is not None and asked.fact.scope == "full" and not case.cancel_refused
    return ours or _nothing_left(case)


def _nothing_left(case: Case) -> bool:
    done = [case.cancelled.fact.lines] if case.cancelled else []
    everything = lines_of(case.order.fact) if case.order else {}
    return bool(done and everything) and not subtract(
        everything, total([*done, case.cancelled_before, case.shipped_lines])
    )


def _open(desk: Desk, request: CancelRequest, last: OrderLock | None) -> Received:
    policy = desk.policies.current(request.merchant)
    sequence = last.sequence + 1 if last else 1
    case_id = derive_case_id(request.merchant, request.channel, request.order_ref, sequence)
    opened = CaseOpened(request.channel, request.order_ref, sequence, policy.version, policy.hash)
    step = Step(
        [
            NewEvent(opened, "opened"),
            _received(request),
            NewEvent(ExecutionStarted(execution_name(case_id, 1), 1, "opened"), "execution:1"),
        ],
        lock=OrderLock(request.channel, request.order_ref, case_id, sequence, active=True),
        lock_from=last,
        deliveries=_delivery(request),
    )
    desk.cases.append(Case(request.merchant, case_id), step)
    desk.executions.start(request.merchant, case_id, 1)
    return Received(case_id, "opened")


def execution_name(case_id: str, number: int) -> str:
    """Executions are named after their case, so that starting one twice is starting it once."""
    return f"{case_id}-{number}"


def _ensure_started(desk: Desk, merchant: str, case_id: str) -> None:
    """Covers a crash between recording the first execution and starting it."""
    case = desk.cases.load(merchant, case_id)
    if case.is_open and len(case.executions) == 1:
        desk.executions.start(merchant, case_id, 1)


def _delivery(request: CancelRequest) -> list[tuple[str, str]]:
    return [(request.source, request.delivery_id)]


def _received(request: CancelRequest) -> NewEvent:
    fact = RequestReceived(
        request_id=request.request_id,
        reason=request.reason,
        requester=request.requester,
        source=request.source,
        requested_at=request.requested_at,
        received_at=request.received_at,
        lines=dict(request.lines),
        ticket_ref=request.ticket_ref,
        official=request.official,
        evidence=list(request.evidence),
        raw_sha256=request.raw_sha256,
        ticket_link=request.ticket_link,
    )
    return NewEvent(fact, f"request:{request.request_id}")
