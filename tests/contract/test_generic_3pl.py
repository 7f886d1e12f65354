"""The adapter for warehouses against the warehouse sandbox, over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.generic_3pl import answers, signature
from stopship.adapters.generic_3pl.warehouse import Generic3plConnection, Generic3plWarehouse
from stopship.application.ports import StopCommand
from stopship.domain.errors import PartnerRefused, PartnerUnavailable
from stopship.domain.instant import parse, text
from stopship.domain.order import AckLevel, PickState
from stopship.domain.signal import SignalKind
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, NAME = "acme", "east"
SECRETS = ("new-secret", "old-secret")
LINES = {"line-1": 2, "line-2": 1}
_numbers = count(1)


class WallClock:
    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead

    def now(self) -> str:
        return text(datetime.now(UTC) + timedelta(seconds=self.ahead))


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture(scope="module")
def sandboxes(inbox: Inbox) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {"secrets": list(SECRETS), "pull_seconds": 0.05}
        running.configure(inbox.url, merchants={MERCHANT: {"warehouse": {NAME: settings}}})
        yield running


@pytest.fixture
def warehouse(sandboxes: Sandboxes) -> Generic3plWarehouse:
    return make(sandboxes)


@pytest.fixture
def order_ref() -> str:
    return f"#10{next(_numbers)}/a b"


def make(
    sandboxes: Sandboxes, secrets: tuple[str, ...] = SECRETS, ahead: float = 0.0, **more: Any
) -> Generic3plWarehouse:
    endpoint = sandboxes.warehouse_endpoint(MERCHANT, NAME)
    return Generic3plWarehouse(Generic3plConnection(MERCHANT, NAME, endpoint, secrets, **more), WallClock(ahead))


def import_order(sandboxes: Sandboxes, order_ref: str, state: str = "released") -> None:
    sandboxes.warehouse_order(MERCHANT, NAME, order_ref, {"leg-1": LINES}, state)


def command(
    order_ref: str, inbox: Inbox, *, physical: bool = False, leg_id: str = "leg-1", lines: Any = None
) -> StopCommand:
    return StopCommand(
        case_id="case-1",
        order_ref=order_ref,
        leg_id=leg_id,
        lines=LINES if lines is None else lines,
        physical=physical,
        deadline="2030-01-01T00:00:00.000000Z",
        callback_url=f"{inbox.url}/acknowledgments/{order_ref.encode().hex()}",
        key=f"{order_ref}:stop:1",
    )


def operations(sandboxes: Sandboxes, order_ref: str) -> list[str]:
    return [entry.operation for entry in sandboxes.journal("warehouse", MERCHANT, order_ref)]


def callbacks(inbox: Inbox, order_ref: str) -> list[Any]:
    return [m for m in inbox.messages if m.path.endswith(f"/{order_ref.encode().hex()}")]


def await_callback(inbox: Inbox, order_ref: str) -> Any:
    assert until(lambda: bool(callbacks(inbox, order_ref)), 20.0), "no callback came"
    return callbacks(inbox, order_ref)[0]


def events(inbox: Inbox, order_ref: str) -> list[Any]:
    sent = [m for m in inbox.messages if m.path == "/webhooks/generic-3pl"]
    return [m for m in sent if json.loads(m.body)["orderRef"] == order_ref]


# -------------------------------------------------------------------------------------------- stops


def test_work_that_nobody_picked_is_cancelled_by_the_system(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    answer = warehouse.stop_ship(command(order_ref, inbox))
    assert (answer.level, answer.state, answer.partial) == (AckLevel.SYSTEM_CANCELLED, PickState.RELEASED, False)
    assert answer.actor == "system"
    assert answer.reference
    legs = sandboxes.warehouse_show(MERCHANT, NAME, order_ref)["legs"]
    assert legs[0]["cancelled"] == LINES


def test_the_same_stop_twice_has_one_effect_and_one_answer(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    first, second = (warehouse.stop_ship(command(order_ref, inbox)) for _ in range(2))
    assert first == second
    assert operations(sandboxes, order_ref) == ["cancel"]


def test_picked_goods_are_pulled_by_an_operator_who_says_so_later(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref, "picked")
    at_once = warehouse.stop_ship(command(order_ref, inbox, physical=True))
    assert at_once.level is AckLevel.ACCEPTED
    message = await_callback(inbox, order_ref)
    signature.verify(message.body, message.headers[signature.HEADER], SECRETS, WallClock().now())
    answer = answers.parse_callback(NAME, json.loads(message.body), LINES, command(order_ref, inbox).key)
    assert (answer.level, answer.state) == (AckLevel.PHYSICALLY_STOPPED, PickState.PICKED)
    assert answer.actor == "operator", "the badge is not kept"
    assert operations(sandboxes, order_ref) == ["pull"]


def test_picked_goods_cannot_be_stopped_by_the_system_alone(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref, "picked")
    answer = warehouse.stop_ship(command(order_ref, inbox))
    assert (answer.level, answer.reason, answer.state) == (AckLevel.REJECTED, "too_late", PickState.PICKED)
    assert operations(sandboxes, order_ref) == []


def test_a_stop_after_the_label_is_too_late(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref, "labelled")
    answer = warehouse.stop_ship(command(order_ref, inbox, physical=True))
    assert (answer.level, answer.state) == (AckLevel.REJECTED, PickState.LABELLED)
    assert operations(sandboxes, order_ref) == []


def test_one_of_two_legs_left_is_a_partial_answer_that_names_what_stopped(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    sandboxes.warehouse_order(MERCHANT, NAME, order_ref, {"a": {"line-1": 2}, "b": {"line-2": 1}})
    sandboxes.warehouse_ship(MERCHANT, NAME, order_ref, "b")
    answer = warehouse.stop_ship(command(order_ref, inbox, leg_id=""))
    assert answer.partial
    assert answer.stopped_lines == {"line-1": 2}
    seen = warehouse.read_pick_state(order_ref, "")
    assert seen.state is PickState.RELEASED
    assert seen.shipped_lines == {"line-2": 1}


def test_a_part_of_a_line_is_cancelled_and_the_rest_stays_open(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    answer = warehouse.stop_ship(command(order_ref, inbox, lines={"line-1": 1}))
    assert (answer.level, answer.partial) == (AckLevel.SYSTEM_CANCELLED, False)
    assert sandboxes.warehouse_show(MERCHANT, NAME, order_ref)["legs"][0]["cancelled"] == {"line-1": 1}


def test_asking_for_more_than_there_is_comes_back_partial(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    answer = warehouse.stop_ship(command(order_ref, inbox, lines={"line-1": 5}))
    assert answer.partial
    assert answer.stopped_lines == {"line-1": 2}


def test_a_stop_for_an_order_that_is_not_there_yet_catches_it_when_it_is_imported(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    answer = warehouse.stop_ship(command(order_ref, inbox))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "unknown_order")
    import_order(sandboxes, order_ref)
    assert sandboxes.warehouse_show(MERCHANT, NAME, order_ref)["legs"][0]["cancelled"] == LINES


# -------------------------------------------------------------------------------------------- traps


def test_a_silent_warehouse_accepts_and_nothing_happens(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", "silent")
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.ACCEPTED
    assert not until(lambda: bool(callbacks(inbox, order_ref)), 0.3)
    assert operations(sandboxes, order_ref) == []


def test_a_late_warehouse_acts_when_it_answers(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", "late", seconds=3)
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.ACCEPTED
    assert operations(sandboxes, order_ref) == []
    answer = answers.parse_callback(
        NAME, json.loads(await_callback(inbox, order_ref).body), LINES, command(order_ref, inbox).key
    )
    assert answer.level is AckLevel.SYSTEM_CANCELLED
    assert operations(sandboxes, order_ref) == ["cancel"]


def test_a_false_ok_is_contradicted_by_the_next_reading(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", "false_ok", detail={"ships_after": 0.1})
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.SYSTEM_CANCELLED
    assert warehouse.read_pick_state(order_ref, "leg-1").state is not PickState.RELEASED
    assert until(lambda: warehouse.read_pick_state(order_ref, "leg-1").state is PickState.SHIPPED, 5.0)
    assert operations(sandboxes, order_ref) == ["ship"]


def test_a_warehouse_that_refuses_leaves_the_work_as_it_was(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", "rejected")
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.REJECTED
    assert operations(sandboxes, order_ref) == []


def test_work_that_comes_back_after_the_cancel_is_seen_as_a_new_leg(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", "recreate")
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.SYSTEM_CANCELLED
    legs = sandboxes.warehouse_show(MERCHANT, NAME, order_ref)["legs"]
    assert [(leg["leg_id"], leg["cancelled"]) for leg in legs] == [("leg-1", LINES), ("leg-1-R", {})]


@pytest.mark.parametrize(("kind", "in_doubt"), [("http_429", False), ("http_500", True), ("reset", True)])
def test_a_call_that_fails_can_be_repeated_and_acts_once(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str, kind: Any, in_doubt: bool
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", kind, seconds=2)
    with pytest.raises(PartnerUnavailable) as caught:
        warehouse.stop_ship(command(order_ref, inbox))
    assert caught.value.in_doubt is in_doubt
    assert caught.value.retry_after == (2.0 if kind == "http_429" else None)
    assert operations(sandboxes, order_ref) == []
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.SYSTEM_CANCELLED
    assert operations(sandboxes, order_ref) == ["cancel"]


@pytest.mark.parametrize(("kind", "after"), [("http_500_after", False), ("reset", True)])
def test_a_lost_answer_is_in_doubt_and_its_repeat_acts_once(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str, kind: Any, after: bool
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", kind, after=after)
    with pytest.raises(PartnerUnavailable) as caught:
        warehouse.stop_ship(command(order_ref, inbox))
    assert caught.value.in_doubt
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.SYSTEM_CANCELLED
    assert operations(sandboxes, order_ref) == ["cancel"]


def test_a_slow_answer_is_still_an_answer(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.trap(order_ref, "stop_ship", "slow", seconds=0.2)
    assert warehouse.stop_ship(command(order_ref, inbox)).level is AckLevel.SYSTEM_CANCELLED


# -------------------------------------------------------------------------------------------- holds


def test_a_hold_stands_until_it_is_released_and_proves_no_stop(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    for _ in range(2):
        assert warehouse.place_hold("case-1", order_ref, "hold-1").level is AckLevel.ACCEPTED
    with pytest.raises(ValueError, match="held"):
        sandboxes.warehouse_advance(MERCHANT, NAME, order_ref, "picking")
    for _ in range(2):
        warehouse.release_hold("case-1", order_ref, "release-1")
    sandboxes.warehouse_advance(MERCHANT, NAME, order_ref, "picking")
    assert operations(sandboxes, order_ref).count("release") == 1


def test_a_hold_that_is_asked_for_again_is_the_same_hold(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    levels = [warehouse.place_hold("case-1", order_ref, "hold-1").level for _ in range(2)]
    assert levels == [AckLevel.ACCEPTED, AckLevel.ACCEPTED]
    assert [x.operation for x in sandboxes.journal() if x.order_ref == order_ref] == ["hold"]


def test_a_hold_on_an_unknown_order_is_rejected_as_unknown(warehouse: Generic3plWarehouse, order_ref: str) -> None:
    answer = warehouse.place_hold("case-1", order_ref, "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "unknown_order")


def test_a_warehouse_without_holds_is_not_called_for_one(sandboxes: Sandboxes, order_ref: str) -> None:
    import_order(sandboxes, order_ref)
    answer = make(sandboxes, takes_holds=False).place_hold("case-1", order_ref, "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "no_holds")
    assert operations(sandboxes, order_ref) == []


def test_a_hold_that_the_warehouse_lets_go_of_is_a_signal(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    warehouse.place_hold("case-1", order_ref, "hold-1")
    sandboxes.warehouse_release(MERCHANT, NAME, order_ref)
    assert until(lambda: bool(events(inbox, order_ref)), 5.0)
    assert parse_event(events(inbox, order_ref)[0]).kind is SignalKind.HOLD_RELEASED


# -------------------------------------------------------------------------------------------- readings


def test_the_pick_state_is_as_old_as_the_warehouse_says(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, order_ref: str
) -> None:
    import_order(sandboxes, order_ref, "picking")
    fresh = warehouse.read_pick_state(order_ref, "leg-1")
    sandboxes.trap(order_ref, "pick_state", "late", seconds=3600)
    stale = warehouse.read_pick_state(order_ref, "leg-1")
    assert fresh.state is stale.state is PickState.PICKING
    assert 3500 < (parse(fresh.observed_at) - parse(stale.observed_at)).total_seconds() < 3700


@pytest.mark.parametrize("leg_id", ["leg-1", ""])
def test_an_order_that_the_warehouse_does_not_know_is_unknown(warehouse: Generic3plWarehouse, leg_id: str) -> None:
    assert warehouse.read_pick_state("nowhere", leg_id).state is PickState.UNKNOWN


def test_a_leg_that_the_warehouse_does_not_know_is_unknown(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    assert warehouse.read_pick_state(order_ref, "leg-9").state is PickState.UNKNOWN


# -------------------------------------------------------------------------------------------- signatures


def test_the_old_secret_still_opens_the_door_while_secrets_rotate(sandboxes: Sandboxes, order_ref: str) -> None:
    import_order(sandboxes, order_ref)
    assert make(sandboxes, ("old-secret",)).read_pick_state(order_ref, "").state is PickState.RELEASED


@pytest.mark.parametrize(("secrets", "ahead"), [(("wrong",), 0.0), (SECRETS, 400.0), (SECRETS, -400.0)])
def test_a_message_that_is_not_ours_or_not_of_now_is_refused_and_does_nothing(
    sandboxes: Sandboxes, inbox: Inbox, order_ref: str, secrets: tuple[str, ...], ahead: float
) -> None:
    import_order(sandboxes, order_ref)
    with pytest.raises(PartnerRefused) as caught:
        make(sandboxes, secrets, ahead).stop_ship(command(order_ref, inbox))
    assert caught.value.code == "status_401"
    assert operations(sandboxes, order_ref) == []


def test_a_body_that_was_changed_on_the_way_is_refused(sandboxes: Sandboxes, order_ref: str) -> None:
    import_order(sandboxes, order_ref)
    header = signature.sign(b'{"a":1}', SECRETS[:1], WallClock().now())
    url = sandboxes.warehouse_endpoint(MERCHANT, NAME) + "/stop-ship"
    answer = httpx.post(url, content=b'{"a":2}', headers={signature.HEADER: header})
    assert answer.status_code == 401


# -------------------------------------------------------------------------------------------- events


def parse_event(message: Any) -> Any:
    signature.verify(message.body, message.headers[signature.HEADER], SECRETS, WallClock().now())
    return answers.parse_event(
        MERCHANT,
        NAME,
        "shopify",
        json.loads(message.body),
        delivery_id=message.headers["X-Stopship-Delivery"],
        received_at=WallClock().now(),
    )


def test_a_label_is_reported_and_is_no_departure(sandboxes: Sandboxes, inbox: Inbox, order_ref: str) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.warehouse_advance(MERCHANT, NAME, order_ref, "labelled")
    assert until(lambda: bool(events(inbox, order_ref)), 5.0)
    signal = parse_event(events(inbox, order_ref)[0])
    assert (signal.kind, signal.departed, signal.leg_id) == (SignalKind.SHIPMENT, False, "leg-1")


def test_goods_that_leave_after_they_were_stopped_are_reported(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    warehouse.stop_ship(command(order_ref, inbox))
    sandboxes.warehouse_ship(MERCHANT, NAME, order_ref, force=True)
    assert until(lambda: bool(events(inbox, order_ref)), 5.0)
    signal = parse_event(events(inbox, order_ref)[0])
    assert (signal.departed, signal.lines, signal.channel) == (True, LINES, "shopify")


def test_an_event_is_sent_again_under_the_same_id_until_it_is_taken(
    sandboxes: Sandboxes, inbox: Inbox, order_ref: str
) -> None:
    import_order(sandboxes, order_ref)
    inbox.refuse(order_ref, 500)
    sandboxes.duplicate_next_delivery()
    sandboxes.warehouse_ship(MERCHANT, NAME, order_ref)
    assert until(lambda: len(events(inbox, order_ref)) == 3, 5.0), "one failed, one again, one duplicate"
    assert len({m.headers["X-Stopship-Delivery"] for m in events(inbox, order_ref)}) == 1


def test_events_can_arrive_in_the_wrong_order(sandboxes: Sandboxes, inbox: Inbox, order_ref: str) -> None:
    import_order(sandboxes, order_ref)
    sandboxes.pause_deliveries()
    sandboxes.warehouse_advance(MERCHANT, NAME, order_ref, "labelled")
    sandboxes.warehouse_ship(MERCHANT, NAME, order_ref)
    sandboxes.release_deliveries(reverse=True)
    assert until(lambda: len(events(inbox, order_ref)) == 2, 5.0)
    assert [parse_event(m).topic for m in events(inbox, order_ref)] == ["shipment.departed", "shipment.labelled"]


def test_a_warehouse_that_names_its_carrier_tells_the_parcels_of_a_leg(
    sandboxes: Sandboxes, warehouse: Generic3plWarehouse, order_ref: str
) -> None:
    import_order(sandboxes, order_ref, "packed")
    settings = {"secrets": list(SECRETS), "pull_seconds": 0.05}
    sandboxes.configure(merchants={MERCHANT: {"warehouse": {NAME: {**settings, "carrier": "UPS Ground"}}}})
    try:
        assert warehouse.parcels(order_ref, "leg-1") == []
        sandboxes.command(f"warehouse/{MERCHANT}/{NAME}/advance", {"orderRef": order_ref, "state": "labelled"})
        (parcel,) = warehouse.parcels(order_ref, "leg-1")
    finally:
        sandboxes.configure(merchants={MERCHANT: {"warehouse": {NAME: settings}}})
    assert (parcel.carrier, parcel.lines, parcel.works) == ("ups", LINES, {"leg-1"})
    assert parcel.number.startswith("1Z") and parcel.number not in repr(parcel)
    assert warehouse.parcels(order_ref, "leg-1") == []
