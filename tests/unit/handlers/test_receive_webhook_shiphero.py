"""The webhook door for ShipHero: the address says whose message it is, its own secret proves it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from stopship.handlers.receive_webhook import handler
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

CANCELED = d.sample("shiphero/order_canceled.json")
PACKED = d.sample("shiphero/order_packed_out.json")
TOTE = d.sample("shiphero/tote_complete.json")
CANCEL_SECRET, PACK_SECRET, OTHER_SECRET = "hero-cancel-1a", "hero-pack-2b", "hero-other-3c"
HERO, OTHER = "heroco", "otherco"


def shiphero(
    body: bytes,
    secret: str = CANCEL_SECRET,
    *,
    merchant: str = HERO,
    warehouse: str = "hero",
    message_id: str = "h-1",
    left_out: str = "",
) -> dict[str, Any]:
    """As ShipHero sends it, to the address that was given to webhook_create."""
    headers = {
        "x-shiphero-hmac-sha256": base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode(),
        "X-Shiphero-Message-ID": message_id,
    }
    headers = {name: value for name, value in headers.items() if name != left_out}
    event = d.webhook("shiphero", body, headers, in_base64=True)
    event["queryStringParameters"] = {"merchant": merchant, "warehouse": warehouse}
    return event


def call(event: dict[str, Any]) -> d.Answer:
    answer: d.Answer = handler(event, d.CONTEXT)
    return answer


@pytest.fixture
def heroes(deployed: Deployment) -> Deployment:
    for merchant, secrets in ((HERO, [CANCEL_SECRET, PACK_SECRET]), (OTHER, [OTHER_SECRET])):
        deployed.connect(merchant, {"warehouses": {"hero": config(secrets)}}, {})
    return deployed


def config(secrets: list[str], endpoint: str = "http://127.0.0.1:1") -> Mapping[str, Any]:
    return {"kind": "shiphero", "endpoint": endpoint, "refresh_token": "r", "webhook_secrets": secrets}


@pytest.mark.parametrize("secret", [CANCEL_SECRET, PACK_SECRET])
def test_an_authentic_message_is_kept_and_queued_and_answered_in_shipheros_words(
    heroes: Deployment, secret: str
) -> None:
    answer = call(shiphero(CANCELED, secret))
    assert (answer["statusCode"], d.body_of(answer)) == (
        200,
        {"code": "200", "Message": "Success", "received": "h-1"},
    )
    (message,) = heroes.take_queue()
    assert [message[k] for k in ("merchant", "source", "topic", "delivery_id", "why")] == [
        HERO,
        "shiphero",
        "hero",
        "h-1",
        "",
    ]
    assert heroes.evidence == {message["evidence_key"]: CANCELED}
    assert heroes.items == []


def test_a_complete_tote_is_a_message_for_each_of_its_orders(heroes: Deployment) -> None:
    call(shiphero(TOTE))
    assert [m["delivery_id"] for m in heroes.take_queue()] == ["h-1#0", "h-1#1"]
    assert set(heroes.evidence.values()) == {TOTE}


@pytest.mark.parametrize(
    "event",
    [
        shiphero(CANCELED, "guessed"),
        shiphero(CANCELED, OTHER_SECRET),
        shiphero(CANCELED, merchant=OTHER),
        shiphero(CANCELED, merchant="nobody"),
        shiphero(CANCELED, merchant=""),
        shiphero(CANCELED, warehouse="nowhere"),
        shiphero(CANCELED, d.NORTH_SECRET, merchant=d.ACME, warehouse="north"),
        shiphero(CANCELED, left_out="x-shiphero-hmac-sha256"),
        shiphero(CANCELED) | {"body": CANCELED.decode().replace("5001", "5002"), "isBase64Encoded": False},
        shiphero(CANCELED) | {"queryStringParameters": None},
    ],
)
def test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept(heroes: Deployment, event: dict[str, Any]) -> None:
    d.is_problem(call(event), 401)
    assert heroes.untouched()


def test_a_message_without_its_id_is_refused_by_name_and_not_kept(heroes: Deployment) -> None:
    problem = d.is_problem(call(shiphero(CANCELED, left_out="X-Shiphero-Message-ID")), 400)
    assert "Message-ID" in problem["field"]
    assert heroes.untouched()


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused_and_not_kept(heroes: Deployment, body: bytes) -> None:
    d.is_problem(call(shiphero(body)), 400)
    assert heroes.untouched()


def test_no_secret_and_no_name_of_a_customer_is_logged(heroes: Deployment) -> None:
    call(shiphero(d.sample("shiphero/shipment_update.json")))
    call(shiphero(CANCELED, "guessed"))
    assert all(secret not in heroes.logged for secret in (CANCEL_SECRET, PACK_SECRET, "guessed", "Jane"))


def test_a_message_about_an_order_without_a_case_leaves_none(heroes: Deployment) -> None:
    call(shiphero(CANCELED))
    assert heroes.work() == []
    assert (heroes.cases(HERO), heroes.exceptions(HERO)) == ([], [])


def test_a_message_that_fits_nothing_is_put_before_a_person(heroes: Deployment) -> None:
    call(shiphero(json.dumps({"webhook_type": "Order Teleported"}).encode()))
    assert heroes.work() == []
    assert len(heroes.exceptions(HERO)) == 1


def test_a_message_whose_order_cannot_be_looked_up_now_stays_in_the_queue(heroes: Deployment) -> None:
    call(shiphero(PACKED, PACK_SECRET))
    assert heroes.work() == ["m-0"]
    assert heroes.items == []


def test_a_packed_order_reaches_the_case_of_its_store_order_once(deployed: Deployment) -> None:
    with sandboxes_anew() as sandboxes:
        sandboxes.configure(merchants={HERO: {"shiphero": {"refresh_token": "r"}}})
        place = config([PACK_SECRET], f"{sandboxes.endpoint}/shiphero/{HERO}")
        shop = "heroco.myshopify.com"
        deployed.connect(HERO, {"warehouses": {"hero": place}, "shopify": {**d.STORE, "shop": shop}}, {"shopify": shop})
        call(d.shopify(d.sample("shopify/orders_cancelled.json"), shop=shop))
        assert deployed.work() == []
        (case,) = deployed.cases(HERO)
        told = {"order_ref": case.order_ref, "lines": [{"id": "line-1", "sku": "MUG", "quantity": 1}]}
        order = sandboxes.command(f"shiphero/{HERO}/orders", told)["done"]
        call(shiphero(json.dumps(json.loads(PACKED) | {"order_uuid": order}).encode(), PACK_SECRET, message_id="h-2"))
        messages = deployed.take_queue()
        for _ in range(2):
            assert deployed.work(messages) == []
        assert deployed.cases(HERO)[0].version == case.version + 1
