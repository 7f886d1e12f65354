"""A person ends an exception, or asks a second one to: exactly what the plan said, or nothing."""

from collections.abc import Callable
from dataclasses import replace

from stopship.application.answer_exception import Answer, after_answer, answer_step, kept_note, open_item
from stopship.application.context import Desk
from stopship.application.leases import refuse_if_held, release
from stopship.application.move_exception import reassign, snooze
from stopship.application.plan_resolution import plan_resolution
from stopship.application.ports import ExceptionItem
from stopship.application.preview_resolution import check_word
from stopship.application.record import Step
from stopship.domain.agent import Agent, Doing, demand
from stopship.domain.answering import EVIDENCE
from stopship.domain.case import Case, fold
from stopship.domain.command import Command
from stopship.domain.errors import AlreadyRecorded, Conflict, InvalidInput, NotAllowed, PlanChanged
from stopship.domain.events import ResolutionDenied, ResolutionProposed
from stopship.domain.plan import Plan
from stopship.domain.policy import Cause
from stopship.frozen import frozen

__all__ = ["Resolved", "approve", "deny", "reassign", "resolve_exception", "snooze"]
"""All that a person does about an exception once he has it."""

_ATTEMPTS = 6


@frozen
class Resolved:
    """``waits_for_approval``: nothing has happened yet, a second person must approve ``plan``."""

    item: ExceptionItem
    plan: Plan
    waits_for_approval: bool = False


def resolve_exception(desk: Desk, agent: Agent, merchant: str, exception_id: str, command: Command) -> Resolved:
    """Raises NotFound, NotAllowed, InvalidInput, LeaseLost (somebody else has it), PlanChanged (nothing was recorded) or AlreadyRecorded
    (somebody was first)."""
    demand(agent, Doing.RESOLVE, merchant)
    item = open_item(desk, merchant, exception_id)
    check_word(Cause(item.cause), command, of_leg=bool(item.leg_id))
    refuse_if_held(desk, agent, item)
    tokens: list[str] = []

    def build(case: Case, item: ExceptionItem, plan: Plan) -> Step:
        _documented(plan, command)
        if plan.needs_approval:
            return _propose(desk, case, item, agent, command)
        return answer_step(desk, case, item, _answer(command, agent.subject, "", alone=True), tokens)

    case, plan = _on_the_plan(desk, item, command, build)
    if plan.needs_approval:
        return Resolved(_now(desk, item), plan, waits_for_approval=True)
    answer = _answer(command, agent.subject, "", alone=True)
    ended = after_answer(desk, case, item, answer, tokens)
    release(desk, agent, item)
    return Resolved(ended, plan)


def approve(desk: Desk, agent: Agent, merchant: str, exception_id: str, plan_hash: str) -> Resolved:
    """The second person's word, for exactly this plan. Raises NotAllowed also for the person who asked, PlanChanged when another answer
    waits, or when this one would have other effects by now."""
    demand(agent, Doing.APPROVE, merchant)
    item = open_item(desk, merchant, exception_id)
    _may_approve(desk, agent, item)
    tokens: list[str] = []
    answers: list[Answer] = []

    def build(case: Case, item: ExceptionItem, _: Plan) -> Step:
        proposed = _proposed(case, exception_id, plan_hash, agent)
        answer = _answer(_command(proposed), proposed.by, agent.subject, alone=False)
        answers[:] = [answer]
        return answer_step(desk, case, item, answer, tokens, note_sha256=proposed.note_sha256)

    proposed = _proposed(desk.cases.load(merchant, item.case_id), exception_id, plan_hash, agent)
    case, plan = _on_the_plan(desk, item, _command(proposed), build)
    ended = after_answer(desk, case, item, answers[0], tokens)
    release(desk, agent, item)
    return Resolved(ended, plan)


