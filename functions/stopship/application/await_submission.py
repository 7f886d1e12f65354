"""What was submitted to a partner and is worked on there: a wait that the partner's own word ends, and polling behind it.

The word only ends the wait. What became of the submission is read afterwards, so that a word which is late, repeated, early or false
changes nothing but the time.
"""

from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.next_step import Next
from stopship.application.ports import Callback
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import AlreadyRecorded, Conflict
from stopship.domain.events import EchoIgnored, Event, SubmissionEnded
from stopship.domain.instant import plus
from stopship.domain.signal import SubmissionEnd

PURPOSE = "wake"
_KEPT_SECONDS = 90 * 86_400.0
"""Feeds are kept for so long (Feeds API 2021-06-30, getFeeds)."""
_ATTEMPTS = 8


def expect_word(desk: Desk, case: Case, step: Step, reference: str) -> None:
    """Adds to the step that records the submission: how its end finds this case, and the door for whoever waits for it."""
    if reference in case.submissions_ended or not reference:
        return
    step.deliveries = [*step.deliveries, (_index(case.channel), reference)]
    step.callbacks.append(
        Callback(
            callback_id=desk.new_id(),
            merchant=case.merchant,
            case_id=case.case_id,
            purpose=PURPOSE,
            subject=reference,
            attempt=1,
            token="",
            state="open",
            expires_at=plus(desk.clock.now(), _KEPT_SECONDS),
        )
    )


def _index(channel: str) -> str:
    return f"{channel}-submission"


def await_submission(desk: Desk, merchant: str, case_id: str, reference: str, token: str) -> Next:
    """Puts this wait behind the submission's door; ends it at once when the word has come already."""
    case = desk.cases.load(merchant, case_id)
    if reference in case.submissions_ended or not _rearmed(desk, case, reference, token):
        desk.tasks.wake(token, {"reference": reference})
        return {"next": "woken"}
    return {"next": "waiting"}


def _rearmed(desk: Desk, case: Case, reference: str, token: str) -> bool:
    door = _door(desk, case, reference)
    if door is None:
        return False
    try:
        desk.ledger.rearm(replace(door, token=token))
    except AlreadyRecorded:
        return False
    return True


def _door(desk: Desk, case: Case, reference: str) -> Callback | None:
    doors = desk.ledger.waiting(case.merchant, case.case_id)
    return next((x for x in doors if x.purpose == PURPOSE and x.subject == reference), None)


def receive_end(desk: Desk, end: SubmissionEnd) -> str:
    """Gives the case that submitted it, "" when none of ours did (or it has not yet said so: it polls). Safe to repeat."""
    case_id = desk.ledger.delivery_case(end.merchant, _index(end.channel), end.reference)
    if not case_id:
        return ""
    for _ in range(_ATTEMPTS):
        case = desk.cases.load(end.merchant, case_id)
        if desk.ledger.delivery_case(end.merchant, end.source, end.delivery_id):
            _wake_again(desk, case, end.reference)
            return case_id
        door = _door(desk, case, end.reference)
        try:
            desk.cases.append(case, _facts(case, end, door))
        except (Conflict, AlreadyRecorded):
            continue
        if door:
            desk.tasks.wake(door.token, {"reference": end.reference})
        return case_id
    raise Conflict(f"{case_id} kept changing")


def _facts(case: Case, end: SubmissionEnd, door: Callback | None) -> Step:
    known = end.reference in case.submissions_ended
    fact: Event = EchoIgnored(end.topic, end.reference)
    step = Step(deliveries=[(end.source, end.delivery_id)])
    step.add(fact if known else SubmissionEnded(end.channel, end.reference, end.status))
    if door:
        step.callbacks.append(replace(door, state="used"))
    return step


def _wake_again(desk: Desk, case: Case, reference: str) -> None:
    """A process may have died after it had recorded the word. Waking who is awake does nothing."""
    for door in desk.ledger.doors(case.merchant, case.case_id):
        if door.purpose == PURPOSE and door.subject == reference and door.state == "used":
            desk.tasks.wake(door.token, {"reference": reference})
