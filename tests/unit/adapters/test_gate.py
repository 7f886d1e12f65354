"""The gate before a partner, in a time of its own: who is let through, who waits, who is sent away, and what is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random

import pytest

from stopship.adapters import turn
from stopship.adapters.gate import Gate, Pacing
from stopship.adapters.governed import governed
from stopship.adapters.traffic_memory import MemoryTraffic
from stopship.domain.errors import (
    Conflict,
    PartnerBusy,
    PartnerContractBroken,
    PartnerDown,
    PartnerError,
    PartnerRefused,
    PartnerUnavailable,
)
from stopship.domain.limits import Limit
from stopship.domain.traffic import Traffic

NO_BOUND = Limit()


class CountingBook(MemoryTraffic):
    """Counts reads and writes; ``disturb`` makes so many writes come too late."""

    def __init__(self) -> None:
        super().__init__()
        self.reads, self.writes, self.disturb = 0, 0, 0

    def load(self, merchant: str, partner: str) -> tuple[Traffic, int]:
        self.reads += 1
        return super().load(merchant, partner)

    def save(self, merchant: str, partner: str, traffic: Traffic, expected: int) -> int:
        self.writes += 1
        if self.disturb:
            self.disturb -= 1
            raise Conflict("somebody else was first")
        return super().save(merchant, partner, traffic, expected)


class Time:
    """Passes only when somebody waits; ``meanwhile`` happens during the next wait."""

    def __init__(self) -> None:
        self.now, self.waits = 1000.0, list[float]()
        self.meanwhile: Callable[[], None] | None = None

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)
        run, self.meanwhile = self.meanwhile, None
        if run:
            run()


@pytest.fixture
def book() -> CountingBook:
    return CountingBook()


@pytest.fixture
def time() -> Time:
    return Time()


def gate(
    book: CountingBook, time: Time, limit: Limit = NO_BOUND, partner: str = "netsuite", patience: float = 1.5
) -> Gate:
    return Gate(book, "acme", partner, limit, Pacing(lambda: time.now, time.pause, patience, Random(1)))


def state(book: CountingBook, partner: str = "netsuite") -> Traffic:
    return book.load("acme", partner)[0]


def fails(door: Gate, error: Exception | None = None) -> PartnerUnavailable:
    with pytest.raises(PartnerUnavailable) as caught, door.turn(urgent=False):
        request()
        raise error or PartnerUnavailable("netsuite", "503", in_doubt=True)
    return caught.value


def request(operation: str = "") -> None:
    """What http.call does before each request."""
    mine = turn.current()
    assert mine is not None
    mine.pace(operation)


@contextmanager
def elsewhere() -> Iterator[None]:
    """As another worker, who is in nobody's turn."""
    token = turn._current.set(None)
    try:
        yield
    finally:
        turn._current.reset(token)


# ------------------------------------------------------------------------------------------------ cost


def test_in_calm_a_call_without_a_bound_costs_one_read(book: CountingBook, time: Time) -> None:
    with gate(book, time).turn(urgent=False):
        assert (book.reads, book.writes) == (1, 0)
    assert (book.reads, book.writes) == (1, 0) and time.waits == []


def test_a_call_with_a_bound_takes_a_place_and_gives_it_back(book: CountingBook, time: Time) -> None:
    with gate(book, time, Limit(concurrent=2)).turn(urgent=False):
        assert len(state(book).leases) == 1
    assert not state(book).leases and book.writes == 2


def test_a_turn_within_a_turn_is_the_same_turn(book: CountingBook, time: Time) -> None:
    door = gate(book, time, Limit(concurrent=1))
    with door.turn(urgent=False), door.turn(urgent=False):
        assert len(state(book).leases) == 1
    assert not state(book).leases


# ------------------------------------------------------------------------------------------------ places


def test_whoever_finds_all_places_taken_waits_a_moment_and_gets_the_one_that_is_left(
    book: CountingBook, time: Time
) -> None:
    door = gate(book, time, Limit(concurrent=1))
    first = door.turn(urgent=False)
    with elsewhere():
        first.__enter__()
    time.meanwhile = lambda: first.__exit__(None, None, None)
    with elsewhere(), door.turn(urgent=False):
        assert len(state(book).leases) == 1
    assert len(time.waits) == 1 and time.waits[0] <= 0.25


def test_whoever_has_waited_long_enough_is_sent_away_without_a_call(book: CountingBook, time: Time) -> None:
    door = gate(book, time, Limit(concurrent=1))
    with elsewhere():
        door.turn(urgent=False).__enter__()
    with elsewhere(), pytest.raises(PartnerBusy) as busy, door.turn(urgent=False):
        raise AssertionError("nobody may come in")
    assert 1.5 <= sum(time.waits) < 2 and busy.value.retry_after >= 3 and not busy.value.in_doubt


def test_a_write_that_comes_too_late_is_decided_again(book: CountingBook, time: Time) -> None:
    book.disturb = 3
    with gate(book, time, Limit(concurrent=1)).turn(urgent=False):
        assert len(state(book).leases) == 1
    assert not state(book).leases


