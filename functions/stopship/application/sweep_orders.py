"""Behind the notifications: ask a marketplace what has changed, and queue what its own message did not bring.

The partner allows very few of these requests, so what is spent is written down before it is spent: a second run that begins while the first
is at work does nothing, and one that begins after a crash knows what was used. The watermark moves when everything before it is queued.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from stopship.application.context import Desk
from stopship.application.ports import OrderPlaced
from stopship.application.take_in import IntakeQueue, as_its_id, take_in
from stopship.domain.errors import Conflict, PartnerBusy, PartnerRefused, PartnerUnavailable, StopshipError
from stopship.domain.instant import plus
from stopship.domain.market import PACKER_NOT_TOLD, Allowance, SweepState, day_of
from stopship.frozen import frozen

LEASE_SECONDS = 300.0
"""Longer than the function may run: what is still taken then belongs to a run that died."""
OVERLAP_SECONDS = 600.0
"""A change may show up in a search a little after it happened."""
FIRST_LOOK_BACK_SECONDS = 86_400.0
SETTLED_SECONDS = 150.0
"""A search may only ask for what is two minutes old (Orders API 2026-01-01, lastUpdatedBefore); half a minute more for clocks."""
_LAST_PAGE_SECONDS = 20.0
"""What one page may take: none is begun with less time than that."""


class AllowanceSpent(StopshipError):
    """No request is left; there will be one again later."""


@frozen
class Change:
    """Something about an order that a message should have told. ``delivery_id`` says what it is, so that it is the same however often and
    by whomever it is told. ``is_wish`` is false for what only concerns an order that has a case."""

    delivery_id: str
    body: bytes
    is_wish: bool


@frozen
class ChangedOrder:
    order_ref: str
    created_at: str
    changes: tuple[Change, ...] = ()


@frozen
class ChangePage:
    """``token`` asks for the next page, "" on the last. ``rate`` is what the partner says it allows a second, None when it does not say.
    ``until`` is the bound that the partner kept to, "" when it does not say."""

    orders: Sequence[ChangedOrder]
    token: str = ""
    rate: float | None = None
    until: str = ""


class ChangedOrders(Protocol):
    """A marketplace's search by time of change. ``spend`` is called before every single request; what it raises passes through."""

    allowance: Allowance
    source: str
    topic: str

    def changed(self, after: str, before: str, token: str, spend: Callable[[], None]) -> ChangePage: ...


@dataclass(slots=True)
class SweptOrders:
    """``why`` says why it ended: done, busy, allowance, unavailable or time."""

    requests: int = 0
    orders: int = 0
    queued: int = 0
    why: str = "done"


@dataclass(slots=True)
class _Run:
    desk: Desk
    queue: IntakeQueue
    orders: ChangedOrders
    merchant: str
    channel: str
    state: SweepState
    swept: SweptOrders = field(default_factory=SweptOrders)

    def save(self, state: SweepState) -> None:
        self.state = self.desk.ledger.save_sweep(self.merchant, state)

    def spend(self) -> None:
        left = self.state.allowance.spend(self.desk.clock.now())
        if left is None:
            raise AllowanceSpent
        self.save(replace(self.state, allowance=left))
        self.swept.requests += 1


def sweep_orders(
    desk: Desk,
    queue: IntakeQueue,
    orders: ChangedOrders,
    merchant: str,
    channel: str,
    seconds_left: Callable[[], float],
) -> SweptOrders:
    """As many pages as the allowance and the time give. Raises what is wrong with the partner's answer, after the state is safe."""
    run = _Run(desk, queue, orders, merchant, channel, _state(desk, orders, merchant, channel))
    now = desk.clock.now()
    if run.state.busy_until > now:
        return SweptOrders(why="busy")
    try:
        run.save(replace(run.state, busy_until=plus(now, LEASE_SECONDS)))
        run.swept.why = _pages(run, seconds_left)
    except Conflict:
        # Somebody else wrote: it goes on from there, and this run has nothing more to say.
        run.swept.why = "busy"
        return run.swept
    except StopshipError:
        _release(run)
        raise
    _release(run)
    return run.swept


def _state(desk: Desk, orders: ChangedOrders, merchant: str, channel: str) -> SweepState:
    return desk.ledger.sweep_state(merchant, channel) or SweepState(channel, orders.allowance)


def _release(run: _Run) -> None:
    try:
        run.save(replace(run.state, busy_until=""))
    except Conflict:
        # The lease had run out and another run has begun: it is not ours to end.
        run.swept.why = "busy"


def _pages(run: _Run, seconds_left: Callable[[], float]) -> str:
    while seconds_left() > _LAST_PAGE_SECONDS:
        after, before = _bounds(run)
        if before <= run.state.watermark:
            return "done"
        try:
            page = run.orders.changed(after, before, run.state.token, run.spend)
        except AllowanceSpent:
            return "allowance"
        except PartnerUnavailable as error:
            return _hold_back(run, error)
        except PartnerRefused:
            if not run.state.token:
                raise
            # A token lives a day: from the watermark then, where what was queued already is recognised.
            run.save(replace(run.state, token="", after="", before=""))
            continue
        _take(run, page)
        _advance(run, page, after, before)
        if not page.token:
            return "done"
    return "time"


def _bounds(run: _Run) -> tuple[str, str]:
    """Of the query that goes on, or of the next one."""
    if run.state.token:
        return run.state.after, run.state.before
    now = run.desk.clock.now()
    mark = run.state.watermark
    after = plus(mark, -OVERLAP_SECONDS) if mark else plus(now, -FIRST_LOOK_BACK_SECONDS)
    return after, plus(now, -SETTLED_SECONDS)


def _hold_back(run: _Run, error: PartnerUnavailable) -> str:
    """A limit of the search's own says that less is left than we thought. Whatever else it is, the next run goes on from here."""
    if isinstance(error, PartnerBusy) and error.operation:
        run.save(replace(run.state, allowance=run.state.allowance.exhausted(run.desk.clock.now())))
    return "unavailable"


def _take(run: _Run, page: ChangePage) -> None:
    for order in page.orders:
        run.swept.orders += 1
        placed = OrderPlaced(run.channel, order.order_ref, day_of(order.created_at), PACKER_NOT_TOLD)
        run.desk.ledger.add_market_order(run.merchant, placed)
        for change in order.changes:
            if _is_news(run, order, change):
                _queue(run, change)


def _is_news(run: _Run, order: ChangedOrder, change: Change) -> bool:
    """What a case has heard already is not told again, nor what concerns no case."""
    ledger = run.desk.ledger
    if ledger.delivery_case(run.merchant, run.orders.source, change.delivery_id):
        return False
    return change.is_wish or ledger.lock_of(run.merchant, run.channel, order.order_ref) is not None


def _queue(run: _Run, change: Change) -> None:
    take_in(
        run.desk.evidence,
        run.queue,
        merchant=run.merchant,
        source=run.orders.source,
        topic=run.orders.topic,
        delivery_id=change.delivery_id,
        body=change.body,
        received_at=run.desk.clock.now(),
        says=as_its_id,
    )
    run.swept.queued += 1


def _advance(run: _Run, page: ChangePage, after: str, before: str) -> None:
    allowance = run.state.allowance
    if page.rate is not None and page.rate != allowance.rate:
        allowance = allowance.at_rate(page.rate, run.desk.clock.now())
    if page.token:
        run.save(replace(run.state, allowance=allowance, token=page.token, after=after, before=before))
        return
    mark = max(run.state.watermark, min(before, page.until or before))
    run.save(replace(run.state, allowance=allowance, watermark=mark, token="", after="", before=""))
