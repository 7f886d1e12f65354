"""The webhook door: who sends is proved, what came is kept, and only then is it answered."""

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from stopship import wiring
from stopship.application import process_message
from stopship.domain.events import ExceptionOpened
from stopship.handlers.receive_webhook import MOST_OF_A_STRANGER, handler
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

ORDER_CANCELLED = d.sample("shopify/orders_cancelled.json")
FLOW = d.sample("shopify_flow/cancel_request.json")
DEPARTED = d.sample("generic_3pl/shipment_departed.json")

type Signed = Callable[[], dict[str, Any]]
"""Makes a message, with a proof of the moment of its making."""


def call(event: dict[str, Any]) -> d.Answer:
    answer: d.Answer = handler(event, d.CONTEXT)
    return answer


def the_message(deployed: Deployment) -> dict[str, Any]:
    (message,) = deployed.take_queue()
    return message


@pytest.mark.parametrize(
    ("signed", "source", "topic", "delivery", "body"),
    [
        (lambda: d.shopify(ORDER_CANCELLED), "shopify", "orders/cancelled", "d-1", ORDER_CANCELLED),
        (lambda: d.flow(FLOW), "shopify-flow", "cancel-request", "flow-run-77", FLOW),
        (lambda: d.warehouse_event(DEPARTED), "generic-3pl", "north", "north:w-1", DEPARTED),
    ],
)
def test_an_authentic_message_is_kept_byte_for_byte_and_queued_before_it_is_answered(
    deployed: Deployment, signed: Signed, source: str, topic: str, delivery: str, body: bytes
) -> None:
    answer = call(signed())
    assert (answer["statusCode"], d.body_of(answer)) == (200, {"received": delivery})
    message = the_message(deployed)
    assert {k: message[k] for k in ("merchant", "source", "topic", "delivery_id", "why")} == {
        "merchant": d.ACME,
        "source": source,
        "topic": topic,
        "delivery_id": delivery,
        "why": "",
    }
    assert deployed.evidence == {message["evidence_key"]: body}
    assert message["raw_sha256"] == sha256(body).hexdigest()
    assert deployed.items == []


# ---------------------------------------------------------------------------------------------- proof


