"""What would follow from an answer, before anybody gives it."""

from stopship.application.answer_exception import open_item
from stopship.application.context import Desk
from stopship.application.plan_resolution import plan_resolution
from stopship.domain.agent import Agent, Doing, demand
from stopship.domain.answering import ANSWERS, LINES
from stopship.domain.command import Command
from stopship.domain.errors import InvalidInput
from stopship.domain.plan import Plan
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution, allowed


def preview(desk: Desk, agent: Agent, merchant: str, exception_id: str, command: Command) -> Plan:
    """Changes nothing, here or at a partner. Raises NotFound, NotAllowed, InvalidInput or AlreadyRecorded (it is resolved)."""
    demand(agent, Doing.RESOLVE, merchant)
    item = open_item(desk, merchant, exception_id)
    check_word(Cause(item.cause), command, of_leg=bool(item.leg_id))
    return plan_resolution(desk, item, desk.ledger.load(merchant, item.case_id), command)


def check_word(cause: Cause, command: Command, *, of_leg: bool) -> Resolution:
    """Raises InvalidInput for what does not answer this, or comes with lines or an address that it has no use for."""
    possible = sorted(allowed(cause, of_leg=of_leg))
    if command.resolution not in possible:
        raise InvalidInput(
            "resolution", f"{command.resolution!r} does not answer {cause}", f"one of {', '.join(possible)}"
        )
    word = Resolution(command.resolution)
    if command.lines and LINES not in ANSWERS[word].needs:
        raise InvalidInput("lines", f"mean nothing to {word}", "leave them out")
    if not command.lines and LINES in ANSWERS[word].needs:
        raise InvalidInput("lines", "are missing: this answer is about a part", "name line ids and quantities")
    if command.address and word is not Resolution.ADDRESS_FIXED:
        raise InvalidInput("address", f"means nothing to {word}", "leave it out")
    return word
