"""An authentic message that fits nothing we know is kept and shown to a person, never dropped."""

from stopship.application.context import Desk
from stopship.application.raise_exception import opening
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import AlreadyRecorded, Conflict
from stopship.domain.events import CaseOpened, MessageKept
from stopship.domain.exceptions import deadline
from stopship.domain.ids import UNMATCHED
from stopship.domain.ids import case_id as derive_case_id
from stopship.domain.policy import Cause, Policy

CHANNEL = UNMATCHED


def kept_as(merchant: str, source: str, delivery_id: str) -> str:
    """The id of the case that a message has when it is kept."""
    return derive_case_id(merchant, CHANNEL, f"{source}:{delivery_id}", 1)


def keep_unmatched(
    desk: Desk,
    merchant: str,
    source: str,
    topic: str,
    delivery_id: str,
    why: str,
    raw_sha256: str,
    cause: Cause = Cause.UNMATCHED_MESSAGE,
    policy: Policy | None = None,
) -> str:
    """Opens an exception of its own for the message, once per delivery, by the merchant's ``policy`` of today unless another is given. Gives
    its case id."""
    case_id = kept_as(merchant, source, delivery_id)
    policy, now = policy or desk.policies.current(merchant), desk.clock.now()
    case = Case(merchant, case_id)
    rule = policy.exceptions[cause]
    step = opening(
        case,
        "",
        cause,
        detail=f"{source} {topic}: {why}",
        evidence={"step": "intake", "raw_sha256": raw_sha256},
        rule=rule,
        due=deadline(rule.tier, rule.owner, policy, now),
        now=now,
    )
    facts = Step(deliveries=[(source, delivery_id)], exceptions=step.exceptions)
    facts.add(CaseOpened(CHANNEL, delivery_id, 1, policy.version, policy.hash), "opened")
    facts.add(MessageKept(source, topic, why, raw_sha256))
    facts.events += step.events
    try:
        desk.cases.append(case, facts)
    except (Conflict, AlreadyRecorded):
        return case_id
    return case_id
