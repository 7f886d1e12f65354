"""Any day that an order can have: what it is, how its partners behave, what arrives how often and in which order, and where a process dies."""

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from stopship.application.open_case import receive_request
from stopship.application.ports import ExceptionItem
from stopship.domain.carrier import CarrierState
from stopship.domain.order import PickState
from stopship.domain.policy import Cause
from stopship.domain.request import Reason, Requester
from stopship.domain.resolution import Resolution, allowed
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import Manner, authorised, capture_authorised, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import CHANNEL
from tests.property.story import Story
from tests.property.tellers import TELLERS, tell
from tests.statemachines.play import Play

PLACES = ("north", "south")
WAY = (
    PickState.NOT_RELEASED,
    PickState.RELEASED,
    PickState.PICKING,
    PickState.PICKED,
    PickState.PACKED,
    PickState.LABELLED,
    PickState.SHIPPED,
)
CALLS = (
    "store.read_order",
    "store.cancel",
    "store.read_cancel",
    "store.place_hold",
    "store.release_hold",
    "store.open_return",
    "store.contact",
    "erp.read_sales_order",
    "erp.update",
    "payments.read",
    "payments.quote",
    "payments.move",
    "mail.send",
    "store.parcels",
    "ups.track",
    "ups.offer",
    "ups.intercept",
    "ups.void",
    *(f"{place}.{call}" for place in PLACES for call in ("place_hold", "release_hold", "read_pick_state", "stop_ship")),
)


@dataclass(frozen=True)
class Piece:
    """One piece of work: where, how far it has got at first, and when it gets on (seconds)."""

    place: str
    state: PickState
    steps: tuple[tuple[float, bool], ...]
    """After how many seconds it gets one further, and whether its warehouse says so."""


@dataclass(frozen=True)
class Wish:
    after: float
    delivery: int
    lines: tuple[int, ...]
    """Which lines it names; none means whatever is open."""


@dataclass(frozen=True)
class News:
    """What somebody tells of a piece, if it is true when it is told. The same kind with the same ``number`` is the same message again."""

    after: float
    kind: str
    piece: int
    number: int


@dataclass(frozen=True)
class Shipping:
    """What the policy makes of goods that have left, and how the carrier takes it; ``carrier`` "" tells no tracking numbers."""

    mode: str
    carrier: str
    eligible: bool
    completes: bool
    voids: bool
    scans: bool
    """Whether the carrier scans what leaves."""


@dataclass(frozen=True)
class Day:
    quantities: tuple[int, ...]
    pieces: tuple[Piece, ...]
    wishes: tuple[Wish, ...]
    shipments: tuple[tuple[float, int], ...]
    """A shipment message that is delivered again, or ahead of time: when, and about which piece."""
    news: tuple[News, ...]
    callbacks_again: float
    """After how many seconds each warehouse tells its answer once more; 0 for never."""
    paid: str
    reason: Reason
    manners: tuple[Manner, Manner]
    hold_first: tuple[str, ...]
    troubles: tuple[tuple[str, Trouble, int], ...]
    crashes: tuple[int, ...]
    kill: bool
    slow: tuple[float, float, int, int]
    """Seconds until a cancel and a refund are confirmed, how often work comes back, how many refunds fail."""
    words: tuple[int, ...]
    store_lags: bool
    timers_lost: bool
    shipping: Shipping
    shop_cancels: float | None
    """After how many seconds somebody cancels the whole order in the shop."""


