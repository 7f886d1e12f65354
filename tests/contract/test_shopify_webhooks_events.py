"""What others do in a shop, as the sandbox tells of it: in the form of Shopify's examples, signed, and read by the adapter with the shop at hand."""

import base64
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.inbox import Delivered, Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.shopify import counts, privacy, signature, webhooks
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.lookups import ShopifyLookups
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.adapters.shopify.payments import ShopifyPayments
from stopship.adapters.shopify.topics import TOPICS, Meaning
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import PartnerRefused
from stopship.domain.money import MoneyMove, MoveKind
from stopship.domain.privacy import Duty
from stopship.domain.signal import Signal, SignalKind
from stopship.wiring import shopify_bus
from tests.contract.test_shopify_webhooks import strays
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, SHOP, SECRET = "acme", "acme.myshopify.com", "whs-new"
SAMPLES = contracts() / "shopify" / "webhooks"
LATER = "2999-01-01T00:00:00.000000Z"
_numbers = count(3_000_000_001)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture(scope="module")
def sandboxes(inbox: Inbox) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {
            "shop": SHOP,
            "access_token": "t",
            "webhook_secrets": [SECRET],
            "locations": {"7": "east", "8": "west"},
            "topics": list(TOPICS),
        }
        running.configure(inbox.url, merchants={MERCHANT: {"shopify": settings}})
        yield running


@pytest.fixture
def connection(sandboxes: Sandboxes) -> ShopifyConnection:
    return ShopifyConnection(
        MERCHANT, SHOP, f"{sandboxes.endpoint}/shopify/{MERCHANT}", "t", {"7": "east", "8": "west"}
    )


class Placed:
    def __init__(self, sandboxes: Sandboxes, inbox: Inbox, **more: Any) -> None:
        self.sandboxes, self.inbox = sandboxes, inbox
        self.ref, self.line, self.leg, self.second = (str(next(_numbers)) for _ in range(4))
        lines = [{"id": self.line, "sku": "MUG", "quantity": 4, "price": "10.00"}]
        legs = [
            {"id": self.leg, "warehouse": "east", "lines": {self.line: 3}, "by_service": True},
            {"id": self.second, "warehouse": "west", "lines": {self.line: 1}},
        ]
        self.command("orders", order_ref=self.ref, lines=lines, legs=legs, **more)

    def command(self, name: str, **told: Any) -> Any:
        return self.sandboxes.command(f"shopify/{MERCHANT}/{name}", told)

    def tell(self, name: str, **more: Any) -> Any:
        return self.command(name, order_ref=self.ref, **more)["done"]

    def sent(self, topic: str) -> list[Delivered]:
        names = (self.ref, f'FulfillmentOrder/{self.leg}"')
        mine = [m for m in self.inbox.messages if any(name in m.body.decode() for name in names)]
        return [m for m in mine if m.headers["X-Shopify-Topic"] == topic]

    def last(self, topic: str) -> Delivered:
        assert until(lambda: bool(self.sent(topic)), 20.0), f"no {topic} came"
        return self.sent(topic)[-1]


@pytest.fixture
def placed(sandboxes: Sandboxes, inbox: Inbox) -> Placed:
    return Placed(sandboxes, inbox)


def message_of(told: Delivered) -> IntakeMessage:
    signature.verify(told.body, told.headers["X-Shopify-Hmac-Sha256"], [SECRET])
    topic, delivery = told.headers["X-Shopify-Topic"], told.headers["X-Shopify-Webhook-Id"]
    return IntakeMessage(MERCHANT, "shopify", topic, delivery, "raw/1", "0" * 64, LATER)


def understood(told: Delivered, connection: ShopifyConnection) -> Signal:
    found = webhooks.normalise(message_of(told), told.body, ShopifyLookups(connection))
    assert isinstance(found, Signal)
    return found


def sample(topic: str) -> Any:
    path = SAMPLES / f"{topic}.json"
    if not path.exists():
        pytest.skip(
            "Shopify's examples are not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
        )
    return json.loads(path.read_text())["response"]


def sent_back(placed: Placed, *steps: str) -> None:
    placed.tell("fulfill", leg_id=placed.leg)
    name = placed.tell("return", step=steps[0], lines={placed.line: 2})
    for step in steps[1:]:
        placed.tell("return", step=step, return_id=name)


