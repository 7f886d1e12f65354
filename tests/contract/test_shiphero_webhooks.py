"""What the ShipHero sandbox sends to the desk, through the product's own proof and reading."""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.inbox import Delivered, Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.clock import SystemClock
from stopship.adapters.shiphero import webhooks
from stopship.adapters.shiphero.connection import ShipHeroConnection
from stopship.adapters.shiphero.warehouse import ShipHeroWarehouse
from stopship.application.ports import StopCommand
from stopship.application.take_in import IntakeMessage
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, NAME = "acme", "hero"
SECRETS = ["newest", "older"]
RECEIVED = "2026-11-24T15:30:00.000000Z"
_numbers = count(5_200_000_001)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture(scope="module")
def sandboxes(inbox: Inbox) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {"refresh_token": "r", "webhook_secrets": SECRETS, "warehouse": NAME}
        running.configure(inbox.url, merchants={MERCHANT: {"shiphero": {**settings, "restored_a_second": 100_000}}})
        yield running


@pytest.fixture
def warehouse(sandboxes: Sandboxes) -> ShipHeroWarehouse:
    endpoint = f"{sandboxes.endpoint}/shiphero/{MERCHANT}"
    return ShipHeroWarehouse(ShipHeroConnection(MERCHANT, NAME, endpoint, "r"), SystemClock())


def order(sandboxes: Sandboxes) -> str:
    ref = str(next(_numbers))
    lines = [{"id": f"{ref}-mug", "sku": f"MUG-{ref}", "quantity": 2}]
    tell(sandboxes, "orders", order_ref=ref, lines=lines)
    return ref


def tell(sandboxes: Sandboxes, command: str, **told: Any) -> None:
    sandboxes.command(f"shiphero/{MERCHANT}/{command}", told)


def of_type(inbox: Inbox, topic: str, containing: str) -> Delivered:
    def found() -> list[Delivered]:
        return [m for m in inbox.messages if json.loads(m.body)["webhook_type"] == topic and containing in str(m.body)]

    assert until(lambda: bool(found()), 5.0), f"no {topic} came"
    return found()[0]


def read(warehouse: ShipHeroWarehouse, sent: Delivered) -> list[Signal | None]:
    """As the door and the intake do it."""
    headers = {name.lower(): value for name, value in sent.headers.items()}
    webhooks.verify(sent.body, headers[webhooks.SIGNATURE], SECRETS)
    body: Mapping[str, Any] = json.loads(sent.body)
    return [
        webhooks.normalise(
            IntakeMessage(MERCHANT, "shiphero", NAME, delivery, "k", "", RECEIVED),
            body,
            warehouse.names,
            lambda _: "shopify",
        )
        for delivery in webhooks.deliveries(body, headers[webhooks.MESSAGE_ID.lower()])
    ]


@pytest.mark.parametrize(
    ("command", "topic", "quantity"),
    [("pick", "Tote Complete", 2), ("pack", "Order Packed Out", 2), ("label", "Shipment Update", 2)],
)
def test_begun_work_is_told_by_the_stores_names_and_is_no_departure(
    sandboxes: Sandboxes, inbox: Inbox, warehouse: ShipHeroWarehouse, command: str, topic: str, quantity: int
) -> None:
    ref = order(sandboxes)
    tell(sandboxes, command, order_ref=ref)
    (signal,) = read(warehouse, of_type(inbox, topic, f"MUG-{ref}"))
    assert signal is not None
    assert (signal.order_ref, signal.kind, signal.departed) == (ref, SignalKind.SHIPMENT, False)
    assert dict(signal.lines) == {f"{ref}-mug": quantity}


def test_a_tote_of_several_orders_tells_of_each(
    sandboxes: Sandboxes, inbox: Inbox, warehouse: ShipHeroWarehouse
) -> None:
    refs = [order(sandboxes), order(sandboxes)]
    tell(sandboxes, "tote", order_refs=refs)
    signals = read(warehouse, of_type(inbox, "Tote Complete", f"MUG-{refs[1]}"))
    assert [signal.order_ref for signal in signals if signal] == refs


def test_the_carriers_pick_up_is_not_told(sandboxes: Sandboxes, inbox: Inbox, warehouse: ShipHeroWarehouse) -> None:
    ref = order(sandboxes)
    tell(sandboxes, "label", order_ref=ref)
    sent = of_type(inbox, "Shipment Update", f"MUG-{ref}")
    tell(sandboxes, "pick-up", order_ref=ref)
    (signal,) = read(warehouse, sent)
    assert signal is not None
    assert not signal.departed
    assert warehouse.read_pick_state(ref, "").state == "shipped"


def test_our_own_cancel_comes_back_as_an_echo(sandboxes: Sandboxes, inbox: Inbox, warehouse: ShipHeroWarehouse) -> None:
    ref = order(sandboxes)
    warehouse.stop_ship(StopCommand("case-1", ref, "1", {f"{ref}-mug": 2}, False, RECEIVED, "", "k"))
    (signal,) = read(warehouse, of_type(inbox, "Order Canceled", ref))
    assert signal is not None
    assert (signal.kind, signal.order_ref) == (SignalKind.ORDER_CANCELLED_ECHO, ref)


def test_a_number_that_two_orders_have_names_none(sandboxes: Sandboxes, warehouse: ShipHeroWarehouse) -> None:
    ref = order(sandboxes)
    names = warehouse.names(order_number=f"#{ref}")
    assert names is not None
    assert names.order_ref == ref
    tell(sandboxes, "orders", order_ref="other", order_number=f"#{ref}", lines=[])
    assert warehouse.names(order_number=f"#{ref}") is None
    assert warehouse.names(order_id="T3JkZXI6MQ==") is None


@pytest.mark.parametrize(("kind", "seconds"), [("silent", 0.0), ("late", 0.2)])
def test_messages_can_be_lost_or_late(sandboxes: Sandboxes, inbox: Inbox, kind: Any, seconds: float) -> None:
    ref = order(sandboxes)
    sandboxes.trap(ref, "webhook", kind, seconds=seconds)
    tell(sandboxes, "cancel", order_ref=ref)
    came = until(lambda: any(ref in str(m.body) for m in inbox.messages), 0.5 if kind == "silent" else 5.0)
    assert came is (kind == "late")
