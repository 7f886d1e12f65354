"""The ShipBob adapter against the ShipBob sandbox, over HTTP."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.inbox import Delivered, Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.adapters.shipbob import signature
from stopship.adapters.shipbob.warehouse import ShipBobWarehouse, connect
from stopship.application.ports import StopCommand
from stopship.domain.capabilities import CAPABILITIES, PickReading
from stopship.domain.carrier import CarrierState
from stopship.domain.errors import NotAuthentic, PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.order import AckLevel, PickObservation, PickState, StopAnswer
from stopship.wiring.partners import ConfiguredPartners
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, NAME, TOKEN, CHANNEL = "acme", "bob", "pat-1", "4711"
SECRET, OTHER_SECRET = "whsec_" + "QUJD" * 8, "whsec_" + "REVG" * 8
SETTINGS = {"token": TOKEN, "channel_id": CHANNEL, "webhook_secret": SECRET, "warehouse": NAME}
_numbers = count(1)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture(scope="module")
def sandboxes(inbox: Inbox) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(inbox.url, merchants={MERCHANT: {"shipbob": SETTINGS}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


def config(sandboxes: Sandboxes, **more: Any) -> dict[str, Any]:
    told = {"kind": "shipbob", "endpoint": f"{sandboxes.endpoint}/shipbob/{MERCHANT}", "token": TOKEN}
    return {**told, "channel_id": CHANNEL, "takes_holds": False, **more}


@pytest.fixture
def bob(sandboxes: Sandboxes) -> ShipBobWarehouse:
    return connect(MERCHANT, NAME, config(sandboxes), SystemClock())


class Placed:
    """An order in two boxes, and what ShipBob holds of it."""

    def __init__(self, sandboxes: Sandboxes, boxes: list[dict[str, int]] | None = None) -> None:
        self.sandboxes, self.ref = sandboxes, f"order {next(_numbers)}/é#1"
        self.boxes = [{"MUG": 2}, {"TEE": 3}] if boxes is None else boxes
        told = {"order_ref": self.ref, "shipments": self.boxes}
        self.ids: list[int] = sandboxes.command(f"shipbob/{MERCHANT}/orders", told)["shipments"]

    def advance(self, to: str, which: int = 0, **more: Any) -> None:
        self.sandboxes.command(f"shipbob/{MERCHANT}/advance", {"shipment": self.ids[which], "to": to, **more})

    def set(self, which: int = 0, **told: Any) -> None:
        self.sandboxes.command(f"shipbob/{MERCHANT}/set", {"shipment": self.ids[which], **told})

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        self.sandboxes.trap(self.ref, operation, kind, **more)

    def change(self, operation: str, place: str, value: Any) -> None:
        self.trap(operation, "false_ok", detail={"change": {place: value}})

    def effects(self) -> list[str]:
        return [entry.operation for entry in self.sandboxes.journal("shipbob", MERCHANT, self.ref)]

    def stop(self, pieces: int = 5, leg_id: str = "fo-1", *, physical: bool = False) -> StopCommand:
        """``pieces`` of the order's one line here, 0 for no lines."""
        lines = {"line-1": pieces} if pieces else {}
        at = "2030-01-01T00:00:00.000000Z"
        return StopCommand("case-1", self.ref, leg_id, lines, physical, at, "", f"{self.ref}:stop:1")


@pytest.fixture
def placed(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes)


@pytest.fixture
def one_box(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes, [{"MUG": 2}])


def read(bob: ShipBobWarehouse, placed: Placed, leg_id: str = "fo-1") -> PickObservation:
    return bob.read_pick_state(placed.ref, leg_id)


# ---------------------------------------------------------------------------------------------- stops


def test_shipments_that_nobody_picked_are_cancelled_and_read_back(bob: ShipBobWarehouse, placed: Placed) -> None:
    answer = bob.stop_ship(placed.stop())
    assert (answer.level, answer.partial, answer.source) == (AckLevel.SYSTEM_CANCELLED, False, NAME)
    assert answer.reference == ",".join(map(str, placed.ids))
    assert placed.effects() == ["cancel", "cancel"]
    assert read(bob, placed).state is PickState.NOT_RELEASED


def test_the_same_stop_twice_acts_once_and_gives_one_answer(bob: ShipBobWarehouse, placed: Placed) -> None:
    first, second = (bob.stop_ship(placed.stop()) for _ in range(2))
    assert first == second
    assert placed.effects() == ["cancel", "cancel"]


