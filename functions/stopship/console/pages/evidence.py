"""The raw message behind a fact, as text: who opens it is on record, and nothing in it runs."""

from hashlib import sha256
from itertools import islice

from stopship.application.ports import Recorded
from stopship.console.answers import Answer
from stopship.console.pages.case import folded
from stopship.console.pages.page import page
from stopship.console.views.queue import case_address
from stopship.console.visit import Visit
from stopship.domain.agent import Doing
from stopship.domain.case import Case
from stopship.domain.errors import NotFound
from stopship.domain.events import ExceptionResolved, MessageKept, RequestReceived
from stopship.domain.privacy import of_order
from stopship.telemetry import about, logger

_SHOWN = 200_000
_LOOKED_THROUGH = 50
NOTES = "resolution-note"
"""The source under which people's notes are kept."""


def show_evidence(visit: Visit, case_id: str, version: str) -> Answer:
    merchant = visit.merchant()
    visit.demand(Doing.READ, merchant)
    recorded = visit.desk.ledger.load(merchant, case_id)
    case = folded(merchant, case_id, recorded)
    fact = next((r for r in recorded if str(r.version) == version), None)
    place = _place(fact, case.order_ref) if fact else None
    if place is None:
        raise NotFound(f"evidence of fact {version}")
    source, delivery_id, digest = place
    body = _message(visit, case, visit.desk.evidence.key_of(merchant, source, delivery_id), digest)
    facts = {"merchant": merchant, "case_id": case_id, "source": source}
    logger().info("evidence opened", extra={**about(facts), "subject": visit.agent.subject, "version": version})
    return page(
        visit,
        "evidence.html",
        "cases",
        version=version,
        case_address=case_address(merchant, case_id),
        order_ref=case.order_ref,
        digest=digest,
        whole=sha256(body).hexdigest() == digest,
        text=body[:_SHOWN].decode("utf-8", "replace"),
        cut=len(body) > _SHOWN,
    )


def _message(visit: Visit, case: Case, likely: str, digest: str) -> bytes:
    """The message with that sha256, among all that is kept about the order: some doors keep it under another name than the fact has. If none has
    it, what lies where it should. Raises NotFound, also when it was erased."""
    kept: bytes | None = None
    listed = visit.desk.ledger.evidence_of(case.merchant, of_order(case.channel, case.order_ref))
    for key in dict.fromkeys([likely, *islice(listed, _LOOKED_THROUGH)]):
        try:
            body = visit.desk.evidence.load(key)
        except NotFound:
            continue
        if sha256(body).hexdigest() == digest:
            return body
        kept = body if key == likely else kept
    if kept is None:
        raise NotFound("the message behind a fact")
    return kept


def _place(recorded: Recorded, order_ref: str) -> tuple[str, str, str] | None:
    """Source, delivery id and sha256 of the message behind a fact; None where there is none."""
    match recorded.event:
        case RequestReceived(request_id=name, source=source, raw_sha256=digest) if digest:
            return source, name.removeprefix(f"{source}:"), digest
        case MessageKept(source=source, raw_sha256=digest):
            # Of a message that fits nothing, its delivery stands where the order would.
            return source, order_ref, digest
        case ExceptionResolved(exception_id=exception_id, note_sha256=digest) if digest:
            return NOTES, f"{exception_id}:{digest}", digest
    return None