def disputed(placed: Placed, status: str = "") -> None:
    name = placed.tell("dispute")
    if status:
        placed.tell("dispute", dispute_id=name, status=status)


def asked(placed: Placed, step: str) -> None:
    placed.tell("cancellation-request", leg_id=placed.leg, step="submitted")
    placed.tell("cancellation-request", leg_id=placed.leg, step=step)


DOINGS: dict[str, tuple[Callable[[Placed], Any], SignalKind, str]] = {
    "orders/edited": (lambda p: p.tell("reduce", lines={p.line: 1}), SignalKind.ORDER_CHANGED, ""),
    "orders/updated": (lambda p: p.tell("touch"), SignalKind.ORDER_CHANGED, ""),
    "disputes/create": (disputed, SignalKind.DISPUTE_SEEN, "open"),
    "disputes/update": (lambda p: disputed(p, "WON"), SignalKind.DISPUTE_SEEN, "won"),
    "returns/request": (lambda p: sent_back(p, "request"), SignalKind.RETURN_SEEN, "active"),
    "returns/approve": (lambda p: sent_back(p, "request", "approve"), SignalKind.RETURN_SEEN, "active"),
    "returns/decline": (lambda p: sent_back(p, "request", "decline"), SignalKind.RETURN_SEEN, "ended"),
    "returns/cancel": (lambda p: sent_back(p, "request", "cancel"), SignalKind.RETURN_SEEN, "ended"),
    "returns/close": (lambda p: sent_back(p, "request", "close"), SignalKind.RETURN_SEEN, "ended"),
    "returns/reopen": (lambda p: sent_back(p, "request", "close", "reopen"), SignalKind.RETURN_SEEN, "active"),
    "fulfillment_orders/moved": (
        lambda p: p.tell("move", leg_id=p.leg, warehouse="west"),
        SignalKind.WORK_CHANGED,
        "",
    ),
    "fulfillment_orders/split": (
        lambda p: p.tell("split", leg_id=p.leg, lines={p.line: 1}),
        SignalKind.WORK_CHANGED,
        "",
    ),
    "fulfillment_orders/merged": (
        lambda p: p.tell("merge", leg_id=p.second, into=p.leg),
        SignalKind.WORK_CHANGED,
        "",
    ),
    "fulfillment_orders/fulfillment_service_failed_to_complete": (
        lambda p: p.tell("give-up", leg_id=p.leg, message="We broke it."),
        SignalKind.WORK_CHANGED,
        "",
    ),
    "fulfillment_orders/progress_reported": (
        lambda p: p.tell("progress", leg_id=p.leg),
        SignalKind.PROGRESS_SEEN,
        "picking",
    ),
    "fulfillment_orders/cancellation_request_accepted": (
        lambda p: asked(p, "accepted"),
        SignalKind.STOP_ANSWERED,
        "system_cancelled",
    ),
    "fulfillment_orders/cancellation_request_rejected": (
        lambda p: asked(p, "rejected"),
        SignalKind.STOP_ANSWERED,
        "rejected",
    ),
    "fulfillment_orders/hold_released": (
        lambda p: (p.tell("hold", leg_id=p.leg, handle="h"), p.tell("release", leg_id=p.leg)),
        SignalKind.HOLD_RELEASED,
        "",
    ),
}


@pytest.mark.parametrize("topic", DOINGS)
def test_what_somebody_does_is_told_in_shopifys_form_and_understood(
    placed: Placed, connection: ShopifyConnection, topic: str
) -> None:
    act, kind, state = DOINGS[topic]
    act(placed)
    told = placed.last(topic)
    found = understood(told, connection)
    assert (found.kind, found.state, found.order_ref) == (kind, state, placed.ref)
    assert strays(json.loads(told.body), sample(topic)) == []


def test_money_that_is_taken_is_told_twice_and_read_as_taken(
    sandboxes: Sandboxes, inbox: Inbox, connection: ShopifyConnection
) -> None:
    placed = Placed(sandboxes, inbox, financial="authorized")
    placed.tell("capture")
    paid, moved = placed.last("orders/paid"), placed.last("order_transactions/create")
    assert strays(json.loads(moved.body), sample("order_transactions/create")) == []
    assert strays(json.loads(paid.body), sample("orders/paid")) == []
    assert [understood(x, connection).state for x in (paid, moved)] == ["paid", "capture"]


