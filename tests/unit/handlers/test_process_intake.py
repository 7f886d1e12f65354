"""The intake queue's worker: every message acts once, and one that cannot be worked neither blocks nor vanishes."""

import json
from typing import Any

import pytest

from stopship import wiring
from stopship.adapters.shopify.lookups import ShopifyLookups
from stopship.adapters.shopify.order_system import Work
from stopship.application.take_in import take_in
from stopship.domain.events import MessageKept
from stopship.handlers.process_intake import handler
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

RECEIVED_AT = "2026-11-24T12:00:05.000000Z"
ORDER_CHANGE: dict[str, Any] = json.loads(d.sample("amazon/order_change.json"))
NUMBER = "820982911946154508"


def taken(
    deployed: Deployment, source: str, topic: str, body: bytes, delivery: str = "d-1", merchant: str = d.ACME
) -> dict[str, Any]:
    """A message as a door leaves it in the queue."""
    take_in(
        wiring.evidence(),
        wiring.intake_queue(),
        merchant=merchant,
        source=source,
        topic=topic,
        delivery_id=delivery,
        body=body,
        received_at=RECEIVED_AT,
    )
    (message,) = deployed.take_queue()
    return message


def cancelled(deployed: Deployment, delivery: str = "d-1", number: str = NUMBER) -> dict[str, Any]:
    body = d.sample("shopify/orders_cancelled.json").replace(NUMBER.encode(), number.encode())
    return taken(deployed, "shopify", "orders/cancelled", body, delivery)


def order_change(**changes: Any) -> dict[str, Any]:
    """The sample notification with other values at dotted places below "detail"."""
    event: dict[str, Any] = json.loads(json.dumps(ORDER_CHANGE))
    for place, value in changes.items():
        *above, last = place.split("__")
        target = event["detail"]
        for name in above:
            target = target[name]
        target[last] = value
    return event


def kept(deployed: Deployment, merchant: str = d.ACME) -> MessageKept:
    """The only message that was put before a person."""
    (shown,) = deployed.exceptions(merchant)
    assert (shown.cause, shown.state) == ("unmatched_message", "open")
    assert shown.owner
    assert shown.next_action
    assert shown.deadline
    recorded = wiring.ledger().load(merchant, shown.case_id)
    (fact,) = [r.event for r in recorded if isinstance(r.event, MessageKept)]
    return fact


# ---------------------------------------------------------------------------------------------- wishes


@pytest.mark.parametrize(
    ("source", "topic", "sample", "order"),
    [
        ("shopify", "orders/cancelled", "shopify/orders_cancelled.json", ("shopify", NUMBER)),
        ("shopify-flow", "cancel-request", "shopify_flow/cancel_request.json", ("shopify", "5001")),
        ("ops", "cancellation", "ops/full_cancellation.json", ("shopify", "5001")),
    ],
)
def test_a_wish_opens_a_case_and_starts_the_execution_that_is_named_after_it(
    deployed: Deployment, source: str, topic: str, sample: str, order: tuple[str, str]
) -> None:
    assert deployed.work([taken(deployed, source, topic, d.sample(sample))]) == []
    (case,) = deployed.cases()
    assert ((case.channel, case.order_ref), case.status) == (order, "open")
    assert deployed.executions == [f"{case.case_id}-1"]
    assert deployed.exceptions() == []


