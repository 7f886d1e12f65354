"""One answer for many exceptions: the sum first, then each on its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stopship.application.context import Desk
from stopship.domain.agent import Agent
from stopship.domain.command import Command
from stopship.domain.plan import Plan, PlannedMoney


@dataclass(frozen=True, slots=True)
class BulkItem:
    """``plan`` is None where ``why_not`` says why this one is left out."""

    exception_id: str
    plan: Plan | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """``money`` is one sum for each kind and currency; ``plan_hash`` is over the plans of all items."""

    items: tuple[BulkItem, ...]
    calls: int
    money: tuple[PlannedMoney, ...]
    plan_hash: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """``status`` is done, waits_for_approval, already or refused, with the reason in ``detail``."""

    exception_id: str
    status: str
    detail: str = ""


def preview_bulk(desk: Desk, agent: Agent, merchant: str, exception_ids: Sequence[str], command: Command) -> BulkPlan:
    """Raises NotAllowed, and InvalidInput for a list that is empty or too long."""
    raise NotImplementedError


def apply_bulk(
    desk: Desk, agent: Agent, merchant: str, plans: Sequence[tuple[str, str]], command: Command
) -> Iterator[BulkResult]:
    """``plans`` are (exception id, plan hash) as previewed. Each result is given when it is known; doing it again does what is missing."""
    raise NotImplementedError
