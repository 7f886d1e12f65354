"""Who works at the desk, and what each may do. Pure: where a person's roles come from is the wiring's business."""

from collections.abc import Mapping
from enum import StrEnum

from stopship.domain.errors import NotAllowed, NotFound
from stopship.domain.policy import Team
from stopship.frozen import frozen


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Doing(StrEnum):
    """What somebody wants to do at the desk."""

    READ = "read"
    ASK = "ask"
    """Ask for a cancel."""
    TAKE = "take"
    RESOLVE = "resolve"
    SNOOZE = "snooze"
    REASSIGN = "reassign"
    BULK = "bulk"
    APPROVE = "approve"
    """Be the second person."""


_WORK = frozenset({Doing.READ, Doing.ASK, Doing.TAKE, Doing.RESOLVE, Doing.SNOOZE})
_LEAD = _WORK | {Doing.REASSIGN, Doing.BULK, Doing.APPROVE}
MAY: Mapping[Role, frozenset[Doing]] = {
    Role.AGENT: _WORK,
    Role.LEAD: _LEAD,
    Role.FINANCE: _WORK | {Doing.REASSIGN, Doing.APPROVE},
    Role.AUDITOR: frozenset({Doing.READ}),
    Role.ADMIN: _LEAD - {Doing.APPROVE},
}


@frozen
class Agent:
    """A signed-in person. ``subject`` is the identity provider's id, never a name. ``teams`` are whose exceptions the person is given;
    empty means every team's."""

    subject: str
    roles: frozenset[Role]
    merchants: frozenset[str]
    teams: frozenset[Team] = frozenset()

    def works_for(self, team: str) -> bool:
        return not self.teams or Team(team) in self.teams


def may(agent: Agent, action: Doing, merchant: str) -> str | None:
    """None, or why not, in words for the person who asked."""
    if merchant not in agent.merchants:
        return f"merchant {merchant} is not one of yours"
    if any(action in MAY[role] for role in agent.roles):
        return None
    able = ", ".join(sorted(role for role, doings in MAY.items() if action in doings))
    return f"to {action} takes one of the roles {able}"


def demand(agent: Agent, action: Doing, merchant: str) -> None:
    """Raises NotFound for another's merchant, whether it exists or not, and NotAllowed for want of a role."""
    reason = may(agent, action, merchant)
    if reason is None:
        return
    if merchant not in agent.merchants:
        raise NotFound(f"merchant {merchant}")
    raise NotAllowed(reason)