def deny(desk: Desk, agent: Agent, merchant: str, exception_id: str, plan_hash: str, note: str = "") -> ExceptionItem:
    """The exception stays open, without the answer that was asked for."""
    demand(agent, Doing.APPROVE, merchant)
    item = open_item(desk, merchant, exception_id)
    _may_approve(desk, agent, item)

    def build(case: Case) -> Step:
        now = open_item(desk, merchant, exception_id)
        _proposed(case, exception_id, plan_hash, agent)
        step = Step()
        step.add(ResolutionDenied(exception_id, plan_hash, agent.subject, kept_note(desk, item, note)))
        step.exceptions.append(replace(now, proposed="", proposed_by=""))
        return step

    desk.cases.record(merchant, item.case_id, build)
    return _now(desk, item)


def _on_the_plan(
    desk: Desk, item: ExceptionItem, command: Command, build: Callable[[Case, ExceptionItem, Plan], Step]
) -> tuple[Case, Plan]:
    """Records on exactly the version of the case that the plan was made from: a fact that comes in between makes it be planned again. Raises
    PlanChanged."""
    for _ in range(_ATTEMPTS):
        recorded = desk.ledger.load(item.merchant, item.case_id)
        case = fold(item.merchant, item.case_id, recorded)
        now = open_item(desk, item.merchant, item.exception_id)
        plan = plan_resolution(desk, now, recorded, command)
        if plan.plan_hash != command.plan_hash:
            raise PlanChanged("the plan changed since you saw it: nothing was done", plan.plan_hash)
        step = build(case, now, plan)
        try:
            return desk.cases.append(case, step), plan
        except Conflict:
            continue
    raise Conflict(f"{item.case_id} kept changing")


def _documented(plan: Plan, command: Command) -> None:
    """Raises InvalidInput for an answer without what it must be documented by."""
    for field in plan.needs_evidence:
        given = command.evidence if field == EVIDENCE else (command.note.strip() or command.evidence)
        if not given:
            raise InvalidInput(field, "is missing: this answer stands for a proof", "say what shows it, or who said so")


def _propose(desk: Desk, case: Case, item: ExceptionItem, agent: Agent, command: Command) -> Step:
    state, step = case.exceptions[item.exception_id], Step()
    fact = ResolutionProposed(
        item.exception_id,
        command.resolution,
        command.plan_hash,
        agent.subject,
        kept_note(desk, item, command.note),
        list(command.evidence),
        dict(command.lines),
    )
    if state.proposed and state.proposed.fact.plan_hash == fact.plan_hash and state.proposed.fact.by == fact.by:
        raise AlreadyRecorded(f"exception {item.exception_id} waits for a second person already")
    step.add(fact)
    step.exceptions.append(replace(item, proposed=command.plan_hash, proposed_by=agent.subject))
    return step


def _proposed(case: Case, exception_id: str, plan_hash: str, agent: Agent) -> ResolutionProposed:
    """The answer that waits for ``agent``'s word. Raises PlanChanged when it is another one, NotAllowed when it is the agent's own."""
    proposed = case.exceptions[exception_id].proposed
    if proposed is None or proposed.fact.plan_hash != plan_hash:
        told = proposed.fact.plan_hash if proposed else ""
        raise PlanChanged("no answer with this plan waits for a second person", told)
    if proposed.fact.by == agent.subject:
        raise NotAllowed("you asked for it: the second person is somebody else")
    return proposed.fact


def _may_approve(desk: Desk, agent: Agent, item: ExceptionItem) -> None:
    able = desk.policy_of(desk.cases.load(item.merchant, item.case_id)).two_people.approvers
    if not any(role in able for role in agent.roles):
        raise NotAllowed(f"to approve takes one of the roles {', '.join(sorted(able))}")


def _command(fact: ResolutionProposed) -> Command:
    return Command(fact.resolution, fact.plan_hash, evidence=tuple(fact.evidence), lines=fact.lines)


def _answer(command: Command, by: str, approved_by: str, *, alone: bool) -> Answer:
    return Answer(
        command.resolution,
        by,
        command.note,
        approved_by,
        command.evidence,
        command.lines,
        command.plan_hash,
        alone,
        command.address,
    )


def _now(desk: Desk, item: ExceptionItem) -> ExceptionItem:
    return desk.ledger.exception(item.merchant, item.exception_id) or item
