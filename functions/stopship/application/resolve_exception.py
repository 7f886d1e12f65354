"""A person ends an exception, or asks a second one to: exactly what the plan said, or nothing."""

from dataclasses import dataclass

from stopship.application.context import Desk
from stopship.application.ports import ExceptionItem
from stopship.domain.agent import Agent
from stopship.domain.command import Command
from stopship.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class Resolved:
    """``waits_for_approval``: nothing has happened yet, a second person must approve ``plan``."""

    item: ExceptionItem
    plan: Plan
    waits_for_approval: bool = False


def resolve_exception(desk: Desk, agent: Agent, merchant: str, exception_id: str, command: Command) -> Resolved:
    """Raises NotFound, NotAllowed, InvalidInput, PlanChanged (nothing was recorded) or AlreadyRecorded (somebody was first)."""
    raise NotImplementedError


def approve(desk: Desk, agent: Agent, merchant: str, exception_id: str, plan_hash: str) -> Resolved:
    """The second person's word, for exactly this plan. Raises NotAllowed also for the person who asked."""
    raise NotImplementedError


def deny(desk: Desk, agent: Agent, merchant: str, exception_id: str, plan_hash: str, note: str = "") -> ExceptionItem:
    """The exception stays open, without the answer that was asked for."""
    raise NotImplementedError


def reassign(
    desk: Desk, agent: Agent, merchant: str, exception_id: str, team: str, person: str = "", note: str = ""
) -> ExceptionItem:
    """``team`` owns it from now on; ``person`` is the id of somebody in it, "" for whoever takes it. The deadline stays."""
    raise NotImplementedError


def snooze(desk: Desk, agent: Agent, merchant: str, exception_id: str, until: str, reason: str) -> ExceptionItem:
    """Nobody is given it before ``until``. The customer's clock goes on."""
    raise NotImplementedError