def changed(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


@pytest.mark.parametrize("at", [0, 100, -1])
@pytest.mark.parametrize("source", ["shopify", "generic-3pl"])
def test_a_changed_byte_is_refused_and_nothing_is_kept(deployed: Deployment, source: str, at: int) -> None:
    event = d.shopify(ORDER_CANCELLED) if source == "shopify" else d.warehouse_event(DEPARTED)
    body = ORDER_CANCELLED if source == "shopify" else DEPARTED
    event |= {"body": base64.b64encode(changed(body, at % len(body))).decode(), "isBase64Encoded": True}
    d.is_problem(call(event), 401)
    assert deployed.untouched()


@pytest.mark.parametrize(
    "signed",
    [
        lambda: d.shopify(ORDER_CANCELLED, secret="somebody else's"),
        lambda: d.shopify(ORDER_CANCELLED) | {"body": ""},
        lambda: d.webhook(
            "shopify", ORDER_CANCELLED, {**d.shopify_headers(ORDER_CANCELLED), "X-Shopify-Hmac-SHA256": "é"}
        ),
        lambda: d.flow(FLOW, key="guessed"),
        lambda: d.flow(FLOW, key=FLOW.decode()[:50]),
        lambda: d.flow(FLOW, shop="stranger.myshopify.com"),
        lambda: d.warehouse_event(DEPARTED, d.SOUTH_SECRET),
        lambda: d.warehouse_event(DEPARTED, d.ZETA_SECRET),
        lambda: d.warehouse_event(DEPARTED, merchant="nobody"),
        lambda: d.warehouse_event(DEPARTED, warehouse="nowhere"),
        lambda: d.warehouse_event(DEPARTED, merchant=d.ZETA),
        lambda: d.warehouse_event(DEPARTED, seconds=1_700_000_000),
        lambda: d.warehouse_event(DEPARTED, seconds=4_000_000_000),
    ],
)
def test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept(deployed: Deployment, signed: Signed) -> None:
    d.is_problem(call(signed()), 401)
    assert deployed.untouched()


@pytest.mark.parametrize(
    ("signed", "header"),
    [
        (lambda: d.shopify(ORDER_CANCELLED), "X-Shopify-Hmac-SHA256"),
        (lambda: d.flow(FLOW), "X-Stopship-Key"),
        (lambda: d.warehouse_event(DEPARTED), "X-Stopship-Signature"),
    ],
)
@pytest.mark.parametrize("left", [None, "", " "])
def test_a_missing_signature_is_refused_like_a_wrong_one(
    deployed: Deployment, signed: Signed, header: str, left: str | None
) -> None:
    event = signed()
    headers = {k: v for k, v in event["headers"].items() if k != header.lower()}
    if left is not None:
        headers[header.lower()] = left
    d.is_problem(call({**event, "headers": headers}), 401)
    assert deployed.untouched()


@pytest.mark.parametrize(
    ("signed", "header"),
    [
        (lambda: d.shopify(ORDER_CANCELLED), "X-Shopify-Topic"),
        (lambda: d.shopify(ORDER_CANCELLED), "X-Shopify-Shop-Domain"),
        (lambda: d.shopify(ORDER_CANCELLED), "X-Shopify-Webhook-Id"),
        (lambda: d.flow(FLOW), "X-Shopify-Shop-Domain"),
        (lambda: d.warehouse_event(DEPARTED), "X-Stopship-Merchant"),
        (lambda: d.warehouse_event(DEPARTED), "X-Stopship-Warehouse"),
        (lambda: d.warehouse_event(DEPARTED), "X-Stopship-Delivery"),
    ],
)
def test_a_header_that_is_missing_is_named(deployed: Deployment, signed: Signed, header: str) -> None:
    event = signed()
    headers = {k: v for k, v in event["headers"].items() if k != header.lower()}
    problem = d.is_problem(call({**event, "headers": headers}), 400)
    assert (problem["field"], problem["fix"]) == (f"header {header}", f"send {header}")
    assert deployed.untouched()


@pytest.mark.parametrize("secret", [d.NEW_SECRET, d.OLD_SECRET])
def test_the_old_and_the_new_secret_fit_while_they_are_rotated(deployed: Deployment, secret: str) -> None:
    assert call(d.shopify(ORDER_CANCELLED, secret=secret))["statusCode"] == 200
    assert list(deployed.evidence.values()) == [ORDER_CANCELLED]


@pytest.mark.parametrize("build", [d.shopify, d.warehouse_event])
def test_a_body_that_comes_in_base64_is_proved_and_kept_as_the_bytes_it_stands_for(
    deployed: Deployment, build: Any
) -> None:
    body = DEPARTED.replace(b"1Z0000000000000001", "Jörg 荷物".encode())
    assert call(build(body, in_base64=True))["statusCode"] == 200
    assert list(deployed.evidence.values()) == [body]
    assert the_message(deployed)["raw_sha256"] == sha256(body).hexdigest()


def test_header_names_are_read_in_any_case(deployed: Deployment) -> None:
    event = d.shopify(ORDER_CANCELLED)
    event["headers"] = {name.upper(): value for name, value in event["headers"].items()}
    assert call(event)["statusCode"] == 200
    assert len(deployed.take_queue()) == 1


def test_the_signature_of_one_shop_opens_no_other(deployed: Deployment) -> None:
    other = d.connections({}, shopify={**d.STORE, "shop": "zeta2.myshopify.com", "webhook_secrets": ["other"]})
    deployed.connect("zeta2", other, {"shopify": "zeta2.myshopify.com"})
    d.is_problem(call(d.shopify(ORDER_CANCELLED, shop="zeta2.myshopify.com")), 401)
    assert deployed.untouched()


# ---------------------------------------------------------------------------------------------- strangers


@pytest.mark.parametrize("shop", ["stranger.myshopify.com", "no domain at all", "../merchants/acme", "x" * 3000, "ö"])
def test_an_unknown_shop_is_not_told_yes_but_kept_and_put_before_a_person(deployed: Deployment, shop: str) -> None:
    d.is_problem(call(d.shopify(ORDER_CANCELLED, secret="unknown", shop=shop)), 404)
    (message,) = deployed.take_queue()
    named = " stranger.myshopify.com" if shop == "stranger.myshopify.com" else ""
    assert (message["merchant"], message["why"]) == (d.UNROUTED, f"unknown shop{named}")
    assert deployed.evidence == {message["evidence_key"]: ORDER_CANCELLED}
    assert deployed.work([message]) == []
    (shown,) = deployed.exceptions(d.UNROUTED)
    assert (shown.cause, shown.state) == ("unmatched_message", "open")
    assert shown.owner
    assert shown.next_action
    assert shown.deadline
    assert deployed.exceptions(d.ACME) == []
    assert deployed.executions == []


def knock(shop: str, delivery: str = "d-1", body: bytes = ORDER_CANCELLED) -> None:
    d.is_problem(call(d.shopify(body, secret="unknown", shop=shop, delivery=delivery)), 404)


def test_an_unknown_shop_is_one_exception_a_day_however_often_it_comes_and_its_first_message_is_kept(
    deployed: Deployment,
) -> None:
    for n in range(5):
        knock("stranger.myshopify.com", f"d-{n}", ORDER_CANCELLED if n == 0 else b'{"n": %d}' % n)
    knock("another.myshopify.com")
    assert deployed.work() == []
    shown = deployed.exceptions(d.UNROUTED)
    assert len(shown) == len(deployed.evidence) == 2
    assert set(deployed.evidence.values()) == {ORDER_CANCELLED}


def test_whoever_gives_no_name_of_a_shop_is_one_sender_whatever_he_calls_himself(deployed: Deployment) -> None:
    for name in ("no shop", "x" * 3000, "a.example", "A.myshopify.com", "-.myshopify.com"):
        knock(name)
    assert deployed.work() == []
    assert len(deployed.exceptions(d.UNROUTED)) == len(deployed.evidence) == 1


def test_of_a_large_message_that_nobody_sent_only_its_size_and_hash_are_kept_and_the_record_says_so(
    deployed: Deployment,
) -> None:
    body = b"x" * (MOST_OF_A_STRANGER + 1)
    knock("stranger.myshopify.com", body=body)
    (note,) = deployed.evidence.values()
    assert json.loads(note) == {"not_kept": {"bytes": len(body), "sha256": sha256(body).hexdigest()}}
    assert deployed.work() == []
    (shown,) = deployed.exceptions(d.UNROUTED)
    (opened,) = [
        r.event for r in wiring.ledger().load(d.UNROUTED, shown.case_id) if isinstance(r.event, ExceptionOpened)
    ]
    assert "stranger.myshopify.com" in opened.detail and f"its body of {len(body)} bytes was not kept" in opened.detail


def test_strangers_beyond_so_many_share_one_exception_and_those_that_are_shown_stay_as_they_are(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_message, "MOST_STRANGERS", 3)
    for n in (*range(8), 0):
        knock(f"shop-{n}.myshopify.com")
        assert deployed.work() == []
    assert len(deployed.exceptions(d.UNROUTED)) == 4
    assert deployed.exceptions(d.ACME) == []


def test_an_unknown_webhook_source_is_not_found(deployed: Deployment) -> None:
    problem = d.is_problem(call(d.webhook("ebay", ORDER_CANCELLED, d.shopify_headers(ORDER_CANCELLED))), 404)
    assert "generic-3pl" in problem["detail"]
    assert deployed.untouched()


def test_a_merchant_without_keys_for_flow_has_no_such_door(deployed: Deployment) -> None:
    store = {k: v for k, v in d.STORE.items() if k != "flow_keys"}
    deployed.connect("plain", d.connections({}, shopify=store), {"shopify": "plain.myshopify.com"})
    d.is_problem(call(d.flow(FLOW, shop="plain.myshopify.com")), 401)
    assert deployed.untouched()


# ---------------------------------------------------------------------------------------------- bodies


def signed(source: str, body: bytes) -> dict[str, Any]:
    """An authentic message with any body."""
    build: Any = {"shopify": d.shopify, "generic-3pl": d.warehouse_event}[source]
    event: dict[str, Any] = build(body, in_base64=True)
    return event


@pytest.mark.parametrize("source", ["shopify", "generic-3pl"])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a": 1,\n  "b": }', "line 2 column 8"),
        (b"", "line 1 column 1"),
        (b"{", "line 1 column 2"),
        (b"[1]", "is not a JSON object"),
        (b'"text"', "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested"),
        (b'{"a":' * 150_000 + b"1" + b"}" * 150_000, "nested"),
    ],
    ids=["broken", "empty", "cut", "list", "text", "null", "latin", "huge number", "deep lists", "deep objects"],
)
def test_a_body_that_is_no_json_object_is_refused_by_name_and_not_kept(
    deployed: Deployment, source: str, body: bytes, says: str
) -> None:
    problem = d.is_problem(call(signed(source, body)), 400)
    assert says in problem["detail"]
    assert (problem["field"], bool(problem["fix"])) == ("body", True)
    assert deployed.untouched()


