"""What the Shopify sandbox sends of its own accord: signed as Shopify signs, shaped as Shopify shapes it, read by the adapter."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.inbox import Delivered, Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.shopify import signature, webhooks
from stopship.adapters.shopify.connection import API_VERSION, ShopifyConnection
from stopship.adapters.shopify.lookups import ShopifyLookups
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.adapters.shopify.payments import ShopifyPayments
from stopship.application.ports import CancelCommand, CancelState
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import NotAuthentic
from stopship.domain.money import MoneyMove, MoveKind
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, SHOP = "acme", "acme.myshopify.com"
SECRETS = ("whs-new", "whs-old")
TOPICS = [
    "orders/cancelled",
    "orders/edited",
    "refunds/create",
    "fulfillments/create",
    "fulfillment_holds/added",
    "fulfillment_holds/released",
    "fulfillment_orders/hold_released",
    "fulfillment_orders/cancellation_request_submitted",
    "fulfillment_orders/cancellation_request_accepted",
    "fulfillment_orders/cancellation_request_rejected",
]
SAMPLES = contracts() / "shopify" / "webhooks"
LATER = "2999-01-01T00:00:00.000000Z"
_numbers = count(5_000_000_001)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture(scope="module")
def sandboxes(inbox: Inbox) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {"shop": SHOP, "access_token": "t", "webhook_secrets": list(SECRETS), "locations": {"7": "east"}}
        some = {**settings, "shop": "quiet.myshopify.com"}
        running.configure(
            inbox.url,
            merchants={MERCHANT: {"shopify": {**settings, "topics": TOPICS}}, "quiet": {"shopify": some}},
        )
        yield running


@pytest.fixture
def connection(sandboxes: Sandboxes) -> ShopifyConnection:
    return ShopifyConnection(MERCHANT, SHOP, f"{sandboxes.endpoint}/shopify/{MERCHANT}", "t")


@pytest.fixture
def orders(connection: ShopifyConnection) -> ShopifyOrderSystem:
    return ShopifyOrderSystem(connection)


@pytest.fixture
def look(connection: ShopifyConnection) -> ShopifyLookups:
    return ShopifyLookups(connection)


class Placed:
    """An order of one line at a fulfillment service, and what the shop sent about it."""

    def __init__(self, sandboxes: Sandboxes, inbox: Inbox, merchant: str = MERCHANT) -> None:
        self.sandboxes, self.inbox, self.merchant = sandboxes, inbox, merchant
        self.ref, self.line, self.leg = (str(next(_numbers)) for _ in range(3))
        lines = [{"id": self.line, "sku": "MUG", "quantity": 3, "price": "10.00"}]
        legs = [{"id": self.leg, "warehouse": "east", "lines": {self.line: 3}, "by_service": True}]
        self._command("orders", {"order_ref": self.ref, "lines": lines, "legs": legs})

    def _command(self, name: str, told: dict[str, Any]) -> Any:
        return self.sandboxes.command(f"shopify/{self.merchant}/{name}", told)

    def tell(self, command: str, **more: Any) -> Any:
        return self._command(command, {"order_ref": self.ref, **more})

    def sent(self, topic: str) -> list[Delivered]:
        names = (self.ref, f'FulfillmentOrder/{self.leg}"')
        mine = [m for m in self.inbox.messages if any(name in m.body.decode() for name in names)]
        return [m for m in mine if m.headers["X-Shopify-Topic"] == topic]

    def one(self, topic: str) -> Delivered:
        assert until(lambda: bool(self.sent(topic)), 5.0), f"no {topic} came"
        (found,) = self.sent(topic)
        return found


@pytest.fixture
def placed(sandboxes: Sandboxes, inbox: Inbox) -> Placed:
    return Placed(sandboxes, inbox)


def understood(message: Delivered, look: ShopifyLookups | None = None) -> CancelRequest | Signal | None:
    """As the desk's door does: the signature first, then the words."""
    signature.verify(message.body, message.headers["X-Shopify-Hmac-Sha256"], SECRETS)
    taken = IntakeMessage(
        merchant=MERCHANT,
        source="shopify",
        topic=message.headers["X-Shopify-Topic"],
        delivery_id=message.headers["X-Shopify-Webhook-Id"],
        evidence_key="raw/1",
        received_at=LATER,
        raw_sha256="0" * 64,
    )
    return webhooks.normalise(taken, message.body, look)


# ---------------------------------------------------------------------------------------------- proof and headers


def test_the_signature_is_over_the_raw_body_and_ends_with_a_changed_byte(placed: Placed) -> None:
    placed.tell("cancel")
    message = placed.one("orders/cancelled")
    signed = message.headers["X-Shopify-Hmac-Sha256"]
    signature.verify(message.body, signed, SECRETS)
    with pytest.raises(NotAuthentic):
        signature.verify(message.body + b" ", signed, SECRETS)
    with pytest.raises(NotAuthentic):
        signature.verify(message.body, signed, SECRETS[1:])