def test_a_place_is_given_back_whatever_the_call_ended_in(book: CountingBook, time: Time) -> None:
    door = gate(book, time, Limit(concurrent=1))
    for error in (PartnerRefused("x", "no", "no"), PartnerContractBroken("x", "what"), ValueError("a bug")):
        with pytest.raises(type(error)), door.turn(urgent=False):
            raise error
        assert not state(book).leases


# ------------------------------------------------------------------------------------------------ hints


def test_after_a_429_nobody_calls_before_the_time_and_then_anybody_does(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    told = fails(door, PartnerBusy("netsuite", "too many", retry_after=30))
    assert isinstance(told, PartnerBusy) and 30 <= told.retry_after < 40
    for _ in range(3):
        with pytest.raises(PartnerBusy) as busy, door.turn(urgent=True):
            raise AssertionError("nobody may call")
        assert busy.value.retry_after >= 1000 + 30 - time.now
        time.now += 9
    time.now = 1030.0
    with door.turn(urgent=False):
        assert not state(book).failing


def test_a_short_wish_is_waited_for_in_the_worker(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    fails(door, PartnerBusy("netsuite", "throttled", retry_after=0.8))
    with door.turn(urgent=False):
        assert time.now == pytest.approx(1000.8)


def test_a_429_is_no_failure_however_often_it_comes(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    for _ in range(10):
        told = fails(door, PartnerBusy("netsuite", "too many", retry_after=1))
        assert isinstance(told, PartnerBusy)
        time.now += 2
    assert not state(book).failing and not state(book).outage


def test_a_failure_that_names_a_time_is_a_failure_and_the_time_is_kept(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    fails(door, PartnerUnavailable("netsuite", "503", in_doubt=True, retry_after=20))
    assert state(book).failures == 1
    with pytest.raises(PartnerBusy), door.turn(urgent=False):
        raise AssertionError("nobody may call")


def test_doubt_stays_doubt(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    told = fails(door, PartnerBusy("netsuite", "no credits", retry_after=3, in_doubt=True, evidence={"codes": [30]}))
    assert told.in_doubt and told.evidence == {"codes": [30]}
    for _ in range(4):
        time.now += 10
        told = fails(door)
    assert isinstance(told, PartnerBusy) and told.in_doubt
    time.now += 10
    told = fails(door)
    assert isinstance(told, PartnerDown) and told.in_doubt
    never_made = fails(door, AssertionError("nobody may call"))
    assert isinstance(never_made, PartnerDown) and not never_made.in_doubt


# ------------------------------------------------------------------------------------------------ operations and pace


def test_an_operation_that_had_enough_leaves_the_others_alone(book: CountingBook, time: Time) -> None:
    door = gate(book, time, Limit(a_second={"getOrder": 0.5}), "amazon")
    fails(door, PartnerBusy("amazon", "429", retry_after=120, operation="createFeed"))
    with door.turn(urgent=False):
        mine = turn.current()
        assert mine is not None
        mine.pace("getOrder")
        with pytest.raises(PartnerBusy) as busy:
            mine.pace("createFeed")
    assert busy.value.retry_after >= 120 and not time.waits


def test_once_it_had_enough_requests_go_out_one_after_the_other(book: CountingBook, time: Time) -> None:
    door = gate(book, time, Limit(a_second={"": 2.0}), "shipbob")
    fails(door, PartnerBusy("shipbob", "429", retry_after=1))
    time.now += 1
    sent = []
    for _ in range(4):
        with door.turn(urgent=False):
            mine = turn.current()
            assert mine is not None
            mine.pace("")
            sent.append(time.now)
    assert sent == [1001.0, 1001.5, 1002.0, 1002.5]


# ------------------------------------------------------------------------------------------------ outages


def test_a_partner_that_fails_again_and_again_is_looked_at_once_more_and_then_down(
    book: CountingBook, time: Time
) -> None:
    door = gate(book, time)
    told = [type(fails(door)) for _ in range(4)]
    assert told == [PartnerUnavailable, PartnerUnavailable, PartnerUnavailable, PartnerBusy]
    assert not state(book).banner
    time.now += 5
    down = fails(door)
    assert isinstance(down, PartnerDown) and down.outage == state(book).outage
    again = fails(door, AssertionError("nobody may call"))
    assert isinstance(again, PartnerDown) and again.outage == down.outage
    assert str(down) == f"netsuite: down since 1970-01-01T00:16:45.000000Z, {down.outage}"


def test_an_answer_to_the_one_who_looks_lets_everybody_in_again(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    for _ in range(4):
        fails(door)
    time.now += 5
    fails(door)
    time.now += 30
    with pytest.raises(PartnerRefused), door.turn(urgent=False):
        request()
        raise PartnerRefused("netsuite", "NOT_FOUND", "a no is an answer")
    with door.turn(urgent=False):
        assert state(book).returned and not state(book).outage


def test_an_answer_in_no_known_form_does_not_say_that_it_is_back(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    for _ in range(4):
        fails(door)
    time.now += 5
    with pytest.raises(PartnerContractBroken), door.turn(urgent=False):
        raise PartnerContractBroken("netsuite", "a page that says maintenance")
    assert state(book).failing and not state(book).probe_by


@pytest.mark.parametrize("refusal", [None, PartnerRefused("netsuite", "no_holds", "decided without a call")])
def test_an_adapter_that_answers_by_itself_does_not_say_that_its_partner_is_back(
    book: CountingBook, time: Time, refusal: Exception | None
) -> None:
    door = gate(book, time)
    for _ in range(4):
        fails(door)
    time.now += 5
    with suppress(PartnerRefused), door.turn(urgent=False):
        if refusal:
            raise refusal
    assert state(book).failing and not state(book).probe_by
    assert isinstance(fails(door), PartnerDown), "the next one looks"


def test_a_partner_that_cannot_do_one_thing_now_is_not_failing(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    for _ in range(6):
        told = fails(door, PartnerUnavailable("stripe", "still under way", in_doubt=False, answered=True))
        assert type(told) is PartnerUnavailable
    assert state(book) == Traffic()


def test_a_failure_between_answers_is_forgotten(book: CountingBook, time: Time) -> None:
    door = gate(book, time)
    for _ in range(5):
        fails(door)
        with door.turn(urgent=False):
            request()
            assert state(book).failures == 1
    assert state(book).failures == 0


def test_what_one_partner_says_counts_for_no_other(book: CountingBook, time: Time) -> None:
    """Stripe's payments ask Shopify for prices within their own turn."""
    stripe, shopify = gate(book, time, partner="stripe"), gate(book, time, partner="shopify")
    with pytest.raises(PartnerBusy), stripe.turn(urgent=False), shopify.turn(urgent=False):
        raise PartnerBusy("shopify", "throttled", retry_after=60)
    assert state(book, "shopify").pauses and not state(book, "stripe").pauses
    for _ in range(3):
        time.now += 100
        with pytest.raises(PartnerUnavailable), stripe.turn(urgent=False), shopify.turn(urgent=False):
            raise PartnerUnavailable("shopify", "503", in_doubt=True)
    assert state(book, "shopify").failures == 3 and state(book, "stripe").failures == 0


def test_nobody_is_in_anybodys_turn_after_it(book: CountingBook, time: Time) -> None:
    fails(gate(book, time))
    assert turn.current() is None


# ------------------------------------------------------------------------------------------------ governed adapters


class Adapter:
    source = "netsuite"

    def __init__(self) -> None:
        self.called = 0

    def expected_work(self, order_ref: str) -> str:
        return f"work of {order_ref}"

    def read(self, order_ref: str, *, deep: bool = False) -> tuple[str, bool]:
        self.called += 1
        assert turn.current() is not None
        return order_ref, deep


def test_a_governed_adapter_makes_each_call_a_turn_and_answers_the_rest_itself(book: CountingBook, time: Time) -> None:
    adapter = Adapter()
    behind = governed(adapter, gate(book, time), urgent=False)
    assert (behind.expected_work("1"), behind.source) == ("work of 1", "netsuite") and book.reads == 0
    assert behind.read("1", deep=True) == ("1", True) and book.reads == 1


def test_a_governed_adapter_is_not_called_while_its_partner_wants_to_be_left_alone(
    book: CountingBook, time: Time
) -> None:
    adapter, door = Adapter(), gate(book, time)
    fails(door, PartnerBusy("netsuite", "too many", retry_after=30))
    with pytest.raises(PartnerBusy):
        governed(adapter, door, urgent=True).read("1")
    assert adapter.called == 0


# ------------------------------------------------------------------------------------------------ measures


@pytest.mark.parametrize(
    ("ends_with", "trouble"),
    [
        (None, False),
        (PartnerRefused("netsuite", "INVALID_KEY", "no"), False),
        (PartnerUnavailable("netsuite", "503", in_doubt=True), True),
        (PartnerContractBroken("netsuite", "no JSON"), True),
    ],
)
def test_a_call_is_measured_and_only_a_partner_that_could_not_answer_was_in_trouble(
    book: CountingBook, time: Time, ends_with: Exception | None, *, trouble: bool
) -> None:
    told: list[tuple[str, str, float, bool]] = []
    pacing = Pacing(lambda: time.now, time.pause, 1.5, Random(1))
    door = Gate(book, "acme", "netsuite", NO_BOUND, pacing, lambda *call: told.append(call))
    with suppress(PartnerError), door.turn(urgent=False), door.turn(urgent=False):
        request()
        time.pause(0.75)
        if ends_with:
            raise ends_with
    assert told == [("acme", "netsuite", 0.75, trouble)]


def test_an_adapter_that_answers_by_itself_measures_nothing(book: CountingBook, time: Time) -> None:
    told: list[object] = []
    with Gate(book, "acme", "netsuite", NO_BOUND, Pacing(), lambda *call: told.append(call)).turn(urgent=False):
        pass
    assert told == []
