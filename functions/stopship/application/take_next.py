"""Give me the next: the most urgent exception that nobody holds goes into one person's hands."""

from collections.abc import Sequence

from stopship.application.context import Desk
from stopship.domain.agent import Agent
from stopship.domain.lease import Lease


def take_next(
    desk: Desk, agent: Agent, merchants: Sequence[str], tiers: Sequence[str] = ("P1", "P2", "P3")
) -> Lease | None:
    """None when nothing waits that the person may take. Raises NotAllowed and NotFound."""
    raise NotImplementedError


def renew(desk: Desk, agent: Agent, lease: Lease) -> Lease:
    """Raises LeaseLost when it ran out and somebody else has the exception, or it has ended."""
    raise NotImplementedError


def give_back(desk: Desk, agent: Agent, lease: Lease) -> None:
    """The exception is anybody's again at once. Giving back what is no longer held is no error."""
    raise NotImplementedError
