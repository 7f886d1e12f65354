"""The Shopify adapter against the Shopify sandbox, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import CommandRefused, Sandboxes, until
from stopship.adapters.clock import SystemClock
from stopship.adapters.shopify import mapping, money
from stopship.adapters.shopify.client import ShopifyClient
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.adapters.shopify.payments import ShopifyPayments
from stopship.application.ports import CancelCommand, CancelProgress, CancelState
from stopship.domain.carrier import CarrierState
from stopship.domain.errors import (
    NotFound,
    PartnerContractBroken,
    PartnerRefused,
    PartnerUnavailable,
)
from stopship.domain.instant import seconds_between
from stopship.domain.money import MoneyMove, MoveKind, MoveState, TransactionStatus
from stopship.domain.order import AckLevel, OrderSnapshot, PlannedLeg
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, TOKEN = "acme", "token-1"
LOCATIONS = {"7000000001": "east", "7000000002": "west"}
_numbers = count(6_000_000_001)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture(scope="module")
def sandboxes(inbox: Inbox) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {
            "shop": "acme.myshopify.com",
            "access_token": TOKEN,
            "webhook_secrets": ["whs-new", "whs-old"],
            "locations": LOCATIONS,
            "report_seconds": 0.02,
        }
        warehouse = {"east": {"secrets": ["s"]}, "west": {"secrets": ["s"]}}
        running.configure(inbox.url, merchants={MERCHANT: {"shopify": settings, "warehouse": warehouse}})
        yield running


@pytest.fixture
def connection(sandboxes: Sandboxes) -> ShopifyConnection:
    endpoint = f"{sandboxes.endpoint}/shopify/{MERCHANT}"
    return ShopifyConnection(MERCHANT, "acme.myshopify.com", endpoint, TOKEN, LOCATIONS)


@pytest.fixture
def orders(connection: ShopifyConnection) -> ShopifyOrderSystem:
    return ShopifyOrderSystem(connection, pause=lambda _: None)


@pytest.fixture
def payments(connection: ShopifyConnection) -> ShopifyPayments:
    return ShopifyPayments(connection)


class Placed:
    """An order of two lines at one or two places, and what the shop holds of it."""

    def __init__(self, sandboxes: Sandboxes, *, split: bool = False, **more: Any) -> None:
        self.sandboxes = sandboxes
        self.ref, self.mug, self.tee, self.leg, self.second = (str(next(_numbers)) for _ in range(5))
        lines = [
            {"id": self.mug, "sku": "MUG", "quantity": 2, "price": "12.50"},
            {"id": self.tee, "sku": "TEE", "quantity": 3, "price": "20.00"},
        ]
        east, west = {self.mug: 2}, {self.tee: 3}
        legs = [{"id": self.leg, "warehouse": "east", "lines": east if split else east | west}]
        legs += [{"id": self.second, "warehouse": "west", "lines": west}] if split else []
        told = {"order_ref": self.ref, "lines": lines, "legs": legs, **more}
        sandboxes.command(f"shopify/{MERCHANT}/orders", told)

    def tell(self, command: str, **more: Any) -> Any:
        return self.sandboxes.command(f"shopify/{MERCHANT}/{command}", {"order_ref": self.ref, **more})

    def show(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandboxes.command(f"shopify/{MERCHANT}/orders/{self.ref}", method="GET")
        return found

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        self.sandboxes.trap(self.ref, operation, kind, **more)

    def effects(self) -> list[str]:
        return [entry.operation for entry in self.entries()]

    def entries(self) -> list[Any]:
        return self.sandboxes.journal("shopify", MERCHANT, self.ref)

    def full(self, **more: Any) -> CancelCommand:
        told = {"order_ref": self.ref, "case_id": f"case-{self.ref}", "full": True, "lines": {}, "reason": "CUSTOMER"}
        return CancelCommand(**{**told, "official": False, "key": f"case-{self.ref}:-:cancel:1", **more})

    def part(self, **lines: int) -> CancelCommand:
        names = {"mug": self.mug, "tee": self.tee}
        return self.full(full=False, lines={names[name]: quantity for name, quantity in lines.items()})

    def refund(self, amount: str, key: str = "", **lines: int) -> MoneyMove:
        names = {"mug": self.mug, "tee": self.tee}
        chosen = {names[name]: quantity for name, quantity in lines.items()}
        return MoneyMove(key or f"money-{self.ref}", MoveKind.REFUND, Decimal(amount), "USD", "", chosen)


def read(orders: ShopifyOrderSystem, placed: Placed) -> OrderSnapshot:
    found = orders.read_order(placed.ref)
    assert found is not None
    return found


def leg_of(orders: ShopifyOrderSystem, placed: Placed) -> PlannedLeg:
    return read(orders, placed).legs[0]


def confirm(orders: ShopifyOrderSystem, command: CancelCommand, reference: str) -> CancelProgress:
    """What the job became, once it is no longer under way."""
    last = [CancelProgress(CancelState.SUBMITTED, reference)]

    def ended() -> bool:
        last.append(orders.read_cancel(command, reference))
        return last[-1].state is not CancelState.SUBMITTED

    assert until(ended, 20.0), "the cancel's job did not end"
    return last[-1]


def cancel(orders: ShopifyOrderSystem, command: CancelCommand) -> CancelProgress:
    taken = orders.cancel(command)
    return confirm(orders, command, taken.reference) if taken.state is CancelState.SUBMITTED else taken


# ---------------------------------------------------------------------------------------------- reading


def test_an_order_is_read_with_its_lines_places_and_money(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes, split=True, risk="high", tags=["VIP"], shipping="5.00")
    found = read(orders, placed)
    assert (found.order_ref, found.channel, found.cancelled, found.vip, found.risk) == (
        placed.ref,
        "shopify",
        False,
        True,
        "high",
    )
    assert (found.total, found.currency) == (Decimal("90.00"), "USD")
    assert [(x.line_id, x.sku, x.ordered, x.shipped, x.cancelled) for x in found.lines] == [
        (placed.mug, "MUG", 2, 0, 0),
        (placed.tee, "TEE", 3, 0, 0),
    ]
    assert [(leg.leg_id, leg.warehouse, dict(leg.lines)) for leg in found.legs] == [
        (placed.leg, "east", {placed.mug: 2}),
        (placed.second, "west", {placed.tee: 3}),
    ]


def test_a_cancelled_order_still_names_the_places_that_had_its_work(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes, split=True)
    assert read(orders, placed).places == ("east", "west")
    cancel(orders, placed.full())
    after = read(orders, placed)
    assert (after.cancelled, after.legs, after.places) == (True, (), ("east", "west"))


def test_an_order_that_the_shop_does_not_have_is_none(orders: ShopifyOrderSystem, payments: ShopifyPayments) -> None:
    assert orders.read_order("1") is None
    with pytest.raises(NotFound):
        payments.read("1")


def test_an_order_with_more_of_everything_than_a_page_holds_is_read_in_full(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    ref = str(next(_numbers))
    names = [str(next(_numbers)) for _ in range(120)]
    lines = [{"id": name, "sku": f"SKU-{name}", "quantity": 1, "price": "1.00"} for name in names]
    legs = [
        {"id": str(next(_numbers)), "warehouse": "east", "lines": dict.fromkeys(names[start : start + 10], 1)}
        for start in range(0, 90, 10)
    ]
    legs.append({"id": str(next(_numbers)), "warehouse": "west", "lines": dict.fromkeys(names[90:], 1)})
    sandboxes.command(f"shopify/{MERCHANT}/orders", {"order_ref": ref, "lines": lines, "legs": legs})
    sandboxes.command(f"shopify/{MERCHANT}/fulfill", {"order_ref": ref, "leg_id": legs[9]["id"]})
    for leg in legs[:8]:
        sandboxes.command(f"shopify/{MERCHANT}/fulfill", {"order_ref": ref, "leg_id": leg["id"]})
    found = orders.read_order(ref)
    assert found is not None
    assert [line.line_id for line in found.lines] == names
    assert [line.line_id for line in found.lines if not line.shipped] == names[80:90]
    assert [leg.leg_id for leg in found.legs] == [legs[8]["id"]]


def test_the_customers_address_is_read_when_it_is_needed(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    assert orders.contact(Placed(sandboxes, email="jo@example.com").ref) == "jo@example.com"
    assert orders.contact(Placed(sandboxes, email="").ref) == ""


def test_an_order_is_found_by_the_name_that_its_customer_knows_among_any_number_that_begin_like_it(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes, name="#88001")
    for n in range(60):
        Placed(sandboxes, name=f"#88001{n:02}")
    assert orders.orders_named("#88001") == (placed.ref,)
    assert orders.orders_named("#8800") == ()
    twice = [Placed(sandboxes, name=name).ref for name in ("EU-88002", "eu-88002")]
    assert sorted(orders.orders_named("Eu-88002")) == sorted(twice)


@pytest.mark.parametrize("name", ['x" OR status:any OR name:"#1', "", "#" + "1" * 100, "#10\n01", "name:*"])
def test_what_can_be_no_name_of_an_order_is_not_searched_for(orders: ShopifyOrderSystem, name: str) -> None:
    assert orders.orders_named(name) == ()


def test_a_fulfillment_order_leads_to_its_order(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes, split=True)
    work = orders.read_work(f"gid://shopify/FulfillmentOrder/{placed.second}")
    assert work is not None
    assert (work.order_ref, work.leg_id, work.lines) == (placed.ref, placed.second, {placed.tee: 3})
    assert orders.read_work("gid://shopify/FulfillmentOrder/1") is None


def test_a_wrong_token_opens_nothing(sandboxes: Sandboxes, connection: ShopifyConnection) -> None:
    placed = Placed(sandboxes)
    stranger = ShopifyOrderSystem(replace(connection, access_token="other"))
    with pytest.raises(PartnerRefused) as refusal:
        stranger.cancel(placed.full())
    assert refusal.value.code == "HTTP_401"
    assert placed.effects() == []


# ---------------------------------------------------------------------------------------------- holds


def test_a_hold_is_placed_once_and_released_by_its_handle(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    leg, key = leg_of(orders, placed), f"case-{placed.ref}:{placed.leg}:hold"
    first, second = (orders.place_hold(placed.ref, leg, key) for _ in range(2))
    assert (first.level, first.reference) == (second.level, second.reference) == (AckLevel.ACCEPTED, first.reference)
    assert placed.show()["works"][0]["status"] == "ON_HOLD"
    orders.release_hold(placed.ref, leg, f"case-{placed.ref}:{placed.leg}:release")
    assert placed.show()["works"][0]["status"] == "OPEN"
    assert [(e.operation, e.key) for e in placed.entries()] == [("hold", first.reference), ("release", first.reference)]


def test_somebody_elses_hold_stays(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.tell("hold", handle="fraud-app")
    leg, key = leg_of(orders, placed), f"case-{placed.ref}:{placed.leg}:hold"
    orders.place_hold(placed.ref, leg, key)
    orders.release_hold(placed.ref, leg, key)
    (work,) = placed.show()["works"]
    assert [hold["handle"] for hold in work["holds"]] == ["fraud-app"]
    assert work["status"] == "ON_HOLD"


def test_releasing_a_hold_that_is_not_there_is_no_error(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.tell("hold", handle="fraud-app")
    orders.release_hold(placed.ref, leg_of(orders, placed), f"case-{placed.ref}:x:hold")
    assert placed.effects() == ["hold"]


def test_work_that_is_done_cannot_be_held(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    leg = leg_of(orders, placed)
    placed.tell("fulfill")
    assert orders.place_hold(placed.ref, leg, f"case-{placed.ref}:x:hold").level is AckLevel.REJECTED
    assert placed.effects() == ["fulfil"]


def test_an_eleventh_hold_of_one_app_is_refused(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    leg = leg_of(orders, placed)
    answers = [orders.place_hold(placed.ref, leg, f"case-{n}:{placed.leg}:hold") for n in range(11)]
    assert [a.level for a in answers[:10]] == [AckLevel.ACCEPTED] * 10
    assert (answers[10].level, answers[10].reason) == (AckLevel.REJECTED, "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")
    assert placed.effects() == ["hold"] * 10


# ---------------------------------------------------------------------------------------------- cancelling


def test_a_full_cancel_is_a_job_and_is_believed_when_the_order_says_so(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes)
    placed.trap("cancel", "late", seconds=3)
    taken = orders.cancel(placed.full())
    assert taken.state is CancelState.SUBMITTED
    assert not read(orders, placed).cancelled
    done = confirm(orders, placed.full(), taken.reference)
    assert (done.state, done.by_us) == (CancelState.DONE, True)
    found = read(orders, placed)
    assert (found.cancelled, found.legs) == (True, ())
    assert [(x.shipped, x.cancelled) for x in found.lines] == [(0, 2), (0, 3)]
    assert placed.effects() == ["cancel"]


def test_a_young_job_is_waited_for_in_the_same_call(sandboxes: Sandboxes, connection: ShopifyConnection) -> None:
    placed = Placed(sandboxes)
    placed.trap("cancel", "late", seconds=0.2)
    assert ShopifyOrderSystem(connection).cancel(placed.full()).state is CancelState.DONE


def test_a_repeated_cancel_finds_its_own_doing(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    cancel(orders, placed.full())
    again = orders.cancel(placed.full())
    assert (again.state, again.by_us) == (CancelState.DONE, True)
    assert placed.effects() == ["cancel"]


def test_an_order_that_staff_cancelled_is_done_but_not_by_us(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.tell("cancel", reason="FRAUD")
    answer = orders.cancel(placed.full())
    assert (answer.state, answer.by_us) == (CancelState.DONE, False)


def test_an_order_of_which_something_shipped_is_not_cancelled(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes, split=True)
    placed.tell("fulfill", leg_id=placed.leg)
    answer = orders.cancel(placed.full())
    assert (answer.state, answer.code) == (CancelState.REFUSED, "INVALID")
    assert placed.effects() == ["fulfil"]
    assert not read(orders, placed).cancelled


def test_goods_that_leave_while_the_job_waits_make_it_end_without_a_cancel(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes)
    placed.trap("cancel", "late", seconds=3)
    taken = orders.cancel(placed.full())
    placed.tell("fulfill")
    answer = confirm(orders, placed.full(), taken.reference)
    assert (answer.state, answer.code) == (CancelState.REFUSED, "JOB_ENDED_WITHOUT_CANCEL")
    assert placed.effects() == ["fulfil"]


def test_a_deactivated_location_is_cancelled_without_restocking(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    mug, leg = str(next(_numbers)), str(next(_numbers))
    placed = Placed(
        sandboxes,
        lines=[{"id": mug, "sku": "MUG", "quantity": 1, "price": "9.00"}],
        legs=[{"id": leg, "warehouse": "east", "lines": {mug: 1}, "active_location": False}],
    )
    assert cancel(orders, replace(placed.full(), restock=True)).state is CancelState.DONE
    assert [e.detail["restock"] for e in placed.entries() if e.operation == "cancel"] == [False]


@pytest.mark.parametrize("restock", [True, False])
def test_goods_are_for_sale_again_only_when_the_desk_says_so(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, restock: bool
) -> None:
    whole, part = Placed(sandboxes), Placed(sandboxes)
    assert cancel(orders, replace(whole.full(), restock=restock)).state is CancelState.DONE
    assert orders.cancel(replace(part.part(tee=2), restock=restock)).state is CancelState.DONE
    assert [e.detail["restock"] for e in whole.entries() if e.operation == "cancel"] == [restock]
    assert [e.detail["restock"] for e in part.entries() if e.operation == "edit"] == [{part.tee: restock}]


def test_lines_that_were_sold_as_a_bundle_say_so(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    mug, tee, cap, leg = (str(next(_numbers)) for _ in range(4))
    goods = [
        {"id": mug, "sku": "MUG", "quantity": 4, "price": "9.00", "group": "77", "groups": 2},
        {"id": tee, "sku": "TEE", "quantity": 2, "price": "9.00", "group": "77", "groups": 2},
        {"id": cap, "sku": "CAP", "quantity": 1, "price": "9.00"},
    ]
    placed = Placed(sandboxes, lines=goods, legs=[{"id": leg, "warehouse": "east", "lines": {mug: 4, tee: 2, cap: 1}}])
    bundle = "gid://shopify/LineItemGroup/77"
    found = [(x.sku, x.bundle, x.bundles) for x in read(orders, placed).lines]
    assert found == [("MUG", bundle, 2), ("TEE", bundle, 2), ("CAP", "", 0)]


def test_an_unknown_order_is_a_refused_cancel(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    answers = [orders.cancel(replace(command, order_ref="1")) for command in (placed.full(), placed.part(mug=1))]
    assert [(a.state, a.code) for a in answers] == [(CancelState.REFUSED, "NOT_FOUND")] * 2


# ---------------------------------------------------------------------------------------------- editing


def test_some_units_are_taken_off_once_however_often_it_is_asked(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes)
    answers = [orders.cancel(placed.part(tee=2)) for _ in range(3)]
    assert [a.state for a in answers] == [CancelState.DONE] * 3
    found = read(orders, placed)
    assert [(x.sku, x.ordered, x.cancelled) for x in found.lines] == [("MUG", 2, 0), ("TEE", 3, 2)]
    assert dict(found.legs[0].lines) == {placed.mug: 2, placed.tee: 1}
    assert [e.detail["lines"] for e in placed.entries() if e.operation == "edit"] == [{placed.tee: 2}]


def test_two_cases_take_off_their_own_units(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    orders.cancel(placed.part(tee=1))
    orders.cancel(replace(placed.part(tee=1), case_id="case-other"))
    assert [x.cancelled for x in read(orders, placed).lines] == [0, 2]


def test_what_shipped_is_not_taken_off(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.tell("fulfill", lines={placed.tee: 2})
    answer = orders.cancel(placed.part(tee=2))
    assert answer.state is CancelState.REFUSED
    assert "fulfilled" in answer.message
    assert "edit" not in placed.effects()
    assert [(x.shipped, x.cancelled) for x in read(orders, placed).lines] == [(0, 0), (2, 0)]


def test_an_unknown_line_is_refused_before_anything_is_written(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes)
    answer = orders.cancel(placed.full(full=False, lines={"1": 1}))
    assert (answer.state, answer.code) == (CancelState.REFUSED, "UNKNOWN_LINES")
    assert placed.effects() == []


# ---------------------------------------------------------------------------------------------- money


def test_a_cancelled_captured_order_is_paid_back_once(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, payments: ShopifyPayments
) -> None:
    placed = Placed(sandboxes, shipping="5.00")
    lines = {placed.mug: 2, placed.tee: 3}
    before = payments.quote(placed.ref, lines)
    cancel(orders, placed.full())
    after = payments.quote(placed.ref, lines)
    assert before.amount == after.amount == Decimal("90.00")
    answers = [payments.move(placed.ref, placed.refund("90.00", mug=2, tee=3)) for _ in range(3)]
    assert {a.state for a in answers} == {MoveState.DONE}
    assert len({a.reference for a in answers}) == 1
    assert [(e.key, e.detail["amount"]) for e in placed.entries() if e.operation == "refund"] == [
        (f"money-{placed.ref}", "90.00")
    ]
    assert payments.read(placed.ref).net_payment == 0
    assert placed.show()["outstanding"] == "0.00"


def test_units_taken_off_by_an_edit_are_paid_back_as_the_shop_owes_them(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, payments: ShopifyPayments
) -> None:
    placed = Placed(sandboxes)
    orders.cancel(placed.part(tee=2))
    assert payments.quote(placed.ref, {placed.tee: 2}).amount == Decimal("40.00")
    answer = payments.move(placed.ref, placed.refund("40.00", tee=2))
    assert answer.state is MoveState.DONE
    assert payments.read(placed.ref).net_payment == Decimal("45.00")
    assert payments.quote(placed.ref, {placed.tee: 1}).amount == Decimal("20.00")


def test_a_part_is_quoted_at_its_price_without_shipping(sandboxes: Sandboxes, payments: ShopifyPayments) -> None:
    placed = Placed(sandboxes, shipping="5.00")
    assert payments.quote(placed.ref, {placed.mug: 1}).amount == Decimal("12.50")


def test_more_than_was_paid_is_refused_and_nothing_moves(sandboxes: Sandboxes, payments: ShopifyPayments) -> None:
    placed = Placed(sandboxes)
    with pytest.raises(PartnerRefused) as refusal:
        payments.move(placed.ref, placed.refund("85.01"))
    assert refusal.value.code == "OVER_REFUND"
    assert placed.effects() == []


def test_a_refund_by_another_app_in_between_is_seen_by_the_shop(
    sandboxes: Sandboxes, payments: ShopifyPayments
) -> None:
    placed = Placed(sandboxes)
    placed.tell("refund", amount="80.00")
    with pytest.raises(PartnerRefused) as refusal:
        payments.move(placed.ref, placed.refund("20.00"))
    assert refusal.value.code == "OVER_REFUND"
    assert placed.effects() == ["refund"]
    assert payments.read(placed.ref).net_payment == Decimal("5.00")


def test_several_payments_get_back_what_each_still_holds(sandboxes: Sandboxes, payments: ShopifyPayments) -> None:
    rows = [
        {"kind": "SALE", "amount": "30.00", "gateway": "gift_card"},
        {"kind": "AUTHORIZATION", "amount": "55.00"},
        {"kind": "CAPTURE", "amount": "55.00", "parent": 1},
    ]
    placed = Placed(sandboxes, payments=rows)
    assert payments.move(placed.ref, placed.refund("85.00", mug=2, tee=3)).state is MoveState.DONE
    back = [t for t in placed.show()["transactions"] if t["kind"] == "REFUND"]
    assert [(t["amount"], t["gateway"]) for t in back] == [("30.00", "gift_card"), ("55.00", "shopify_payments")]


def test_an_authorisation_is_voided_once(sandboxes: Sandboxes, payments: ShopifyPayments) -> None:
    placed = Placed(sandboxes, financial="authorized")
    (held,) = payments.read(placed.ref).transactions
    void = MoneyMove(f"money-{placed.ref}", MoveKind.VOID, Decimal("85.00"), "USD", held.transaction_id)
    answers = [payments.move(placed.ref, void) for _ in range(2)]
    assert [a.state for a in answers] == [MoveState.DONE] * 2
    assert answers[0].reference == answers[1].reference
    assert [(e.operation, e.detail["amount"]) for e in placed.entries()] == [("void", "85.00")]
    assert placed.show()["financial_status"] == "VOIDED"


def test_a_captured_authorisation_is_not_voided(sandboxes: Sandboxes, payments: ShopifyPayments) -> None:
    rows = [{"kind": "AUTHORIZATION", "amount": "85.00"}, {"kind": "CAPTURE", "amount": "85.00", "parent": 0}]
    placed = Placed(sandboxes, payments=rows)
    held = payments.read(placed.ref).transactions[0]
    with pytest.raises(PartnerRefused) as refusal:
        payments.move(placed.ref, MoneyMove("k", MoveKind.VOID, Decimal("85.00"), "USD", held.transaction_id))
    assert refusal.value.code == "AUTH_NOT_VOIDABLE"
    assert placed.effects() == []


def test_a_cancel_voids_the_authorisation_by_itself(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, payments: ShopifyPayments
) -> None:
    placed = Placed(sandboxes, financial="authorized")
    (held,) = payments.read(placed.ref).transactions
    cancel(orders, placed.full())
    assert sorted(placed.effects()) == ["cancel", "void"]
    void = MoneyMove("k", MoveKind.VOID, Decimal("85.00"), "USD", held.transaction_id)
    assert payments.move(placed.ref, void).state is MoveState.DONE
    assert sorted(placed.effects()) == ["cancel", "void"]


def test_a_payment_that_is_awaited_is_told_apart(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    assert read(orders, Placed(sandboxes, financial="pending")).payment_pending
    assert not read(orders, Placed(sandboxes)).payment_pending


def test_a_cancel_with_refund_in_the_admin_leaves_nothing_to_pay(
    sandboxes: Sandboxes, payments: ShopifyPayments
) -> None:
    placed = Placed(sandboxes)
    placed.tell("cancel", refund=True)
    found = payments.read(placed.ref)
    assert found.net_payment == 0
    assert (dict(found.refunded_lines), found.unexplained(())) == ({placed.mug: 2, placed.tee: 3}, 0)
    assert payments.quote(placed.ref, {placed.mug: 2, placed.tee: 3}).amount == 0


# ---------------------------------------------------------------------------------------------- the key of a refund


REFUND = (
    "mutation Try($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key)"
    " { refund { id } userErrors { message } } }"
)


def raw_refund(placed: Placed, amount: str) -> dict[str, Any]:
    (paid,) = placed.show()["transactions"][:1]
    order = f"gid://shopify/Order/{placed.ref}"
    parent = f"gid://shopify/OrderTransaction/{paid['transaction_id']}"
    row = {"orderId": order, "parentId": parent, "amount": amount, "gateway": paid["gateway"], "kind": "REFUND"}
    return {"orderId": order, "transactions": [row]}


def test_a_refund_by_amount_alone_is_explained_by_nothing_but_our_own_key(
    sandboxes: Sandboxes, connection: ShopifyConnection, payments: ShopifyPayments
) -> None:
    placed = Placed(sandboxes)
    told = {"input": raw_refund(placed, "10.00"), "key": f"raw-{placed.ref}"}
    ShopifyClient(connection).run(REFUND, told)
    payments.move(placed.ref, placed.refund("12.50", mug=1))
    found = payments.read(placed.ref)
    assert (found.paid_back, found.unexplained(())) == (Decimal("22.50"), Decimal("10.00"))
    told = {"input": {**raw_refund(placed, "4.00"), "note": money.note_for("ours")}, "key": f"raw-2-{placed.ref}"}
    ShopifyClient(connection).run(REFUND, told)
    found = payments.read(placed.ref)
    assert (found.unexplained(()), found.unexplained({"ours"})) == (Decimal("14.00"), Decimal("10.00"))


def test_change_at_a_till_is_nobodys_refund() -> None:
    change = {
        "id": "gid://shopify/OrderTransaction/1",
        "kind": "CHANGE",
        "status": "SUCCESS",
        "gateway": "cash",
        "manualPaymentGateway": True,
        "authorizationExpiresAt": None,
        "parentTransaction": None,
        "amountSet": {"presentmentMoney": {"amount": "3.00", "currencyCode": "USD"}},
    }
    found = money.snapshot({"presentmentCurrencyCode": "USD", "transactions": [change], "disputes": []}, [], "now")
    assert (found.paid_back, found.unexplained(())) == (Decimal("3.00"), 0)


def test_the_shop_gives_the_same_refund_for_the_same_key(sandboxes: Sandboxes, connection: ShopifyConnection) -> None:
    placed, client = Placed(sandboxes), ShopifyClient(connection)
    told = {"input": raw_refund(placed, "10.00"), "key": f"raw-{placed.ref}"}
    first, second = (client.run(REFUND, told)["refundCreate"]["refund"]["id"] for _ in range(2))
    assert first == second
    assert placed.effects() == ["refund"]


def test_the_same_key_for_another_refund_is_refused(sandboxes: Sandboxes, connection: ShopifyConnection) -> None:
    placed, client = Placed(sandboxes), ShopifyClient(connection)
    client.run(REFUND, {"input": raw_refund(placed, "10.00"), "key": f"raw-{placed.ref}"})
    with pytest.raises(PartnerRefused) as refusal:
        client.run(REFUND, {"input": raw_refund(placed, "11.00"), "key": f"raw-{placed.ref}"})
    assert refusal.value.code == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert placed.effects() == ["refund"]


def test_a_refund_without_a_key_is_refused(sandboxes: Sandboxes, connection: ShopifyConnection) -> None:
    placed = Placed(sandboxes)
    document = (
        "mutation T($input: RefundInput!) { refundCreate(input: $input) { refund { id } userErrors { message } } }"
    )
    with pytest.raises(PartnerContractBroken):
        ShopifyClient(connection).run(document, {"input": raw_refund(placed, "10.00")})
    assert placed.effects() == []


@pytest.mark.parametrize("amount", ["ten", "", "NaN", 10.0])
def test_an_amount_that_is_no_decimal_text_never_runs(
    sandboxes: Sandboxes, connection: ShopifyConnection, amount: Any
) -> None:
    placed = Placed(sandboxes)
    with pytest.raises(PartnerContractBroken):
        ShopifyClient(connection).run(REFUND, {"input": raw_refund(placed, amount), "key": "k-form"})
    assert placed.effects() == []


def test_the_shop_itself_refuses_more_than_it_received(sandboxes: Sandboxes, connection: ShopifyConnection) -> None:
    placed = Placed(sandboxes)
    answer = ShopifyClient(connection).run(REFUND, {"input": raw_refund(placed, "100.00"), "key": "k-over"})
    (problem,) = answer["refundCreate"]["userErrors"]
    assert problem["message"] == "Refund amount $100.00 is greater than net payment received $85.00"
    assert placed.effects() == []


# ---------------------------------------------------------------------------------------------- returns, shipments


def test_what_shipped_comes_back_by_one_return(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    key = f"case-{placed.ref}:-:return:1"
    assert orders.open_return(placed.ref, {placed.tee: 3}, key) == ""
    placed.tell("fulfill", leg_id=placed.leg)
    first, second = (orders.open_return(placed.ref, {placed.tee: 3}, key) for _ in range(2))
    assert first == second != ""
    assert [(e.operation, e.key) for e in placed.entries()] == [("fulfil", ""), ("return", key)]
    assert orders.open_return(placed.ref, {placed.tee: 3, placed.mug: 3}, "other") == ""


def test_an_active_return_blocks_a_cancel(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes, split=True)
    placed.tell("fulfill", leg_id=placed.leg)
    orders.open_return(placed.ref, {placed.mug: 2}, "k")
    assert cancel(orders, placed.full()).state is CancelState.REFUSED
    assert "cancel" not in placed.effects()


def ship_from_warehouse(sandboxes: Sandboxes, placed: Placed) -> None:
    lines = {placed.mug: 2, placed.tee: 3}
    sandboxes.warehouse_order(MERCHANT, "east", placed.ref, {placed.leg: lines})
    sandboxes.warehouse_ship(MERCHANT, "east", placed.ref, placed.leg)


def test_what_left_is_known_by_its_parcels_and_the_work_in_them(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes, split=True)
    assert list(orders.parcels(placed.ref)) == []
    placed.tell("fulfill", leg_id=placed.leg, tracking="1ZA1B2C30300000001")
    placed.tell("fulfill", leg_id=placed.second, tracking="9400100000000000000000")
    one, two = orders.parcels(placed.ref)
    assert (one.carrier, one.number, one.lines) == ("ups", "1ZA1B2C30300000001", {placed.mug: 2})
    assert (one.works, two.works) == ({placed.leg}, {placed.second})
    assert (two.carrier, two.lines) == ("other", {placed.tee: 3})
    assert one.shipment != two.shipment and one.number not in repr(one)
    assert {x.state for x in (one, two)} == {CarrierState.IN_TRANSIT}
    assert abs(seconds_between(one.sent_at, SystemClock().now())) < 60


@pytest.mark.parametrize(
    ("status", "state"),
    [("label_printed", "unknown"), ("out_for_delivery", "out_for_delivery"), ("delivered", "delivered")],
)
def test_the_stores_word_on_a_parcel_is_taken_at_second_hand(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, status: str, state: str
) -> None:
    placed = Placed(sandboxes)
    placed.tell("fulfill", tracking="9400100000000000000000", shipment_status=status)
    assert [x.state for x in orders.parcels(placed.ref)] == [state]


def test_an_order_that_is_not_there_has_no_parcels(orders: ShopifyOrderSystem) -> None:
    assert list(orders.parcels("1")) == []


def test_what_a_warehouse_ships_is_a_fulfillment_in_the_shop(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    ship_from_warehouse(sandboxes, placed)
    assert until(lambda: not read(orders, placed).legs, 5.0)
    assert [x.shipped for x in read(orders, placed).lines] == [2, 3]
    assert placed.show()["fulfillments"][0]["tracking"].startswith("1Z")


def test_a_shipment_is_not_reported_past_a_hold_and_is_once_it_is_gone(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed, other = Placed(sandboxes), Placed(sandboxes)
    leg, key = leg_of(orders, placed), f"case-{placed.ref}:{placed.leg}:hold"
    orders.place_hold(placed.ref, leg, key)
    ship_from_warehouse(sandboxes, placed)
    ship_from_warehouse(sandboxes, other)
    assert until(lambda: "fulfil" in other.effects(), 5.0)
    assert placed.effects() == ["hold"]
    orders.release_hold(placed.ref, leg, key)
    assert placed.effects() == ["hold", "release", "fulfil"]


def test_goods_cannot_leave_twice_or_from_work_on_hold(sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes)
    placed.tell("hold", handle="x")
    with pytest.raises(CommandRefused):
        placed.tell("fulfill")
    placed.tell("release", handle="x")
    placed.tell("fulfill")
    with pytest.raises(CommandRefused):
        placed.tell("fulfill")
    assert placed.effects() == ["hold", "release", "fulfil"]


def test_a_fulfillment_service_that_accepts_a_cancellation_has_nothing_left_to_ship(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    mug, leg = str(next(_numbers)), str(next(_numbers))
    rows = [{"id": mug, "sku": "MUG", "quantity": 1, "price": "9.00"}]
    work = {"id": leg, "warehouse": "east", "lines": {mug: 1}, "by_service": True}
    placed = Placed(sandboxes, lines=rows, legs=[work])
    placed.tell("cancellation-request", step="submitted", message="please")
    assert len(read(orders, placed).legs) == 1
    placed.tell("cancellation-request", step="accepted")
    assert read(orders, placed).legs == ()


# ---------------------------------------------------------------------------------------------- traps


def test_a_job_that_never_ends_stays_submitted(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.trap("cancel", "silent")
    taken = orders.cancel(placed.full())
    assert taken.state is CancelState.SUBMITTED
    assert orders.read_cancel(placed.full(), taken.reference).state is CancelState.SUBMITTED
    assert placed.effects() == []


def test_a_job_that_ended_without_effect_is_not_believed(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.trap("cancel", "false_ok")
    answer = orders.cancel(placed.full())
    assert (answer.state, answer.code) == (CancelState.REFUSED, "JOB_ENDED_WITHOUT_CANCEL")
    assert placed.effects() == []


def test_work_that_comes_back_after_the_cancel_is_seen(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.trap("cancel", "recreate")
    assert cancel(orders, placed.full()).state is CancelState.DONE
    found = read(orders, placed)
    assert found.cancelled
    assert [(leg.leg_id == placed.leg, dict(leg.lines)) for leg in found.legs] == [
        (False, {placed.mug: 2, placed.tee: 3})
    ]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("cancel", "INVALID"),
        ("edit_intent", "NO"),
        ("edit_begin", "ORDER_EDIT_REFUSED"),
        ("edit", "ORDER_EDIT_REFUSED"),
    ],
)
def test_a_rejected_cancel_or_edit_is_a_refusal_without_effect(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, operation: str, expected: str
) -> None:
    placed = Placed(sandboxes)
    detail = {"message": "not now", **({"code": "INVALID"} if operation == "edit_intent" else {})}
    placed.trap(operation, "rejected", detail=detail)
    answer = orders.cancel(placed.full() if operation == "cancel" else placed.part(mug=1))
    assert answer.state is CancelState.REFUSED
    assert answer.code == ("INVALID" if expected == "NO" else expected)
    assert "not now" in answer.message
    assert not {"cancel", "edit"} & set(placed.effects())


def test_a_rejected_hold_is_told(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.trap("hold", "rejected", detail={"code": "TAKEN"})
    answer = orders.place_hold(placed.ref, leg_of(orders, placed), "case-1:x:hold")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "TAKEN")
    assert placed.effects() == []


def test_a_hold_that_is_only_said_to_be_there_counts_as_accepted_and_no_more(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem
) -> None:
    placed = Placed(sandboxes)
    placed.trap("hold", "false_ok")
    assert orders.place_hold(placed.ref, leg_of(orders, placed), "case-1:x:hold").level is AckLevel.ACCEPTED
    assert placed.effects() == []


@pytest.mark.parametrize(("kind", "state"), [("silent", MoveState.PENDING), ("false_ok", MoveState.FAILED)])
def test_a_refund_is_what_its_transactions_are(
    sandboxes: Sandboxes, payments: ShopifyPayments, kind: str, state: MoveState
) -> None:
    placed = Placed(sandboxes)
    placed.trap("refund", kind)
    move = placed.refund("12.50", mug=1)
    assert [payments.move(placed.ref, move).state for _ in range(2)] == [state] * 2
    amounts = [e.detail["amount"] for e in placed.entries() if e.operation == "refund"]
    assert amounts == (["12.50"] if state is MoveState.PENDING else ["0"])


@pytest.mark.parametrize(
    ("ends", "state", "moved"),
    [
        ([TransactionStatus.SUCCESS, TransactionStatus.FAILURE], MoveState.PARTLY, Decimal("5.00")),
        ([TransactionStatus.FAILURE, TransactionStatus.PENDING], MoveState.PENDING, None),
        ([TransactionStatus.SUCCESS, TransactionStatus.SUCCESS], MoveState.DONE, None),
        ([TransactionStatus.FAILURE, TransactionStatus.FAILURE], MoveState.FAILED, None),
        ([], MoveState.FAILED, None),
    ],
)
def test_a_refund_over_several_payments_has_failed_only_when_nothing_of_it_moved(
    ends: list[TransactionStatus], state: MoveState, moved: Decimal | None
) -> None:
    told = money.answer("1", zip(ends, (Decimal("5.00"), Decimal("15.00")), strict=False))
    assert (told.state, told.moved) == (state, moved)


def test_a_pending_refund_is_done_when_the_bank_is(sandboxes: Sandboxes, payments: ShopifyPayments) -> None:
    placed = Placed(sandboxes)
    placed.trap("refund", "late", seconds=0.6)
    move = placed.refund("12.50", mug=1)
    assert payments.move(placed.ref, move).state is MoveState.PENDING
    assert until(lambda: payments.move(placed.ref, move).state is MoveState.DONE, 5.0)
    assert placed.effects() == ["refund"]


def test_a_rejected_refund_and_void_move_nothing(sandboxes: Sandboxes, payments: ShopifyPayments) -> None:
    captured, held = Placed(sandboxes), Placed(sandboxes, financial="authorized")
    captured.trap("refund", "rejected")
    held.trap("void", "rejected")
    with pytest.raises(PartnerRefused) as refusal:
        payments.move(captured.ref, captured.refund("12.50"))
    assert refusal.value.code == "REFUND_REFUSED"
    parent = payments.read(held.ref).transactions[0].transaction_id
    with pytest.raises(PartnerRefused) as refusal:
        payments.move(held.ref, MoneyMove("k", MoveKind.VOID, Decimal("85.00"), "USD", parent))
    assert refusal.value.code == "GENERIC_ERROR"
    assert captured.effects() == held.effects() == []


@pytest.mark.parametrize(("kind", "state"), [("silent", MoveState.PENDING), ("false_ok", MoveState.FAILED)])
def test_a_void_is_what_its_transaction_is(
    sandboxes: Sandboxes, payments: ShopifyPayments, kind: str, state: MoveState
) -> None:
    placed = Placed(sandboxes, financial="authorized")
    placed.trap("void", kind)
    parent = payments.read(placed.ref).transactions[0].transaction_id
    answer = payments.move(placed.ref, MoneyMove("k", MoveKind.VOID, Decimal("85.00"), "USD", parent))
    assert answer.state is state
    assert placed.effects() == (["void"] if state is MoveState.PENDING else [])


@pytest.mark.parametrize(
    ("kind", "more", "in_doubt", "happened"),
    [
        ("http_429", {"seconds": 2}, False, False),
        ("http_429", {"seconds": 2, "detail": {"graphql": True}}, False, False),
        ("http_500", {}, True, False),
        ("http_500_after", {}, True, True),
        ("reset", {}, True, False),
        ("reset", {"after": True}, True, True),
    ],
)
def test_trouble_on_the_wire_says_what_is_known_and_a_repeat_pays_once(
    sandboxes: Sandboxes, payments: ShopifyPayments, kind: str, more: dict[str, Any], in_doubt: bool, happened: bool
) -> None:
    placed = Placed(sandboxes)
    placed.trap("refund", kind, **more)
    move = placed.refund("12.50", mug=1)
    with pytest.raises(PartnerUnavailable) as trouble:
        payments.move(placed.ref, move)
    assert trouble.value.in_doubt is in_doubt
    assert trouble.value.retry_after == (pytest.approx(2, abs=0.1) if kind == "http_429" else None)
    assert placed.effects() == (["refund"] if happened else [])
    assert payments.move(placed.ref, move).state is MoveState.DONE
    assert placed.effects() == ["refund"]


@pytest.mark.parametrize("after", [False, True])
def test_a_cancel_whose_answer_is_lost_is_found_again(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, after: bool
) -> None:
    placed = Placed(sandboxes)
    placed.trap("cancel", "reset", after=after)
    with pytest.raises(PartnerUnavailable):
        orders.cancel(placed.full())
    assert until(lambda: placed.effects() == (["cancel"] if after else []), 5.0)
    answer = cancel(orders, placed.full())
    assert (answer.state, answer.by_us) == (CancelState.DONE, True)
    assert placed.effects() == ["cancel"]


def test_an_edit_whose_answer_is_lost_is_not_made_twice(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.trap("edit", "reset", after=True)
    with pytest.raises(PartnerUnavailable):
        orders.cancel(placed.part(tee=1))
    assert orders.cancel(placed.part(tee=1)).state is CancelState.DONE
    assert [x.cancelled for x in read(orders, placed).lines] == [0, 1]
    assert placed.effects().count("edit") == 1


def test_a_slow_answer_is_an_answer(sandboxes: Sandboxes, orders: ShopifyOrderSystem) -> None:
    placed = Placed(sandboxes)
    placed.trap("read", "slow", seconds=0.1)
    assert read(orders, placed).order_ref == placed.ref


def test_an_empty_bucket_throttles_and_says_how_long(sandboxes: Sandboxes, connection: ShopifyConnection) -> None:
    small = {"access_token": TOKEN, "locations": LOCATIONS, "bucket_points": 5, "restore_rate": 50}
    sandboxes.configure(merchants={"tiny": {"shopify": small}})
    shop = ShopifyOrderSystem(replace(connection, endpoint=f"{sandboxes.endpoint}/shopify/tiny"))
    with pytest.raises(PartnerUnavailable) as trouble:
        shop.read_order("1")
    assert not trouble.value.in_doubt
    assert trouble.value.retry_after is not None
    assert trouble.value.retry_after > 0


def test_a_document_that_fits_no_schema_is_told_apart_from_a_refusal(
    sandboxes: Sandboxes, connection: ShopifyConnection
) -> None:
    placed = Placed(sandboxes)
    document = 'mutation { orderCancel(orderId: "gid://shopify/Order/1") { job { id } } }'
    with pytest.raises(PartnerContractBroken):
        ShopifyClient(connection).run(document, {})
    assert placed.effects() == []


# ---------------------------------------------------------------------------------------------- a restart


def test_what_was_under_way_goes_on_after_a_restart(connection: ShopifyConnection, tmp_path: Path) -> None:
    state, settings = tmp_path / "state.json", {"access_token": TOKEN, "locations": LOCATIONS}
    with Sandboxes.start(state=state) as first:
        first.configure(merchants={MERCHANT: {"shopify": settings}})
        placed, paid = Placed(first), Placed(first)
        placed.trap("cancel", "late", seconds=3)
        taken = ShopifyOrderSystem(at(first, connection), pause=lambda _: None).cancel(placed.full())
        told = {"input": raw_refund(paid, "10.00"), "key": f"raw-{paid.ref}"}
        before = ShopifyClient(at(first, connection)).run(REFUND, told)["refundCreate"]["refund"]["id"]
        assert placed.effects() == []
    with Sandboxes.start(state=state) as second:
        placed.sandboxes = paid.sandboxes = second
        answer = confirm(ShopifyOrderSystem(at(second, connection)), placed.full(), taken.reference)
        assert (answer.state, answer.by_us) == (CancelState.DONE, True)
        after = ShopifyClient(at(second, connection)).run(REFUND, told)["refundCreate"]["refund"]["id"]
        assert (after, paid.effects(), placed.effects()) == (before, ["refund"], ["cancel"])


def at(running: Sandboxes, connection: ShopifyConnection) -> ShopifyConnection:
    return replace(connection, endpoint=f"{running.endpoint}/shopify/{MERCHANT}")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de", "de"),
        ("fr-CA", "fr"),
        ("EN_us", "en"),
        ("zh-Hant-TW", "zh"),
        ("", ""),
        ("x", ""),
        ("12-AB", ""),
        (None, ""),
    ],
)
def test_of_a_locale_the_language_is_kept_and_nothing_else(locale: str | None, expected: str) -> None:
    assert mapping.language(locale) == expected


@pytest.mark.parametrize(("locale", "expected"), [("fr-CA", "fr"), ("", "")])
def test_an_order_tells_its_customers_language_by_the_same_one_request(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, locale: str, expected: str
) -> None:
    assert read(orders, Placed(sandboxes, locale=locale)).language == expected
