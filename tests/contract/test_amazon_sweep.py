"""The sweep behind Amazon's notifications: the use case, the adapter and the sandbox's search, over HTTP, on a ledger in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.amazon import sweep
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.amazon.sweep import AmazonChanges, status_id
from stopship.adapters.clock import SystemClock
from stopship.application.open_case import receive_request
from stopship.application.ports import OrderLock
from stopship.application.receive_signal import receive_signal
from stopship.application.sweep_orders import SweptOrders, sweep_orders
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput, PartnerContractBroken, PartnerRefused
from stopship.domain.market import SweepState, day_of
from stopship.domain.request import CancelRequest
from stopship.domain.signal import Signal
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.fakes.world import MERCHANT, World
from tests.statemachines.machine import Machine

SECRETS = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}
WIDE = {"search_rate": 100.0, "search_burst": 1000}
_sellers = count(1)
_numbers = count(2_000_001)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandboxes]:
    with sandboxes_anew() as sandboxes:
        yield sandboxes


@dataclass
class Queue:
    messages: list[dict[str, Any]] = field(default_factory=list)
    fails: bool = False

    def send(self, message: dict[str, Any]) -> None:
        if self.fails:
            raise ConnectionError("the queue is away")
        self.messages.append(message)


class Seller:
    """A seller of his own for each test, swept into a world in memory."""

    def __init__(self, sandboxes: Sandboxes, **settings: Any) -> None:
        self.name = f"seller{next(_sellers)}"
        self.sandboxes = sandboxes
        sandboxes.configure(merchants={self.name: {"amazon": {**SECRETS, "seller_id": "A1SELLER", **settings}}})
        self.world, self.queue, self.clock = World(), Queue(), SystemClock()
        self.world.channel = "amazon"
        self.world.plug_in(Machine(self.world))
        self.desk = replace(self.world.desk, clock=self.clock)

    @property
    def changes(self) -> AmazonChanges:
        endpoint = f"{self.sandboxes.endpoint}/amazon/{self.name}"
        connection = AmazonConnection(MERCHANT, endpoint, "A1SELLER", ("ATVPDKIKX0DER",), **SECRETS, warehouse="east")
        return AmazonChanges(connection, self.clock)

    def order(self, ago: float = 600, **more: Any) -> str:
        number = next(_numbers)
        ref = f"222-{number}-{number}"
        lines = [{"id": f"{n}-{number}", "sku": n, "quantity": 2, "price": "5.00"} for n in ("MUG", "TEE")]
        self.sandboxes.command(
            f"amazon/{self.name}/orders", {"order_ref": ref, "lines": lines, "at": before(ago), **more}
        )
        return ref

    def tell(self, command: str, ref: str, ago: float = 300, **more: Any) -> None:
        told = {"order_ref": ref, "at": before(ago), "quiet": True, **more}
        self.sandboxes.command(f"amazon/{self.name}/{command}", told)

    def sweep(self, seconds: float = 100) -> SweptOrders:
        return sweep_orders(self.desk, self.queue, self.changes, MERCHANT, "amazon", lambda: seconds)

    @property
    def requests(self) -> int:
        return int(self.sandboxes.command(f"amazon/{self.name}/searches", method="GET")["searches"])

    @property
    def state(self) -> SweepState:
        found = self.desk.ledger.sweep_state(MERCHANT, "amazon")
        assert found is not None
        return found

    def work(self) -> list[str]:
        """What the intake worker makes of all that is queued."""
        from stopship.wiring.doors import parse_json

        found, self.queue.messages = self.queue.messages, []
        done = []
        for raw in found:
            message = IntakeMessage(**raw)
            normal = sweep.normalise(message, parse_json(self.desk.evidence.load(message.evidence_key)))
            if isinstance(normal, CancelRequest):
                done.append(receive_request(self.desk, normal).how)
            elif isinstance(normal, Signal):
                done.append("signal" if receive_signal(self.desk, normal) else "no_case")
        return done


def before(seconds: float) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def seller(running: Sandboxes) -> Iterator[Seller]:
    yield Seller(running, **WIDE)
    running.clear_traps()


# ---------------------------------------------------------------------------------------------- what is found


def test_a_buyers_cancel_whose_notification_was_lost_opens_a_case(seller: Seller) -> None:
    ref = seller.order()
    seller.order()
    seller.tell("buyer-cancel", ref)
    swept = seller.sweep()
    assert (swept.orders, swept.queued, swept.why) == (2, 1, "done")
    assert seller.work() == ["opened"]
    case = seller.world.case_of(ref)
    assert case.official and case.requests[0].fact.lines == {}


def test_a_buyers_cancel_of_one_item_names_it(seller: Seller) -> None:
    ref = seller.order()
    mug = f"MUG-{ref.split('-')[1]}"
    seller.tell("buyer-cancel", ref, items=[mug])
    seller.sweep()
    assert seller.work() == ["opened"]
    assert seller.world.case_of(ref).requests[0].fact.lines == {mug: 2}


def test_an_item_that_is_cancelled_already_is_no_wish(seller: Seller) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    seller.tell("cancel", ref)
    assert seller.sweep().queued == 0


def test_what_shipped_is_told_to_its_case_and_to_no_other(seller: Seller) -> None:
    ref, other = seller.order(), seller.order()
    seller.tell("buyer-cancel", ref)
    seller.sweep()
    seller.work()
    seller.tell("ship", ref, ago=200)
    seller.tell("ship", other, ago=200)
    assert seller.sweep().queued == 1
    assert seller.work() == ["signal"]
    kinds = [type(r.event).__name__ for r in seller.desk.ledger.load(MERCHANT, seller.world.case_of(ref).case_id)]
    assert kinds.count("ShipmentSeen") == 1


def test_what_amazon_fulfils_is_not_swept(seller: Seller) -> None:
    ref = seller.order(fulfilled_by="AMAZON")
    seller.tell("buyer-cancel", ref)
    assert seller.sweep().orders == 0


def test_every_order_is_counted_once_on_the_day_it_was_placed(seller: Seller) -> None:
    refs = [seller.order(ago=3600) for _ in range(3)]
    seller.tell("ship", refs[0], ago=200)
    seller.sweep()
    seller.sweep()
    today = day_of(instant.normal(before(3600)))
    assert seller.desk.ledger.market_orders(MERCHANT, "amazon", today, today) == 3


# ---------------------------------------------------------------------------------------------- and the late notification


def test_the_late_notification_joins_the_case_that_the_sweep_opened(seller: Seller) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    seller.sweep()
    seller.work()
    late = wish(seller, ref, instant.normal(before(300)))
    assert receive_request(seller.desk, late).how == "joined"
    assert len(seller.desk.ledger.cases_of_order(MERCHANT, ref)) == 1


def test_the_late_notification_of_a_wish_that_a_closed_case_had_opens_no_second_case(seller: Seller) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    seller.sweep()
    seller.work()
    close(seller, ref)
    asked = instant.normal(before(300))
    assert receive_request(seller.desk, wish(seller, ref, asked)).how == "repeated"
    assert receive_request(seller.desk, wish(seller, ref, asked)).how == "repeated"
    assert len(seller.desk.ledger.cases_of_order(MERCHANT, ref)) == 1


def test_a_new_wish_after_a_closed_case_is_a_new_case(seller: Seller) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    seller.sweep()
    seller.work()
    close(seller, ref)
    later = instant.plus(seller.clock.now(), 60)
    assert receive_request(seller.desk, wish(seller, ref, later)).how == "opened"


def test_a_sweep_after_the_notification_says_nothing_new(seller: Seller) -> None:
    ref = seller.order()
    assert receive_request(seller.desk, wish(seller, ref, instant.normal(before(400)))).how == "opened"
    seller.tell("buyer-cancel", ref)
    assert seller.sweep().queued == 1
    assert seller.work() == ["repeated"]
    case = seller.world.case_of(ref)
    assert len(case.requests) == 1 and len(case.executions) == 1


def test_a_sweep_after_the_case_ended_without_a_cancel_opens_no_second_case(seller: Seller) -> None:
    """The buyer took it back by telephone, and the order still carries his request."""
    ref = seller.order()
    receive_request(seller.desk, wish(seller, ref, instant.normal(before(400))))
    close(seller, ref)
    seller.tell("buyer-cancel", ref)
    seller.sweep()
    assert seller.work() == ["repeated"]
    assert len(seller.desk.ledger.cases_of_order(MERCHANT, ref)) == 1


def test_a_shipment_has_one_name_whoever_tells_it(seller: Seller) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    seller.sweep()
    seller.work()
    seller.tell("ship", ref, ago=200)
    seller.sweep()
    (message,) = seller.queue.messages
    shipped = {f"{sku}-{ref.split('-')[1]}": 2 for sku in ("MUG", "TEE")}
    assert message["delivery_id"] == status_id(ref, "shipped", shipped)
    seller.work()
    assert seller.sweep().queued == 0


def wish(seller: Seller, ref: str, asked: str) -> CancelRequest:
    """The buyer's own request, as its notification tells it."""
    return replace(
        seller.world.wish(ref, f"n-{ref}-{asked}", source="amazon", official=True, lines={}),
        requested_at=asked,
        received_at=max(asked, seller.clock.now()),
    )


