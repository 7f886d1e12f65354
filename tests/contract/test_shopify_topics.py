"""The table of topics against Shopify's own lists: the folder of its examples, and the names that its schema knows."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.merchants import SHOPIFY_TOPICS
from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.shopify.schema import CONTRACT
from stopship.adapters.shopify import webhooks
from stopship.adapters.shopify.lookups import Returned
from stopship.adapters.shopify.order_system import Work
from stopship.adapters.shopify.signals import READERS
from stopship.adapters.shopify.topics import FAMILIES, SUBSCRIBED, TOPICS, Meaning
from stopship.application.recordable import check_recordable
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.request import CancelRequest
from stopship.domain.signal import Signal, SignalKind

SAMPLES = contracts() / "shopify" / "webhooks"
README = Path(__file__).parents[2] / "README.md"
ABSENT = "Shopify's examples are not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
LATER = "2999-01-01T00:00:00.000000Z"
ORDER = "820982911946154508"
PERSONAL = ("example.com", "555-625-1199", "Smith", "Elm", "Shipper", "We broke", "not been shipped", "on the phone")


class Known:
    """A shop that knows whatever it is asked about."""

    def work(self, fulfillment_order: str) -> Work:
        return Work("5001", fulfillment_order.rpartition("/")[2], {"71": 1})

    def holds(self, fulfillment_order: str) -> frozenset[str]:
        return frozenset()

    def returned(self, name: str) -> Returned:
        return Returned("5001", True, {"71": 1}, "")

    def dispute(self, order_ref: str, dispute_id: str) -> str:
        return ""

    def refund_key(self, order_ref: str, transaction_id: str) -> str:
        return ""


def samples() -> dict[str, Any]:
    found = {str(p.relative_to(SAMPLES))[:-5]: json.loads(p.read_text())["response"] for p in SAMPLES.rglob("*.json")}
    if not found:
        pytest.skip(ABSENT)
    return found


def read(topic: str, payload: Any) -> CancelRequest | Signal | None:
    message = IntakeMessage("acme", "shopify", topic, "d-1", "raw/1", "0" * 64, LATER)
    return webhooks.normalise(message, json.dumps(payload).encode(), Known())


def schema_topics() -> dict[str, str]:
    """Shopify's enum value to the topic's name, for the families of the table."""
    path = contracts() / CONTRACT
    if not path.exists():
        pytest.skip(ABSENT)
    told = json.loads(gzip.decompress(path.read_bytes()))
    types = told.get("data", told)["__schema"]["types"]
    (enum,) = [t for t in types if t["name"] == "WebhookSubscriptionTopic"]
    named: dict[str, str] = {}
    for value in (v["name"] for v in enum["enumValues"]):
        families = [f for f in FAMILIES if value.startswith(f"{f.upper()}_")]
        if families:
            family = max(families, key=len)
            named[value] = f"{family}/{value[len(family) + 1 :].lower()}"
    return named


def test_every_topic_of_shopifys_examples_is_decided_about(record_property: Callable[[str, object], None]) -> None:
    found = set(samples())
    record_property("checked", f"{len(found)} topics of Shopify's examples against {len(TOPICS)} rows of the table")
    assert found - set(TOPICS) == set()
    assert len(found) > 50


def test_every_topic_that_shopifys_schema_names_in_these_families_is_decided_about(
    record_property: Callable[[str, object], None],
) -> None:
    named = schema_topics()
    record_property("checked", f"{len(named)} topics of {len(FAMILIES)} families in Shopify's schema")
    assert {topic for topic in named.values() if topic not in TOPICS} == set()


def test_no_topic_of_the_table_is_made_up() -> None:
    known = set(schema_topics().values()) | set(samples())
    assert set(TOPICS) - known == set()


def test_whatever_is_subscribed_to_can_be_subscribed_to() -> None:
    assert set(SUBSCRIBED) <= set(schema_topics().values())


def test_every_example_is_read_as_the_table_says(record_property: Callable[[str, object], None]) -> None:
    read_as: Counter[str] = Counter()
    for topic, payload in samples().items():
        meaning = TOPICS[topic].meaning
        try:
            found = read(topic, payload)
        except InvalidInput as refusal:
            found, why = None, str(refusal)
            assert meaning in (Meaning.COUNT, Meaning.PRIVACY, Meaning.NOTICE) or topic in NULLED, (topic, why)
            read_as["kept"] += 1
            continue
        if found is not None:
            check_recordable(found)
            assert not [x for x in PERSONAL if x in repr(found)], topic
        expected = {Meaning.WISH: CancelRequest, Meaning.SIGNAL: Signal, Meaning.NOTHING: type(None)}[meaning]
        assert isinstance(found, expected) or topic in HARMLESS, topic
        read_as[found.kind if isinstance(found, Signal) else type(found).__name__] += 1
    record_property("checked", f"{sum(read_as.values())} of Shopify's examples read: {dict(sorted(read_as.items()))}")
    assert set(SignalKind) - set(read_as) == {SignalKind.ORDER_CANCELLED_ECHO, SignalKind.REFUND_SEEN} - set(read_as)


NULLED = {"orders/risk_assessment_changed"}
"""Shopify's example names no order: such a message is kept for a person."""
HARMLESS = {"orders/fulfilled"}
"""Nothing was fulfilled in Shopify's example."""


@pytest.mark.parametrize("topic", [t for t, row in TOPICS.items() if row.meaning is Meaning.SIGNAL])
def test_a_signal_that_lacks_what_it_is_about_is_kept_and_not_guessed(topic: str) -> None:
    empty: dict[str, Any] = {"fulfillment_order": {}, "remaining_fulfillment_order": {"id": "x"}, "order_edit": {}}
    with pytest.raises(InvalidInput):
        read(topic, {**empty, "status": "open", "kind": "capture", "order_id": "x"})


