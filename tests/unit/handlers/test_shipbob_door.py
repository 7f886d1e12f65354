"""ShipBob's door: the address says whose message it is, the signature proves it, and a label is no departure."""

import json
import time
from typing import Any

import pytest

from stopship.adapters.shipbob import signature
from stopship.handlers.receive_webhook import handler
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

SHIPPED, DELIVERED = d.sample("shipbob/order_shipped.json"), d.sample("shipbob/shipment_delivered.json")
SECRET, OLD, OTHER = "whsec_" + "QUJD" * 8, "whsec_" + "REVG" * 8, "whsec_" + "R0hJ" * 8
MERCHANT = "bobs"


@pytest.fixture
def connected(deployed: Deployment) -> Deployment:
    place = {"kind": "shipbob", "endpoint": "http://127.0.0.1:1", "token": "pat-secret", "channel_id": "1"}
    secrets = {"warehouses": {"bob": {**place, "webhook_secrets": [SECRET, OLD]}}, "shopify": d.STORE}
    deployed.connect(MERCHANT, secrets, {})
    return deployed


def event(
    body: bytes,
    topic: str = "order.shipped",
    *,
    secret: str = SECRET,
    seconds: int | None = None,
    delivery: str = "msg-1",
    merchant: str = MERCHANT,
    warehouse: str = "bob",
) -> dict[str, Any]:
    at = int(time.time()) if seconds is None else seconds
    headers = {
        "webhook-id": delivery,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,bm9wZQ== {signature.sign(delivery, at, body, secret)}",
        "x-webhook-topic": topic,
    }
    query = {"merchant": merchant, "warehouse": warehouse}
    return d.request("POST /webhooks/{source}", body, headers, path={"source": "shipbob"}, query=query, in_base64=True)


def call(sent: dict[str, Any]) -> d.Answer:
    answer: d.Answer = handler(sent, d.CONTEXT)
    return answer


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_an_authentic_message_is_kept_and_queued(connected: Deployment, secret: str) -> None:
    answer = call(event(SHIPPED, secret=secret))
    assert (answer["statusCode"], d.body_of(answer)) == (200, {"received": "msg-1"})
    (message,) = connected.take_queue()
    assert (message["merchant"], message["source"], message["topic"]) == (MERCHANT, "shipbob", "bob:order.shipped")
    assert connected.evidence == {message["evidence_key"]: SHIPPED}


def without(header: str) -> dict[str, Any]:
    sent = event(SHIPPED)
    sent["headers"] = {k: v for k, v in sent["headers"].items() if k != header}
    return sent


def told(header: str, value: str) -> dict[str, Any]:
    sent = event(SHIPPED)
    sent["headers"][header] = value
    return sent


@pytest.mark.parametrize(
    "sent",
    [
        event(SHIPPED, secret=OTHER),
        event(SHIPPED, seconds=1_700_000_000),
        event(SHIPPED, seconds=4_000_000_000),
        event(SHIPPED, merchant="nobody"),
        event(SHIPPED, merchant=d.ACME),
        event(SHIPPED, warehouse="nowhere"),
        event(SHIPPED) | {"queryStringParameters": None},
        event(SHIPPED) | {"body": event(DELIVERED)["body"]},
        told("webhook-id", "msg-2"),
        told("webhook-timestamp", "yesterday"),
        told("webhook-signature", "v1,é"),
        without("webhook-timestamp"),
        without("webhook-signature"),
    ],
)
def test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept(connected: Deployment, sent: dict[str, Any]) -> None:
    d.is_problem(call(sent), 401)
    assert connected.untouched()


@pytest.mark.parametrize("header", ["webhook-id", "x-webhook-topic"])
def test_a_header_that_is_missing_is_named(connected: Deployment, header: str) -> None:
    problem = d.is_problem(call(without(header)), 400)
    assert problem["field"] == f"header {header}"
    assert connected.untouched()


def test_a_body_that_is_no_json_object_is_refused(connected: Deployment) -> None:
    d.is_problem(call(event(b"[1]")), 400)
    assert connected.untouched()


def work(connected: Deployment, body: bytes, topic: str) -> Any:
    from stopship.application.take_in import IntakeMessage
    from stopship.wiring.normalise import normalise

    assert call(event(body, topic))["statusCode"] == 200
    (message,) = connected.take_queue()
    return normalise(IntakeMessage(**message), body)


def test_a_label_is_reported_and_is_no_departure(connected: Deployment) -> None:
    signal = work(connected, SHIPPED, "order.shipped")
    assert (signal.kind, signal.departed, signal.source) == ("shipment", False, "bob")
    assert (signal.channel, signal.order_ref, signal.reference) == ("shopify", "5001", "100200300")
    assert signal.occurred_at == "2026-11-24T13:30:00.000000Z"
    assert "Jörg" not in repr(signal)


def test_a_delivery_is_a_departure(connected: Deployment) -> None:
    signal = work(connected, DELIVERED, "order.shipment.delivered")
    assert (signal.departed, signal.occurred_at) == (True, "2026-11-25T09:15:00.000000Z")


@pytest.mark.parametrize("topic", ["order.shipment.cancelled", "order.shipment.on_hold", "return.created", "new.topic"])
def test_what_says_nothing_about_goods_that_move_changes_nothing(connected: Deployment, topic: str) -> None:
    assert work(connected, SHIPPED, topic) is None


def test_a_message_without_the_orders_reference_is_kept_and_shown_to_a_person(connected: Deployment) -> None:
    body = json.dumps({**json.loads(SHIPPED), "reference_id": None}).encode()
    assert call(event(body))["statusCode"] == 200
    assert connected.work() == []
    (shown,) = connected.exceptions(MERCHANT)
    assert shown.cause == "unmatched_message"
    assert list(connected.evidence.values()) == [body]


def test_what_is_logged_holds_no_personal_data_and_no_secret(connected: Deployment) -> None:
    call(event(SHIPPED))
    call(event(SHIPPED, secret=OTHER))
    connected.work()
    private = [SECRET, OLD, "pat-secret", "Jörg", "example.com", "555-555", "9400100000000000000001"]
    assert connected.logged
    assert [x for x in private if x in connected.logged] == []