def close(seller: Seller, ref: str) -> None:
    """The case of that order is over."""
    from stopship.application.record import Step
    from stopship.domain.events import CaseClosed

    case = seller.desk.cases.load(MERCHANT, seller.world.case_of(ref).case_id)
    lock = seller.desk.ledger.lock_of(MERCHANT, "amazon", ref)
    assert lock is not None
    step = Step(lock_from=lock, lock=OrderLock(lock.channel, ref, lock.case_id, lock.sequence, active=False))
    step.add(CaseClosed("withdrawn", False, [], "", False, {}, seller.clock.now()), "closed:0")
    seller.desk.cases.append(case, step)


# ---------------------------------------------------------------------------------------------- watermark and pages


def test_all_pages_are_read_and_then_the_watermark_moves(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "PAGE", "2")
    refs = [seller.order() for _ in range(5)]
    for ref in refs:
        seller.tell("buyer-cancel", ref)
    swept = seller.sweep()
    assert (swept.requests, swept.orders, swept.queued) == (3, 5, 5)
    assert seller.state.token == "" and seller.state.watermark > instant.normal(before(170))
    assert seller.requests == 3


def test_a_change_that_shows_up_late_is_in_the_overlap(seller: Seller) -> None:
    seller.sweep()
    assert seller.state.watermark > instant.normal(before(200))
    ref = seller.order()
    seller.tell("buyer-cancel", ref, ago=400)
    later(seller)
    seller.sweep()
    assert seller.work() == ["opened"]


