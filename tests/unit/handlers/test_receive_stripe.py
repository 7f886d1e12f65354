"""Stripe's door: the address names the merchant, the signature proves the sender, the event's id makes it act once."""

import hashlib
import hmac
import json
import time
from hashlib import sha256
from typing import Any

import pytest

from stopship import wiring
from stopship.adapters.stripe.payments import StripePayments
from stopship.domain.events import EchoIgnored, PaymentSeen
from stopship.handlers.receive_webhook import handler
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

FAILED = d.sample("stripe/refund_failed.json")
ELSEWHERE = d.sample("stripe/refund_created_elsewhere.json")
NEW, OLD, OTHER = "whsec_new_41", "whsec_old_52", "whsec_zeta_63"
STRIPED, ZETA = "striped", "zeta-striped"
ENDPOINT = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def connected(deployed: Deployment) -> None:
    for merchant, secrets in ((STRIPED, [NEW, OLD]), (ZETA, [OTHER])):
        stripe = {"endpoint": ENDPOINT, "secret_key": "rk_1", "webhook_secrets": secrets}
        deployed.connect(
            merchant,
            d.connections({}, shopify={**d.STORE, "payments": "stripe"}, stripe=stripe),
            {"shopify": f"{merchant}.myshopify.com"},
        )


def event(
    body: bytes, *secrets: str, merchant: str = STRIPED, seconds: int | None = None, in_base64: bool = False
) -> dict[str, Any]:
    """Signed as Stripe's documentation says."""
    at = int(time.time()) if seconds is None else seconds
    macs = [hmac.new(s.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for s in secrets or (NEW,)]
    header = ",".join([f"t={at}", *(f"v1={mac}" for mac in macs)])
    return d.request(
        "POST /webhooks/{source}",
        body,
        {"Stripe-Signature": header},
        path={"source": "stripe"},
        query={"merchant": merchant},
        in_base64=in_base64,
    )


def call(told: dict[str, Any]) -> d.Answer:
    answer: d.Answer = handler(told, d.CONTEXT)
    return answer


def test_an_event_that_counts_its_deliveries_anew_is_the_same_and_one_that_says_something_else_is_not(
    deployed: Deployment,
) -> None:
    told = json.loads(FAILED)
    other = {**told, "data": {"object": {**told["data"]["object"], "id": "re_other"}}}
    for body in (told, {**told, "pending_webhooks": 77}, other):
        assert call(event(json.dumps(body).encode()))["statusCode"] == 200
    first, again, second = (message["delivery_id"] for message in deployed.take_queue())
    assert first == again == told["id"]
    assert second.startswith(f"{told['id']}:")
    assert len(deployed.evidence) == 2


@pytest.mark.parametrize("in_base64", [True, False])
def test_an_authentic_event_is_kept_byte_for_byte_and_queued_before_it_is_answered(
    deployed: Deployment, in_base64: bool
) -> None:
    answer = call(event(FAILED, in_base64=in_base64))
    assert (answer["statusCode"], d.body_of(answer)) == (200, {"received": "evt_1Pgc76B7WZ01zgkWfailed01"})
    (message,) = deployed.take_queue()
    assert {k: message[k] for k in ("merchant", "source", "topic", "delivery_id", "why")} == {
        "merchant": STRIPED,
        "source": "stripe",
        "topic": "refund.failed",
        "delivery_id": "evt_1Pgc76B7WZ01zgkWfailed01",
        "why": "",
    }
    assert deployed.evidence == {message["evidence_key"]: FAILED}
    assert message["raw_sha256"] == sha256(FAILED).hexdigest()


@pytest.mark.parametrize("secrets", [(NEW,), (OLD,), (NEW, OLD)])
def test_the_old_and_the_new_secret_fit_while_they_are_rolled(deployed: Deployment, secrets: tuple[str, ...]) -> None:
    assert call(event(FAILED, *secrets))["statusCode"] == 200
    assert list(deployed.evidence.values()) == [FAILED]


@pytest.mark.parametrize(
    "told",
    [
        event(FAILED, "guessed"),
        event(FAILED, OTHER),
        event(FAILED, merchant=ZETA),
        event(FAILED, merchant="nobody"),
        event(FAILED, merchant=d.ACME),
        event(FAILED, merchant="../acme"),
        event(FAILED, merchant=""),
        event(FAILED, seconds=1_700_000_000),
        event(FAILED, seconds=4_000_000_000),
        {**event(FAILED), "body": FAILED.decode().replace("5001", "5002")},
        {**event(FAILED), "headers": {}},
        {**event(FAILED), "queryStringParameters": None},
    ],
)
def test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept(deployed: Deployment, told: dict[str, Any]) -> None:
    d.is_problem(call(told), 401)
    assert deployed.untouched()


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b"{}", b'{"object": "event", "id": "evt_1"}', b'{"object": "list", "id": "a", "type": "b"}']
)
def test_what_is_no_event_is_refused_by_name_and_not_kept(deployed: Deployment, body: bytes) -> None:
    assert d.is_problem(call(event(body)), 400)["field"] == "body"
    assert deployed.untouched()