def test_a_leg_that_is_a_shipment_is_stopped_alone(bob: ShipBobWarehouse, placed: Placed) -> None:
    answer = bob.stop_ship(placed.stop(3, leg_id=str(placed.ids[1])))
    assert (answer.level, answer.reference) == (AckLevel.SYSTEM_CANCELLED, str(placed.ids[1]))
    assert placed.effects() == ["cancel"]
    assert read(bob, placed, str(placed.ids[0])).state is PickState.RELEASED


def test_one_of_two_shipments_that_is_picked_makes_the_answer_partial(bob: ShipBobWarehouse, placed: Placed) -> None:
    placed.advance("picked", 1)
    answer = bob.stop_ship(placed.stop())
    assert (answer.partial, answer.reason, answer.reference) == (True, "partial", str(placed.ids[0]))
    assert placed.effects() == ["cancel"]
    assert read(bob, placed).state is PickState.PICKED


@pytest.mark.parametrize("to", ["picked", "packed", "labelled", "in_transit", "delivered"])
def test_what_is_picked_or_further_is_refused_and_stays_as_it_was(
    bob: ShipBobWarehouse, one_box: Placed, to: str
) -> None:
    one_box.advance(to)
    before = one_box.effects()
    answer = bob.stop_ship(one_box.stop(2, physical=True))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "not_cancelled")
    assert one_box.effects() == before


def test_less_than_the_shipments_hold_is_refused_before_any_of_them_is_touched(
    bob: ShipBobWarehouse, placed: Placed
) -> None:
    answer = bob.stop_ship(placed.stop(4))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "only_whole_shipments")
    assert placed.effects() == []


def test_more_than_the_shipments_hold_comes_back_partial(bob: ShipBobWarehouse, placed: Placed) -> None:
    answer = bob.stop_ship(placed.stop(6))
    assert (answer.level, answer.partial) == (AckLevel.SYSTEM_CANCELLED, True)
    assert bob.stop_ship(placed.stop(6)).partial
    assert placed.effects() == ["cancel", "cancel"]


def test_a_stop_without_lines_means_all_of_the_order(bob: ShipBobWarehouse, placed: Placed) -> None:
    assert bob.stop_ship(placed.stop(0)).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel", "cancel"]


def test_what_is_left_of_an_order_that_partly_shipped_can_be_stopped(bob: ShipBobWarehouse, placed: Placed) -> None:
    for step in ("labelled", "in_transit"):
        placed.advance(step)
    answer = bob.stop_ship(placed.stop(3))
    assert (answer.level, answer.partial, answer.reference) == (
        AckLevel.SYSTEM_CANCELLED,
        False,
        str(placed.ids[1]),
    )


def test_an_order_that_was_imported_twice_is_stopped_in_both_copies(
    sandboxes: Sandboxes, bob: ShipBobWarehouse
) -> None:
    placed = Placed(sandboxes, [{"MUG": 1}])
    sandboxes.command(f"shipbob/{MERCHANT}/orders", {"order_ref": placed.ref, "shipments": [{"MUG": 1}]})
    assert bob.stop_ship(placed.stop(2)).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel", "cancel"]


@pytest.mark.parametrize("order_ref", ["nowhere", "a,b", ""])
def test_an_order_that_shipbob_does_not_know_is_rejected_as_unknown(
    bob: ShipBobWarehouse, placed: Placed, order_ref: str
) -> None:
    placed.ref, known = order_ref, placed.ref
    answer = bob.stop_ship(placed.stop())
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "unknown_order")
    assert bob.read_pick_state(order_ref, "fo-1").state is PickState.UNKNOWN
    placed.ref = known
    assert placed.effects() == []