def test_a_rotated_secret_signs_what_is_sent_from_then_on(sandboxes: Sandboxes, inbox: Inbox) -> None:
    turned = {"shop": SHOP, "access_token": "t", "webhook_secrets": ["one"], "locations": {"7": "east"}}
    sandboxes.configure(merchants={"turned": {"shopify": turned}})
    placed = Placed(sandboxes, inbox, "turned")
    sandboxes.configure(merchants={"turned": {"shopify": {"webhook_secrets": ["two", "one"]}}})
    placed.tell("cancel")
    message = placed.one("orders/cancelled")
    signature.verify(message.body, message.headers["X-Shopify-Hmac-Sha256"], ["two"])


def test_every_delivery_says_shop_topic_version_and_its_own_id(placed: Placed, inbox: Inbox) -> None:
    placed.tell("cancel")
    cancelled, refunded = placed.one("orders/cancelled"), placed.one("refunds/create")
    assert cancelled.path == "/webhooks/shopify"
    assert (cancelled.headers["X-Shopify-Shop-Domain"], cancelled.headers["X-Shopify-API-Version"]) == (
        SHOP,
        API_VERSION,
    )
    assert {"X-Shopify-Event-Id", "X-Shopify-Triggered-At"} <= set(cancelled.headers)
    assert cancelled.headers["X-Shopify-Webhook-Id"] != refunded.headers["X-Shopify-Webhook-Id"]


def test_a_delivery_that_was_refused_comes_again_with_the_same_id(placed: Placed, inbox: Inbox) -> None:
    inbox.refuse(placed.ref, 503)
    placed.tell("fulfill")
    assert until(lambda: len(placed.sent("fulfillments/create")) == 2, 5.0)
    first, second = placed.sent("fulfillments/create")
    assert first.headers["X-Shopify-Webhook-Id"] == second.headers["X-Shopify-Webhook-Id"]
    assert first.body == second.body


def test_topics_that_nobody_subscribed_to_are_not_sent(sandboxes: Sandboxes, inbox: Inbox) -> None:
    quiet = Placed(sandboxes, inbox, "quiet")
    quiet.tell("hold", handle="x")
    quiet.tell("release")
    quiet.tell("cancel")
    quiet.one("orders/cancelled")
    quiet.one("refunds/create")
    assert {m["topic"] for m in sandboxes.deliveries() if m["merchant"] == "quiet"} == {
        "orders/cancelled",
        "refunds/create",
    }


def test_a_lost_webhook_never_comes_and_a_late_one_does(sandboxes: Sandboxes, placed: Placed) -> None:
    sandboxes.trap(placed.ref, "webhook", "silent")
    sandboxes.trap(placed.ref, "webhook", "late", seconds=0.2)
    placed.tell("fulfill", lines={placed.line: 1})
    placed.tell("fulfill")
    message = placed.one("fulfillments/create")
    assert [item["quantity"] for item in json.loads(message.body)["line_items"]] == [2]


# ---------------------------------------------------------------------------------------------- what they say


@pytest.mark.parametrize(
    ("told", "reason", "requester"),
    [
        ("CUSTOMER", Reason.CUSTOMER_REQUEST, Requester.CUSTOMER),
        ("FRAUD", Reason.FRAUD, Requester.OPS),
        ("INVENTORY", Reason.STOCKOUT, Requester.OPS),
    ],
)
def test_a_cancel_in_the_shop_is_a_request_for_the_whole_order(
    placed: Placed, told: str, reason: Reason, requester: Requester
) -> None:
    placed.tell("cancel", reason=told)
    found = understood(placed.one("orders/cancelled"))
    assert isinstance(found, CancelRequest)
    assert (found.order_ref, found.reason, found.requester, dict(found.lines)) == (placed.ref, reason, requester, {})


def test_our_own_refund_comes_back_with_our_key_and_another_apps_with_none(
    sandboxes: Sandboxes, inbox: Inbox, placed: Placed
) -> None:
    other = Placed(sandboxes, inbox)
    other.tell("refund", lines={other.line: 1})
    connection = ShopifyConnection(MERCHANT, SHOP, f"{sandboxes.endpoint}/shopify/{MERCHANT}", "t")
    move = MoneyMove("money-key-1", MoveKind.REFUND, Decimal("20.00"), "USD", "", {placed.line: 2})
    reference = ShopifyPayments(connection).move(placed.ref, move).reference
    ours, theirs = (understood(x.one("refunds/create")) for x in (placed, other))
    assert isinstance(ours, Signal)
    assert isinstance(theirs, Signal)
    assert (ours.kind, ours.order_ref, ours.origin_key, ours.reference) == (
        SignalKind.REFUND_SEEN,
        placed.ref,
        "money-key-1",
        reference,
    )
    assert (dict(ours.lines), dict(theirs.lines)) == ({placed.line: 2}, {other.line: 1})
    assert theirs.origin_key == ""
    assert (ours.amount, ours.currency) == ("20.00", "USD")