@pytest.mark.parametrize("topic", ["orders/teleported", "wormholes/opened", "", "orders", "ORDERS/CANCELLED"])
def test_a_topic_that_nobody_decided_about_is_kept(topic: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(topic, {"id": 1})
    assert refusal.value.field == "X-Shopify-Topic"


def test_the_table_and_its_readers_name_the_same_topics() -> None:
    assert set(READERS) == {t for t, row in TOPICS.items() if row.meaning is Meaning.SIGNAL}
    assert set(webhooks._WISHES) == {t for t, row in TOPICS.items() if row.meaning is Meaning.WISH}
    assert all(row.why for row in TOPICS.values())


def test_what_the_readme_and_the_local_shops_subscribe_to_is_the_tables() -> None:
    assert [t for t in SUBSCRIBED if f"`{t}`" not in README.read_text()] == []
    assert tuple(SHOPIFY_TOPICS) == SUBSCRIBED


# ---------------------------------------------------------------------------------------------- order, doubt, rounding


def test_a_dispute_is_what_the_shop_says_it_is_now() -> None:
    class Later(Known):
        def dispute(self, order_ref: str, dispute_id: str) -> str:
            return "won"

    message = IntakeMessage("acme", "shopify", "disputes/create", "d-1", "raw/1", "0" * 64, LATER)
    payload = {"id": 7, "order_id": 5001, "status": "needs_response"}
    found = webhooks.normalise(message, json.dumps(payload).encode(), Later())
    assert isinstance(found, Signal)
    assert (found.kind, found.state, found.reference) == (SignalKind.DISPUTE_SEEN, "won", "7")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("needs_response", "open"),
        ("under_review", "open"),
        ("won", "won"),
        ("lost", "lost"),
        ("accepted", "lost"),
        ("charge_refunded", "won"),
        ("prevented", "won"),
        ("something_new", "open"),
    ],
)
def test_a_dispute_that_the_shop_does_not_show_is_believed_and_an_unknown_status_is_no_end(
    status: str, state: str
) -> None:
    found = read("disputes/update", {"id": 7, "order_id": 5001, "status": status})
    assert isinstance(found, Signal)
    assert found.state == state


def test_a_dispute_of_no_order_concerns_no_cancel() -> None:
    assert read("disputes/create", {"id": 7, "order_id": None, "status": "needs_response"}) is None


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("capture", "success", "capture"),
        ("sale", "success", "capture"),
        ("authorization", "success", "authorization"),
        ("void", "success", "void"),
        ("capture", "failure", None),
        ("void", "error", None),
        ("mystery", "success", None),
    ],
)
def test_a_transaction_counts_when_it_has_moved_something(kind: str, status: str, expected: str | None) -> None:
    payload = {"id": 1, "order_id": 5001, "kind": kind, "status": status, "created_at": "2026-01-01T00:00:00Z"}
    found = read("order_transactions/create", payload)
    assert (found.state if isinstance(found, Signal) else None) == expected


@pytest.mark.parametrize(("status", "failure"), [("success", ""), ("failure", "card_declined"), ("error", "error")])
def test_a_refunds_end_comes_with_our_key_where_it_is_ours(status: str, failure: str) -> None:
    class Ours(Known):
        def refund_key(self, order_ref: str, transaction_id: str) -> str:
            return f"money-{order_ref}-{transaction_id}"

    told = {"id": 9, "order_id": 5001, "kind": "refund", "status": status, "created_at": "2026-01-01T00:00:00Z"}
    told |= {"error_code": "card_declined"} if status == "failure" else {}
    message = IntakeMessage("acme", "shopify", "order_transactions/create", "d-1", "raw/1", "0" * 64, LATER)
    found = webhooks.normalise(message, json.dumps(told).encode(), Ours())
    assert isinstance(found, Signal)
    assert (found.kind, found.origin_key, found.failure) == (SignalKind.REFUND_SEEN, "money-5001-9", failure)


def test_an_update_that_changes_nothing_that_a_cancel_rests_on_has_the_same_digest() -> None:
    payload = samples()["orders/updated"]
    first = read("orders/updated", payload)
    again = read("orders/updated", {**payload, "tags": "other", "note": "n", "updated_at": "2022-01-02T00:00:00Z"})
    line = {**payload["line_items"][0], "current_quantity": 0}
    fewer = read("orders/updated", {**payload, "line_items": [line, *payload["line_items"][1:]]})
    assert isinstance(first, Signal)
    assert isinstance(again, Signal)
    assert isinstance(fewer, Signal)
    assert first.digest == again.digest != fewer.digest
    assert first.order_ref == ORDER


def test_a_hold_on_a_part_leaves_new_work_behind_and_one_on_the_whole_does_not() -> None:
    payload = samples()["fulfillment_orders/placed_on_hold"]
    part = read("fulfillment_orders/placed_on_hold", payload)
    whole = read("fulfillment_orders/placed_on_hold", {**payload, "remaining_fulfillment_order": None})
    assert isinstance(part, Signal)
    assert (part.kind, whole) == (SignalKind.WORK_CHANGED, None)


@pytest.mark.parametrize("several", [False, True])
def test_a_merge_is_read_as_one_and_as_several(several: bool) -> None:
    payload = samples()["fulfillment_orders/merged"]
    merges = payload["fulfillment_order_merges"]
    found = read("fulfillment_orders/merged", {**payload, "fulfillment_order_merges": [merges] if several else merges})
    assert isinstance(found, Signal)
    assert (found.kind, found.order_ref, found.leg_id) == (SignalKind.WORK_CHANGED, "5001", "1")