def test_shipbob_takes_no_holds_and_is_not_called_for_one(bob: ShipBobWarehouse, placed: Placed) -> None:
    placed.trap("*", "http_500", times=-1)
    answer = bob.place_hold("case-1", placed.ref, "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "no_holds")
    bob.release_hold("case-1", placed.ref, "release-1")
    assert placed.effects() == []


# ---------------------------------------------------------------------------------------------- traps


def test_a_yes_that_the_order_does_not_show_is_no_more_than_accepted(bob: ShipBobWarehouse, placed: Placed) -> None:
    placed.trap("cancel", "silent")
    answer = bob.stop_ship(placed.stop())
    assert (answer.level, answer.reason) == (AckLevel.ACCEPTED, "still_open")
    assert placed.effects() == []


def test_a_yes_that_comes_true_later_is_found_by_asking_again(bob: ShipBobWarehouse, placed: Placed) -> None:
    placed.trap("cancel", "late", seconds=3)
    assert bob.stop_ship(placed.stop()).level is AckLevel.ACCEPTED
    assert until(lambda: len(placed.effects()) == 2, 20.0)
    assert bob.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel", "cancel"]


def test_a_false_yes_is_contradicted_by_the_order_and_by_the_timeline(bob: ShipBobWarehouse, one_box: Placed) -> None:
    one_box.trap("cancel", "false_ok")
    assert bob.stop_ship(one_box.stop(2)).level is AckLevel.ACCEPTED
    assert read(bob, one_box).state is PickState.PICKED
    assert one_box.effects() == []


def test_a_false_yes_that_the_order_repeats_is_contradicted_by_the_timeline(
    bob: ShipBobWarehouse, one_box: Placed
) -> None:
    one_box.trap("cancel", "false_ok", detail={"status": "Cancelled"})
    assert bob.stop_ship(one_box.stop(2)).level is AckLevel.SYSTEM_CANCELLED
    assert read(bob, one_box).state is PickState.PICKED
    assert one_box.effects() == []


def test_a_refusal_leaves_the_work_as_it_was_and_its_text_is_not_repeated(
    bob: ShipBobWarehouse, placed: Placed
) -> None:
    placed.trap("cancel", "rejected", detail={"reason": "Jane Roe asked for it"})
    answer = bob.stop_ship(placed.stop())
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "not_cancelled")
    assert "Jane" not in repr(answer)
    assert placed.effects() == []


def test_work_that_comes_back_at_once_is_no_stop(bob: ShipBobWarehouse, one_box: Placed) -> None:
    one_box.trap("cancel", "recreate")
    answer = bob.stop_ship(one_box.stop(2))
    assert (answer.level, answer.reason) == (AckLevel.ACCEPTED, "other_work_open")
    assert one_box.effects() == ["cancel", "recreate"]


@pytest.mark.parametrize("operation", ["read", "cancel"])
@pytest.mark.parametrize(("kind", "in_doubt"), [("http_429", False), ("http_500", True), ("reset", True)])
def test_a_call_that_fails_can_be_repeated_and_acts_once(
    bob: ShipBobWarehouse, placed: Placed, operation: str, kind: Any, in_doubt: bool
) -> None:
    placed.trap(operation, kind, seconds=2)
    with pytest.raises(PartnerUnavailable) as caught:
        bob.stop_ship(placed.stop())
    assert (caught.value.in_doubt, caught.value.retry_after) == (in_doubt, 2.0 if kind == "http_429" else None)
    assert placed.effects() == []
    assert bob.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel", "cancel"]


@pytest.mark.parametrize(("kind", "after"), [("http_500_after", False), ("reset", True)])
def test_a_lost_answer_is_in_doubt_and_its_repeat_acts_once(
    bob: ShipBobWarehouse, placed: Placed, kind: Any, after: bool
) -> None:
    placed.trap("cancel", kind, after=after)
    with pytest.raises(PartnerUnavailable) as caught:
        bob.stop_ship(placed.stop())
    assert caught.value.in_doubt
    assert bob.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel", "cancel"]


def test_a_slow_answer_is_still_an_answer(bob: ShipBobWarehouse, placed: Placed) -> None:
    placed.trap("cancel", "slow", seconds=0.2)
    assert bob.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED


@pytest.mark.parametrize(("told", "code"), [({"token": "wrong"}, "status_401"), ({"channel_id": "1"}, "status_422")])
def test_who_may_not_is_refused_and_nothing_happens(
    sandboxes: Sandboxes, placed: Placed, told: dict[str, str], code: str
) -> None:
    with pytest.raises(PartnerRefused) as caught:
        connect(MERCHANT, NAME, config(sandboxes, **told), SystemClock()).stop_ship(placed.stop())
    assert caught.value.code == code
    assert TOKEN not in str(caught.value)
    assert placed.effects() == []


# ---------------------------------------------------------------------------------------------- readings