def later(seller: Seller) -> None:
    """A while later: the watermark lies further back."""
    state = seller.state
    seller.desk.ledger.save_sweep(MERCHANT, replace(state, watermark=instant.plus(state.watermark, -60)))


def test_a_run_that_ends_between_pages_goes_on_where_it_stopped(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PAGE", "2")
    for _ in range(5):
        seller.tell("buyer-cancel", seller.order())
    time_left = iter([100.0, 5.0])
    first = sweep_orders(seller.desk, seller.queue, seller.changes, MERCHANT, "amazon", lambda: next(time_left))
    assert (first.why, first.requests, seller.state.watermark) == ("time", 1, "")
    assert seller.state.token
    second = seller.sweep()
    assert (second.requests, second.queued, seller.state.token) == (2, 3, "")


def test_the_watermark_stays_when_the_queue_fails(seller: Seller) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    seller.queue.fails = True
    with pytest.raises(ConnectionError):
        seller.sweep()
    assert seller.state.watermark == "" and seller.queue.messages == []
    seller.queue.fails = False
    after_the_lease(seller)
    assert seller.sweep().queued == 1


def after_the_lease(seller: Seller) -> None:
    """The run that died held the sweep for as long as a run may take."""
    assert seller.sweep().why == "busy"
    seller.desk.ledger.save_sweep(MERCHANT, replace(seller.state, busy_until=instant.normal(before(1))))


def test_a_page_token_that_has_expired_begins_the_query_again(
    running: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = Seller(running, **WIDE, page_token_seconds=-1)
    monkeypatch.setattr(sweep, "PAGE", "2")
    for _ in range(3):
        seller.tell("buyer-cancel", seller.order())
    time_left = iter([100.0, 5.0])
    sweep_orders(seller.desk, seller.queue, seller.changes, MERCHANT, "amazon", lambda: next(time_left))
    monkeypatch.setattr(sweep, "PAGE", "100")
    swept = seller.sweep()
    assert (swept.why, swept.requests, seller.state.token) == ("done", 2, "")
    assert len({m["delivery_id"] for m in seller.queue.messages}) == 3


# ---------------------------------------------------------------------------------------------- the allowance


def test_the_allowance_is_amazons_own_and_is_not_overdrawn(running: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    seller = Seller(running)
    monkeypatch.setattr(sweep, "PAGE", "1")
    for _ in range(25):
        seller.order()
    swept = seller.sweep()
    assert (swept.why, swept.requests, seller.requests) == ("allowance", 20, 20)
    again = seller.sweep()
    assert (again.why, again.requests, seller.requests) == ("allowance", 0, 20)
    assert seller.state.token


def test_two_runs_at_once_do_not_double_what_is_spent(seller: Seller) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    inner: list[SweptOrders] = []

    class Nosy(AmazonChanges):
        def changed(self, *args: Any) -> Any:
            inner.append(seller.sweep())
            return super().changed(*args)

    endpoint = f"{running_endpoint(seller)}"
    connection = AmazonConnection(MERCHANT, endpoint, "A1SELLER", ("ATVPDKIKX0DER",), **SECRETS, warehouse="east")
    swept = sweep_orders(seller.desk, seller.queue, Nosy(connection, seller.clock), MERCHANT, "amazon", lambda: 100.0)
    assert [x.why for x in inner] == ["busy"] and swept.why == "done"
    assert seller.requests == 1 and len(seller.queue.messages) == 1


def running_endpoint(seller: Seller) -> str:
    return f"{seller.sandboxes.endpoint}/amazon/{seller.name}"


def test_a_run_whose_lease_was_taken_over_stops_without_writing(seller: Seller) -> None:
    seller.order()

    class Slow(AmazonChanges):
        def changed(self, *args: Any) -> Any:
            page = super().changed(*args)
            seller.desk.ledger.save_sweep(MERCHANT, replace(seller.state, busy_until="2999-01-01T00:00:00.000000Z"))
            return page

    connection = AmazonConnection(
        MERCHANT, running_endpoint(seller), "A1SELLER", ("ATVPDKIKX0DER",), **SECRETS, warehouse="east"
    )
    swept = sweep_orders(seller.desk, seller.queue, Slow(connection, seller.clock), MERCHANT, "amazon", lambda: 100.0)
    assert swept.why == "busy"
    assert seller.state.watermark == "" and seller.state.busy_until.startswith("2999")


def test_amazons_own_rate_is_kept_to(seller: Seller) -> None:
    seller.sweep()
    assert seller.state.allowance.rate == 100.0


def test_a_429_takes_all_that_was_thought_to_be_left(seller: Seller, running: Sandboxes) -> None:
    running.trap("*", "search", "http_429", seconds=200)
    swept = seller.sweep()
    assert (swept.why, swept.requests) == ("unavailable", 1)
    assert seller.state.busy_until == "" and seller.state.watermark == ""
    assert seller.sweep().why == "allowance"


@pytest.mark.parametrize("kind", ["http_500", "reset", "http_500_after"])
def test_a_search_that_fails_is_made_again_by_the_next_run(seller: Seller, running: Sandboxes, kind: Any) -> None:
    ref = seller.order()
    seller.tell("buyer-cancel", ref)
    running.trap("*", "search", kind)
    assert (seller.sweep().why, seller.queue.messages) == ("unavailable", [])
    assert seller.sweep().queued == 1


def test_a_revoked_token_costs_a_second_request_which_is_counted(seller: Seller, running: Sandboxes) -> None:
    seller.sweep()
    running.command(f"amazon/{seller.name}/revoke")
    later(seller)
    assert seller.sweep().requests == 2


# ---------------------------------------------------------------------------------------------- what fits nothing


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("orders", None),
        ("orders.0", "an order"),
        ("orders.0.orderId", None),
        ("orders.0.createdTime", "yesterday"),
        ("orders.0.fulfillment.fulfillmentStatus", "PAUSED"),
        ("orders.0.orderItems.0.fulfillment.quantityUnfulfilled", 99),
        ("lastUpdatedBefore", "soon"),
    ],
)
def test_an_answer_of_a_shape_we_do_not_know_moves_nothing(
    seller: Seller, running: Sandboxes, place: str, value: object
) -> None:
    seller.tell("buyer-cancel", seller.order())
    running.trap("*", "search", "false_ok", detail={"change": {place: value}})
    with pytest.raises(PartnerContractBroken):
        seller.sweep()
    assert (seller.queue.messages, seller.state.watermark, seller.state.busy_until) == ([], "", "")
    assert seller.sweep().queued == 1


def test_a_search_that_amazon_refuses_is_told_and_releases_the_sweep(running: Sandboxes) -> None:
    seller = Seller(running, **WIDE, refresh_token="another")
    with pytest.raises(PartnerRefused):
        seller.sweep()
    assert (seller.state.busy_until, seller.requests) == ("", 0)


@pytest.mark.parametrize("body", [{}, {"part": "wish"}, {"part": "other", "order": {}}, {"part": "wish", "order": {}}])
def test_what_no_sweep_queued_surfaces(body: dict[str, Any]) -> None:
    message = IntakeMessage(MERCHANT, "amazon", "order_sweep", "d", "k", "s", "2026-11-25T10:00:00.000000Z")
    with pytest.raises(InvalidInput):
        sweep.normalise(message, body)
