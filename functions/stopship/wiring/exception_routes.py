"""The desk's routes for working on exceptions: take, preview, answer, approve, move, and many at once."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from stopship.application import bulk
from stopship.application.move_exception import reassign, snooze
from stopship.application.ports import ExceptionItem
from stopship.application.preview_resolution import preview
from stopship.application.resolve_exception import approve, deny, resolve_exception
from stopship.application.take_next import give_back, renew, take_next
from stopship.application.view_exception import words_of
from stopship.domain.address import address_from
from stopship.domain.agent import Doing
from stopship.domain.command import Command
from stopship.domain.errors import LeaseLost
from stopship.domain.lease import Lease
from stopship.domain.plan import Plan
from stopship.wiring import desk
from stopship.wiring.desk_models import ExceptionView, MerchantQuery
from stopship.wiring.exception_models import (
    Answer,
    Answered,
    Approval,
    Assignment,
    BulkAnswer,
    BulkPlanRow,
    BulkPlanView,
    BulkResults,
    BulkResultView,
    CallView,
    LeaseHeld,
    LeaseView,
    MoneyView,
    PlannedAnswer,
    PlannedBulk,
    PlanView,
    Snooze,
    Taken,
    TakeNext,
)
from stopship.wiring.routes import Call, Route

ONE_CALL_SECONDS = 15.0
"""How long many are worked on in one call: an HTTP API waits for thirty seconds at most (API Gateway quotas)."""


def take(call: Call) -> Taken:
    """The most urgent exception that nobody holds, leased to you: within a tier what its queue shows, the nearest deadline first."""
    asked: TakeNext = call.body
    lease = take_next(desk(), call.who.agent, asked.merchants or [call.merchant], asked.tiers)
    if lease is None:
        return Taken(lease=None, exception=None)
    item = desk().ledger.exception(lease.merchant, lease.exception_id)
    return Taken(lease=_lease(lease), exception=exception_view(item) if item else None)


def hold(call: Call) -> LeaseView:
    """Keeps an exception in your hands for as long again, or gives it back."""
    asked: LeaseHeld = call.body
    held = desk().ledger.lease(call.merchant, call.path["exception_id"])
    if held is None:
        raise LeaseLost(f"exception {call.path['exception_id']} is not in your hands")
    mine = Lease(held.merchant, held.exception_id, held.tier, call.who.subject, asked.token, held.expires_at)
    if asked.give_back:
        give_back(desk(), call.who.agent, mine)
        return _lease(mine)
    return _lease(renew(desk(), call.who.agent, mine))


def show_plan(call: Call) -> PlanView:
    """Every call to a partner and all money that would follow from an answer. Changes nothing."""
    asked: Answer = call.body
    return _plan(preview(desk(), call.who.agent, call.merchant, call.path["exception_id"], _command(asked)))


def resolve(call: Call) -> Answered:
    """A person's answer: exactly the plan that was previewed, or nothing. The case goes on at the right step."""
    asked: PlannedAnswer = call.body
    done = resolve_exception(
        desk(), call.who.agent, call.merchant, call.path["exception_id"], _command(asked, asked.plan_hash)
    )
    return _answered(done.item, done.plan.plan_hash, waits=done.waits_for_approval)


def decide(call: Call) -> Answered:
    """A second person approves an answer that waits for one, or denies it. Whoever gave the answer cannot."""
    asked: Approval = call.body
    where = (desk(), call.who.agent, call.merchant, call.path["exception_id"], asked.plan_hash)
    if not asked.approved:
        return _answered(deny(*where, asked.note), asked.plan_hash, waits=False)
    return _answered(approve(*where).item, asked.plan_hash, waits=False)


def assign(call: Call) -> ExceptionView:
    """Gives an exception to another team, or to somebody in it. Its deadline stays."""
    asked: Assignment = call.body
    where = (desk(), call.who.agent, call.merchant, call.path["exception_id"])
    return exception_view(reassign(*where, asked.team, asked.person, asked.note))


def put_off(call: Call) -> ExceptionView:
    """Puts an exception off. The team's clock stands still up to then, the customer's goes on."""
    asked: Snooze = call.body
    where = (desk(), call.who.agent, call.merchant, call.path["exception_id"])
    return exception_view(snooze(*where, asked.until, asked.reason, asked.waiting_for))


