"""One answer for many exceptions: the sum first, then each on its own.

There is no state of a bulk: each exception has its own plan, its own answer and its own place in the chain. Whoever was cut off sends the same
list again, and what was done is told as done; how far it got is what the ledger says of each.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from stopship.application.context import Desk
from stopship.application.preview_resolution import preview
from stopship.application.resolve_exception import resolve_exception
from stopship.domain import chain
from stopship.domain.agent import Agent, Doing, demand
from stopship.domain.command import Command
from stopship.domain.errors import (
    AlreadyRecorded,
    Conflict,
    InvalidInput,
    LeaseLost,
    NotAllowed,
    NotFound,
    PlanChanged,
)
from stopship.domain.plan import Plan, PlannedMoney
from stopship.frozen import frozen

MOST = 500
"""Exceptions of one bulk."""

DONE, WAITS, ALREADY, REFUSED = "done", "waits_for_approval", "already", "refused"


@frozen
class BulkItem:
    """``plan`` is None where ``why_not`` says why this one is left out."""

    exception_id: str
    plan: Plan | None
    why_not: str = ""


@frozen
class BulkPlan:
    """``money`` is one sum for each kind and currency; ``plan_hash`` is over the plans of all items."""

    items: tuple[BulkItem, ...]
    calls: int
    money: tuple[PlannedMoney, ...]
    plan_hash: str


@frozen
class BulkResult:
    """``status`` is done, waits_for_approval, already (by whom does not matter) or refused, with the reason in ``detail``."""

    exception_id: str
    status: str
    detail: str = ""


def preview_bulk(desk: Desk, agent: Agent, merchant: str, exception_ids: Sequence[str], command: Command) -> BulkPlan:
    """Raises NotAllowed, NotFound (the merchant), and InvalidInput for a list that is empty, too long, or names one twice, or
    for an address."""
    demand(agent, Doing.BULK, merchant)
    _check(exception_ids, command)
    return summed([_item(desk, agent, merchant, name, command) for name in exception_ids])


def summed(items: Sequence[BulkItem]) -> BulkPlan:
    plans = [x.plan for x in items if x.plan]
    sums: dict[tuple[str, str], tuple[Decimal, int]] = {}
    for money in (m for plan in plans for m in plan.money):
        amount, count = sums.get((money.kind, money.currency), (Decimal(0), 0))
        sums[money.kind, money.currency] = amount + Decimal(money.amount), count + 1
    total = tuple(
        PlannedMoney(kind, str(amount), currency, f"{count} in all")
        for (kind, currency), (amount, count) in sorted(sums.items())
    )
    hashes = sorted([x.exception_id, x.plan.plan_hash] for x in items if x.plan)
    return BulkPlan(tuple(items), sum(len(p.calls) for p in plans), total, chain.digest(hashes))


def _check(exception_ids: Sequence[str], command: Command) -> None:
    if command.address:
        raise InvalidInput("address", "is of one order", "answer each by itself, or all without it")
    if not exception_ids:
        raise InvalidInput("exceptions", "are none", "name at least one")
    if len(exception_ids) > MOST:
        raise InvalidInput("exceptions", f"are {len(exception_ids)}", f"send at most {MOST} at a time")
    if len(set(exception_ids)) < len(exception_ids):
        raise InvalidInput("exceptions", "name one twice", "name each once")


def _item(desk: Desk, agent: Agent, merchant: str, exception_id: str, command: Command) -> BulkItem:
    try:
        return BulkItem(exception_id, preview(desk, agent, merchant, exception_id, command))
    except (AlreadyRecorded, InvalidInput, NotAllowed, NotFound) as error:
        return BulkItem(exception_id, None, str(error))


def apply_bulk(
    desk: Desk, agent: Agent, merchant: str, plans: Sequence[tuple[str, str]], command: Command
) -> Iterator[BulkResult]:
    """``plans`` are (exception id, plan hash) as previewed. Each result is given when it is known; doing it again does what is missing. Raises
    what ``preview_bulk`` does, before anything is done."""
    demand(agent, Doing.BULK, merchant)
    _check([name for name, _ in plans], command)
    return (_apply(desk, agent, merchant, name, plan_hash, command) for name, plan_hash in plans)


def _apply(desk: Desk, agent: Agent, merchant: str, exception_id: str, plan_hash: str, command: Command) -> BulkResult:
    told = Command(command.resolution, plan_hash, command.note, command.evidence, command.lines)
    try:
        resolved = resolve_exception(desk, agent, merchant, exception_id, told)
    except AlreadyRecorded as error:
        return BulkResult(exception_id, ALREADY, str(error))
    except (InvalidInput, NotAllowed, NotFound, PlanChanged, LeaseLost, Conflict) as error:
        return BulkResult(exception_id, REFUSED, str(error))
    return BulkResult(exception_id, WAITS if resolved.waits_for_approval else DONE)