def test_a_fulfillment_cancel_is_looked_up_because_it_names_no_order(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def work(self: ShopifyLookups, name: str) -> Work:
        asked.append((self._client._connection.merchant, name))
        return Work(order_ref="5001", leg_id="1", lines={"71": 1})

    monkeypatch.setattr(ShopifyLookups, "work", work)
    body = d.sample("shopify/fulfillment_orders_cancellation_request_submitted.json")
    message = taken(deployed, "shopify", "fulfillment_orders/cancellation_request_submitted", body)
    assert deployed.work([message]) == []
    assert asked == [(d.ACME, "gid://shopify/FulfillmentOrder/1")]
    assert [case.order_ref for case in deployed.cases()] == ["5001"]


def test_a_buyers_wish_at_amazon_comes_over_the_bus_and_its_evidence_is_kept_here(deployed: Deployment) -> None:
    raw = json.dumps(ORDER_CHANGE)
    assert handler({"Records": [d.record(raw)]}, d.CONTEXT) == {"batchItemFailures": []}
    (case,) = deployed.cases()
    assert (case.channel, case.order_ref) == ("amazon", "903-8868176-2219830")
    assert list(deployed.evidence.values()) == [raw.encode()]
    assert deployed.executions == [f"{case.case_id}-1"]


def test_what_the_bus_puts_around_a_repeat_makes_no_other_message_of_it_and_another_order_is_one(
    deployed: Deployment,
) -> None:
    again = {**ORDER_CHANGE, "id": "another-envelope", "time": "2026-11-26T12:09:00Z"}
    other = json.loads(json.dumps(ORDER_CHANGE).replace("903-8868176-2219830", "903-8868176-2219831"))
    for told in (ORDER_CHANGE, again, other, other):
        assert handler({"Records": [d.record(json.dumps(told))]}, d.CONTEXT) == {"batchItemFailures": []}
    assert sorted(case.order_ref for case in deployed.cases()) == ["903-8868176-2219830", "903-8868176-2219831"]
    asked = [r.key for case in deployed.cases() for r in wiring.ledger().load(d.ACME, case.case_id)]
    assert len([key for key in asked if key.startswith("request:")]) == 2
    assert len(deployed.evidence) == 2


@pytest.mark.parametrize("times", [2, 3])
def test_a_delivery_that_comes_again_acts_once(deployed: Deployment, times: int) -> None:
    message = cancelled(deployed)
    for _ in range(times):
        assert deployed.work([message]) == []
    assert deployed.work([message, message]) == []
    (case,) = deployed.cases()
    assert len([r for r in wiring.ledger().load(d.ACME, case.case_id) if r.key.startswith("request:")]) == 1
    assert len(deployed.executions) == 1


def test_an_amazon_notification_that_the_bus_repeats_acts_once(deployed: Deployment) -> None:
    for bus_id in ("one", "two"):
        batch = {"Records": [d.record(json.dumps({**ORDER_CHANGE, "id": bus_id}))]}
        assert handler(batch, d.CONTEXT) == {"batchItemFailures": []}
    assert len(deployed.cases()) == len(deployed.executions) == 1


def test_two_wishes_for_one_order_join_one_case(deployed: Deployment) -> None:
    assert deployed.work([cancelled(deployed, "d-1"), cancelled(deployed, "d-2")]) == []
    assert len(deployed.cases()) == len(deployed.executions) == 1


# ---------------------------------------------------------------------------------------------- what fits nothing


@pytest.mark.parametrize(
    ("source", "topic", "body"),
    [
        ("shopify", "planets/aligned", b"{}"),
        ("shopify", "orders/cancelled", b"{}"),
        ("shopify", "orders/cancelled", b'{"admin_graphql_api_id": "gid://shopify/Order/jane@example.com"}'),
        ("shopify", "orders/cancelled", b'{"order_id": "jane@example.com"}'),
        ("shopify", "orders/cancelled", b'{"order_id": 5, "cancelled_at": "jane@example.com"}'),
        ("shopify", "orders/cancelled", b'{"order_id": 5, "cancelled_at": "0001-01-01T00:00:00+14:00"}'),
        ("shopify", "orders/cancelled", b'{"order_id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("shopify-flow", "cancel-request", b'{"order_id": "gid://shopify/Order/1", "reason": "jane@example.com"}'),
        ("shopify-flow", "cancel-request", b'{"request_id": "r"}'),
        ("shopify-flow", "cancel-request", b'{"order_id": "gid://shopify/Order/1", "lines": {"jane@example.com": 1}}'),
        (
            "shopify-flow",
            "cancel-request",
            b'{"order_id": "gid://shopify/Order/1", "lines": '
            b'[{"line_item_id": "gid://shopify/LineItem/1", "quantity": "jane@example.com"}]}',
        ),
        ("shopify", "fulfillments/create", b'{"order_id": 5, "line_items": [], "tracking_number": "\\ud83d", "id": 1}'),
        ("generic-3pl", "north", b'{"event": "robot.revolted", "orderRef": "5001"}'),
        ("generic-3pl", "north", b'{"event": "shipment.departed"}'),
        ("generic-3pl", "north", b'{"event": {"jane@example.com": 1}}'),
        ("carrier-pigeon", "coo", b"{}"),
    ],
)
def test_what_fits_nothing_we_know_is_kept_and_put_before_a_person(
    deployed: Deployment, source: str, topic: str, body: bytes
) -> None:
    message = taken(deployed, source, topic, body)
    assert deployed.work([message, message]) == []
    fact = kept(deployed)
    assert (fact.source, fact.topic, fact.raw_sha256) == (source, topic, message["raw_sha256"])
    assert fact.why
    assert deployed.executions == []
    assert list(deployed.evidence.values()) == [body]
    assert "jane@example.com" not in json.dumps(deployed.items)
    assert "jane@example.com" not in deployed.logged


@pytest.mark.parametrize(
    ("changes", "merchant"),
    [
        ({"Payload__OrderChangeNotification__SellerId": "ASTRANGER"}, d.UNROUTED),
        ({"Payload__OrderChangeNotification__SellerId": "../acme"}, d.UNROUTED),
        ({"Payload__OrderChangeNotification__SellerId": {"a": 1}}, d.UNROUTED),
        ({"Payload": "text"}, d.UNROUTED),
        ({"Payload": None}, d.UNROUTED),
        ({"NotificationType": "REPORT_READY"}, d.ACME),
        ({"NotificationMetadata": None}, d.ACME),
        ({"Payload__OrderChangeNotification__OrderChangeType": "Surprise"}, d.ACME),
        ({"Payload__OrderChangeNotification__Summary": []}, d.ACME),
        ({"Payload__OrderChangeNotification__AmazonOrderId": "\ud83d"}, d.ACME),
        ({"Payload__OrderChangeNotification__AmazonOrderId": "9" * 3000}, d.ACME),
        ({"Payload__OrderChangeNotification__OrderChangeTrigger__TimeOfOrderChange": "soon"}, d.ACME),
    ],
)
def test_a_notification_that_cannot_be_used_is_kept_and_put_before_a_person(
    deployed: Deployment, changes: dict[str, Any], merchant: str
) -> None:
    raw = json.dumps(order_change(**changes))
    assert handler({"Records": [d.record(raw)]}, d.CONTEXT) == {"batchItemFailures": []}
    assert kept(deployed, merchant).source == "amazon"
    assert list(deployed.evidence.values()) == [raw.encode()]
    assert deployed.executions == []


def feed_finished(**changes: Any) -> dict[str, Any]:
    """The end of a feed, as the bus brings it."""
    ended = {"feedId": "50", "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA", "processingStatus": "DONE"}
    seller = {"sellerId": "AACMESELLER", "accountId": "amzn1.merchant.o.AACMESELLER"}
    detail = {
        "notificationType": "FEED_PROCESSING_FINISHED",
        "payload": {"feedProcessingFinishedNotification": {**seller, **ended, **changes}},
        "notificationMetadata": {"notificationId": "n-1"},
    }
    return {**ORDER_CHANGE, "detail-type": "FEED_PROCESSING_FINISHED", "detail": detail}


def test_the_end_of_a_feed_that_no_case_submitted_leaves_nothing_but_its_evidence(deployed: Deployment) -> None:
    for told in (feed_finished(), feed_finished(sellerId=None), feed_finished(feedType="POST_PRODUCT_DATA")):
        assert handler({"Records": [d.record(json.dumps(told))]}, d.CONTEXT) == {"batchItemFailures": []}
    assert (deployed.cases(), deployed.exceptions(), deployed.executions) == ([], [], [])
    assert len(deployed.evidence) == 3


def test_a_notification_from_amazons_own_queue_comes_without_an_envelope_and_is_read_all_the_same(
    deployed: Deployment,
) -> None:
    raw = json.dumps(ORDER_CHANGE["detail"])
    for _ in range(2):
        assert handler({"Records": [d.record(raw)]}, d.CONTEXT) == {"batchItemFailures": []}
    assert handler({"Records": [d.record(json.dumps(feed_finished()["detail"]))]}, d.CONTEXT) == {
        "batchItemFailures": []
    }
    (case,) = deployed.cases()
    assert (case.channel, case.order_ref) == ("amazon", "903-8868176-2219830")
    assert raw.encode() in deployed.evidence.values()
    assert (deployed.exceptions(), len(deployed.executions)) == ([], 1)


def test_a_sellers_order_is_counted_once_on_the_day_it_was_placed(deployed: Deployment) -> None:
    for event in (ORDER_CHANGE, order_change(NotificationMetadata__NotificationId="another")):
        handler({"Records": [d.record(json.dumps(event))]}, d.CONTEXT)
    counted = wiring.ledger().market_orders(d.ACME, "amazon", "2022-07-13", "2022-07-13")
    assert counted == 1
    amazons = order_change(Payload__OrderChangeNotification__Summary__FulfillmentType="AFN")
    handler({"Records": [d.record(json.dumps(amazons).replace("2219830", "2219831"))]}, d.CONTEXT)
    assert wiring.ledger().market_orders(d.ACME, "amazon", "2022-01-01", "2099-01-01") == 1


def test_a_notification_cannot_pass_for_what_the_sweep_queued(deployed: Deployment) -> None:
    posed = {**order_change(NotificationType="order_sweep")["detail"], "part": "wish", "order": {"orderId": "1"}}
    assert handler({"Records": [d.record(json.dumps(posed))]}, d.CONTEXT) == {"batchItemFailures": []}
    assert kept(deployed).source == "amazon"
    assert deployed.executions == []


@pytest.mark.parametrize(
    ("changes", "merchant"),
    [
        ({"sellerId": "ASTRANGER"}, d.UNROUTED),
        ({"sellerId": None, "accountId": "amzn1.vg.6213651"}, d.UNROUTED),
        ({"processingStatus": "Paused"}, d.ACME),
        ({"feedId": None}, d.ACME),
    ],
)
def test_the_end_of_a_feed_that_cannot_be_used_is_kept_and_put_before_a_person(
    deployed: Deployment, changes: dict[str, Any], merchant: str
) -> None:
    raw = json.dumps(feed_finished(**changes))
    assert handler({"Records": [d.record(raw)]}, d.CONTEXT) == {"batchItemFailures": []}
    assert kept(deployed, merchant).source == "amazon"


def test_a_message_about_nothing_we_stop_leaves_no_case(deployed: Deployment) -> None:
    assert deployed.work([taken(deployed, "shopify", "customers/update", b'{"email": "jane@example.com"}')]) == []
    assert (deployed.cases(), deployed.exceptions(), deployed.executions) == ([], [], [])


def test_a_wish_of_more_lines_than_one_entry_holds_is_put_before_a_person(deployed: Deployment) -> None:
    lines = [{"line_item_id": f"gid://shopify/LineItem/{10**17 + n}", "quantity": 1} for n in range(10_000)]
    body = json.dumps({"order_id": "gid://shopify/Order/1", "lines": lines}).encode()
    assert deployed.work([taken(deployed, "shopify-flow", "cancel-request", body)]) == []
    assert kept(deployed).source == "shopify-flow"


# ---------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize(
    "bad",
    [
        "not JSON",
        "",
        "null",
        "[]",
        '"detail-type"',
        "{}",
        '{"detail-type": "ORDER_CHANGE"}',
        '{"merchant": "acme", "unknown": 1}',
        "[" * 100_000,
        "9" * 5000,
        "\ud83d",
    ],
)
def test_a_bad_message_goes_back_alone_and_the_others_are_done(deployed: Deployment, bad: str) -> None:
    first, second = cancelled(deployed, "d-1", "1001"), cancelled(deployed, "d-2", "1002")
    batch = [d.record(json.dumps(first), "a"), d.record(bad, "bad"), d.record(json.dumps(second), "b")]
    assert handler({"Records": batch}, d.CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert sorted(case.order_ref for case in deployed.cases()) == ["1001", "1002"]


def test_a_message_whose_evidence_is_gone_stays_in_the_queue(deployed: Deployment) -> None:
    message = cancelled(deployed)
    deployed.clients["s3"].delete_object(Bucket=d.BUCKET, Key=message["evidence_key"])
    assert deployed.work([message]) == ["m-0"]
    assert deployed.items == []


def test_a_machine_that_cannot_start_leaves_the_message_and_the_repeat_starts_it(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = cancelled(deployed)
    with monkeypatch.context() as patch:
        patch.setenv("STOPSHIP_STATE_MACHINE_ARN", wiring.settings().state_machine_arn.replace("cancel-case", "gone"))
        wiring.settings.cache_clear()
        wiring.desk.cache_clear()
        assert deployed.work([message]) == ["m-0"]
    wiring.settings.cache_clear()
    wiring.desk.cache_clear()
    assert deployed.executions == []
    assert deployed.work([message]) == []
    assert len(deployed.cases()) == len(deployed.executions) == 1


def test_a_merchants_message_makes_no_case_of_anothers(deployed: Deployment) -> None:
    body = d.sample("shopify_flow/cancel_request.json")
    mine = taken(deployed, "shopify-flow", "cancel-request", body)
    theirs = taken(deployed, "shopify-flow", "cancel-request", body, merchant=d.ZETA)
    assert deployed.work([mine, theirs]) == []
    (one,), (other,) = deployed.cases(d.ACME), deployed.cases(d.ZETA)
    assert one.case_id != other.case_id
    assert len(deployed.executions) == 2


def test_what_is_logged_and_recorded_of_a_wish_holds_no_personal_data_and_no_body(deployed: Deployment) -> None:
    assert deployed.work([cancelled(deployed)]) == []
    handler({"Records": [d.record('{"email": "jon@example.com"}', "x")]}, d.CONTEXT)
    assert deployed.logged
    seen = deployed.logged + json.dumps(deployed.items)
    assert [x for x in ("example.com", "Smithereen", "123 Elm", "Shipper", "555-555", "line_items") if x in seen] == []