def test_an_event_of_no_case_is_worked_and_forgotten(deployed: Deployment) -> None:
    call(event(FAILED))
    assert deployed.work() == []
    assert (deployed.cases(STRIPED), deployed.exceptions(STRIPED)) == ([], [])


def test_another_kind_of_event_concerns_no_case(deployed: Deployment) -> None:
    call(event(FAILED.replace(b'"refund.failed"', b'"charge.dispute.created"')))
    assert deployed.work() == []
    assert (deployed.cases(STRIPED), deployed.exceptions(STRIPED)) == ([], [])


def an_open_case(deployed: Deployment, order_ref: str) -> str:
    """On an order of the striped merchant's shop."""
    wish = json.dumps({"admin_graphql_api_id": f"gid://shopify/Order/{order_ref}"}).encode()
    assert call(d.shopify(wish, shop=f"{STRIPED}.myshopify.com"))["statusCode"] == 200
    assert deployed.work() == []
    (case,) = deployed.cases(STRIPED)
    return case.case_id


def echoes(case_id: str) -> list[tuple[str, str]]:
    facts = (r.event for r in wiring.ledger().load(STRIPED, case_id))
    return [(f.topic, f.reference) for f in facts if isinstance(f, EchoIgnored)]


def test_a_refund_is_put_on_its_orders_case_once_however_often_it_is_told(deployed: Deployment) -> None:
    case_id = an_open_case(deployed, "5001")
    for _ in range(2):
        call(event(FAILED))
    assert deployed.work() == []
    assert echoes(case_id) == [("refund.failed", "re_1Pgc72B7WZ01zgkWqPvrRrPE")]
    assert deployed.exceptions(STRIPED) == []


def test_a_refund_by_somebody_else_finds_its_case_by_its_payment(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def order_of(_: StripePayments, intent: str) -> str:
        asked.append(intent)
        return "5001"

    monkeypatch.setattr(StripePayments, "order_of", order_of)
    case_id = an_open_case(deployed, "5001")
    call(event(ELSEWHERE))
    assert deployed.work() == []
    assert asked == ["pi_1PgafyB7WZ01zgkWSjxsAJo3"]
    facts = [r.event for r in wiring.ledger().load(STRIPED, case_id)]
    assert [(x.state, x.reference) for x in facts if isinstance(x, PaymentSeen)] == [
        ("refund", "re_1Pgc99B7WZ01zgkWother00")
    ]


def test_while_stripe_cannot_be_asked_the_event_stays_in_the_queue(deployed: Deployment) -> None:
    an_open_case(deployed, "5001")
    call(event(ELSEWHERE))
    assert deployed.work() == ["m-0"]


def test_what_is_logged_holds_no_secret_and_no_body(deployed: Deployment) -> None:
    for told in (event(FAILED), event(FAILED, "wrong"), event(b"{")):
        call(told)
    deployed.work()
    private = [NEW, OLD, OTHER, "rk_1", "stopship_lines", "expired_or_canceled_card", "pi_1PgafyB7"]
    assert deployed.logged
    assert [x for x in private if x in deployed.logged] == []