def show_bulk(call: Call) -> BulkPlanView:
    """The plans of one answer to many exceptions, and their sum."""
    asked: BulkAnswer = call.body
    where, command = (desk(), call.who.agent, call.merchant), _command(asked.answer)
    seen, left = _in_time(asked.exceptions, lambda name: bulk.preview_bulk(*where, [name], command).items[0])
    total = bulk.summed(seen)
    rows = [
        BulkPlanRow(
            exception_id=x.exception_id,
            plan_hash=x.plan.plan_hash if x.plan else "",
            effect=x.plan.effect if x.plan else "",
            why_not=x.why_not,
        )
        for x in total.items
    ]
    return BulkPlanView(items=rows, calls=total.calls, money=[MoneyView(**asdict(x)) for x in total.money], left=left)


def answer_bulk(call: Call) -> BulkResults:
    """One answer to many exceptions, each by its own plan. Sending it again does what is missing."""
    asked: PlannedBulk = call.body
    where, command = (desk(), call.who.agent, call.merchant), _command(asked.answer)
    plans = {row.exception_id: row.plan_hash for row in asked.plans}
    done, left = _in_time(list(plans), lambda name: next(bulk.apply_bulk(*where, [(name, plans[name])], command)))
    return BulkResults(results=[BulkResultView(**asdict(x)) for x in done], left=left)


def _in_time[T](names: Sequence[str], run: Callable[[str], T]) -> tuple[list[T], list[str]]:
    """At least one, and then as many as the time allows."""
    until, done = time.monotonic() + ONE_CALL_SECONDS, list[T]()
    for name in names:
        if done and time.monotonic() > until:
            break
        done.append(run(name))
    return done, list(names[len(done) :])


def exception_view(item: ExceptionItem) -> ExceptionView:
    return ExceptionView(**_shown(item))


def _shown(item: ExceptionItem) -> dict[str, Any]:
    fields = {name: getattr(item, name) for name in ExceptionView.model_fields if name != "answers"}
    return {**fields, "answers": [str(word) for word in words_of(item)]}


def _answered(item: ExceptionItem, plan_hash: str, *, waits: bool) -> Answered:
    return Answered(**_shown(item), waits_for_approval=waits, plan_hash=plan_hash)


def _command(asked: Answer, plan_hash: str = "") -> Command:
    address = address_from(asked.address.model_dump()) if asked.address else None
    return Command(asked.resolution, plan_hash, asked.note, tuple(asked.evidence), asked.lines, address)


def _lease(lease: Lease) -> LeaseView:
    return LeaseView(**{name: getattr(lease, name) for name in LeaseView.model_fields})


def _plan(plan: Plan) -> PlanView:
    return PlanView(
        plan_hash=plan.plan_hash,
        effect=plan.effect,
        calls=[CallView(**asdict(x)) for x in plan.calls],
        money=[MoneyView(**asdict(x)) for x in plan.money],
        needs_evidence=list(plan.needs_evidence),
        needs_approval=plan.needs_approval,
        warnings=list(plan.warnings),
    )


def _on(what: str) -> str:
    return f"POST /exceptions/{{exception_id}}/{what}"


ROUTES = (
    Route("POST /exceptions/next", take, MerchantQuery, Taken, TakeNext, needs=Doing.TAKE),
    Route(_on("lease"), hold, MerchantQuery, LeaseView, LeaseHeld, needs=Doing.TAKE),
    Route(_on("preview"), show_plan, MerchantQuery, PlanView, Answer, needs=Doing.RESOLVE),
    Route(_on("resolution"), resolve, MerchantQuery, Answered, PlannedAnswer, needs=Doing.RESOLVE),
    Route(_on("approval"), decide, MerchantQuery, Answered, Approval, needs=Doing.APPROVE),
    Route(_on("assignment"), assign, MerchantQuery, ExceptionView, Assignment, needs=Doing.REASSIGN),
    Route(_on("snooze"), put_off, MerchantQuery, ExceptionView, Snooze, needs=Doing.SNOOZE),
    Route("POST /exceptions/bulk/preview", show_bulk, MerchantQuery, BulkPlanView, BulkAnswer, needs=Doing.BULK),
    Route("POST /exceptions/bulk", answer_bulk, MerchantQuery, BulkResults, PlannedBulk, needs=Doing.BULK),
)