def test_whose_a_refund_is_and_how_it_ended_is_read_from_the_shop(
    sandboxes: Sandboxes, inbox: Inbox, connection: ShopifyConnection
) -> None:
    ours, others, failed = (Placed(sandboxes, inbox) for _ in range(3))
    payments = ShopifyPayments(connection)
    payments.move(ours.ref, refund(ours, "money-1"))
    sandboxes.trap(failed.ref, "refund", "false_ok")
    payments.move(failed.ref, refund(failed, "money-2"))
    others.tell("refund", lines={others.line: 1})
    found = [understood(x.last("order_transactions/create"), connection) for x in (ours, failed, others)]
    assert [(x.kind, x.origin_key, x.failure) for x in found] == [
        (SignalKind.REFUND_SEEN, "money-1", ""),
        (SignalKind.REFUND_SEEN, "money-2", "failure"),
        (SignalKind.REFUND_SEEN, "", ""),
    ]


def refund(placed: Placed, key: str) -> MoneyMove:
    from decimal import Decimal

    return MoneyMove(key, MoveKind.REFUND, Decimal("10.00"), "USD", "", {placed.line: 1})


def test_a_refund_under_way_is_told_when_it_has_ended(
    sandboxes: Sandboxes, placed: Placed, connection: ShopifyConnection
) -> None:
    sandboxes.trap(placed.ref, "refund", "late", seconds=3)
    ShopifyPayments(connection).move(placed.ref, refund(placed, "money-3"))
    placed.last("refunds/create")
    assert placed.sent("order_transactions/create") == []
    assert understood(placed.last("order_transactions/create"), connection).origin_key == "money-3"


def test_nothing_is_paid_back_while_a_dispute_is_open_whatever_the_desk_knew_of_it(
    placed: Placed, connection: ShopifyConnection
) -> None:
    disputed(placed)
    with pytest.raises(PartnerRefused) as refusal:
        ShopifyPayments(connection).move(placed.ref, refund(placed, "money-4"))
    assert refusal.value.code == "DISPUTE_OPEN"
    assert "refund" not in [x.operation for x in placed.sandboxes.journal("shopify", MERCHANT, placed.ref)]


def test_a_return_is_read_with_its_lines_and_with_our_key_where_it_is_ours(
    placed: Placed, connection: ShopifyConnection
) -> None:
    placed.tell("fulfill", leg_id=placed.leg)
    mine = ShopifyOrderSystem(connection).open_return(placed.ref, {placed.line: 1}, "case-1:-:return:1")
    name = placed.tell("return", step="request", lines={placed.line: 2})
    look = ShopifyLookups(connection)
    theirs = look.returned(f"gid://shopify/Return/{name}")
    assert theirs is not None
    assert (theirs.order_ref, theirs.active, dict(theirs.lines), theirs.key) == (placed.ref, True, {placed.line: 2}, "")
    ours = look.returned(f"gid://shopify/Return/{mine}")
    assert ours is not None
    assert ours.key == "case-1:-:return:1"
    assert look.returned("gid://shopify/Return/1") is None


def test_an_update_without_a_change_has_the_digest_of_the_one_before(
    placed: Placed, connection: ShopifyConnection
) -> None:
    for _ in range(2):
        placed.tell("touch")
    assert until(lambda: len(placed.sent("orders/updated")) == 2, 5.0)
    placed.tell("reduce", lines={placed.line: 1})
    assert until(lambda: len(placed.sent("orders/updated")) == 3, 5.0)
    first, second, third = (understood(x, connection).digest for x in placed.sent("orders/updated"))
    assert first == second != third


def test_an_order_is_counted_as_it_was_placed(placed: Placed) -> None:
    told = placed.last("orders/create")
    assert strays(json.loads(told.body), sample("orders/create")) == []
    found = counts.read_order_placed(told.body)
    assert found is not None
    assert (found.order_ref, found.fulfillment_type) == (placed.ref, "third_party")


@pytest.mark.parametrize(
    ("topic", "duty"),
    [("customers/data_request", Duty.NAME), ("customers/redact", Duty.ERASE_CUSTOMER)],
)
def test_a_privacy_duty_is_told_whatever_is_subscribed_to(placed: Placed, topic: str, duty: Duty) -> None:
    placed.command("privacy", topic=topic, customer_id=191167, orders=[placed.ref])
    told = placed.last(topic)
    assert strays(json.loads(told.body), sample(topic)) == []
    found = privacy.read_privacy(message_of(told), told.body, lambda _: MERCHANT, lambda _: "person")
    assert (found.duty, found.order_refs, found.customer) == (duty, (placed.ref,), "191167")