@pytest.mark.parametrize("in_base64", [True, False])
def test_a_body_over_the_limit_is_refused_by_its_own_size(deployed: Deployment, in_base64: bool) -> None:
    body = json.dumps({"note": "x" * 1_000_000}).encode()
    problem = d.is_problem(call(d.shopify(body, in_base64=in_base64)), 413)
    assert problem["field"] == "body"
    assert deployed.untouched()


@pytest.mark.parametrize("in_base64", [True, False])
def test_a_body_at_the_limit_is_taken(deployed: Deployment, in_base64: bool) -> None:
    """In base64 it is a third longer on the way."""
    frame = json.dumps({"note": ""}).encode()
    body = frame.replace(b'""', b'"' + b"x" * (1_000_000 - len(frame)) + b'"')
    assert len(body) == 1_000_000
    assert call(d.shopify(body, in_base64=in_base64))["statusCode"] == 200
    assert list(deployed.evidence.values()) == [body]


def test_characters_count_as_the_bytes_they_are(deployed: Deployment) -> None:
    body = json.dumps({"note": "ö" * 600_000}, ensure_ascii=False).encode()
    d.is_problem(call(d.shopify(body)), 413)
    assert deployed.untouched()


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "id": 2, "admin_graphql_api_id": "gid://shopify/Order/5", "admin_graphql_api_id": "gid://shopify/Order/6"}',
        '{"admin_graphql_api_id": "gid://shopify/Order/5", "note": "\\u0000"}',
        '{"admin_graphql_api_id": "gid://shopify/Order/5", "note": "\\ud83d"}',
        '{"admin_graphql_api_id": "gid://shopify/Order/5", "total": NaN}',
        '{"admin_graphql_api_id": "gid://shopify/Order/5", "total": 1e400}',
    ],
)
def test_odd_json_from_an_authentic_shop_is_taken_and_worked(deployed: Deployment, text: str) -> None:
    assert call(d.shopify(text.encode()))["statusCode"] == 200
    assert list(deployed.evidence.values()) == [text.encode()]
    assert deployed.work() == []
    assert len(deployed.cases()) == 1


