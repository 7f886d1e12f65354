"""Whose hands an exception is in. The lease in the ledger is the truth; the queue only hides the message meanwhile."""

from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.ports import ExceptionItem
from stopship.domain.agent import Agent
from stopship.domain.errors import Conflict, LeaseLost
from stopship.domain.instant import seconds_between
from stopship.domain.lease import Lease


def held_by_other(desk: Desk, agent: Agent, merchant: str, exception_id: str) -> bool:
    lease = desk.ledger.lease(merchant, exception_id)
    return lease is not None and lease.holder != agent.subject and lease.expires_at > desk.clock.now()


def refuse_if_held(desk: Desk, agent: Agent, item: ExceptionItem) -> None:
    """Raises LeaseLost while somebody else has it."""
    if held_by_other(desk, agent, item.merchant, item.exception_id):
        raise LeaseLost(f"exception {item.exception_id} is in somebody else's hands")


def release(desk: Desk, agent: Agent, item: ExceptionItem) -> None:
    """What is done, moved or put off is in nobody's hands; its message goes, or waits as long as the exception does."""
    lease = desk.ledger.lease(item.merchant, item.exception_id)
    if lease is None or lease.holder != agent.subject or lease.expires_at <= desk.clock.now():
        return
    now = desk.ledger.exception(item.merchant, item.exception_id)
    handle = handle_of(lease)
    if handle and (now is None or now.state != "open"):
        desk.queues.drop(lease.tier, handle)
    elif handle:
        desk.queues.hide(lease.tier, handle, hidden_seconds(now, desk.clock.now()) if now else 0)
    try:
        desk.ledger.save_lease(replace(lease, expires_at=desk.clock.now()), lease)
    except Conflict:
        return


_BETWEEN = "/"
"""In a token, between what nobody can guess and the queue's name of the delivery, which may be empty."""


def token(secret: str, handle: str) -> str:
    return f"{secret}{_BETWEEN}{handle}"


def handle_of(lease: Lease) -> str:
    """The delivery behind a lease, "" for one that was not taken from a queue."""
    return lease.token.partition(_BETWEEN)[2]


def hidden_seconds(item: ExceptionItem, now: str) -> int:
    """How long its message need not be looked at."""
    return max(0, int(seconds_between(now, item.snoozed_until))) if item.snoozed_until else 0
