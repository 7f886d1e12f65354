"""One answer for many exceptions: choose it, see the sum, apply it, and see what became of each."""

from typing import Any, Final

from stopship.application.bulk import BulkItem, BulkResult, apply_bulk, preview_bulk
from stopship.console.answers import Answer
from stopship.console.pages.page import page, part
from stopship.console.views import bulk as view
from stopship.console.views.bulk import Pick, Shown, Sums
from stopship.console.views.exception import read_command
from stopship.console.visit import Visit
from stopship.domain.command import Command
from stopship.domain.errors import InvalidInput

_KINDS: Final = {"done": "good", "already": "good", "waits_for_approval": "warn"}


def choose(visit: Visit) -> Answer:
    """No exception is read yet: what does not take the answer says so when its plan is made."""
    picks = view.read_picks(visit.asked, "pick")
    if not picks:
        raise InvalidInput("pick", "names no exception", "select some in the queue")
    return page(visit, "bulk.html", "queue", picks=picks, choices=view.CHOICES)


def preview_some(visit: Visit) -> Answer:
    """The next few; the rest follow by themselves. At the end the sum can be approved."""
    command, sums = _command(visit), view.read_sums(visit.asked)
    picks, planned = view.read_picks(visit.asked, "pick"), view.read_picks(visit.asked, "plan")
    now, later = picks[: view.PREVIEWED_AT_ONCE], picks[view.PREVIEWED_AT_ONCE :]
    shown: list[Shown] = []
    for merchant, group in view.by_merchant(now):
        told = preview_bulk(visit.desk, visit.agent, merchant, [p.exception_id for p in group], command)
        sums.add(told.calls, sum(x.plan is None for x in told.items), told.money)
        shown += [_previewed(merchant, x) for x in told.items]
    planned += [x.pick for x in shown if x.pick.plan_hash]
    return _part(visit, "preview", command, shown, later=later, planned=planned, sums=sums)


def apply_some(visit: Visit) -> Answer:
    """The next few of exactly the plans that were seen. Sent twice, it does what is missing."""
    command, planned = _command(visit), view.read_picks(visit.asked, "plan")
    now, later = planned[: view.APPLIED_AT_ONCE], planned[view.APPLIED_AT_ONCE :]
    shown: list[Shown] = []
    for merchant, group in view.by_merchant(now):
        plans = [(p.exception_id, p.plan_hash) for p in group]
        shown += [_applied(merchant, x) for x in apply_bulk(visit.desk, visit.agent, merchant, plans, command)]
    return _part(visit, "apply", command, shown, later=[], planned=later, sums=Sums())


def _part(visit: Visit, doing: str, command: Command, shown: list[Shown], **more: Any) -> Answer:
    whole = int(visit.asked.field("whole") or 0) if visit.asked.field("whole").isdecimal() else 0
    return part(visit, "_bulk.html", doing=doing, command=command, shown=shown, whole=whole, **more)


def _command(visit: Visit) -> Command:
    command = read_command(visit.asked)
    if command.resolution not in view.CHOICES:
        raise InvalidInput("action", f"{command.resolution!r} is no answer for many", "choose one that is offered")
    return command


def _previewed(merchant: str, item: BulkItem) -> Shown:
    if item.plan is None:
        return Shown(Pick(merchant, item.exception_id), "bad", f"left out: {item.why_not}")
    paid = ", ".join(f"{m.kind} {m.amount} {m.currency}" for m in item.plan.money)
    text = "; ".join(x for x in (item.plan.effect, paid, *item.plan.warnings) if x)
    return Shown(Pick(merchant, item.exception_id, item.plan.plan_hash), "warn" if item.plan.warnings else "good", text)


def _applied(merchant: str, result: BulkResult) -> Shown:
    text = f"{result.status.replace('_', ' ')}{f': {result.detail}' if result.detail else ''}"
    return Shown(Pick(merchant, result.exception_id), _KINDS.get(result.status, "bad"), text)
