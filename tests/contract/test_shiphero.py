"""The ShipHero adapter against the ShipHero sandbox, over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.clock import SystemClock
from stopship.adapters.shiphero.client import restored_in
from stopship.adapters.shiphero.connection import ShipHeroConnection
from stopship.adapters.shiphero.warehouse import ShipHeroWarehouse
from stopship.application.execute_stop_ship import acknowledgement
from stopship.application.ports import StopCommand
from stopship.domain.capabilities import CAPABILITIES
from stopship.domain.carrier import CarrierState
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.events import PickStateObserved
from stopship.domain.order import AckLevel, PickObservation, PickState, StopAnswer
from stopship.wiring.partners import ConfiguredPartners
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.unit.domain import decision_table as table

MERCHANT, NAME, REFRESH = "acme", "hero", "refresh-1"
LINES = {"mug": 2, "tee": 1}
_numbers = count(5_100_000_001)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {"refresh_token": REFRESH, "restored_a_second": 100_000}
        running.configure(merchants={MERCHANT: {"shiphero": settings}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


@pytest.fixture
def connection(sandboxes: Sandboxes) -> ShipHeroConnection:
    return ShipHeroConnection(MERCHANT, NAME, f"{sandboxes.endpoint}/shiphero/{MERCHANT}", REFRESH)


@pytest.fixture
def warehouse(connection: ShipHeroConnection) -> ShipHeroWarehouse:
    return ShipHeroWarehouse(connection, SystemClock())


class Placed:
    """An order of two lines, and what ShipHero holds of it."""

    def __init__(self, sandboxes: Sandboxes, **more: Any) -> None:
        self.sandboxes, self.ref = sandboxes, str(next(_numbers))
        lines = [{"id": line, "sku": line.upper(), "quantity": n} for line, n in LINES.items()]
        self.tell("orders", **{"lines": lines, **more})

    def tell(self, command: str, **more: Any) -> Any:
        return self.sandboxes.command(f"shiphero/{MERCHANT}/{command}", {"order_ref": self.ref, **more})["done"]

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        self.sandboxes.trap(self.ref, operation, kind, **more)

    def effects(self) -> list[str]:
        return [entry.operation for entry in self.sandboxes.journal("shiphero", MERCHANT, self.ref)]

    def held(self) -> list[bool]:
        return [order["holds"].get("client", False) for order in self.tell("show")]

    def command(self, **more: Any) -> StopCommand:
        told: dict[str, Any] = {"case_id": f"case-{self.ref}", "order_ref": self.ref, "leg_id": "6001", "lines": LINES}
        told |= {"physical": False, "deadline": "2030-01-01T00:00:00.000000Z", "callback_url": "", "key": "k:stop:1"}
        return StopCommand(**{**told, **more})


@pytest.fixture
def placed(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes)


def state(warehouse: ShipHeroWarehouse, placed: Placed) -> PickState:
    return warehouse.read_pick_state(placed.ref, "6001").state


# -------------------------------------------------------------------------------------------- stops


def test_work_that_nobody_picked_is_cancelled_and_read_back_as_cancelled(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.state) == (AckLevel.SYSTEM_CANCELLED, PickState.NOT_RELEASED)
    assert (answer.partial, answer.actor, answer.reason) == (False, "system", "")
    (order,) = placed.tell("show")
    assert order["status"] == "canceled"
    assert answer.reference


def test_a_cancel_never_uses_force_and_never_reaches_the_store(
    sandboxes: Sandboxes, warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    warehouse.stop_ship(placed.command())
    (entry,) = sandboxes.journal("shiphero", MERCHANT, placed.ref)
    assert (entry.detail["force"], entry.detail["void_on_platform"]) == (False, False)
    assert entry.detail["reason"] == f"Stopship case-{placed.ref}"


def test_the_same_stop_twice_cancels_once(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    first, second = (warehouse.stop_ship(placed.command()) for _ in range(2))
    assert replace(first, state_at="") == replace(second, state_at="")
    assert placed.effects() == ["cancel"]


def test_an_order_that_its_own_people_cancelled_is_found_cancelled(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    placed.tell("cancel")
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel"]


def test_a_held_order_can_still_be_cancelled(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    warehouse.place_hold("case-1", placed.ref, "hold-1")
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["hold", "cancel"]


@pytest.mark.parametrize(
    ("steps", "reason", "seen"),
    [
        (["batch"], "in_work", PickState.PICKING),
        (["pick"], "in_work", PickState.PICKED),
        (["pick", "label"], "too_late", PickState.LABELLED),
        (["pick", "label", "pick-up"], "too_late", PickState.SHIPPED),
        (["pick", "label", "pick-up", "deliver"], "too_late", PickState.DELIVERED),
    ],
)
def test_begun_work_is_not_cancelled_under_the_pickers_hands(
    warehouse: ShipHeroWarehouse, placed: Placed, steps: list[str], reason: str, seen: PickState
) -> None:
    for step in steps:
        placed.tell(step)
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.reason, answer.state) == (AckLevel.REJECTED, reason, seen)
    assert "cancel" not in placed.effects()


def test_no_operator_can_be_asked_through_shiphero(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("pick")
    answer = warehouse.stop_ship(placed.command(physical=True))
    assert (answer.level, answer.reason, answer.state) == (AckLevel.REJECTED, "no_operator", PickState.PICKED)
    assert placed.effects() == []


def test_a_part_of_an_order_is_left_to_a_person_and_nothing_is_cancelled(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    for lines in ({"mug": 2}, {"mug": 1, "tee": 1}, {"another": 5}):
        answer = warehouse.stop_ship(placed.command(lines=lines))
        assert (answer.level, answer.reason) == (AckLevel.REJECTED, "whole_orders_only")
    assert placed.effects() == []


def test_what_is_left_of_a_partly_shipped_order_is_not_cancelled(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("label", lines={"tee": 1})
    placed.tell("pick-up")
    answer = warehouse.stop_ship(placed.command(lines={"mug": 2}))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "too_late")
    assert placed.effects() == ["ship"]


def test_asking_for_more_than_there_is_comes_back_partial(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    answer = warehouse.stop_ship(placed.command(lines={"mug": 2, "tee": 4}))
    assert (answer.level, answer.partial) == (AckLevel.SYSTEM_CANCELLED, True)
    assert answer.stopped_lines == {"mug": 2, "tee": 1}


def test_a_wish_without_lines_is_for_all_of_the_order(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    answer = warehouse.stop_ship(placed.command(lines={}))
    assert (answer.level, answer.partial) == (AckLevel.SYSTEM_CANCELLED, False)


def test_an_order_that_was_not_imported_yet_is_unknown_and_nothing_is_claimed(
    sandboxes: Sandboxes, warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    answer = warehouse.stop_ship(placed.command(order_ref="5000000000000"))
    assert (answer.level, answer.reason, answer.state) == (AckLevel.REJECTED, "unknown_order", PickState.UNKNOWN)
    assert sandboxes.journal("shiphero", MERCHANT, "5000000000000") == []


def test_a_copy_of_the_order_is_stopped_with_it(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("copy")
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED
    assert [order["status"] for order in placed.tell("show")] == ["canceled", "canceled"]


def test_one_copy_under_way_keeps_the_other_from_being_cancelled(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("copy")
    placed.tell("pick")
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.state) == (AckLevel.REJECTED, PickState.PICKED)
    assert "cancel" not in placed.effects()


# -------------------------------------------------------------------------------------------- traps


def test_a_false_ok_is_no_more_than_accepted(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.trap("cancel", "false_ok", detail={"ships_after": 0.05})
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.reason) == (AckLevel.ACCEPTED, "not_cancelled")
    assert until(lambda: state(warehouse, placed) is PickState.SHIPPED, 5.0)
    assert placed.effects() == ["ship"]


def test_a_silent_shiphero_takes_the_cancel_and_nothing_happens(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.trap("cancel", "silent")
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.reason) == (AckLevel.ACCEPTED, "not_cancelled")
    assert placed.effects() == []


def test_a_late_cancel_is_accepted_first_and_found_by_the_next_stop(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    placed.trap("cancel", "late", seconds=3)
    assert warehouse.stop_ship(placed.command()).level is AckLevel.ACCEPTED
    assert until(lambda: placed.effects() == ["cancel"], 20.0)
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel"]


def test_a_refusal_is_a_no_by_its_code_alone(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.trap("cancel", "rejected", detail={"code": 3, "message": "Jane Doe's order is being packed"})
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "code_3")
    assert "Jane" not in repr(answer)
    assert placed.effects() == []


def test_a_refusal_by_an_order_that_reads_cancelled_is_a_cancel(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    node, line = "data.orders.data.edges.0.node", "line_items.edges.0.node.quantity_pending_fulfillment"
    placed.trap("read", "slow", detail={"change": {f"{node}.fulfillment_status": "pending", f"{node}.{line}": 2}})
    placed.tell("cancel")
    placed.trap("cancel", "rejected")
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED


def test_work_that_comes_back_after_the_cancel_is_held_and_proves_nothing(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    placed.trap("cancel", "recreate")
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.reason) == (AckLevel.ACCEPTED, "recreated")
    assert placed.held() == [False, True]
    assert placed.effects() == ["cancel", "recreate", "hold"]


def test_goods_picked_between_the_look_and_the_cancel_are_told_with_the_answer(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    placed.trap("cancel", "slow", detail={"pick": True})
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.state) == (AckLevel.SYSTEM_CANCELLED, PickState.PICKED)


@pytest.mark.parametrize(
    ("kind", "detail", "in_doubt"),
    [("http_429", {}, False), ("http_429", {"graphql": True}, False), ("http_500", {}, True), ("reset", {}, True)],
)
def test_a_call_that_fails_can_be_repeated_and_acts_once(
    warehouse: ShipHeroWarehouse, placed: Placed, kind: str, detail: dict[str, Any], in_doubt: bool
) -> None:
    placed.trap("cancel", kind, seconds=4, detail=detail)
    with pytest.raises(PartnerUnavailable) as caught:
        warehouse.stop_ship(placed.command())
    assert caught.value.in_doubt is in_doubt
    assert caught.value.retry_after == (4.0 if kind == "http_429" else None)
    assert placed.effects() == []
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel"]


@pytest.mark.parametrize(("kind", "after"), [("http_500_after", False), ("reset", True)])
def test_a_lost_answer_is_read_back_before_anything_is_repeated(
    warehouse: ShipHeroWarehouse, placed: Placed, kind: Any, after: bool
) -> None:
    placed.trap("cancel", kind, after=after)
    with pytest.raises(PartnerUnavailable) as caught:
        warehouse.stop_ship(placed.command())
    assert caught.value.in_doubt
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED
    assert placed.effects() == ["cancel"]


def test_a_read_that_fails_sends_no_cancel(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    for kind in ("http_500", "http_429", "reset"):
        placed.trap("read", kind)
        with pytest.raises(PartnerUnavailable):
            warehouse.stop_ship(placed.command())
    assert placed.effects() == []


def test_a_slow_answer_is_still_an_answer(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.trap("cancel", "slow", seconds=0.2)
    assert warehouse.stop_ship(placed.command()).level is AckLevel.SYSTEM_CANCELLED


# -------------------------------------------------------------------------------------------- holds


def test_a_hold_stands_until_it_is_released_and_proves_no_stop(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    for _ in range(2):
        assert warehouse.place_hold("case-1", placed.ref, "hold-1").level is AckLevel.ACCEPTED
    with pytest.raises(ValueError, match="held"):
        placed.tell("pick")
    for _ in range(2):
        warehouse.release_hold("case-1", placed.ref, "release-1")
    assert placed.effects() == ["hold", "release"]
    placed.tell("pick")


def test_a_hold_that_the_merchant_placed_before_us_is_never_released_by_us(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    placed.tell("change", holds={"client": True})
    assert warehouse.place_hold("case-1", placed.ref, "hold-1").level is AckLevel.ACCEPTED
    warehouse.release_hold("case-1", placed.ref, "release-1")
    assert (placed.effects(), placed.held()) == ([], [True])


def test_a_hold_by_the_merchant_after_ours_was_released_stays(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    warehouse.place_hold("case-1", placed.ref, "hold-1")
    warehouse.release_hold("case-1", placed.ref, "release-1")
    placed.tell("change", holds={"client": True})
    warehouse.release_hold("case-1", placed.ref, "release-1")
    assert placed.held() == [True]


def test_only_the_client_hold_is_touched(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("change", holds={"fraud": True, "operator": True})
    warehouse.place_hold("case-1", placed.ref, "hold-1")
    warehouse.release_hold("case-1", placed.ref, "release-1")
    (order,) = placed.tell("show")
    assert order["holds"] == {"fraud": True, "operator": True, "client": False}


@pytest.mark.parametrize(("kind", "after"), [("http_500_after", False), ("reset", True)])
def test_a_hold_whose_answer_was_lost_is_found_and_is_still_ours_to_release(
    warehouse: ShipHeroWarehouse, placed: Placed, kind: Any, after: bool
) -> None:
    placed.trap("hold", kind, after=after)
    with pytest.raises(PartnerUnavailable):
        warehouse.place_hold("case-1", placed.ref, "hold-1")
    assert warehouse.place_hold("case-1", placed.ref, "hold-1").level is AckLevel.ACCEPTED
    warehouse.release_hold("case-1", placed.ref, "release-1")
    assert placed.effects() == ["hold", "release"]


def test_a_hold_that_does_not_stand_is_no_success(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.trap("hold", "silent")
    answer = warehouse.place_hold("case-1", placed.ref, "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "not_held")
    assert (placed.effects(), placed.held()) == ([], [False])


@pytest.mark.parametrize("kind", ["rejected", "silent"])
def test_a_hold_that_failed_makes_nobody_elses_hold_ours(
    warehouse: ShipHeroWarehouse, placed: Placed, kind: Any
) -> None:
    placed.trap("hold", kind)
    try:
        assert warehouse.place_hold("case-1", placed.ref, "hold-1").level is AckLevel.REJECTED
    except PartnerContractBroken as error:
        assert error.evidence == {"codes": [3]}
    placed.tell("change", holds={"client": True})
    warehouse.release_hold("case-1", placed.ref, "release-1")
    assert (placed.effects(), placed.held()) == ([], [True])


@pytest.mark.parametrize(("steps", "reason"), [(["label"], "too_late"), (["cancel"], "already_cancelled")])
def test_a_hold_that_comes_too_late_changes_nothing(
    warehouse: ShipHeroWarehouse, placed: Placed, steps: list[str], reason: str
) -> None:
    for step in steps:
        placed.tell(step)
    before = placed.effects()
    answer = warehouse.place_hold("case-1", placed.ref, "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, reason)
    assert placed.effects() == before


def test_a_hold_on_an_unknown_order_is_rejected_as_unknown(warehouse: ShipHeroWarehouse) -> None:
    answer = warehouse.place_hold("case-1", "5000000000001", "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "unknown_order")


def test_an_account_without_holds_is_not_called_for_one(connection: ShipHeroConnection, placed: Placed) -> None:
    nowhere = replace(connection, takes_holds=False, endpoint="http://127.0.0.1:9")
    answer = ShipHeroWarehouse(nowhere, SystemClock()).place_hold("case-1", placed.ref, "hold-1")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "no_holds")
    assert placed.effects() == []


# -------------------------------------------------------------------------------------------- readings


def test_the_reading_follows_the_goods_through_the_floor(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    seen = [state(warehouse, placed)]
    for step, more in (
        ("batch", {}),
        ("pick", {"lines": {"mug": 1}}),
        ("pick", {}),
        ("pack", {}),
        ("label", {}),
        ("pick-up", {}),
        ("deliver", {}),
    ):
        placed.tell(step, **more)
        seen.append(state(warehouse, placed))
    assert seen == ["released", "picking", "picking", "picked", "picked", "labelled", "shipped", "delivered"]


def test_a_reading_carries_its_source_its_moment_and_no_name(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    before = SystemClock().now()
    seen = warehouse.read_pick_state(placed.ref, "6001")
    assert (seen.source, seen.actor) == (NAME, "system")
    assert before <= seen.observed_at <= SystemClock().now()


@pytest.mark.parametrize("more", [{"ready": False}, {}])
def test_held_or_unallocated_work_is_not_released(
    sandboxes: Sandboxes, warehouse: ShipHeroWarehouse, more: dict[str, Any]
) -> None:
    placed = Placed(sandboxes, **more)
    if not more:
        placed.tell("change", holds={"payment": True})
    assert state(warehouse, placed) is PickState.NOT_RELEASED


def test_a_label_that_was_given_back_says_nothing(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("label", lines={"mug": 2})
    assert state(warehouse, placed) is PickState.LABELLED
    placed.tell("void-label")
    assert state(warehouse, placed) is PickState.RELEASED


def test_a_shipped_part_is_told_and_the_rest_is_where_it_is(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("label", lines={"tee": 1})
    placed.tell("pick-up")
    seen = warehouse.read_pick_state(placed.ref, "6001")
    assert (seen.state, dict(seen.shipped_lines)) == (PickState.RELEASED, {"tee": 1})


def test_an_order_marked_as_fulfilled_without_a_parcel_is_unknown(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.tell("change", status="fulfilled")
    assert state(warehouse, placed) is PickState.UNKNOWN


def test_a_status_that_nobody_told_us_is_unknown_and_nothing_is_sent(
    connection: ShipHeroConnection, warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    placed.tell("change", status="Engraving")
    answer = warehouse.stop_ship(placed.command())
    assert (answer.level, answer.reason, answer.state) == (AckLevel.REJECTED, "unknown_state", PickState.UNKNOWN)
    assert placed.effects() == []
    told = replace(connection, open_statuses=("pending", "Engraving"))
    assert state(ShipHeroWarehouse(told, SystemClock()), placed) is PickState.RELEASED


def test_an_order_that_shiphero_does_not_know_is_unknown(warehouse: ShipHeroWarehouse) -> None:
    seen = warehouse.read_pick_state("5000000000002", "")
    assert (seen.state, seen.actor) == (PickState.UNKNOWN, "")


@pytest.mark.parametrize("place", ["shipments", "line_items.edges.0.node.tote_picks"])
def test_evidence_that_is_left_out_is_no_evidence_of_nothing(
    warehouse: ShipHeroWarehouse, placed: Placed, place: str
) -> None:
    placed.trap("read", "slow", detail={"change": {f"data.orders.data.edges.0.node.{place}": None}})
    assert state(warehouse, placed) is PickState.UNKNOWN


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        ("data.orders.data.edges.0.node.fulfillment_status", None, "fulfillment_status"),
        ("data.orders.data.edges.0.node.holds", None, "holds"),
        ("data.orders.data.edges.0.node.id", 7, "id"),
        ("data.orders.data.edges.0.node.shipments", "none", "shipments"),
        ("data.orders.data.edges.0.node.line_items.edges.0.node.quantity", "2", "quantity"),
        ("data.orders.data.edges.0.node.line_items.edges.0.node.quantity_shipped", True, "quantity_shipped"),
        ("data.orders.data.edges.0.node.line_items.edges.0.node.quantity_pending_fulfillment", -1, "quantity_pending"),
        ("data.orders.data.edges.0.node.line_items.edges.0.node.tote_picks", [7], "tote_picks"),
        ("data.orders.data.edges.0.node.line_items.pageInfo", None, "pageInfo"),
        ("data.orders.data.edges.0", None, "edges"),
        ("data.orders.data.pageInfo.hasNextPage", True, "hasNextPage"),
        ("data.orders.data", None, "data"),
        ("data", [], "data"),
        ("errors", "none", "errors"),
    ],
)
def test_an_answer_of_another_shape_names_the_field_and_nothing_is_sent(
    warehouse: ShipHeroWarehouse, placed: Placed, place: str, value: object, field: str
) -> None:
    placed.trap("read", "slow", detail={"change": {place: value}})
    with pytest.raises(PartnerContractBroken) as caught:
        warehouse.stop_ship(placed.command())
    assert field in caught.value.evidence["field"]
    assert placed.effects() == []


def test_an_order_of_many_lines_is_read_to_its_end(sandboxes: Sandboxes, warehouse: ShipHeroWarehouse) -> None:
    many = {f"line-{n}": 1 for n in range(145)}
    placed = Placed(sandboxes, lines=[{"id": line, "quantity": n} for line, n in many.items()])
    most = dict(list(many.items())[:-1])
    assert warehouse.stop_ship(placed.command(lines=most)).reason == "whole_orders_only"
    assert warehouse.stop_ship(placed.command(lines=many)).level is AckLevel.SYSTEM_CANCELLED
    placed.trap("lines", "slow", detail={"change": {"data.order.data": None}})
    with pytest.raises(PartnerContractBroken):
        warehouse.read_pick_state(placed.ref, "6001")


# -------------------------------------------------------------------------------------------- who asks, and how much


def tokens(sandboxes: Sandboxes) -> int:
    return int(sandboxes.command(f"shiphero/{MERCHANT}/tokens")["done"])


def test_many_workers_ask_for_one_token(sandboxes: Sandboxes, connection: ShipHeroConnection, placed: Placed) -> None:
    other = replace(connection, refresh_token="refresh-2")
    sandboxes.configure(merchants={MERCHANT: {"shiphero": {"refresh_token": "refresh-2"}}})
    before = tokens(sandboxes)
    try:
        with ThreadPoolExecutor(max_workers=6) as pool:
            work = [
                pool.submit(ShipHeroWarehouse(other, SystemClock()).read_pick_state, placed.ref, "") for _ in range(6)
            ]
            assert {one.result().state for one in work} == {PickState.RELEASED}
        assert tokens(sandboxes) == before + 1
    finally:
        sandboxes.configure(merchants={MERCHANT: {"shiphero": {"refresh_token": REFRESH}}})


def test_a_token_that_was_revoked_is_renewed_once_by_all_that_used_it(
    sandboxes: Sandboxes, warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    warehouse.read_pick_state(placed.ref, "")
    sandboxes.command(f"shiphero/{MERCHANT}/revoke")
    before = tokens(sandboxes)
    with ThreadPoolExecutor(max_workers=6) as pool:
        work = [pool.submit(warehouse.read_pick_state, placed.ref, "") for _ in range(6)]
        assert {one.result().state for one in work} == {PickState.RELEASED}
    assert tokens(sandboxes) == before + 1


def test_a_wrong_refresh_token_is_a_definite_no(connection: ShipHeroConnection, placed: Placed) -> None:
    wrong = ShipHeroWarehouse(replace(connection, refresh_token="guessed"), SystemClock())
    with pytest.raises(PartnerRefused) as caught:
        wrong.stop_ship(placed.command())
    assert caught.value.code == "not_authorised"
    assert "guessed" not in str(caught.value)
    assert placed.effects() == []


def test_a_token_answer_of_another_shape_names_its_fields(
    sandboxes: Sandboxes, connection: ShipHeroConnection, warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    warehouse.read_pick_state(placed.ref, "")
    sandboxes.command(f"shiphero/{MERCHANT}/revoke")
    sandboxes.trap("*", "token", "slow", detail={"change": {"expires_in": "28 days"}})
    with pytest.raises(PartnerContractBroken, match="expires_in"):
        warehouse.read_pick_state(placed.ref, "")


def test_an_empty_account_of_credits_says_when_it_is_full_enough(
    sandboxes: Sandboxes, warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    sandboxes.configure(merchants={MERCHANT: {"shiphero": {"credits": 100, "restored_a_second": 50}}})
    try:
        with pytest.raises(PartnerUnavailable) as caught:
            warehouse.stop_ship(placed.command())
    finally:
        sandboxes.configure(merchants={MERCHANT: {"shiphero": {"credits": 4004, "restored_a_second": 100_000}}})
    assert caught.value.in_doubt is False
    assert caught.value.retry_after is not None
    assert 0.5 < caught.value.retry_after < 5
    assert placed.effects() == []


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ({"time_remaining": "5 seconds"}, 5.0),
        ({"time_remaining": "1 minute 30 seconds"}, 90.0),
        ({"time_remaining": "", "required_credits": 200, "remaining_credits": 80}, 2.0),
        ({"time_remaining": "soon"}, None),
        ({}, None),
    ],
)
def test_the_wait_for_credits_is_what_the_error_says(error: dict[str, Any], seconds: float | None) -> None:
    assert restored_in(error) == seconds


def test_the_wait_is_reckoned_where_the_error_names_none(warehouse: ShipHeroWarehouse, placed: Placed) -> None:
    placed.trap("read", "http_429", detail={"graphql": True, "without": ["time_remaining"]})
    with pytest.raises(PartnerUnavailable) as caught:
        warehouse.read_pick_state(placed.ref, "")
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 1


# -------------------------------------------------------------------------------------------- what it proves (field-notes, acknowledgement matrix)


class Told:
    """A clock that stands where the test puts it: seconds after the wish."""

    def __init__(self) -> None:
        self.seconds = 0

    def now(self) -> str:
        return table.at(self.seconds)


def decision(answer: StopAnswer | None, *seen: PickObservation) -> str:
    """What the desk does next: ``seen`` are the readings, the first of them from before the stop."""
    observed = [PickStateObserved(table.LEG, x.state, x.source, x.observed_at, x.actor) for x in seen]
    facts: list[Any] = observed[:1]
    if answer is not None:
        facts += [table.asked(), acknowledgement(table.LEG, 1, answer, late=False)]
    return table.said(table.decide(table.Row("", tuple(facts + observed[1:]), "", ())))


def played(connection: ShipHeroConnection, placed: Placed, *between: str) -> tuple[StopAnswer, list[PickObservation]]:
    """A look, the stop, what happens then, and the look that verifies it; ten seconds apart."""
    clock = Told()
    warehouse = ShipHeroWarehouse(connection, clock)
    clock.seconds = 10
    seen = [warehouse.read_pick_state(placed.ref, "6001")]
    clock.seconds = 30
    answer = warehouse.stop_ship(placed.command())
    for step in between:
        placed.tell(step)
    clock.seconds = 40
    return answer, [*seen, warehouse.read_pick_state(placed.ref, "6001")]


def test_the_most_that_shiphero_proves_is_a_system_cancel() -> None:
    row = CAPABILITIES["shiphero"]
    assert (row.proves, row.partial) == (AckLevel.SYSTEM_CANCELLED, False)


def test_a_cancel_before_picking_settles_only_after_a_look_behind_it(
    connection: ShipHeroConnection, placed: Placed
) -> None:
    answer, seen = played(connection, placed)
    assert answer.level is CAPABILITIES["shiphero"].proves
    assert decision(None, seen[0]).startswith("stop")
    assert decision(answer, seen[0]) == "verify"
    assert decision(answer, *seen) == "settle stopped system_cancelled"


def test_a_cancel_of_goods_that_were_picked_meanwhile_settles_nothing(
    connection: ShipHeroConnection, placed: Placed
) -> None:
    placed.trap("cancel", "slow", detail={"pick": True})
    answer, seen = played(connection, placed)
    assert answer.level is AckLevel.SYSTEM_CANCELLED
    assert decision(answer, *seen) == "ask stop_contradicted"


def test_a_cancelled_order_that_ships_all_the_same_is_shipped(connection: ShipHeroConnection, placed: Placed) -> None:
    answer, seen = played(connection, placed, "ship-all-the-same")
    assert seen[-1].state is PickState.SHIPPED
    assert decision(answer, *seen) == "settle shipped departure"


def test_a_refused_cancel_goes_to_a_person(connection: ShipHeroConnection, placed: Placed) -> None:
    placed.trap("cancel", "rejected")
    answer, seen = played(connection, placed)
    assert decision(answer, *seen) == "ask stop_rejected"


@pytest.mark.parametrize("kind", ["false_ok", "silent"])
def test_a_cancel_that_does_not_read_as_cancelled_is_never_a_proof(
    connection: ShipHeroConnection, placed: Placed, kind: Any
) -> None:
    placed.trap("cancel", kind)
    answer, seen = played(connection, placed)
    assert answer.level is AckLevel.ACCEPTED
    assert "settle" not in decision(None, *seen)


def test_picked_goods_ask_for_an_operator_whom_shiphero_cannot_give(
    connection: ShipHeroConnection, placed: Placed
) -> None:
    placed.tell("pick")
    clock = Told()
    warehouse = ShipHeroWarehouse(connection, clock)
    clock.seconds = 10
    seen = warehouse.read_pick_state(placed.ref, "6001")
    assert decision(None, seen).startswith("stop_physically")
    answer = warehouse.stop_ship(placed.command(physical=True))
    assert decision(answer, seen) == "ask stop_rejected"


# -------------------------------------------------------------------------------------------- wiring


def test_a_merchants_configuration_makes_the_warehouse(connection: ShipHeroConnection, placed: Placed) -> None:
    config = {"kind": "shiphero", "endpoint": connection.endpoint, "refresh_token": REFRESH, "webhook_secrets": ["s"]}
    told = SimpleNamespace(connections=lambda _: {"warehouses": {NAME: config}})
    partners = ConfiguredPartners(told)  # type: ignore[arg-type]
    assert partners.hold_first(MERCHANT) == [NAME]
    seen = partners.warehouses(MERCHANT)[NAME].read_pick_state(placed.ref, "6001")
    assert (seen.state, seen.source) == (PickState.RELEASED, NAME)


# -------------------------------------------------------------------------------------------- parcels


def test_the_parcels_of_an_order_are_its_labels_with_the_lines_of_their_shipment(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    assert warehouse.parcels(placed.ref, "6001") == []
    placed.tell("label", lines={"mug": 1}, tracking=" 1Z999AA10123456784 ", carrier="UPS")
    placed.tell("label", lines={"mug": 1, "tee": 1}, tracking="9400100000000000000000", carrier="usps")
    first, second = warehouse.parcels(placed.ref, "6001")
    assert (first.carrier, first.number, first.lines) == ("ups", "1Z999AA10123456784", {"mug": 1})
    assert (second.carrier, second.lines) == ("usps", {"mug": 1, "tee": 1})
    assert first.shipment != second.shipment
    assert first.state == second.state == CarrierState.UNKNOWN
    assert first.number not in repr(first)


def test_a_label_that_was_picked_up_or_delivered_says_so_and_one_that_was_given_back_is_none(
    warehouse: ShipHeroWarehouse, placed: Placed
) -> None:
    placed.tell("label")
    placed.tell("pick-up")
    assert [x.state for x in warehouse.parcels(placed.ref, "")] == [CarrierState.IN_TRANSIT]
    placed.tell("deliver")
    assert [x.state for x in warehouse.parcels(placed.ref, "")] == [CarrierState.DELIVERED]
    placed.tell("void-label")
    assert warehouse.parcels(placed.ref, "") == []


def test_parcels_of_an_order_that_shiphero_does_not_have_are_none(warehouse: ShipHeroWarehouse) -> None:
    assert warehouse.parcels("no-such-order", "") == []
