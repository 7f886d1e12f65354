"""A privacy duty is done once: what is held of somebody is named to a person, or erased. The chain keeps hashes, and stays whole.

The request itself says who it is about. It is erased last, after the fact is recorded: a process that dies before finds it and goes on.
"""

from stopship.application.context import Desk
from stopship.application.keep_unmatched import CHANNEL
from stopship.application.kept_address import address_key
from stopship.application.raise_exception import opening
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import AlreadyRecorded, Conflict
from stopship.domain.events import (
    CaseClosed,
    CaseOpened,
    ExceptionResolved,
    PersonalDataErased,
    PrivacyRequestReceived,
)
from stopship.domain.exceptions import deadline
from stopship.domain.ids import case_id as derive_case_id
from stopship.domain.policy import Cause
from stopship.domain.privacy import Duty, PrivacyRequest

NOTES = "resolution-note"
"""Where people's notes are kept (answer_exception)."""
_NAMED_AT_MOST = 100


def answer_privacy(desk: Desk, request: PrivacyRequest) -> str:
    """Gives the case id under which it is on record. Safe to repeat."""
    case_id = derive_case_id(request.merchant, CHANNEL, f"{request.source}:{request.delivery_id}", 1)
    if request.duty is Duty.NAME:
        _name(desk, case_id, request)
        return case_id
    erased = _erase_shop(desk, request) if request.duty is Duty.ERASE_SHOP else _erase_customer(desk, request)
    _record(desk, case_id, request, erased)
    desk.evidence.erase(request.evidence_key)
    return case_id


def _name(desk: Desk, case_id: str, request: PrivacyRequest) -> None:
    """What is held is listed by where it lies; who it is about stands in the evidence only, the request included."""
    for subject in request.subjects:
        desk.ledger.note_evidence(request.merchant, subject, request.evidence_key)
    held = _held(desk, request)
    policy, now = desk.policies.current(request.merchant), desk.clock.now()
    case, rule = Case(request.merchant, case_id), policy.exceptions[Cause.DATA_REQUEST]
    told = {"step": "privacy", "raw_sha256": request.raw_sha256, "request": request.evidence_key}
    told |= {f"held_{n}": key for n, key in enumerate(held[:_NAMED_AT_MOST], start=1)}
    step = opening(
        case,
        "",
        Cause.DATA_REQUEST,
        detail=f"{len(held)} pieces of evidence are held about {len(request.order_refs)} orders",
        evidence=told,
        rule=rule,
        due=deadline(rule.tier, rule.owner, policy, now),
        now=now,
    )
    facts = _opened(desk, request)
    facts.events += step.events
    facts.exceptions = step.exceptions
    _append(desk, case, facts)


def _held(desk: Desk, request: PrivacyRequest) -> list[str]:
    keys = [key for subject in request.subjects for key in desk.ledger.evidence_of(request.merchant, subject)]
    notes = [key for order_ref in request.order_refs for key in _notes(desk, request.merchant, order_ref)]
    return [key for key in dict.fromkeys([*keys, *notes]) if key != request.evidence_key]


def _notes(desk: Desk, merchant: str, order_ref: str) -> list[str]:
    """What people wrote when they answered exceptions of the order's cases, and the addresses that they gave."""
    found: list[str] = []
    for head in desk.ledger.cases_of_order(merchant, order_ref):
        for name, state in desk.cases.load(merchant, head.case_id).exceptions.items():
            found += _kept_with(desk, merchant, name, state.resolved.fact) if state.resolved else []
    return found


def _kept_with(desk: Desk, merchant: str, name: str, fact: ExceptionResolved) -> list[str]:
    note = [desk.evidence.key_of(merchant, NOTES, f"{name}:{fact.note_sha256}")] if fact.note_sha256 else []
    address = [address_key(desk.evidence, merchant, name, fact.address_sha256)] if fact.address_sha256 else []
    return note + address


def _erase_customer(desk: Desk, request: PrivacyRequest) -> int:
    return sum(desk.evidence.erase(key) for key in _held(desk, request))


def _erase_shop(desk: Desk, request: PrivacyRequest) -> int:
    """All that came from the shop, whatever it was about."""
    sources = (request.channel, f"{request.channel}-flow")
    return sum(desk.evidence.erase_source(request.merchant, source, request.evidence_key) for source in sources)


def _record(desk: Desk, case_id: str, request: PrivacyRequest, erased: int) -> None:
    facts = _opened(desk, request)
    facts.add(PersonalDataErased(request.duty, erased))
    facts.add(CaseClosed("none", False, [], "privacy", False, {}, ""), "closed:unmatched")
    _append(desk, Case(request.merchant, case_id), facts)


def _opened(desk: Desk, request: PrivacyRequest) -> Step:
    policy = desk.policies.current(request.merchant)
    facts = Step(deliveries=[(request.source, request.delivery_id)])
    facts.add(CaseOpened(CHANNEL, request.delivery_id, 1, policy.version, policy.hash), "opened")
    facts.add(
        PrivacyRequestReceived(
            request.duty, request.topic, list(request.order_refs), request.raw_sha256, request.received_at
        )
    )
    return facts


def _append(desk: Desk, case: Case, facts: Step) -> None:
    try:
        desk.cases.append(case, facts)
    except (Conflict, AlreadyRecorded):
        # It is on record already: a repeat.
        return