def test_shopifys_own_examples_of_the_privacy_duties_are_read(record_property: Callable[[str, object], None]) -> None:
    read = {}
    for topic in (t for t, row in TOPICS.items() if row.meaning is Meaning.PRIVACY):
        body = json.dumps(sample(topic)).encode()
        message = IntakeMessage(MERCHANT, "shopify", topic, "d-1", "raw/1", "0" * 64, LATER)
        read[topic] = privacy.read_privacy(message, body, lambda _: MERCHANT, lambda _: "person")
    record_property("checked", f"{len(read)} of Shopify's examples of privacy duties read")
    orders = ("299938", "280263", "220458")
    assert {t: x.order_refs for t, x in read.items()} == {
        "customers/data_request": orders,
        "customers/redact": orders,
        "shop/redact": (),
    }


def test_with_a_bus_the_headers_are_metadata_and_nothing_is_signed(sandboxes: Sandboxes) -> None:
    bus = "aws.partner/shopify.com/1234567/stopship"
    settings = {
        "shop": "bus.myshopify.com",
        "access_token": "t",
        "webhook_secrets": [SECRET],
        "locations": {"7": "east"},
    }
    sandboxes.configure(merchants={"bus": {"shopify": {**settings, "bus": bus}}})
    ref, line, leg = (str(next(_numbers)) for _ in range(3))
    lines = [{"id": line, "sku": "MUG", "quantity": 1, "price": "10.00"}]
    legs = [{"id": leg, "warehouse": "east", "lines": {line: 1}}]
    sandboxes.command("shopify/bus/orders", {"order_ref": ref, "lines": lines, "legs": legs})
    sandboxes.command("shopify/bus/cancel", {"order_ref": ref})
    (sent,) = [m for m in sandboxes.deliveries() if m["merchant"] == "bus" and b"orders/cancelled" in body_of(m)]
    detail = json.loads(body_of(sent))
    assert (sent["bus"], sent["topic"], sent["url"]) == (bus, "shopifyWebhook", "")
    assert not [name for name in (*detail["metadata"], *sent["headers"]) if "hmac" in name.lower()]

    class Routes:
        def route(self, source: str, address: str) -> str:
            return f"{source}:{address}"

    event = {"id": "e", "time": "2026-11-26T00:00:00Z", "source": bus, "detail-type": sent["topic"], "detail": detail}
    routes: Any = Routes()
    found = shopify_bus.envelope(event, routes)
    assert (found["merchant"], found["topic"], found["why"]) == ("shopify:bus.myshopify.com", "orders/cancelled", "")
    assert found["delivery_id"] == detail["metadata"]["X-Shopify-Webhook-Id"]
    assert json.loads(shopify_bus.payload_of(json.dumps(event).encode()))["id"] == int(ref)


def body_of(sent: dict[str, Any]) -> bytes:
    return base64.b64decode(sent["body"])


def test_a_hold_of_ours_that_stands_again_was_not_let_go_of(placed: Placed, connection: ShopifyConnection) -> None:
    """One release is told twice; what is told late finds the hold that was placed again."""
    orders, key = ShopifyOrderSystem(connection), f"case-1:{placed.leg}:hold"
    order = orders.read_order(placed.ref)
    assert order is not None
    (leg,) = [x for x in order.legs if x.leg_id == placed.leg]
    handle = orders.place_hold(placed.ref, leg, key).reference
    placed.tell("release", leg_id=placed.leg)
    topics = ("fulfillment_holds/released", "fulfillment_orders/hold_released")
    told = [placed.last(topic) for topic in topics]
    look = ShopifyLookups(connection)
    assert [understood(x, connection).origin_key for x in told] == [handle, ""]
    orders.place_hold(placed.ref, leg, key)
    assert [webhooks.normalise(message_of(x), x.body, look) for x in told] == [None, None]
    placed.tell("hold", leg_id=placed.leg, handle="fraud-app")
    placed.tell("release", leg_id=placed.leg, handle="fraud-app")
    assert until(lambda: len(placed.sent(topics[0])) == 2, 5.0)
    assert understood(placed.last(topics[0]), connection).origin_key == "fraud-app"
