"""Give me the next: the most urgent exception that nobody holds goes into one person's hands.

The tier's queue is asked first: what is new lies there, and its own clock brings back what was left lying. A queue is in no order and shows a few
at a time, so where it has nothing for this person, the ledger's index is asked, which has every open exception by its deadline. Whoever is
given one has its lease in the ledger: two people never have the same, however often a message is delivered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import merge

from stopship.application.context import Desk
from stopship.application.leases import handle_of, hidden_seconds, token
from stopship.application.ports import ExceptionItem, QueuedWork
from stopship.domain import instant
from stopship.domain.agent import Agent, Doing, demand
from stopship.domain.errors import Conflict, LeaseLost
from stopship.domain.lease import LEASE_SECONDS, Lease

_PAGE = 50
_MOST_PAGES = 20
"""Of a merchant's tier, looked through for something that is free. Far more than people work there."""


def take_next(
    desk: Desk, agent: Agent, merchants: Sequence[str], tiers: Sequence[str] = ("P1", "P2", "P3")
) -> Lease | None:
    """None when nothing waits that the person may take. Raises NotAllowed and NotFound."""
    for merchant in merchants:
        demand(agent, Doing.TAKE, merchant)
    for tier in tiers:
        lease = _from_queue(desk, agent, merchants, tier) or _from_index(desk, agent, merchants, tier)
        if lease:
            return lease
    return None


def renew(desk: Desk, agent: Agent, lease: Lease) -> Lease:
    """Raises LeaseLost when it ran out and somebody else has the exception, or it has ended."""
    held = _mine(desk, agent, lease)
    item = desk.ledger.exception(lease.merchant, lease.exception_id)
    if held is None or item is None or item.state != "open":
        raise LeaseLost(f"exception {lease.exception_id} is no longer in your hands")
    longer = replace(held, expires_at=instant.plus(desk.clock.now(), LEASE_SECONDS))
    try:
        desk.ledger.save_lease(longer, held)
    except Conflict as error:
        raise LeaseLost(f"exception {lease.exception_id} was taken by somebody else") from error
    if handle_of(held):
        desk.queues.hide(held.tier, handle_of(held), LEASE_SECONDS)
    return longer


def give_back(desk: Desk, agent: Agent, lease: Lease) -> None:
    """The exception is anybody's again at once. Giving back what is no longer held is no error."""
    held = _mine(desk, agent, lease)
    if held is None:
        return
    try:
        desk.ledger.save_lease(replace(held, expires_at=desk.clock.now()), held)
    except Conflict:
        # Somebody has taken it in this very moment: it is his.
        return
    if handle_of(held):
        desk.queues.hide(held.tier, handle_of(held), 0)


def _mine(desk: Desk, agent: Agent, lease: Lease) -> Lease | None:
    held = desk.ledger.lease(lease.merchant, lease.exception_id)
    return held if held and (held.token, held.holder) == (lease.token, agent.subject) else None


# ------------------------------------------------------------------------------------------------ where from


def _from_queue(desk: Desk, agent: Agent, merchants: Sequence[str], tier: str) -> Lease | None:
    """The nearest deadline of what the queue shows. All else goes back, hidden for as long as nobody may take it."""
    found: list[tuple[ExceptionItem, QueuedWork]] = []
    for work in desk.queues.receive(tier, LEASE_SECONDS):
        item = desk.ledger.exception(work.merchant, work.exception_id)
        if item is None or item.state != "open":
            desk.queues.drop(tier, work.handle)
        elif work.merchant in merchants:
            found.append((item, work))
        else:
            desk.queues.hide(tier, work.handle, hidden_seconds(item, desk.clock.now()))
    taken: Lease | None = None
    for item, work in sorted(found, key=lambda x: (x[0].deadline, x[0].exception_id)):
        taken_now = None if taken else _take(desk, agent, item, work.handle)
        if taken_now is None:
            desk.queues.hide(tier, work.handle, hidden_seconds(item, desk.clock.now()))
        taken = taken or taken_now
    return taken


def _from_index(desk: Desk, agent: Agent, merchants: Sequence[str], tier: str) -> Lease | None:
    streams = [_open(desk, merchant, tier) for merchant in merchants]
    for item in merge(*streams, key=lambda x: x.deadline):
        now = desk.ledger.exception(item.merchant, item.exception_id)
        lease = _take(desk, agent, now, "") if now and now.state == "open" else None
        if lease:
            return lease
    return None


def _open(desk: Desk, merchant: str, tier: str) -> Iterator[ExceptionItem]:
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = desk.ledger.exceptions(merchant, tier=tier, cursor=cursor, limit=_PAGE)
        yield from page.items
        cursor = page.cursor
        if not cursor:
            return


# ------------------------------------------------------------------------------------------------ whose


def _take(desk: Desk, agent: Agent, item: ExceptionItem, handle: str) -> Lease | None:
    now = desk.clock.now()
    if not _may_have(agent, item, now):
        return None
    last = desk.ledger.lease(item.merchant, item.exception_id)
    if last and last.expires_at > now:
        return None
    until = instant.plus(now, LEASE_SECONDS)
    lease = Lease(item.merchant, item.exception_id, item.tier, agent.subject, token(desk.new_id(), handle), until)
    try:
        desk.ledger.save_lease(lease, last)
    except Conflict:
        return None
    return lease


def _may_have(agent: Agent, item: ExceptionItem, now: str) -> bool:
    if not agent.works_for(item.owner) or item.snoozed_until > now:
        return False
    if item.proposed and item.proposed_by == agent.subject:
        return False
    return item.person in ("", agent.subject) or _half_over(item, now)


def _half_over(item: ExceptionItem, now: str) -> bool:
    """What is one person's is anybody's in the team once half of its time is over."""
    whole = instant.seconds_between(item.opened_at, item.deadline)
    return instant.seconds_between(item.opened_at, now) * 2 >= whole
