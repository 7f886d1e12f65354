"""Who is calling the desk's API, and for which merchants, from the claims that API Gateway has verified."""

from collections.abc import Mapping
from typing import Any

from stopship.domain.agent import Agent, Role
from stopship.domain.errors import InvalidInput, NotAuthentic, NotFound
from stopship.domain.policy import Team
from stopship.frozen import frozen

_MERCHANT, _ROLE, _TEAM = "merchant.", "role.", "team."


@frozen
class Caller:
    """``subject`` is the identity provider's id: it enters the audit trail, the name does not."""

    subject: str
    groups: frozenset[str]

    @property
    def merchants(self) -> list[str]:
        return sorted(self._named(_MERCHANT))

    @property
    def agent(self) -> Agent:
        """The person as the desk knows people. A group that names no role or team of ours gives none."""
        roles = (Role(name) for name in self._named(_ROLE) if name in list(Role))
        teams = (Team(name) for name in self._named(_TEAM) if name in list(Team))
        return Agent(self.subject, frozenset(roles), frozenset(self.merchants), frozenset(teams))

    def _named(self, prefix: str) -> list[str]:
        return [g.removeprefix(prefix) for g in self.groups if g.startswith(prefix)]

    def merchant(self, wanted: str) -> str:
        """The merchant that this call is about. Another's is not found, whether it exists or not."""
        if wanted:
            if wanted not in self.merchants:
                raise NotFound(f"merchant {wanted}")
            return wanted
        if len(self.merchants) == 1:
            return self.merchants[0]
        raise InvalidInput("merchant", "is needed: you work for several", f"one of {self.merchants}")


def caller(claims: Mapping[str, Any]) -> Caller:
    """HTTP APIs hand list claims over as the text ``[a b]``."""
    subject = str(claims.get("sub", ""))
    if not subject:
        raise NotAuthentic
    groups = claims.get("cognito:groups", "")
    names = groups if isinstance(groups, list) else str(groups).strip("[]").replace(",", " ").split()
    return Caller(subject, frozenset(names))
