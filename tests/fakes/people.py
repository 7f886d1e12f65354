"""Whoever works at the desk in tests."""

from stopship.domain.agent import Agent, Role
from stopship.domain.policy import Team

_BOTH = frozenset({"acme", "zeta"})


def person(
    subject: str, *roles: Role, merchants: frozenset[str] = frozenset({"acme"}), teams: tuple[Team, ...] = ()
) -> Agent:
    return Agent(subject, frozenset(roles), merchants, frozenset(teams))


ANN = person("ann", Role.AGENT)
BEN = person("ben", Role.AGENT)
LEA = person("lea", Role.LEAD)
FIN = person("fin", Role.FINANCE)
AUD = person("aud", Role.AUDITOR)
ADA = person("ada", Role.ADMIN)
ZOE = person("zoe", Role.LEAD, merchants=frozenset({"zeta"}))
BPO = person("bpo", Role.AGENT, merchants=_BOTH)