def days(*, crashes: int = 0, troubles: int = 0) -> st.SearchStrategy[Day]:
    """With at most so many crashes and troubles."""
    seconds = st.sampled_from([0.0, 1.0, 5.0, 20.0, 70.0, 400.0, 1000.0, 4000.0])
    step = st.tuples(seconds, st.booleans())
    piece = st.builds(Piece, st.sampled_from(PLACES), st.sampled_from(WAY), st.lists(step, max_size=4).map(tuple))
    wish = st.builds(Wish, seconds, st.integers(1, 3), st.lists(st.integers(0, 2), max_size=2).map(tuple))
    news = st.builds(News, seconds, st.sampled_from(sorted(TELLERS)), st.integers(0, 2), st.integers(1, 2))
    trouble = st.tuples(st.sampled_from(CALLS), st.sampled_from(Trouble), st.integers(1, 3))
    return st.builds(
        Day,
        quantities=st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
        pieces=st.lists(piece, min_size=1, max_size=3).map(tuple),
        wishes=st.lists(wish, min_size=1, max_size=4).map(tuple),
        shipments=st.lists(st.tuples(seconds, st.integers(0, 2)), max_size=3).map(tuple),
        news=st.lists(news, max_size=4).map(tuple),
        callbacks_again=st.sampled_from([0.0, 0.0, 1.0, 600.0]),
        paid=st.sampled_from(["captured", "authorised", "captured later", "half", "nothing"]),
        reason=st.sampled_from(Reason),
        manners=st.tuples(st.sampled_from(Manner), st.sampled_from(Manner)),
        hold_first=st.sampled_from([(), ("north",), PLACES]),
        troubles=st.lists(trouble, max_size=troubles).map(tuple),
        crashes=st.lists(st.integers(1, 160), max_size=crashes, unique=True).map(tuple),
        kill=st.booleans(),
        slow=st.tuples(
            st.sampled_from([0.0, 90.0, 5000.0]),
            st.sampled_from([0.0, 90.0, 5000.0]),
            st.integers(0, 2),
            st.integers(0, 2),
        ),
        words=st.lists(st.integers(0, 8), max_size=6).map(tuple),
        store_lags=st.booleans(),
        timers_lost=st.booleans(),
        shipping=st.builds(
            Shipping,
            st.sampled_from(["never", "ask", "automatic"]),
            st.sampled_from(["", "ups", "ups", "usps"]),
            st.booleans(),
            st.booleans(),
            st.booleans(),
            st.booleans(),
        ),
        shop_cancels=st.none() | seconds,
    )


def live(day: Day) -> Play:
    """The day from beginning to end."""
    story = Story(lambda play: stage(day, play), words=lambda item, n: _word(day, item, n))
    story.play.machine.kill_on_crash = day.kill
    return story.tell()


def stage(day: Day, play: Play) -> None:
    world = play.world
    world.policies.override = f'[intercept]\nmode = "{day.shipping.mode}"\n'
    world.ups.eligible, world.ups.completes = day.shipping.eligible, day.shipping.completes
    world.ups.voids, world.ups.delivers_after = day.shipping.voids, 2 * 86_400
    order = _order(day, play)
    _pay(day, order)
    for place, manner in zip(PLACES, day.manners, strict=True):
        world.warehouses[place].manner, world.warehouses[place].tells_again = manner, day.callbacks_again
    world.store.confirms_after, world.payments.pending_for, world.store.recreates, world.payments.fails = day.slow
    world.partners.first = list(day.hold_first)
    world.timers.lost = day.timers_lost
    for call, trouble, times in day.troubles:
        world.faults.on(call, trouble, times)
    world.faults.crash(day.crashes)
    for wish in day.wishes:
        _later(play, wish.after, lambda wish=wish: _ask(day, play, order, wish))
    if day.shop_cancels is not None:
        _later(play, day.shop_cancels, lambda: cancel_in_shop(play, order))
    for after, index in day.shipments:
        work = order.works[index % len(order.works)]
        _later(play, after, lambda work=work: _shipment(play, order, work))
    for news in day.news:
        work = order.works[news.piece % len(order.works)]
        _later(play, news.after, lambda news=news, work=work: tell(play, work, news.kind, news.number))


def _later(play: Play, seconds: float, run) -> None:  # type: ignore[no-untyped-def]
    play.world.schedule(seconds, run)


