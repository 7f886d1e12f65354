"""One exception: what happened, what may be answered, what would follow, and the answer itself."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from stopship.application.ports import ExceptionItem
from stopship.application.preview_resolution import preview
from stopship.application.resolve_exception import approve, deny, reassign, resolve_exception, snooze
from stopship.application.take_next import give_back, renew, take_next
from stopship.application.view_exception import AllowedAction, allowed_actions
from stopship.console.answers import Answer, go_to, redirect, unchanged
from stopship.console.pages.case import values_of
from stopship.console.pages.page import page, part
from stopship.console.told import Told
from stopship.console.views.exception import hands, item_values, read_command, read_until
from stopship.console.views.queue import exception_address
from stopship.console.visit import Visit
from stopship.domain import chain
from stopship.domain.agent import Doing
from stopship.domain.case import Case
from stopship.domain.command import Command
from stopship.domain.errors import InvalidInput, LeaseLost, NotFound, PlanChanged
from stopship.domain.lease import Lease
from stopship.domain.plan import Plan

_TOLD: Final = {
    "done": Told("good", "Your answer is recorded. The case goes on by itself; this page follows it."),
    "waits": Told("info", "Your answer waits for a second person. Nothing has been done yet."),
    "denied": Told("info", "The answer was denied. The exception stays open."),
    "moved": Told("good", "The exception has another owner now. Its deadline stays."),
    "put-off": Told("good", "Nobody is given the exception before then. The customer's clock goes on."),
}
_CHANGED: Final = Told(
    "bad", "The plan changed since you saw it: nothing was done.", "This is what would happen now. Decide again."
)


# ------------------------------------------------------------------------------------------------ taking


def take(visit: Visit) -> Answer:
    lease = take_next(visit.desk, visit.agent, visit.merchants)
    if lease is None:
        return redirect("/console?told=empty")
    return redirect(exception_address(lease.merchant, lease.exception_id))


def renew_lease(visit: Visit, exception_id: str) -> Answer:
    """What an open page asks for by itself."""
    renew(visit.desk, visit.agent, _own_lease(visit, exception_id))
    return unchanged()


def give_lease_back(visit: Visit, exception_id: str) -> Answer:
    give_back(visit.desk, visit.agent, _own_lease(visit, exception_id))
    return redirect("/console")


def _own_lease(visit: Visit, exception_id: str) -> Lease:
    lease = visit.desk.ledger.lease(visit.merchant(), exception_id)
    if lease is None or lease.holder != visit.agent.subject:
        raise LeaseLost(f"exception {exception_id} is not in your hands")
    return lease


# ------------------------------------------------------------------------------------------------ looking


def show_exception(visit: Visit, exception_id: str) -> Answer:
    """Its case is read once. ``?answer=`` opens the form of an answer, for who has no script."""
    merchant = visit.merchant_of(lambda m: visit.desk.ledger.exception(m, exception_id) is not None)
    item = _item(visit, merchant, exception_id)
    wanted = visit.asked.wanted("answer")
    return _whole(visit, item, _action(visit, item, wanted) if wanted else None)


def refresh_exception(visit: Visit, exception_id: str) -> Answer:
    """Nothing while neither the case nor anybody's hands have changed. What is being typed is left alone; an exception that has ended
    loads the page again."""
    item = _item(visit, visit.merchant(), exception_id)
    head = visit.desk.ledger.head(item.merchant, item.case_id)
    lease = visit.desk.ledger.lease(item.merchant, exception_id)
    if head and visit.asked.wanted("seen") == _seen(item, head.version, lease, visit.now):
        return unchanged()
    if item.state != "open" and visit.asked.wanted("open"):
        return go_to(exception_address(item.merchant, exception_id))
    return part(visit, "_exception_part.html", **_values(visit, item))


def show_answer(visit: Visit, exception_id: str) -> Answer:
    """The form of one answer."""
    item = _item(visit, visit.merchant(), exception_id)
    action = _action(visit, item, visit.asked.wanted("action"))
    values = {"action": action, **item_values(item, _case(visit, item), visit.now)}
    return part(visit, "_answer.html", plan=None, command=Command(""), message=None, **values)


def _whole(
    visit: Visit,
    item: ExceptionItem,
    action: AllowedAction | None = None,
    *,
    status: int = 200,
    plan: Plan | None = None,
    command: Command | None = None,
    message: Told | None = None,
) -> Answer:
    values = _values(visit, item)
    return page(
        visit,
        "exception.html",
        "queue",
        status=status,
        told=_TOLD.get(visit.asked.wanted("told")),
        actions=allowed_actions(visit.agent, item),
        action=action,
        plan=plan,
        command=command or Command(""),
        message=message,
        proposed=_proposed(visit, item, values["case"]),
        **values,
    )


def _values(visit: Visit, item: ExceptionItem) -> dict[str, Any]:
    values = values_of(visit, item.merchant, item.case_id)
    case: Case = values["case"]
    lease = visit.desk.ledger.lease(item.merchant, item.exception_id)
    query = {"merchant": item.merchant, "seen": _seen(item, case.version, lease, visit.now)}
    query |= {"open": "1"} if item.state == "open" else {}
    return {
        **values,
        **item_values(item, case, visit.now),
        "hands": hands(lease, visit.agent.subject, visit.now),
        "here_address": exception_address(item.merchant, item.exception_id),
        "refresh_address": f"/console/exceptions/{item.exception_id}/part?{urlencode(query)}",
    }


def _seen(item: ExceptionItem, version: int, lease: Lease | None, now: str) -> str:
    held = [lease.holder, lease.expires_at > now] if lease else []
    return chain.digest([item.state, item.owner, item.deadline, version, held])[:16]


def _proposed(visit: Visit, item: ExceptionItem, case: Case) -> Plan | None:
    """The plan that waits for a second person, as it would be now."""
    state = case.exceptions[item.exception_id]
    if (
        not item.proposed
        or state.proposed is None
        or item.state != "open"
        or not visit.may(Doing.RESOLVE, item.merchant)
    ):
        return None
    asked = state.proposed.fact
    command = Command(asked.resolution, asked.plan_hash, evidence=tuple(asked.evidence), lines=asked.lines)
    return preview(visit.desk, visit.agent, item.merchant, item.exception_id, command)


def _item(visit: Visit, merchant: str, exception_id: str) -> ExceptionItem:
    visit.demand(Doing.READ, merchant)
    item = visit.desk.ledger.exception(merchant, exception_id)
    if item is None:
        raise NotFound(f"exception {exception_id}")
    return item


def _action(visit: Visit, item: ExceptionItem, wanted: str) -> AllowedAction:
    found = next((x for x in allowed_actions(visit.agent, item) if x.action == wanted), None)
    if found is None:
        raise InvalidInput("answer", f"{wanted!r} does not answer this exception", "choose one that is offered")
    return found


def _case(visit: Visit, item: ExceptionItem) -> Case:
    return visit.desk.cases.load(item.merchant, item.case_id)


# ------------------------------------------------------------------------------------------------ answering


def preview_answer(visit: Visit, exception_id: str) -> Answer:
    """What would follow; nothing is changed by looking."""
    item = _item(visit, visit.merchant(), exception_id)
    command = read_command(visit.asked)
    plan = preview(visit.desk, visit.agent, item.merchant, exception_id, command)
    return _with_plan(visit, item, command, plan)


def resolve(visit: Visit, exception_id: str) -> Answer:
    """Exactly what the page has shown, or nothing."""
    item, command = _item(visit, visit.merchant(), exception_id), read_command(visit.asked)
    try:
        done = resolve_exception(visit.desk, visit.agent, item.merchant, exception_id, command)
    except PlanChanged:
        plan = preview(visit.desk, visit.agent, item.merchant, exception_id, command)
        return _with_plan(visit, item, command, plan, _CHANGED, status=409)
    return _back(visit, item, "waits" if done.waits_for_approval else "done")


def approve_answer(visit: Visit, exception_id: str) -> Answer:
    merchant = visit.merchant()
    done = approve(visit.desk, visit.agent, merchant, exception_id, visit.asked.field("plan_hash"))
    return _back(visit, done.item, "done")


def deny_answer(visit: Visit, exception_id: str) -> Answer:
    form = visit.asked
    item = deny(visit.desk, visit.agent, visit.merchant(), exception_id, form.field("plan_hash"), form.field("note"))
    return _back(visit, item, "denied")


def reassign_exception(visit: Visit, exception_id: str) -> Answer:
    form = visit.asked
    item = reassign(
        visit.desk, visit.agent, visit.merchant(), exception_id, form.field("team"), note=form.field("note")
    )
    return _back(visit, item, "moved")


def snooze_exception(visit: Visit, exception_id: str) -> Answer:
    form = visit.asked
    until, reason = read_until(form, visit.now), form.field("reason")
    item = snooze(visit.desk, visit.agent, visit.merchant(), exception_id, until, reason)
    return _back(visit, item, "put-off")


def _with_plan(
    visit: Visit, item: ExceptionItem, command: Command, plan: Plan, message: Told | None = None, *, status: int = 200
) -> Answer:
    action = _action(visit, item, command.resolution)
    if not visit.asked.lively:
        return _whole(visit, item, action, status=status, plan=plan, command=command, message=message)
    values: Mapping[str, Any] = {"action": action, **item_values(item, _case(visit, item), visit.now)}
    return part(visit, "_answer.html", status=status, plan=plan, command=command, message=message, **values)


def _back(visit: Visit, item: ExceptionItem, told: str) -> Answer:
    to = f"{exception_address(item.merchant, item.exception_id)}&{urlencode({'told': told})}"
    return go_to(to) if visit.asked.lively else redirect(to)