@pytest.mark.parametrize("request_id", ["\\u0000", "\\ud83d", "x" * 300_000, "#", "a/b", "", "\\n"])
def test_a_request_id_of_any_shape_neither_breaks_the_door_nor_blocks_the_queue(
    deployed: Deployment, request_id: str
) -> None:
    body = json.dumps({**json.loads(FLOW), "request_id": "ID"}).replace('"ID"', f'"{request_id}"').encode()
    assert call(d.flow(body))["statusCode"] == 200
    assert list(deployed.evidence.values()) == [body]
    assert deployed.work() == []
    assert len(deployed.cases()) == 1
    assert len(deployed.executions) == 1 or deployed.exceptions() != []


@pytest.mark.parametrize("length", [2000, 9000])
def test_a_delivery_id_longer_than_any_key_still_reaches_a_case(deployed: Deployment, length: int) -> None:
    assert call(d.shopify(ORDER_CANCELLED, delivery="d" * length))["statusCode"] == 200
    assert deployed.work() == []
    assert len(deployed.cases()) == 1


# ---------------------------------------------------------------------------------------------- repeats and logs


def test_a_delivery_that_comes_again_is_answered_and_acts_once(deployed: Deployment) -> None:
    for _ in range(2):
        assert call(d.shopify(ORDER_CANCELLED))["statusCode"] == 200
    messages = deployed.take_queue()
    assert len(messages) == 2
    assert len(deployed.evidence) == 1
    assert deployed.work(messages) == []
    (case,) = deployed.cases()
    assert case.order_ref == "820982911946154508"
    assert len(deployed.executions) == 1