def _order(day: Day, play: Play) -> Order:
    lines = {f"L{i + 1}": n for i, n in enumerate(day.quantities)}
    names = list(lines)
    works = []
    for index, piece in enumerate(day.pieces):
        own = names[index :: len(day.pieces)]
        if own:
            works.append(Work(f"fo-{index}", piece.place, {x: lines[x] for x in own}))
    dear = {} if day.shipping.mode == "never" else {"price": Decimal(60)}
    order = play.world.order(lines=lines, works=works, store_lags=day.store_lags, **dear)
    for work, piece in zip(works, day.pieces, strict=False):
        play.world.pick(order, piece.state, work.leg_id)
        _follow(day, play, order, work)
        for seconds, says in piece.steps:
            _later(play, seconds, lambda work=work, says=says: _get_on(day, play, order, work, tell=says))
    return order


def _follow(day: Day, play: Play, order: Order, work: Work) -> None:
    """A label makes a parcel; the driver scans it, or forgets to."""
    if not day.shipping.carrier or work.state not in (PickState.LABELLED, PickState.SHIPPED):
        return
    if not [x for x in order.parcels if work.leg_id in x.works]:
        play.world.send(order, work.leg_id, carrier=day.shipping.carrier, state=CarrierState.LABELLED)
    if work.state is PickState.SHIPPED and day.shipping.scans:
        play.world.ups.states[f"1Z{work.leg_id}"] = CarrierState.IN_TRANSIT


def _get_on(day: Day, play: Play, order: Order, work: Work, *, tell: bool) -> None:
    """The warehouse works on, unless the work was stopped or is held there."""
    if work.stopped or work.held or work.gone:
        return
    following = WAY[WAY.index(work.state) + 1]
    play.world.pick(order, following, work.leg_id)
    _follow(day, play, order, work)
    if tell and following in (PickState.LABELLED, PickState.SHIPPED):
        play.world.shipment(order, work, departed=work.gone)


def _shipment(play: Play, order: Order, work: Work) -> None:
    """Told truly, and perhaps again."""
    if work.gone:
        play.world.shipment(order, work)


def _ask(day: Day, play: Play, order: Order, wish: Wish) -> None:
    names = list(order.lines)
    lines = {names[i % len(names)]: order.lines[names[i % len(names)]] for i in wish.lines}
    more = {"lines": lines} if lines else {}
    evidence = {"evidence": ("doc-1",)} if day.reason is Reason.FRAUD else {}
    play.world.ask(delivery=f"d-{wish.delivery}", reason=day.reason, **more, **evidence)


def cancel_in_shop(play: Play, order: Order) -> None:
    """Somebody does, and the shop tells. It shows no open work of the order any more; the warehouses hear nothing."""
    order.cancelled = True
    for work in order.works:
        work.listed = False
    world = play.world
    wish = world.wish(order.ref, "in-shop", source=f"{CHANNEL}:order_cancelled", requester=Requester.OPS)
    world.door(lambda: receive_request(world.desk, wish))


def _pay(day: Day, order: Order) -> None:
    match day.paid:
        case "captured":
            captured(order)
        case "authorised":
            authorised(order)
        case "captured later":
            authorised(order)
            capture_authorised(order)
        case "half":
            captured(order, order.total / 2)
        case "nothing":
            pass


def _word(day: Day, item: ExceptionItem, round_: int) -> Resolution:
    """Anything that the exception takes; but nobody says that goods stayed which have left."""
    possible = sorted(allowed(Cause(item.cause), of_leg=bool(item.leg_id)))
    if item.cause in (Cause.SHIPPED_AFTER_STOP, Cause.CARRIER_INTERCEPT):
        possible = [Resolution.INTERCEPT, Resolution.IT_SHIPPED, Resolution.RETRY]
    if item.cause == Cause.INTERCEPT_UNRESOLVED:
        return Resolution.IT_SHIPPED
    index = day.words[round_ % len(day.words)] if day.words else round_
    return possible[index % len(possible)]
