"""A person answers an exception: recorded under their name, then the state machine goes on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from stopship.application.context import Desk
from stopship.application.end_exception import close_door
from stopship.application.follow_outages import look_at_once
from stopship.application.keep_unmatched import CHANNEL as UNMATCHED
from stopship.application.kept_address import keep_address
from stopship.application.ports import ExceptionItem
from stopship.application.record import Step
from stopship.application.want_again import wanted_again
from stopship.domain.address import ShippingAddress
from stopship.domain.case import Case, subtract
from stopship.domain.command import Command
from stopship.domain.errors import AlreadyRecorded, InvalidInput, NotFound
from stopship.domain.events import CaseClosed, ExceptionResolved, LegSplit, RequestReceived
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import NEEDS_APPROVAL, Resolution, allowed
from stopship.frozen import frozen


@frozen
class Answer:
    """``by`` is the signed-in person's id. ``note`` may hold personal data, so only its hash enters the chain. ``alone``: the plan that the person
    saw asks for nobody else. ``address`` is personal data too."""

    resolution: str
    by: str
    note: str = ""
    approved_by: str = ""
    evidence: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    plan_hash: str = ""
    alone: bool = False
    address: ShippingAddress | None = None


def answer_exception(desk: Desk, merchant: str, exception_id: str, answer: Answer) -> ExceptionItem:
    """Whatever the case's version. Raises NotFound, InvalidInput (what may be answered, who must approve) or AlreadyRecorded (somebody was
    first)."""
    item = open_item(desk, merchant, exception_id)
    checked_word(item, answer)
    tokens: list[str] = []
    case = desk.cases.record(merchant, item.case_id, lambda c: answer_step(desk, c, item, answer, tokens))
    return after_answer(desk, case, item, answer, tokens)


def open_item(desk: Desk, merchant: str, exception_id: str) -> ExceptionItem:
    """Raises NotFound, or AlreadyRecorded when it has ended."""
    item = desk.ledger.exception(merchant, exception_id)
    if item is None:
        raise NotFound(f"exception {exception_id}")
    if item.state != "open":
        raise AlreadyRecorded(f"exception {exception_id} is resolved")
    return item


def answer_step(
    desk: Desk, case: Case, item: ExceptionItem, answer: Answer, tokens: list[str], note_sha256: str = ""
) -> Step:
    """The answer, decided on this version of the case. ``tokens`` are those to wake once it is recorded; ``note_sha256`` is of a note that was
    kept before."""
    if not case.exceptions[item.exception_id].open:
        raise AlreadyRecorded(f"exception {item.exception_id} is resolved")
    word = Resolution(answer.resolution)
    if word is Resolution.WITHDRAWN and not item.leg_id and case.stopped_lines:
        raise InvalidInput("resolution", "goods are stopped already: it is too late to take the wish back", "retry")
    command = Command(word, answer.plan_hash, evidence=answer.evidence, lines=answer.lines, address=answer.address)
    keep_address(desk, item.merchant, item.exception_id, answer.address)
    note = note_sha256 or kept_note(desk, item, answer.note)
    who = Said(answer.by, answer.approved_by, note, desk.clock.now())
    step = answer_facts(case, item, command, who)
    close_door(desk, case, item.exception_id, step, tokens)
    return step


def kept_note(desk: Desk, item: ExceptionItem, note: str) -> str:
    """Its hash. Only for an answer that is taken, and before the chain names it: the same note again is the same object."""
    if not note:
        return ""
    note_hash = hashlib.sha256(note.encode()).hexdigest()
    desk.evidence.keep(item.merchant, "resolution-note", f"{item.exception_id}:{note_hash}", note.encode())
    return note_hash


@frozen
class Said:
    """Who says it, when, and the hash of what he wrote to it."""

    by: str
    approved_by: str
    note_sha256: str
    at: str


def answer_facts(case: Case, item: ExceptionItem, command: Command, who: Said) -> Step:
    """What an answer leaves in the chain. Raises InvalidInput where its lines are not those of the leg."""
    step, word = Step(), Resolution(command.resolution)
    if word is Resolution.STOPPED_IN_PART:
        _split(case, item, command.lines, step)
    if word is Resolution.MARK_FRAUD:
        fraud = _fraud(case, item, command, who.at)
        step.add(fraud)
        step.events += wanted_again(case, fraud)
    fact = ExceptionResolved(
        item.exception_id,
        word,
        who.by,
        who.note_sha256,
        who.approved_by,
        command.plan_hash,
        list(command.evidence),
        dict(command.lines),
        command.address.sha256 if command.address else "",
    )
    step.add(fact, f"resolved:{item.exception_id}")
    if case.channel == UNMATCHED:
        # Nothing but this exception makes it a case.
        step.add(CaseClosed("none", False, [], str(item.cause), False, {}, ""), "closed:unmatched")
    return step


def _split(case: Case, item: ExceptionItem, lines: Mapping[str, int], step: Step) -> None:
    whole = case.legs[item.leg_id].plan.lines
    wrong = [line for line, quantity in lines.items() if not 0 < quantity <= whole.get(line, 0)]
    rest = subtract(whole, lines)
    if wrong or not lines or not rest:
        told = ", ".join(f"{quantity} x {line}" for line, quantity in sorted(whole.items()))
        raise InvalidInput(
            "lines", "are not a part of what the leg holds", f"name less than {told}, or say that all of it was stopped"
        )
    step.add(LegSplit(item.leg_id, case.free_leg_id(item.leg_id), dict(lines), rest))


def _fraud(case: Case, item: ExceptionItem, command: Command, at: str) -> RequestReceived:
    """A wish of ops' own, documented: it decides between stopped and blocked as every other does."""
    return RequestReceived(
        request_id=f"desk:{item.exception_id}",
        reason=Reason.FRAUD,
        requester=Requester.OPS,
        source="desk",
        requested_at=at,
        received_at=at,
        lines=dict(case.requests[0].fact.lines),
        ticket_ref="",
        official=False,
        evidence=list(command.evidence),
        raw_sha256="",
    )


def after_answer(desk: Desk, case: Case, item: ExceptionItem, answer: Answer, tokens: Sequence[str]) -> ExceptionItem:
    """What is recorded is told to whoever waits for it."""
    waited_for = case.exceptions[item.exception_id].opened.fact.evidence
    if answer.resolution == Resolution.RETRY and waited_for.get("outage"):
        look_at_once(desk, item.merchant, waited_for["partner"])
    for token in tokens:
        desk.tasks.wake(token, {"leg_id": item.leg_id})
    return replace(item, state="resolved")


def checked_word(item: ExceptionItem, answer: Answer) -> Resolution:
    """Raises InvalidInput for what does not answer the exception, or not by one person."""
    possible = allowed(Cause(item.cause), of_leg=bool(item.leg_id))
    if answer.resolution not in possible:
        raise InvalidInput(
            "resolution", f"{answer.resolution!r} does not answer {item.cause}", f"one of {sorted(possible)}"
        )
    word = Resolution(answer.resolution)
    if word in NEEDS_APPROVAL and not answer.alone and answer.approved_by.strip() in ("", answer.by):
        raise InvalidInput("approved_by", f"{word} needs a second person", "the id of another approver")
    return word
