"""Every event of a partner reaches exactly one queue of the desk, whatever it is about."""

import json
from typing import Any

import pytest

from infra.local.emulator.vendor import module
from stopship.adapters.shopify.topics import TOPICS
from stopship.contract import SHOPIFY_COUNTED, SHOPIFY_PRIVACY
from tests.infra.conftest import Template

SHOPIFY, AMAZON = "aws.partner/shopify.com/1234567/stopship", "aws.partner/sellingpartnerapi.amazon.com/A1/x"


def queues_of(template: Template, source: str, detail: Any) -> list[str]:
    """Names of the queues to which the rules of the desk's own bus send the event, matched as EventBridge matches."""
    matches = module("services.eventbridge")._matches_pattern
    event = {"Source": source, "DetailType": "shopifyWebhook", "Detail": json.dumps(detail)}
    found = []
    for rule in template.of("AWS::Events::Rule").values():
        if "EventPattern" in rule and matches(json.dumps(rule["EventPattern"]), event):
            found += [target["Arn"]["Fn::GetAtt"][0] for target in rule["Targets"]]
    return [next(name for name in ("Counts", "Privacy", "Intake") if name in arn) for arn in found]


@pytest.mark.parametrize("topic", [*TOPICS, "wormholes/opened", ""])
def test_a_topic_of_shopifys_goes_to_its_own_queue_and_to_no_other(dev: Template, topic: str) -> None:
    expected = "Counts" if topic in SHOPIFY_COUNTED else "Privacy" if topic in SHOPIFY_PRIVACY else "Intake"
    assert queues_of(dev, SHOPIFY, {"payload": {}, "metadata": {"X-Shopify-Topic": topic}}) == [expected]


@pytest.mark.parametrize("detail", [{}, {"payload": {}}, {"payload": {}, "metadata": {"X-Shopify-Shop-Domain": "a"}}])
def test_an_event_that_names_no_topic_is_not_lost(dev: Template, detail: Any) -> None:
    assert queues_of(dev, SHOPIFY, detail) == ["Intake"]


def test_amazons_events_go_where_they_went(dev: Template) -> None:
    assert queues_of(dev, AMAZON, {"Payload": {}}) == ["Intake"]


def test_an_event_of_nobody_goes_nowhere(dev: Template) -> None:
    detail = {"payload": {}, "metadata": {"X-Shopify-Topic": "orders/cancelled"}}
    assert queues_of(dev, "shopify.com/1234567/stopship", detail) == []
