"""What would follow from an answer, before anybody gives it."""

from stopship.application.context import Desk
from stopship.domain.agent import Agent
from stopship.domain.command import Command
from stopship.domain.plan import Plan


def preview(desk: Desk, agent: Agent, merchant: str, exception_id: str, command: Command) -> Plan:
    """Changes nothing, here or at a partner. Raises NotFound, NotAllowed, InvalidInput or AlreadyRecorded (it is resolved)."""
    raise NotImplementedError