@pytest.mark.parametrize(
    ("to", "state"),
    [
        ("picked", PickState.PICKED),
        ("packed", PickState.PACKED),
        ("labelled", PickState.LABELLED),
        ("in_transit", PickState.SHIPPED),
        ("delivered", PickState.DELIVERED),
    ],
)
def test_the_timeline_says_how_far_it_is(bob: ShipBobWarehouse, one_box: Placed, to: str, state: PickState) -> None:
    before = SystemClock().now()
    one_box.advance(to)
    seen = read(bob, one_box)
    assert (seen.state, seen.source) == (state, NAME)
    assert before <= seen.observed_at <= SystemClock().now()
    assert bool(seen.departed_at) is (state in (PickState.SHIPPED, PickState.DELIVERED))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Processing", PickState.RELEASED),
        ("OnHold", PickState.NOT_RELEASED),
        ("Exception", PickState.NOT_RELEASED),
        ("ImportReview", PickState.NOT_RELEASED),
        ("LabeledCreated", PickState.LABELLED),
        ("Completed", PickState.LABELLED),
        ("CleanSweeped", PickState.UNKNOWN),
        ("None", PickState.UNKNOWN),
    ],
)
def test_every_status_of_the_contract_is_read_for_the_least_that_it_says(
    bob: ShipBobWarehouse, one_box: Placed, status: str, state: PickState
) -> None:
    one_box.set(status=status)
    assert read(bob, one_box).state is state


def test_a_completed_shipment_that_no_carrier_took_has_not_left(bob: ShipBobWarehouse, one_box: Placed) -> None:
    one_box.advance("labelled")
    seen = read(bob, one_box)
    assert (seen.state, seen.departed_at) == (PickState.LABELLED, "")


def test_a_cancelled_shipment_that_was_picked_is_still_picked(bob: ShipBobWarehouse, one_box: Placed) -> None:
    one_box.advance("picked")
    one_box.set(status="Cancelled")
    assert read(bob, one_box).state is PickState.PICKED


def test_a_cancelled_shipment_that_leaves_all_the_same_has_left(bob: ShipBobWarehouse, one_box: Placed) -> None:
    bob.stop_ship(one_box.stop(2))
    one_box.advance("in_transit", force=True)
    assert read(bob, one_box).state is PickState.SHIPPED


def test_where_one_left_and_the_other_is_cancelled_nobody_knows_which_is_meant(
    bob: ShipBobWarehouse, placed: Placed
) -> None:
    placed.advance("in_transit")
    placed.set(1, status="Cancelled")
    assert read(bob, placed).state is PickState.UNKNOWN
    assert read(bob, placed, str(placed.ids[1])).state is PickState.NOT_RELEASED


def test_a_status_that_is_new_is_unknown(bob: ShipBobWarehouse, one_box: Placed) -> None:
    one_box.change("read", "0.shipments.0.status", "Teleported")
    assert read(bob, one_box).state is PickState.UNKNOWN


def test_a_step_that_is_new_makes_work_before_the_pick_unknown_and_leaves_later_work_as_it_is(
    bob: ShipBobWarehouse, one_box: Placed
) -> None:
    one_box.set(log_type=699)
    assert read(bob, one_box).state is PickState.UNKNOWN
    one_box.advance("picked")
    assert read(bob, one_box).state is PickState.PICKED


def test_no_name_and_no_address_comes_out_of_the_adapter(bob: ShipBobWarehouse, placed: Placed) -> None:
    said = repr([read(bob, placed), bob.stop_ship(placed.stop())])
    assert [x for x in ("Jane", "Roe", "example.com", "555-0101") if x in said] == []


@pytest.mark.parametrize(
    ("operation", "place", "value", "field"),
    [
        ("read", "0.shipments.0.status", 7, "0.shipments.0.status"),
        ("read", "0.shipments.0.id", "x", "0.shipments.0.id"),
        ("read", "0.shipments", "none", "0.shipments"),
        ("timeline", "0.log_type_id", "picked", "0.log_type_id"),
        ("timeline", "0.timestamp", "yesterday", "0.timestamp"),
    ],
)
def test_an_answer_of_a_wrong_shape_breaks_the_contract_and_is_named(
    bob: ShipBobWarehouse, one_box: Placed, operation: str, place: str, value: Any, field: str
) -> None:
    one_box.change(operation, place, value)
    with pytest.raises(PartnerContractBroken) as caught:
        read(bob, one_box)
    assert caught.value.evidence["field"] == field


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        ("results.0.is_success", "yes", "results.0.is_success"),
        ("results", None, "results"),
        ("results.0.shipment_id", 1, "results"),
    ],
)
def test_results_of_a_wrong_shape_are_not_taken_for_a_cancel(
    bob: ShipBobWarehouse, one_box: Placed, place: str, value: Any, field: str
) -> None:
    one_box.change("cancel", place, value)
    with pytest.raises(PartnerContractBroken) as caught:
        bob.stop_ship(one_box.stop(2))
    assert caught.value.evidence["field"] == field


# ---------------------------------------------------------------------------------------------- what it is worth