def test_a_queue_that_does_not_take_the_message_is_not_answered_yes(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.clients["sqs"].delete_queue(QueueUrl=deployed.queue_url)
    d.is_problem(call(d.shopify(ORDER_CANCELLED)), 500)
    assert d.STORE["webhook_secrets"][0] not in deployed.logged


@pytest.mark.parametrize(
    "signed",
    [
        lambda: d.shopify(ORDER_CANCELLED),
        lambda: d.shopify(ORDER_CANCELLED, secret="wrong"),
        lambda: d.shopify(ORDER_CANCELLED, shop="stranger.myshopify.com"),
        lambda: d.shopify(ORDER_CANCELLED[:-3]),
        lambda: d.flow(FLOW),
        lambda: d.flow(FLOW, key="wrong"),
        lambda: d.warehouse_event(DEPARTED),
        lambda: d.warehouse_event(DEPARTED, d.SOUTH_SECRET),
    ],
)
def test_what_is_logged_holds_no_personal_data_no_secret_and_no_body(deployed: Deployment, signed: Signed) -> None:
    event = signed()
    call(event)
    deployed.work()
    private = [*d.SECRETS, "example.com", "Smithereen", "123 Elm", "Shipper", "555-555", "Jörg", "J\\u00f6rg", "wrong"]
    private += ["line_items", "1Z0000000000000001", str(event["headers"].get("x-shopify-hmac-sha256", "hmac"))]
    assert deployed.logged
    assert [x for x in private if x in deployed.logged] == []


# ---------------------------------------------------------------------------------------------- one id, two messages


def asked(order: str, **more: Any) -> bytes:
    return json.dumps({**json.loads(FLOW), "order_id": f"gid://shopify/Order/{order}", **more}).encode()


@pytest.mark.parametrize("told", [{"request_id": None}, {"request_id": ""}, {"request_id": " "}, {}])
def test_wishes_of_a_flow_that_gives_no_request_id_are_each_a_case(deployed: Deployment, told: dict[str, Any]) -> None:
    bodies = [asked(order, request_id="taken out") for order in ("5001", "5002")]
    bodies = [json.dumps({k: v for k, v in json.loads(x).items() if k != "request_id"} | told).encode() for x in bodies]
    for body in (*bodies, bodies[0]):
        assert call(d.flow(body))["statusCode"] == 200
    assert deployed.work() == []
    assert sorted(case.order_ref for case in deployed.cases()) == ["5001", "5002"]
    assert sorted(deployed.evidence.values()) == sorted(bodies)


def renamed(body: bytes) -> bytes:
    return body.replace(b"{", b'{"seen": true, ', 1)


@pytest.mark.parametrize(
    ("build", "body", "other", "field"),
    [
        (d.flow, asked("5001", request_id="r"), asked("5002", request_id="r"), "request_id"),
        (d.warehouse_event, DEPARTED, renamed(DEPARTED), "header X-Stopship-Delivery"),
    ],
)
def test_another_message_under_an_id_that_the_sender_has_used_is_refused_by_name(
    deployed: Deployment, build: Any, body: bytes, other: bytes, field: str
) -> None:
    assert [call(build(body))["statusCode"] for _ in range(2)] == [200, 200]
    deployed.take_queue()
    problem = d.is_problem(call(build(other)), 409)
    assert (problem["field"], problem["fix"]) == (field, "send a new id with each message")
    assert deployed.take_queue() == []
    assert list(deployed.evidence.values()) == [body]


def test_two_warehouses_may_count_their_messages_alike(deployed: Deployment) -> None:
    assert call(d.warehouse_event(DEPARTED))["statusCode"] == 200
    assert call(d.warehouse_event(renamed(DEPARTED), d.SOUTH_SECRET, warehouse="south"))["statusCode"] == 200
    assert len({message["delivery_id"] for message in deployed.take_queue()}) == 2


def test_another_order_under_a_webhook_id_that_is_known_is_a_message_of_its_own(deployed: Deployment) -> None:
    other = json.dumps(
        {**json.loads(ORDER_CANCELLED), "id": 5, "admin_graphql_api_id": "gid://shopify/Order/5"}
    ).encode()
    for body in (ORDER_CANCELLED, other, other):
        assert call(d.shopify(body))["statusCode"] == 200
    assert deployed.work() == []
    assert sorted(case.order_ref for case in deployed.cases()) == ["5", "820982911946154508"]
    assert len(deployed.evidence) == 2


def test_a_repeat_that_is_only_written_differently_is_the_same_message(deployed: Deployment) -> None:
    again = json.dumps(json.loads(ORDER_CANCELLED), sort_keys=True).encode()
    for body in (ORDER_CANCELLED, again):
        assert call(d.shopify(body))["statusCode"] == 200
    assert len({message["delivery_id"] for message in deployed.take_queue()}) == 1
    assert list(deployed.evidence.values()) == [ORDER_CANCELLED]
