"""Whatever is thrown at a door, the answer is well-formed, and a yes means that the message is safe."""

import json
from collections.abc import Callable, Mapping
from string import ascii_letters
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stopship.handlers import desk_api, process_intake, receive_acknowledgment, receive_webhook
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

# Every example finds what the ones before it left: each compares before and after, so that this is meant.
thrown = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
STATUSES = {200, 202, 400, 401, 404, 409, 410, 413}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SAMPLES = [
    "shopify/orders_cancelled.json",
    "shopify/fulfillment_orders_cancellation_request_submitted.json",
    "shopify_flow/cancel_request.json",
    "generic_3pl/shipment_departed.json",
    "generic_3pl/callback_partial.json",
    "ops/cancellation.json",
    "ticket/cancel.json",
    "zendesk/ticket_event.json",
]


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """A partner's message with some of its values replaced by anything."""
    body: dict[str, Any] = json.loads(d.sample(draw(st.sampled_from(SAMPLES))))
    for name in draw(st.lists(st.sampled_from(sorted(body)), max_size=3, unique=True)):
        body[name] = draw(json_values)
    return json.dumps(body).encode()


def cut(parts: tuple[bytes, int, bytes]) -> bytes:
    body, at, between = parts
    return body[: at % (len(body) + 1)] + between + body[at % (len(body) + 1) :]


damaged = st.tuples(bent(), st.integers(0, 10_000), st.binary(min_size=1, max_size=4)).map(cut)
bodies = (
    st.binary(max_size=300) | bent() | damaged | json_values.map(lambda value: json.dumps({"event": value}).encode())
)
texts = st.text(max_size=40) | st.text("=,v1t0", max_size=30) | st.sampled_from([d.SHOP, d.ACME, "north", "0" * 3000])
HEADERS = [
    "X-Shopify-Shop-Domain",
    "X-Shopify-Topic",
    "X-Shopify-Webhook-Id",
    "X-Shopify-Hmac-SHA256",
    "X-Stopship-Key",
    "X-Stopship-Merchant",
    "X-Stopship-Warehouse",
    "X-Stopship-Delivery",
    "X-Stopship-Help-Desk",
    "X-Zendesk-Account-Id",
    "X-Zendesk-Webhook-Invocation-Id",
    "X-Zendesk-Webhook-Signature",
    "X-Zendesk-Webhook-Signature-Timestamp",
    "X-Stopship-Signature",
    "Content-Type",
]
headers = st.dictionaries(st.sampled_from(HEADERS), texts, max_size=10)
topics = st.sampled_from(["orders/cancelled", "orders/fulfilled", "refunds/create", "fulfillments/create", "a", "/"])


def signed(source: str, body: bytes, topic: str, delivery: str) -> dict[str, Any]:
    if source == "shopify":
        return d.shopify(body, in_base64=True, topic=topic, delivery=delivery)
    if source == "generic-3pl":
        return d.warehouse_event(body, delivery=delivery, in_base64=True)
    named = {"X-Shopify-Shop-Domain": d.SHOP, "X-Stopship-Key": d.FLOW_KEY}
    return d.webhook(source, body, named, in_base64=True)


def well_formed(answer: Mapping[str, Any]) -> int:
    """The status of an answer that API Gateway can pass on."""
    status: int = answer["statusCode"]
    assert status in STATUSES, answer
    body = json.loads(answer["body"])
    assert isinstance(body, dict)
    if status >= 400:
        assert d.is_problem(dict(answer), status)["title"]
    return status


def check_kept(deployed: Deployment, run: Callable[[], Mapping[str, Any]], sent: bytes | None) -> None:
    """A yes: queued, with its evidence in the bucket, and worked from there. A no: only a stranger's message is kept."""
    before = deployed.evidence
    status = well_formed(run())
    waiting = deployed.take_queue()
    if status in (200, 202):
        (message,) = waiting
        assert message["evidence_key"] in deployed.evidence
        if sent is not None and message["evidence_key"] not in before:
            assert deployed.evidence[message["evidence_key"]] == sent
    elif status == 409:
        assert deployed.evidence == before
    else:
        assert {message["merchant"] for message in waiting} <= {d.UNROUTED}
        assert len(deployed.evidence) - len(before) <= len(waiting)
    assert deployed.work(waiting) == []