def test_the_refund_that_a_cancel_without_money_writes_down_has_moved_nothing(placed: Placed) -> None:
    placed.tell("cancel")
    found = understood(placed.one("refunds/create"))
    assert isinstance(found, Signal)
    assert (Decimal(found.amount), found.currency, bool(found.lines)) == (0, "", True)


@pytest.mark.parametrize(("status", "departed"), [("in_transit", True), ("label_printed", False), ("", False)])
def test_a_fulfillment_is_a_shipment_that_has_left_when_the_carrier_says_so(
    placed: Placed, status: str, departed: bool
) -> None:
    placed.tell("fulfill", lines={placed.line: 2}, tracking="1Z999", shipment_status=status)
    found = understood(placed.one("fulfillments/create"))
    assert isinstance(found, Signal)
    assert (found.kind, found.order_ref, found.departed, found.reference) == (
        SignalKind.SHIPMENT,
        placed.ref,
        departed,
        "1Z999",
    )
    assert dict(found.lines) == {placed.line: 2}


def test_a_hold_that_somebody_lets_go_is_told_with_its_handle(placed: Placed, look: ShopifyLookups) -> None:
    placed.tell("hold", handle="fraud-app")
    placed.tell("release", handle="fraud-app")
    single = understood(placed.one("fulfillment_holds/released"), look)
    last = understood(placed.one("fulfillment_orders/hold_released"), look)
    for found in (single, last):
        assert isinstance(found, Signal)
        assert (found.kind, found.order_ref, found.leg_id) == (SignalKind.HOLD_RELEASED, placed.ref, placed.leg)
        assert dict(found.lines) == {placed.line: 3}
    assert isinstance(single, Signal)
    assert single.origin_key == "fraud-app"


def test_a_request_to_a_fulfillment_service_is_a_wish_for_its_lines(placed: Placed, look: ShopifyLookups) -> None:
    placed.tell("cancellation-request", step="submitted", message="please stop")
    found = understood(placed.one("fulfillment_orders/cancellation_request_submitted"), look)
    assert isinstance(found, CancelRequest)
    assert (found.order_ref, dict(found.lines)) == (placed.ref, {placed.line: 3})


# ---------------------------------------------------------------------------------------------- against Shopify's examples


def sample(topic: str) -> Any:
    path = Path(SAMPLES / f"{topic}.json")
    if not path.exists():
        pytest.skip(
            "Shopify's examples are not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
        )
    return json.loads(path.read_text())["response"]


def strays(sent: Any, example: Any, place: str = "") -> list[str]:
    """Names that Shopify's example has not, and values of another type; an example's null or empty list says nothing."""
    if example is None or sent is None:
        return []
    if isinstance(sent, dict):
        if not isinstance(example, dict):
            return [f"{place} is an object"]
        unknown = [f"{place}.{name}" for name in sent if name not in example]
        return unknown + [x for n in sent if n in example for x in strays(sent[n], example[n], f"{place}.{n}")]
    if isinstance(sent, list):
        return [x for one in sent for x in strays(one, example[0], place)] if example else []
    return [] if type(sent) is type(example) else [f"{place} is {type(sent).__name__}, not {type(example).__name__}"]


def act(placed: Placed, topic: str) -> None:
    match topic.partition("/")[2]:
        case "cancelled":
            placed.tell("cancel", refund=True)
        case "create" if topic.startswith("refunds"):
            placed.tell("refund", lines={placed.line: 1})
        case "create":
            placed.tell("fulfill")
        case step if step.startswith("cancellation_request"):
            placed.tell("cancellation-request", step="submitted", message="m")
            if not step.endswith("submitted"):
                placed.tell("cancellation-request", step=step.rpartition("_")[2], message="m")
        case _:
            placed.tell("hold", handle="h")
            placed.tell("release")


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic != "orders/edited"])
def test_a_payload_has_the_form_of_shopifys_example(placed: Placed, topic: str) -> None:
    example = sample(topic)
    act(placed, topic)
    assert strays(json.loads(placed.one(topic).body), example) == []


def test_an_edits_payload_has_the_form_of_shopifys_example(placed: Placed, orders: ShopifyOrderSystem) -> None:
    example = sample("orders/edited")
    command = CancelCommand(placed.ref, "case-1", False, {placed.line: 1}, "CUSTOMER", False, "k")
    assert orders.cancel(command).state is CancelState.DONE
    message = placed.one("orders/edited")
    assert strays(json.loads(message.body), example) == []
    seen = understood(message)
    assert isinstance(seen, Signal)
    assert (seen.kind, seen.order_ref) == (SignalKind.ORDER_CHANGED, placed.ref)
