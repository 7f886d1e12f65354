"""ShipHero's messages, in the desk's words."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from stopship.adapters.shiphero import webhooks
from stopship.adapters.shiphero.mapping import Names
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput, NotAuthentic
from stopship.domain.signal import Signal, SignalKind

EVENTS = Path(__file__).parents[3] / "events" / "shiphero"
RECEIVED = "2026-11-24T15:30:00.000000Z"
NAMES = {
    "T3JkZXI6Mzg5MTE4NzE3": Names("5001", {828656700: "line-1", 828656701: "line-2"}, {"TEE": "line-2"}),
    "#1001": Names("5001", {}, {"MUG": "line-1", "TEE": "line-2"}),
    "#1002": Names("114-1234567-1234567", {}, {"MUG": "line-9"}),
}


def sample(name: str, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return told | changes


def read(body: dict[str, Any], delivery: str = "m-1") -> Signal | None:
    message = IntakeMessage("acme", "shiphero", "hero", delivery, "k", "0" * 64, RECEIVED)
    return webhooks.normalise(message, body, lambda i, n: NAMES.get(i or n), lambda ref: "a" if "-" in ref else "s")


def signal(body: dict[str, Any], delivery: str = "m-1") -> Signal:
    found = read(body, delivery)
    assert found is not None
    return found


def test_a_cancel_in_shiphero_is_an_echo_whatever_its_hyphen() -> None:
    found = signal(sample("order_canceled"))
    assert (found.kind, found.order_ref, found.channel) == (SignalKind.ORDER_CANCELLED_ECHO, "5001", "s")
    assert (found.source, found.topic, found.delivery_id) == ("hero", "Order Canceled", "m-1")
    assert (found.merchant, found.raw_sha256, found.occurred_at) == ("acme", "0" * 64, RECEIVED)


@pytest.mark.parametrize("status", ["pending", "", None])
def test_a_cancel_that_does_not_say_so_is_none(status: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(sample("order_canceled", **{"fulfillment-status": status}))
    assert caught.value.field == "fulfillment-status"


def test_a_shipment_update_is_a_label_and_no_departure() -> None:
    found = signal(sample("shipment_update"))
    assert (found.kind, found.departed, found.order_ref) == (SignalKind.SHIPMENT, False, "5001")
    assert found.lines == {"line-1": 2, "line-2": 3}
    assert found.reference == "1Z0000000000000001"
    # ShipHero's own moment has no time zone.
    assert found.occurred_at == RECEIVED
    assert "Jane" not in repr(found)


def test_a_test_message_concerns_nothing() -> None:
    assert read(sample("shipment_update", test="1")) is None


def test_an_order_packed_out_is_begun_work_by_the_stores_names() -> None:
    found = signal(sample("order_packed_out"))
    assert (found.kind, found.departed, found.order_ref) == (SignalKind.SHIPMENT, False, "5001")
    assert found.lines == {"line-1": 1, "line-2": 1}


def test_each_order_of_a_complete_tote_is_a_message_of_its_own() -> None:
    body = sample("tote_complete")
    assert webhooks.deliveries(body, "m-1") == ["m-1#0", "m-1#1"]
    first, second = (signal(body, delivery) for delivery in webhooks.deliveries(body, "m-1"))
    assert (first.order_ref, first.channel, first.lines) == ("5001", "s", {"line-1": 2, "line-2": 1})
    assert (second.order_ref, second.channel, second.lines) == ("114-1234567-1234567", "a", {"line-9": 1})
    assert {first.departed, second.departed} == {False}
    assert "Jane" not in repr(second)


@pytest.mark.parametrize("delivery", ["m-1", "m-1#2", "m-1#-1", "m-1#"])
def test_a_tote_without_that_order_is_shown_to_a_person(delivery: str) -> None:
    with pytest.raises(InvalidInput):
        read(sample("tote_complete"), delivery)


@pytest.mark.parametrize("totes", [None, [], [7], [{"orders": None}], [{"orders": []}]])
def test_a_tote_that_cannot_be_read_is_one_message_and_shown_to_a_person(totes: object) -> None:
    body = sample("tote_complete", totes=totes)
    (delivery,) = webhooks.deliveries(body, "m-1")
    with pytest.raises(InvalidInput):
        read(body, delivery)


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        ("order_packed_out", {"order_uuid": "T3JkZXI6MQ=="}, "order_uuid"),
        ("order_packed_out", {"order_uuid": None}, "order_uuid"),
        ("order_packed_out", {"items": {}}, "items"),
        ("order_canceled", {"partner_order_id": ""}, "partner_order_id"),
        ("shipment_update", {"fulfillment": None}, "fulfillment"),
        ("shipment_update", {"fulfillment": {"line_items": [{"id": "a"}]}}, "fulfillment.line_items.0.quantity"),
        ("shipment_update", {"fulfillment": {"line_items": []}}, "fulfillment.partner_order_id"),
        ("order_canceled", {"webhook_type": "Order Teleported"}, "webhook_type"),
        ("order_canceled", {"webhook_type": None}, "webhook_type"),
        ("order_canceled", {"webhook_type": ["Order Canceled"]}, "webhook_type"),
    ],
)
def test_what_fits_nothing_names_the_field(name: str, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(sample(name, **changes))
    assert caught.value.field == field


@pytest.mark.parametrize("topic", ["Inventory Update", "Order Allocated", "Tote Cleared"])
def test_messages_about_other_things_concern_no_stop(topic: str) -> None:
    assert read({"webhook_type": topic}) is None


def test_every_webhook_is_proved_by_its_own_secret() -> None:
    body = json.dumps(sample("order_canceled")).encode()
    header = base64.b64encode(hmac.new(b"second", body, hashlib.sha256).digest()).decode()
    webhooks.verify(body, header, ["first", "second"])
    for secrets, proof in ((["first"], header), ([], header), (["second"], header[:-4]), (["second"], "é")):
        with pytest.raises(NotAuthentic):
            webhooks.verify(body, proof, secrets)
    with pytest.raises(NotAuthentic):
        webhooks.verify(body + b" ", header, ["second"])
