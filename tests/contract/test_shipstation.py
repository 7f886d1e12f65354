"""The ShipStation adapter against the ShipStation sandbox, over HTTP."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.adapters.shipstation.warehouse import ShipStationWarehouse, connect
from stopship.application.ports import StopCommand
from stopship.domain.capabilities import CAPABILITIES, PickReading
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.order import AckLevel, PickState
from stopship.wiring.partners import ConfiguredPartners
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, NAME, API_KEY = "acme", "station", "key-1"
SETTINGS = {"api_key": API_KEY, "warehouse": NAME}
_numbers = count(1)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture(scope="module")
def sandboxes(inbox: Inbox) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(inbox.url, merchants={MERCHANT: {"shipstation": SETTINGS}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


def config(sandboxes: Sandboxes, **more: Any) -> dict[str, Any]:
    told = {"kind": "shipstation", "endpoint": f"{sandboxes.endpoint}/shipstation/{MERCHANT}/v1", "api_key": API_KEY}
    return {**told, "takes_holds": False, **more}


@pytest.fixture
def station(sandboxes: Sandboxes) -> ShipStationWarehouse:
    return connect(MERCHANT, NAME, config(sandboxes), SystemClock())


class Placed:
    """An order in two shipments of a line each, and what ShipStation holds of it."""

    def __init__(self, sandboxes: Sandboxes, shipments: list[dict[str, int]] | None = None) -> None:
        self.sandboxes, self.ref = sandboxes, f"order {next(_numbers)}/é#1"
        told = [{"line-1": 2}, {"line-2": 3}] if shipments is None else shipments
        self.ids: list[str] = self.tell("orders", order_ref=self.ref, shipments=told)["shipments"]

    def tell(self, command: str, **told: Any) -> Any:
        return self.sandboxes.command(f"shipstation/{MERCHANT}/{command}", told)

    def label(self, which: int = 0) -> str:
        return str(self.tell("label", shipment=self.ids[which])["label"])

    def set(self, status: str, which: int = 0) -> None:
        self.tell("set", shipment=self.ids[which], status=status)

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        self.sandboxes.trap(self.ref, operation, kind, **more)

    def change(self, operation: str, place: str, value: Any) -> None:
        self.trap(operation, "false_ok", detail={"change": {place: value}})

    def effects(self) -> list[str]:
        return [entry.operation for entry in self.sandboxes.journal("shipstation", MERCHANT, self.ref)]

    def stop(self, leg_id: str = "fo-1", *, physical: bool = False, **lines: int) -> StopCommand:
        wanted = {name.replace("_", "-"): quantity for name, quantity in lines.items()}
        at = "2030-01-01T00:00:00.000000Z"
        told = wanted or {"line-1": 2, "line-2": 3}
        return StopCommand("case-1", self.ref, leg_id, told, physical, at, "", f"{self.ref}:stop:1")


@pytest.fixture
def placed(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes)


@pytest.fixture
def one(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes, [{"line-1": 2}])


# ---------------------------------------------------------------------------------------------- stops


def test_shipments_without_labels_are_cancelled_and_read_back(station: ShipStationWarehouse, placed: Placed) -> None:
    answer = station.stop_ship(placed.stop())
    assert (answer.level, answer.partial, answer.source) == (AckLevel.SYSTEM_CANCELLED, False, NAME)
    assert answer.reference == ",".join(placed.ids)
    assert placed.effects() == ["cancel", "cancel"]


def test_every_label_is_voided_before_its_shipment_is_cancelled(station: ShipStationWarehouse, one: Placed) -> None:
    one.label()
    one.label()
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.SYSTEM_CANCELLED
    assert one.effects() == ["void", "void", "cancel"]


def test_the_same_stop_twice_acts_once_and_gives_one_answer(station: ShipStationWarehouse, one: Placed) -> None:
    one.label()
    first, second = (station.stop_ship(one.stop(line_1=2)) for _ in range(2))
    assert first == second
    assert one.effects() == ["void", "cancel"]


def test_only_the_shipments_that_hold_the_lines_are_touched(station: ShipStationWarehouse, placed: Placed) -> None:
    answer = station.stop_ship(placed.stop(line_2=3))
    assert (answer.level, answer.partial, answer.reference) == (AckLevel.SYSTEM_CANCELLED, False, placed.ids[1])
    assert placed.effects() == ["cancel"]


def test_a_leg_that_is_a_shipment_is_stopped_alone(station: ShipStationWarehouse, placed: Placed) -> None:
    answer = station.stop_ship(placed.stop(placed.ids[0], line_1=2))
    assert (answer.level, answer.reference) == (AckLevel.SYSTEM_CANCELLED, placed.ids[0])


@pytest.mark.parametrize("shipments", [[{"line-1": 2}], [{"line-1": 1, "line-9": 1}]])
def test_a_wish_for_less_than_a_shipment_holds_is_refused_before_it_is_touched(
    sandboxes: Sandboxes, station: ShipStationWarehouse, shipments: list[dict[str, int]]
) -> None:
    placed = Placed(sandboxes, shipments)
    placed.label()
    answer = station.stop_ship(placed.stop(line_1=1))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "only_whole_shipments")
    assert placed.effects() == []


def test_more_than_the_shipments_hold_comes_back_partial_and_names_what_stopped(
    station: ShipStationWarehouse, one: Placed
) -> None:
    answer = station.stop_ship(one.stop(line_1=5))
    assert (answer.partial, answer.stopped_lines) == (True, {"line-1": 2})


def test_a_label_that_cannot_be_voided_leaves_its_shipment_and_stops_the_other(
    station: ShipStationWarehouse, placed: Placed
) -> None:
    placed.label()
    placed.trap("void", "rejected", detail={"reason_code": "label_not_found_within_void_period"})
    answer = station.stop_ship(placed.stop())
    assert (answer.partial, answer.stopped_lines) == (True, {"line-2": 3})
    assert answer.reason == "label_not_found_within_void_period"
    assert placed.effects() == ["cancel"]


@pytest.mark.parametrize(
    "reason",
    [
        "unknown",
        "unspecified",
        "validation_failed",
        "label_not_found_within_void_period",
        "label_already_used",
        "contact_carrier",
    ],
)
def test_a_refused_void_inside_a_200_is_no_yes(station: ShipStationWarehouse, one: Placed, reason: str) -> None:
    one.label()
    one.trap("void", "rejected", detail={"reason_code": reason})
    answer = station.stop_ship(one.stop(line_1=2))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, reason)
    assert one.effects() == []


def test_a_label_that_is_voided_already_does_not_stand_in_the_way(station: ShipStationWarehouse, one: Placed) -> None:
    one.label()
    one.trap("cancel", "http_500")
    with pytest.raises(PartnerUnavailable):
        station.stop_ship(one.stop(line_1=2))
    assert one.effects() == ["void"]
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.SYSTEM_CANCELLED
    assert one.effects() == ["void", "cancel"]


@pytest.mark.parametrize(("status", "state"), [("in_transit", PickState.SHIPPED), ("delivered", PickState.DELIVERED)])
def test_a_parcel_that_the_carrier_has_is_left_alone_and_said_to_have_left(
    station: ShipStationWarehouse, placed: Placed, status: str, state: PickState
) -> None:
    placed.tell("scan", label=placed.label(), status=status)
    before = placed.effects()
    answer = station.stop_ship(placed.stop())
    assert (answer.level, answer.reason, answer.state) == (AckLevel.REJECTED, "departed", state)
    assert placed.effects() == before == ["ship"]


def test_an_order_that_shipstation_does_not_know_is_rejected_as_unknown(
    station: ShipStationWarehouse, one: Placed
) -> None:
    one.trap("read", "silent")
    answer = station.stop_ship(one.stop(line_1=2))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "unknown_order")
    assert one.effects() == []


def test_a_shipment_that_names_another_order_is_not_ours(station: ShipStationWarehouse, one: Placed) -> None:
    one.trap(
        "read",
        "false_ok",
        detail={"change": {"shipments.0.external_order_id": "other", "shipments.0.items.0.external_order_id": "other"}},
    )
    assert station.stop_ship(one.stop(line_1=2)).reason == "unknown_order"
    assert one.effects() == []


def test_all_pages_are_read(sandboxes: Sandboxes, station: ShipStationWarehouse) -> None:
    placed = Placed(sandboxes, [{f"line-{n}": 1} for n in range(101)])
    answer = station.stop_ship(placed.stop(line_100=1))
    assert (answer.level, answer.reference) == (AckLevel.SYSTEM_CANCELLED, placed.ids[100])
    assert placed.effects() == ["cancel"]


# ---------------------------------------------------------------------------------------------- traps


@pytest.mark.parametrize("kind", ["silent", "false_ok"])
def test_a_yes_that_the_shipment_does_not_show_is_no_more_than_accepted(
    station: ShipStationWarehouse, one: Placed, kind: str
) -> None:
    one.trap("cancel", kind)
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.ACCEPTED
    assert one.effects() == []


def test_a_yes_that_comes_true_later_is_found_by_asking_again(station: ShipStationWarehouse, one: Placed) -> None:
    one.trap("cancel", "late", seconds=3)
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.ACCEPTED
    assert until(lambda: one.effects() == ["cancel"], 20.0)
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.SYSTEM_CANCELLED
    assert one.effects() == ["cancel"]


def test_work_that_comes_back_at_once_is_no_stop(station: ShipStationWarehouse, one: Placed) -> None:
    one.trap("cancel", "recreate")
    answer = station.stop_ship(one.stop(line_1=2))
    assert (answer.level, answer.reason) == (AckLevel.ACCEPTED, "still_open")
    assert one.effects() == ["cancel", "recreate"]


def test_a_refused_cancel_is_a_no_in_shipstations_own_word(station: ShipStationWarehouse, one: Placed) -> None:
    one.trap("cancel", "rejected")
    answer = station.stop_ship(one.stop(line_1=2))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "invalid_status")
    assert one.effects() == []


@pytest.mark.parametrize("operation", ["read", "labels", "void", "cancel"])
@pytest.mark.parametrize(("kind", "in_doubt"), [("http_429", False), ("http_500", True), ("reset", True)])
def test_a_call_that_fails_can_be_repeated_and_acts_once(
    station: ShipStationWarehouse, one: Placed, operation: str, kind: Any, in_doubt: bool
) -> None:
    one.label()
    one.trap(operation, kind, seconds=2)
    with pytest.raises(PartnerUnavailable) as caught:
        station.stop_ship(one.stop(line_1=2))
    assert (caught.value.in_doubt, caught.value.retry_after) == (in_doubt, 2.0 if kind == "http_429" else None)
    assert "cancel" not in one.effects()
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.SYSTEM_CANCELLED
    assert one.effects() == ["void", "cancel"]


@pytest.mark.parametrize("operation", ["void", "cancel"])
@pytest.mark.parametrize(("kind", "after"), [("http_500_after", False), ("reset", True)])
def test_a_lost_answer_is_in_doubt_and_its_repeat_acts_once(
    station: ShipStationWarehouse, one: Placed, operation: str, kind: Any, after: bool
) -> None:
    one.label()
    one.trap(operation, kind, after=after)
    with pytest.raises(PartnerUnavailable) as caught:
        station.stop_ship(one.stop(line_1=2))
    assert caught.value.in_doubt
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.SYSTEM_CANCELLED
    assert one.effects() == ["void", "cancel"]


def test_a_slow_answer_is_still_an_answer(station: ShipStationWarehouse, one: Placed) -> None:
    one.trap("cancel", "slow", seconds=0.2)
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.SYSTEM_CANCELLED


def test_a_wrong_key_is_refused_and_nothing_happens(sandboxes: Sandboxes, one: Placed) -> None:
    with pytest.raises(PartnerRefused) as caught:
        connect(MERCHANT, NAME, config(sandboxes, api_key="wrong"), SystemClock()).stop_ship(one.stop(line_1=2))
    assert caught.value.code == "unauthorized"
    assert "wrong" not in str(caught.value)
    assert one.effects() == []


# ---------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize("status", ["pending", "processing", "label_purchased", "cancelled"])
def test_no_status_says_anything_about_the_shelf(station: ShipStationWarehouse, one: Placed, status: str) -> None:
    """And none is asked for: a call would fail."""
    one.set(status)
    one.trap("*", "http_500", times=-1)
    seen = station.read_pick_state(one.ref, "fo-1")
    assert (seen.state, seen.source) == (PickState.UNKNOWN, NAME)


def test_a_status_that_is_new_is_not_taken_for_cancelled(station: ShipStationWarehouse, one: Placed) -> None:
    one.trap("cancel", "silent")
    for _ in range(2):
        one.change("read", "shipments.0.shipment_status", "on_hold")
    assert station.stop_ship(one.stop(line_1=2)).level is AckLevel.ACCEPTED


@pytest.mark.parametrize("place", ["tracking_status", "status"])
def test_a_label_in_a_state_that_is_new_is_not_touched_and_its_word_is_kept(
    station: ShipStationWarehouse, one: Placed, place: str
) -> None:
    one.label()
    one.trap("labels", "false_ok", detail={"change": {f"labels.0.{place}": "teleported"}})
    with pytest.raises(PartnerContractBroken) as caught:
        station.stop_ship(one.stop(line_1=2))
    assert caught.value.evidence == {"field": f"label.{place}", "value": "teleported"}
    assert one.effects() == []


def test_shipstation_takes_no_holds_and_is_not_called_for_one(station: ShipStationWarehouse, one: Placed) -> None:
    one.trap("*", "http_500", times=-1)
    answer = station.place_hold("case-1", one.ref, "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "no_holds")
    station.release_hold("case-1", one.ref, "release-1")
    assert one.effects() == []


def test_no_name_and_no_address_comes_out_of_the_adapter(station: ShipStationWarehouse, one: Placed) -> None:
    said = repr(station.stop_ship(one.stop(line_1=2)))
    assert [x for x in ("Jane", "Roe", "Elm", "Austin", "555-01") if x in said] == []


@pytest.mark.parametrize(
    ("operation", "place", "value"),
    [
        ("read", "shipments.0.shipment_status", 7),
        ("read", "shipments.0.items.0.quantity", "2"),
        ("read", "shipments", None),
        ("read", "pages", "1"),
        ("labels", "labels.0.status", None),
        ("labels", "labels.0.tracking_status", 1),
        ("void", "approved", "yes"),
    ],
)
def test_an_answer_of_a_wrong_shape_breaks_the_contract_and_is_named(
    station: ShipStationWarehouse, one: Placed, operation: str, place: str, value: Any
) -> None:
    one.label()
    one.change(operation, place, value)
    with pytest.raises(PartnerContractBroken) as caught:
        station.stop_ship(one.stop(line_1=2))
    assert caught.value.evidence["field"] == place
    assert "cancel" not in one.effects()


def test_the_table_says_no_more_than_the_matrix() -> None:
    row = CAPABILITIES["shipstation"]
    assert (row.proves, row.pick_state, row.holds) == (AckLevel.SYSTEM_CANCELLED, PickReading.NONE, "")


def test_a_merchants_configuration_makes_the_warehouse(sandboxes: Sandboxes, one: Placed) -> None:
    class Told(Merchants):
        def __init__(self) -> None:
            """Nothing is fetched."""

        def connections(self, merchant: str) -> dict[str, Any]:
            return {"warehouses": {NAME: config(sandboxes)}}

    partners = ConfiguredPartners(Told())
    assert partners.warehouses(MERCHANT)[NAME].stop_ship(one.stop(line_1=2)).level is AckLevel.SYSTEM_CANCELLED
    assert partners.hold_first(MERCHANT) == []


def test_the_parcels_of_an_order_are_its_labels_that_stand(sandboxes: Sandboxes, station: ShipStationWarehouse) -> None:
    placed = Placed(sandboxes)
    assert station.parcels(placed.ref, "fo-1") == []
    label = placed.label()
    (parcel,) = station.parcels(placed.ref, "fo-1")
    assert (parcel.carrier, parcel.number, parcel.lines) == ("usps", f"94{label}", {"line-1": 2})
    assert parcel.shipment == placed.ids[0] and parcel.number not in repr(parcel)
    station.stop_ship(placed.stop())
    assert station.parcels(placed.ref, "fo-1") == []
