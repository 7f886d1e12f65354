"""A person answers an exception: recorded under their name, then the state machine goes on."""

import hashlib
from dataclasses import dataclass, replace

from stopship.application.context import Desk
from stopship.application.end_exception import close_door
from stopship.application.follow_outages import look_at_once
from stopship.application.keep_unmatched import CHANNEL as UNMATCHED
from stopship.application.ports import ExceptionItem
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import AlreadyRecorded, InvalidInput, NotFound
from stopship.domain.events import CaseClosed, ExceptionResolved
from stopship.domain.policy import Cause
from stopship.domain.resolution import NEEDS_APPROVAL, Resolution, allowed


@dataclass(frozen=True, slots=True)
class Answer:
    """``by`` is the signed-in person's id. ``note`` may hold personal data, so only its hash enters the chain."""

    resolution: str
    by: str
    note: str = ""
    approved_by: str = ""


def answer_exception(desk: Desk, merchant: str, exception_id: str, answer: Answer) -> ExceptionItem:
    """Raises NotFound, InvalidInput (what may be answered, who must approve) or AlreadyRecorded (somebody was first)."""
    item = desk.ledger.exception(merchant, exception_id)
    if item is None:
        raise NotFound(f"exception {exception_id}")
    if item.state != "open":
        raise AlreadyRecorded(f"exception {exception_id} is resolved")
    word = _word(item, answer)
    note_hash = hashlib.sha256(answer.note.encode()).hexdigest() if answer.note else ""
    tokens: list[str] = []

    def build(case: Case) -> Step:
        state = case.exceptions[exception_id]
        if not state.open:
            raise AlreadyRecorded(f"exception {exception_id} is resolved")
        if word is Resolution.WITHDRAWN and not item.leg_id and case.stopped_lines:
            raise InvalidInput("resolution", "goods are stopped already: it is too late to take the wish back", "retry")
        if answer.note:
            # Only for an answer that is taken, and before the chain names it: the same note again is the same object.
            desk.evidence.keep(merchant, "resolution-note", f"{exception_id}:{note_hash}", answer.note.encode())
        step = Step()
        fact = ExceptionResolved(exception_id, word, answer.by, note_hash, answer.approved_by)
        step.add(fact, f"resolved:{exception_id}")
        close_door(desk, case, exception_id, step, tokens)
        if case.channel == UNMATCHED:
            # Nothing but this exception makes it a case.
            step.add(CaseClosed("none", False, [], str(item.cause), False, {}, ""), "closed:unmatched")
        return step

    case = desk.cases.record(merchant, item.case_id, build)
    waited_for = case.exceptions[exception_id].opened.fact.evidence
    if word is Resolution.RETRY and waited_for.get("outage"):
        look_at_once(desk, merchant, waited_for["partner"])
    for token in tokens:
        desk.tasks.wake(token, {"leg_id": item.leg_id})
    return replace(item, state="resolved")


def _word(item: ExceptionItem, answer: Answer) -> Resolution:
    possible = allowed(Cause(item.cause), of_leg=bool(item.leg_id))
    if answer.resolution not in possible:
        raise InvalidInput(
            "resolution", f"{answer.resolution!r} does not answer {item.cause}", f"one of {sorted(possible)}"
        )
    word = Resolution(answer.resolution)
    if word in NEEDS_APPROVAL and answer.approved_by.strip() in ("", answer.by):
        raise InvalidInput("approved_by", f"{word} needs a second person", "the id of another approver")
    return word
