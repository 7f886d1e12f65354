"""Every connection may say what it takes, and is built all the same."""

import json
from typing import Any

import pytest

from stopship import wiring
from stopship.contract import merchant_secret_name
from stopship.domain.errors import InvalidInput
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

AMAZON = {"endpoint": "https://a.example", "seller_id": "S", "marketplace_ids": ["M"], "client_id": "c"}
LIMITS = {"limits": {"concurrent": 2, "reserved": 1}}


def connect(deployed: Deployment, **connected: Any) -> None:
    client, name = deployed.clients["secretsmanager"], merchant_secret_name(d.STAGE, d.ACME)
    told = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    client.put_secret_value(SecretId=name, SecretString=json.dumps({**told, **connected}))
    wiring.merchants.cache_clear()
    wiring.connected_partners.cache_clear()


def test_limits_are_no_part_of_what_an_adapter_is_told(deployed: Deployment) -> None:
    amazon = {**AMAZON, "client_secret": "s", "refresh_token": "r", "warehouse": "north", **LIMITS}
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
    assert set(lane.warehouses(d.ACME)) == {"north", "south"} == set(lane.hold_first(d.ACME))
    with lane.turn(d.ACME, "north"):
        assert wiring.traffic().load(d.ACME, "north")[1] == 0, "without a bound nothing is written"
