"""A fulfillment service reached through the shop, against the Shopify sandbox, and what the decision makes of its words."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.shopify.connection import FULFILLMENT_SERVICE, ShopifyConnection
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.adapters.shopify.service_warehouse import ShopifyServiceWarehouse
from stopship.application.ports import StopCommand
from stopship.domain.capabilities import CAPABILITIES, PickReading
from stopship.domain.errors import PartnerUnavailable
from stopship.domain.order import AckLevel, PickState
from stopship.wiring import partners
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.unit.domain.decision_table import at

SHOP, PLACE = "acme.myshopify.com", "7000000009"
_numbers = count(4_000_000_001)
_merchants = count(1)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with Inbox() as inbox, sandboxes_anew() as running:
        running.configure(inbox.url)
        yield running


class StillClock:
    """The moment in which everything happens: after the wish."""

    def now(self) -> str:
        return at(5)


class Placed:
    """An order whose work is at a fulfillment service, as far as ``request_status`` says; its shop's service answers as it is told to."""

    def __init__(self, sandboxes: Sandboxes, answers: str = "", *, reports: bool = False, **work: Any) -> None:
        self.sandboxes, self.merchant = sandboxes, f"m{next(_merchants)}"
        settings: dict[str, Any] = {
            "shop": SHOP,
            "access_token": "t",
            "webhook_secrets": ["s"],
            "locations": {"7": "east"},
        }
        settings |= {"service_answer": answers, "service_seconds": 0.05}
        sandboxes.configure(merchants={self.merchant: {"shopify": settings}})
        self.ref, self.line, self.leg = (str(next(_numbers)) for _ in range(3))
        lines = [{"id": self.line, "sku": "MUG", "quantity": 3, "price": "10.00"}]
        leg = {"id": self.leg, "location": PLACE, "lines": {self.line: 3}, "by_service": True, **work}
        self._command("orders", {"order_ref": self.ref, "lines": lines, "legs": [leg]})
        endpoint = f"{sandboxes.endpoint}/shopify/{self.merchant}"
        reporting = frozenset({PLACE} if reports else ())
        self.connection = ShopifyConnection(self.merchant, SHOP, endpoint, "t", reporting_services=reporting)
        self.warehouse = ShopifyServiceWarehouse(self.connection, StillClock())

    def _command(self, name: str, told: dict[str, Any]) -> Any:
        return self.sandboxes.command(f"shopify/{self.merchant}/{name}", told)

    def tell(self, command: str, **more: Any) -> Any:
        return self._command(command, {"order_ref": self.ref, **more})

    def stop(self, **more: Any) -> StopCommand:
        told = StopCommand("case-1", self.ref, self.leg, {self.line: 3}, False, "2999-01-01T00:00:00Z", "", "k")
        return replace(told, **more)

    def asked(self) -> int:
        found = self.sandboxes.command(f"shopify/{self.merchant}/orders/{self.ref}", method="GET")
        return len(found["works"][0]["requests"])

    def answered(self) -> None:
        assert until(lambda: self.warehouse.read_answer(self.stop()).level is not AckLevel.ACCEPTED, 5.0)