@thrown
@given(
    source=st.sampled_from(["shopify", "shopify-flow", "generic-3pl", "zendesk", "ticket", "ebay", ""]),
    body=bodies,
    headers=headers,
)
def test_the_webhook_door_withstands_anything_from_anybody(
    deployed: Deployment, source: str, body: bytes, headers: dict[str, str]
) -> None:
    event = d.webhook(source, body, headers, in_base64=True)
    check_kept(deployed, lambda: receive_webhook.handler(event, d.CONTEXT), body)


@thrown
@given(
    source=st.sampled_from(["shopify-flow", "generic-3pl", "shopify"]),
    body=bodies,
    topic=topics,
    delivery=st.text(min_size=1, max_size=60),
)
@example(source="shopify-flow", body=b'{"request_id": [[{"a": "\\ud800"}]]}', topic="a", delivery="d")
def test_the_webhook_door_withstands_anything_from_an_authentic_sender(
    deployed: Deployment, source: str, body: bytes, topic: str, delivery: str
) -> None:
    event = signed(source, body, topic, delivery)
    check_kept(deployed, lambda: receive_webhook.handler(event, d.CONTEXT), body)


@thrown
@given(body=bodies, headers=headers, door=st.text(min_size=1, max_size=40))
def test_the_acknowledgement_door_withstands_anything_and_records_nothing_of_it(
    deployed: Deployment, body: bytes, headers: dict[str, str], door: str
) -> None:
    event = d.request("POST /acknowledgments/{callback_id}", body, headers, path={"callback_id": door}, in_base64=True)
    assert well_formed(receive_acknowledgment.handler(event, d.CONTEXT)) in (400, 404)
    assert deployed.untouched()


names = st.text(ascii_letters, max_size=5)
queries = st.dictionaries(
    st.sampled_from(["merchant", "order", "status", "tier", "owner", "cursor", "limit"]), texts | names, max_size=4
)


@thrown
@given(
    route=st.sampled_from(["POST /cancellations", "POST /exceptions/{exception_id}/resolution"]),
    body=bodies | st.just(d.sample("ops/cancellation.json")),
    headers=headers,
    query=queries,
)
def test_the_desk_withstands_any_body(
    deployed: Deployment, route: str, body: bytes, headers: dict[str, str], query: dict[str, str]
) -> None:
    path = {"exception_id": "exc-1"} if "{" in route else None
    event = d.request(route, body, headers, path=path, query=query, claims=d.PERSON, in_base64=True)
    check_kept(deployed, lambda: desk_api.handler(event, d.CONTEXT), None)


@thrown
@given(
    route=st.sampled_from(["GET /cases", "GET /exceptions", "GET /cases/{case_id}"]),
    query=queries,
    name=st.text(min_size=1, max_size=40),
)
def test_the_desk_withstands_any_question(deployed: Deployment, route: str, query: dict[str, str], name: str) -> None:
    path = {"case_id": name} if "{" in route else None
    well_formed(desk_api.handler(d.request(route, path=path, query=query, claims=d.PERSON), d.CONTEXT))
    assert deployed.untouched()


@thrown
@given(body=st.text(max_size=200) | json_values.map(json.dumps) | bodies.map(lambda x: x.decode("latin-1")))
def test_the_worker_withstands_any_message_and_gives_it_back(deployed: Deployment, body: str) -> None:
    """What was never taken in at a door is not done: after its tries it is in the dead-letter queue."""
    batch = {"Records": [d.record(body, "m-1")]}
    assert process_intake.handler(batch, d.CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert deployed.untouched()