def test_no_answer_claims_more_than_the_table_says(sandboxes: Sandboxes, bob: ShipBobWarehouse) -> None:
    row = CAPABILITIES["shipbob"]
    assert (row.proves, row.pick_state, row.holds) == (AckLevel.SYSTEM_CANCELLED, PickReading.LIVE, "")
    answers: list[StopAnswer] = []
    for kind in ("silent", "late", "false_ok", "rejected", "recreate", "slow"):
        placed = Placed(sandboxes)
        placed.trap("cancel", kind)  # type: ignore[arg-type]
        answers.append(bob.stop_ship(placed.stop(physical=True)))
    assert AckLevel.PHYSICALLY_STOPPED not in {answer.level for answer in answers}
    assert {answer.level for answer in answers} == {AckLevel.ACCEPTED, AckLevel.REJECTED, AckLevel.SYSTEM_CANCELLED}


def test_a_merchants_configuration_makes_the_warehouse(sandboxes: Sandboxes, placed: Placed) -> None:
    class Told(Merchants):
        def __init__(self) -> None:
            """Nothing is fetched."""

        def connections(self, merchant: str) -> dict[str, Any]:
            return {"warehouses": {NAME: config(sandboxes)}}

    partners = ConfiguredPartners(Told())
    assert partners.warehouses(MERCHANT)[NAME].read_pick_state(placed.ref, "").state is PickState.RELEASED
    assert partners.hold_first(MERCHANT) == []


# ---------------------------------------------------------------------------------------------- webhooks


def sent(inbox: Inbox, placed: Placed) -> list[Delivered]:
    return [m for m in inbox.messages if json.loads(m.body).get("reference_id") == placed.ref]


def test_webhooks_are_signed_as_the_standard_says(inbox: Inbox, one_box: Placed) -> None:
    one_box.advance("labelled")
    assert until(lambda: bool(sent(inbox, one_box)), 5.0)
    (message,) = sent(inbox, one_box)
    headers = {name.lower(): value for name, value in message.headers.items()}
    assert message.path == f"/webhooks/shipbob?merchant={MERCHANT}&warehouse={NAME}"
    assert headers["x-webhook-topic"] == "order.shipped"
    proof = (headers["webhook-id"], headers["webhook-timestamp"], message.body, headers["webhook-signature"])
    signature.verify(*proof, [OTHER_SECRET, SECRET], SystemClock().now())
    with pytest.raises(NotAuthentic):
        signature.verify(*proof, [OTHER_SECRET], SystemClock().now())


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """Standard Webhooks, "Verifying signatures": secret, id, time, body and signature as printed there."""
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = signature.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, secret)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_parcels_of_an_order_are_its_boxes_that_have_a_label(sandboxes: Sandboxes, bob: ShipBobWarehouse) -> None:
    placed = Placed(sandboxes)
    assert bob.parcels(placed.ref, "fo-1") == []
    placed.set(0, tracking=" 1Z999AA10123456784 ", carrier="UPS Ground")
    (parcel,) = bob.parcels(placed.ref, "fo-1")
    assert (parcel.carrier, parcel.number, parcel.skus, parcel.lines) == ("ups", "1Z999AA10123456784", {"MUG": 2}, {})
    assert (parcel.state, parcel.works) == (CarrierState.UNKNOWN, frozenset({str(placed.ids[0])}))
    assert parcel.number not in repr(parcel)
    placed.set(1, tracking="9400100000000000000000", carrier="USPS")
    assert [x.carrier for x in bob.parcels(placed.ref, "fo-1")] == ["ups", "usps"]
    assert [x.carrier for x in bob.parcels(placed.ref, str(placed.ids[1]))] == ["usps"]
    placed.set(1, status="Cancelled")
    assert [x.carrier for x in bob.parcels(placed.ref, "")] == ["ups"]


def test_a_box_that_arrived_says_so_and_its_carrier_may_be_one_that_nobody_knows(
    sandboxes: Sandboxes, bob: ShipBobWarehouse
) -> None:
    placed = Placed(sandboxes, [{"MUG": 1}])
    placed.set(tracking="X1", carrier="Bike Courier")
    placed.advance("delivered")
    (parcel,) = bob.parcels(placed.ref, "")
    assert (parcel.carrier, parcel.state) == ("other", CarrierState.DELIVERED)


def test_a_box_whose_goods_have_no_sku_is_no_parcel_of_anything(sandboxes: Sandboxes, bob: ShipBobWarehouse) -> None:
    placed = Placed(sandboxes, [{"MUG": 1}])
    placed.set(tracking="X1", carrier="UPS")
    placed.change("read", "0.shipments.0.products.0.sku", None)
    assert bob.parcels(placed.ref, "") == []