def test_a_service_without_a_connection_of_its_own_is_planned_as_a_warehouse(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    order = ShopifyOrderSystem(placed.connection).read_order(placed.ref)
    assert order is not None
    assert [leg.warehouse for leg in order.legs] == [FULFILLMENT_SERVICE]
    connected = replace(placed.connection, locations={PLACE: "east"})
    covered = ShopifyOrderSystem(connected).read_order(placed.ref)
    assert covered is not None
    assert [leg.warehouse for leg in covered.legs] == ["east"]
    assert FULFILLMENT_SERVICE == partners.FULFILLMENT_SERVICE
    assert hasattr(placed.warehouse, "read_answer")


def test_a_request_is_accepted_first_and_its_status_says_nothing_until_the_service_has_spoken(
    sandboxes: Sandboxes,
) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    assert placed.warehouse.stop_ship(placed.stop()).level is AckLevel.ACCEPTED
    assert placed.warehouse.read_answer(placed.stop()).level is AckLevel.ACCEPTED
    assert placed.asked() == 1


def test_nothing_is_ever_asked_twice(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    for _ in range(3):
        assert placed.warehouse.stop_ship(placed.stop()).level is AckLevel.ACCEPTED
    assert placed.asked() == 1
    merchants = Placed(sandboxes, request_status="ACCEPTED")
    merchants.tell("cancellation-request", step="submitted", message="by hand")
    assert merchants.warehouse.stop_ship(merchants.stop()).level is AckLevel.ACCEPTED
    assert merchants.asked() == 1


@pytest.mark.parametrize(("kind", "more"), [("reset", {"after": True}), ("http_500_after", {})])
def test_a_request_whose_answer_was_lost_is_looked_for_and_not_repeated(
    sandboxes: Sandboxes, kind: Any, more: dict[str, Any]
) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    sandboxes.trap(placed.ref, "request_cancel", kind, **more)
    with pytest.raises(PartnerUnavailable):
        placed.warehouse.stop_ship(placed.stop())
    assert placed.warehouse.stop_ship(placed.stop()).level is AckLevel.ACCEPTED
    assert placed.asked() == 1


@pytest.mark.parametrize(
    ("answers", "reports", "level", "state"),
    [
        ("accept", True, AckLevel.SYSTEM_CANCELLED, PickState.RELEASED),
        ("accept", False, AckLevel.SYSTEM_CANCELLED, PickState.UNKNOWN),
        ("reject", True, AckLevel.REJECTED, PickState.UNKNOWN),
    ],
)
def test_a_services_answer_is_worth_what_it_can_show(
    sandboxes: Sandboxes, answers: str, reports: bool, level: AckLevel, state: PickState
) -> None:
    placed = Placed(sandboxes, answers, reports=reports, request_status="ACCEPTED")
    assert placed.warehouse.stop_ship(placed.stop()).level is AckLevel.ACCEPTED
    placed.answered()
    assert placed.warehouse.stop_ship(placed.stop()).level is level
    assert placed.warehouse.read_pick_state(placed.ref, placed.leg).state is state
    assert placed.asked() == 1


@pytest.mark.parametrize(
    ("status", "more", "state"),
    [
        ("UNSUBMITTED", {}, PickState.NOT_RELEASED),
        ("REJECTED", {}, PickState.NOT_RELEASED),
        ("SUBMITTED", {}, PickState.RELEASED),
        ("ACCEPTED", {"base_status": "IN_PROGRESS"}, PickState.RELEASED),
        ("CANCELLATION_REJECTED", {}, PickState.UNKNOWN),
        ("CLOSED", {"base_status": "CLOSED"}, PickState.UNKNOWN),
    ],
)
def test_how_far_the_work_is_known_to_be(
    sandboxes: Sandboxes, status: str, more: dict[str, Any], state: PickState
) -> None:
    placed = Placed(sandboxes, request_status=status, **more)
    assert placed.warehouse.read_pick_state(placed.ref, placed.leg).state is state


@pytest.mark.parametrize(
    ("carrier", "state"), [("in_transit", PickState.SHIPPED), ("label_printed", PickState.LABELLED)]
)
def test_work_that_was_sent_is_late(sandboxes: Sandboxes, carrier: str, state: PickState) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    placed.tell("fulfill", shipment_status=carrier)
    seen = placed.warehouse.read_pick_state(placed.ref, placed.leg)
    answer = placed.warehouse.stop_ship(placed.stop())
    assert (seen.state, answer.level, answer.state) == (state, AckLevel.REJECTED, state)
    assert placed.asked() == 0


def test_work_that_was_never_given_to_the_service_is_stopped_by_the_hold_alone(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes)
    assert placed.warehouse.stop_ship(placed.stop()).reason == "not_held"
    placed.tell("hold", handle="ours")
    answer = placed.warehouse.stop_ship(placed.stop())
    assert (answer.level, answer.reason) == (AckLevel.SYSTEM_CANCELLED, "never_requested")
    assert placed.warehouse.read_pick_state(placed.ref, placed.leg).state is PickState.NOT_RELEASED
    assert placed.asked() == 0


def test_work_that_was_moved_before_it_was_given_to_the_service_is_no_longer_there(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes)
    placed.tell("move", location="7000000010")
    answer = placed.warehouse.stop_ship(placed.stop())
    assert (answer.level, placed.asked()) == (AckLevel.SYSTEM_CANCELLED, 0)
    assert placed.warehouse.read_pick_state(placed.ref, placed.leg).state is PickState.NOT_RELEASED


def test_a_part_of_the_work_cannot_be_asked_back(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    answer = placed.warehouse.stop_ship(placed.stop(lines={placed.line: 2}))
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "only_whole_fulfillment_orders")
    assert placed.asked() == 0


def test_work_of_the_merchants_own_has_no_such_request(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED", by_service=False)
    assert placed.warehouse.stop_ship(placed.stop()).reason == "request_refused"
    assert placed.asked() == 0


def test_work_that_the_shop_does_not_know_is_nobodys(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    assert placed.warehouse.stop_ship(placed.stop(leg_id="1")).reason == "unknown_order"
    assert placed.warehouse.read_pick_state(placed.ref, "1").state is PickState.UNKNOWN
    assert placed.warehouse.read_pick_state(placed.ref, "").state is PickState.UNKNOWN
    hold = placed.warehouse.place_hold("case-1", placed.ref, "k")
    assert (hold.level, hold.reason) == (AckLevel.REJECTED, "unknown_order")


def test_a_request_that_the_shop_only_says_it_took_stays_without_an_answer(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes, "accept", request_status="ACCEPTED")
    sandboxes.trap(placed.ref, "request_cancel", "silent")
    assert placed.warehouse.stop_ship(placed.stop()).level is AckLevel.ACCEPTED
    assert placed.warehouse.read_answer(placed.stop()).level is AckLevel.ACCEPTED


def test_the_message_to_the_service_names_the_case_and_nobody(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes, request_status="ACCEPTED")
    placed.warehouse.stop_ship(placed.stop())
    written = sandboxes.journal("shopify", placed.merchant, placed.ref)
    assert [entry.detail["message"] for entry in written] == ["Stopship case-1"]


def test_the_table_says_what_the_service_does(sandboxes: Sandboxes) -> None:
    row = CAPABILITIES[FULFILLMENT_SERVICE]
    assert (row.proves, row.pick_state, row.partial) == (AckLevel.SYSTEM_CANCELLED, PickReading.EVENTS, False)
    placed = Placed(sandboxes, "accept", request_status="ACCEPTED")
    placed.warehouse.stop_ship(placed.stop())
    placed.answered()
    assert placed.warehouse.read_answer(placed.stop()).level is row.proves
