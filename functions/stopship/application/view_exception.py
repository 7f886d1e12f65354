"""An exception as a person works on it: what may be answered, and what each answer needs."""

from stopship.application.ports import ExceptionItem
from stopship.domain.agent import Agent, Doing, may
from stopship.domain.answering import ANSWERS
from stopship.domain.policy import Cause
from stopship.domain.resolution import NEEDS_APPROVAL, Resolution, allowed
from stopship.frozen import frozen

APPROVE, DENY, REASSIGN, SNOOZE = "approve", "deny", "reassign", "snooze"


@frozen
class AllowedAction:
    """``action`` is a resolution's word, or approve, deny, reassign or snooze. ``fields`` are those of the command that it needs; ``evidence``
    says what must be documented, "" for nothing. ``why_not`` is set where this person may not do it."""

    action: str
    label: str
    effect: str
    fields: tuple[str, ...] = ()
    evidence: str = ""
    two_people: bool = False
    why_not: str = ""


def allowed_actions(agent: Agent, item: ExceptionItem) -> list[AllowedAction]:
    """In the order in which they are offered; none for an exception that has ended."""
    if item.state != "open":
        return []
    return [*_decisions(agent, item), *_answers(agent, item), *_desk_work(agent, item)]


def _decisions(agent: Agent, item: ExceptionItem) -> list[AllowedAction]:
    """The second person's, while an answer waits for one."""
    if not item.proposed:
        return []
    why_not = may(agent, Doing.APPROVE, item.merchant) or ""
    if agent.subject == item.proposed_by:
        why_not = "you asked for it: the second person is somebody else"
    approve = AllowedAction(APPROVE, "Approve this plan", "It is done as the plan says.", ("plan_hash",))
    deny = AllowedAction(DENY, "Deny", "Nothing is done; the exception stays open.", ("plan_hash", "note"))
    return [_for(approve, why_not), _for(deny, why_not)]


def _answers(agent: Agent, item: ExceptionItem) -> list[AllowedAction]:
    possible, why_not = allowed(Cause(item.cause), of_leg=bool(item.leg_id)), may(agent, Doing.RESOLVE, item.merchant)
    return [
        _for(
            AllowedAction(word, told.label, told.effect, told.needs, told.proof, word in NEEDS_APPROVAL), why_not or ""
        )
        for word, told in ANSWERS.items()
        if word in possible
    ]


def _desk_work(agent: Agent, item: ExceptionItem) -> list[AllowedAction]:
    reassign = AllowedAction(REASSIGN, "Give it to another team", "The deadline stays.", ("team",))
    snooze = AllowedAction(SNOOZE, "Put it off", "Nobody is given it before then.", ("until", "reason"))
    return [
        _for(reassign, may(agent, Doing.REASSIGN, item.merchant) or ""),
        _for(snooze, may(agent, Doing.SNOOZE, item.merchant) or ""),
    ]


def _for(action: AllowedAction, why_not: str) -> AllowedAction:
    return AllowedAction(
        action.action, action.label, action.effect, action.fields, action.evidence, action.two_people, why_not
    )


def words_of(item: ExceptionItem) -> list[Resolution]:
    """The resolutions that this exception takes."""
    return sorted(allowed(Cause(item.cause), of_leg=bool(item.leg_id))) if item.state == "open" else []
