"""Every connection may say what it takes, and is built all the same."""

import json
import time
from typing import Any

import pytest

from stopship import wiring
from stopship.contract import merchant_secret_name
from stopship.domain.errors import InvalidInput, PartnerBusy
from stopship.domain.traffic import Traffic
from stopship.wiring.partners import FULFILLMENT_SERVICE
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

AMAZON = {"endpoint": "https://a.example", "seller_id": "S", "marketplace_ids": ["M"], "client_id": "c"}
SELLER = {**AMAZON, "client_secret": "s", "refresh_token": "r", "warehouse": "north"}
LIMITS = {"limits": {"concurrent": 2, "reserved": 1}}


def connect(deployed: Deployment, **connected: Any) -> None:
    client, name = deployed.clients["secretsmanager"], merchant_secret_name(d.STAGE, d.ACME)
    told = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    client.put_secret_value(SecretId=name, SecretString=json.dumps({**told, **connected}))
    wiring.merchants.cache_clear()
    wiring.connected_partners.cache_clear()


def test_limits_are_no_part_of_what_an_adapter_is_told(deployed: Deployment) -> None:
    amazon = {**SELLER, **LIMITS}
    stripe = {"endpoint": "https://s.example", "secret_key": "k", "webhook_secrets": ["w"], **LIMITS}
    connect(deployed, amazon=amazon, stripe=stripe, shopify={**d.STORE, "payments": "stripe", **LIMITS})
    partners = wiring.connected_partners()
    assert partners.order_system(d.ACME, "amazon").expected_work("1") == ("north", "amazon-1")
    assert partners.payments(d.ACME, "shopify") is not None and partners.order_system(d.ACME, "shopify") is not None


def test_a_limit_that_cannot_be_meant_is_named_when_the_partner_is_needed(deployed: Deployment) -> None:
    connect(deployed, shopify={**d.STORE, "limits": {"concurrent": 0, "reserved": 3}})
    with pytest.raises(InvalidInput) as refusal:
        wiring.connected_partners().order_system(d.ACME, "shopify")
    assert refusal.value.field == "limits.reserved"


@pytest.mark.parametrize("urgent", [False, True])
def test_warehouses_are_known_by_the_names_of_their_connections(deployed: Deployment, urgent: bool) -> None:
    lane = wiring.connected_partners().on_lane(urgent=urgent)
    assert set(lane.warehouses(d.ACME)) == {"north", "south", FULFILLMENT_SERVICE}
    assert set(lane.hold_first(d.ACME)) == {"north", "south"}
    with lane.turn(d.ACME, "north"):
        assert wiring.traffic().load(d.ACME, "north")[1] == 0, "without a bound nothing is written"


def test_while_amazon_wants_to_be_left_alone_it_is_neither_written_to_nor_asked_about_refunds(
    deployed: Deployment,
) -> None:
    connect(deployed, amazon={**SELLER, **LIMITS})
    wiring.traffic().save(d.ACME, "amazon", Traffic(pauses={"": time.time() + 600}), 0)
    lane = wiring.connected_partners().on_lane(urgent=True)
    messages, refunds = lane.buyer_messages(d.ACME, "amazon"), lane.refunds_by_person(d.ACME, "amazon")
    assert messages is not None and refunds is not None
    for call in (lambda: messages.send("1", {"en": "text"}), lambda: refunds.read("1")):
        with pytest.raises(PartnerBusy) as busy:
            call()
        assert not busy.value.in_doubt
