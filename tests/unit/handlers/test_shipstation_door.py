"""ShipStation's door: RSA with the vendor's published keys, and nothing believed that its API does not say again."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from infra.local.sandboxes.inbox import Delivered, Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.shipstation import signature
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.handlers.receive_webhook import handler
from stopship.wiring.normalise import normalise
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

TRACK = d.sample("shipstation/track.json")
MERCHANT, NAME, KID = "stations", "station", "key-2026"
KEY, OTHER, SHORT = (rsa.generate_private_key(65537, bits) for bits in (2048, 2048, 1024))


def word(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


def jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    public = key.public_key().public_numbers()
    return {"n": word(public.n), "e": word(public.e)}


KEYS = {KID: jwk(KEY), "key-short": jwk(SHORT)}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        private = {"kid": KID, "n": jwk(KEY)["n"], "d": word(KEY.private_numbers().d)}
        settings = {"api_key": "api-key-secret", "warehouse": NAME, "webhook_key": private}
        running.configure(merchants={MERCHANT: {"shipstation": settings}})
        yield running


def connect(deployed: Deployment, endpoint: str) -> Deployment:
    place = {"kind": "shipstation", "endpoint": endpoint, "api_key": "api-key-secret", "webhook_keys": KEYS}
    deployed.connect(MERCHANT, {"warehouses": {NAME: place}, "shopify": d.STORE}, {})
    return deployed


@pytest.fixture
def connected(deployed: Deployment) -> Deployment:
    return connect(deployed, "http://127.0.0.1:1/v1")


def event(
    body: bytes,
    *,
    key: rsa.RSAPrivateKey = KEY,
    kid: str = KID,
    ahead: float = 0.0,
    merchant: str = MERCHANT,
    warehouse: str = NAME,
) -> dict[str, Any]:
    at = (datetime.now(UTC) + timedelta(seconds=ahead)).isoformat()
    signed = key.sign(f"{at}.".encode() + body, padding.PKCS1v15(), hashes.SHA256())
    headers = {
        signature.KEY_ID: kid,
        signature.TIMESTAMP: at,
        signature.SIGNATURE: base64.b64encode(signed).decode(),
    }
    query = {"merchant": merchant, "warehouse": warehouse}
    path = {"source": "shipstation"}
    return d.request("POST /webhooks/{source}", body, headers, path=path, query=query, in_base64=True)


def call(sent: dict[str, Any]) -> d.Answer:
    answer: d.Answer = handler(sent, d.CONTEXT)
    return answer


def told(header: str, value: str | None) -> dict[str, Any]:
    sent = event(TRACK)
    sent["headers"] = {k: v for k, v in {**sent["headers"], header: value}.items() if v is not None}
    return sent


def test_an_authentic_message_is_kept_and_queued(connected: Deployment) -> None:
    assert call(event(TRACK))["statusCode"] == 200
    (message,) = connected.take_queue()
    assert (message["merchant"], message["source"], message["topic"]) == (MERCHANT, "shipstation", NAME)
    assert message["delivery_id"] == message["raw_sha256"], "it carries no id of its own"
    assert connected.evidence == {message["evidence_key"]: TRACK}


@pytest.mark.parametrize(
    "sent",
    [
        event(TRACK, key=OTHER),
        event(TRACK, kid="key-nobody"),
        event(TRACK, key=SHORT, kid="key-short"),
        event(TRACK, key=SHORT),
        event(TRACK, ahead=-400),
        event(TRACK, ahead=4000),
        event(TRACK, merchant="nobody"),
        event(TRACK, merchant=d.ACME),
        event(TRACK, warehouse="nowhere"),
        event(TRACK) | {"queryStringParameters": None},
        event(TRACK) | {"body": base64.b64encode(TRACK + b" ").decode()},
        told(signature.TIMESTAMP, "yesterday"),
        told(signature.TIMESTAMP, "2026-11-24T13:30:00"),
        told(signature.SIGNATURE, "é"),
        told(signature.SIGNATURE, base64.b64encode(b"\xff" * 256).decode()),
        told(signature.SIGNATURE, base64.b64encode(b"\x00" * 256).decode()),
        told(signature.SIGNATURE, None),
        told(signature.KEY_ID, None),
        told(signature.TIMESTAMP, None),
    ],
)
def test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept(connected: Deployment, sent: dict[str, Any]) -> None:
    d.is_problem(call(sent), 401)
    assert connected.untouched()


def test_a_body_that_is_no_json_object_is_refused(connected: Deployment) -> None:
    d.is_problem(call(event(b"[1]")), 400)
    assert connected.untouched()


def test_the_sandbox_signs_so_that_the_door_opens(sandboxes: Sandboxes, connected: Deployment) -> None:
    with Inbox() as inbox:
        sandboxes.configure(inbox.url)
        label = labelled(sandboxes, "5000")
        sandboxes.command(f"shipstation/{MERCHANT}/scan", {"label": label})

        def ours() -> list[Delivered]:
            return [message for message in inbox.messages if f"/{label}/".encode() in message.body]

        # Messages of other tests may still be on their way.
        assert until(lambda: bool(ours()), 5.0), "no webhook came"
        sent = ours()[0]
    place, _, _ = sent.path.partition("?")
    assert place == "/webhooks/shipstation"
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert call(event(sent.body) | {"headers": headers})["statusCode"] == 200
    assert list(connected.evidence.values()) == [sent.body]


# ---------------------------------------------------------------------------------------------- what it says


def labelled(sandboxes: Sandboxes, order_ref: str) -> str:
    told = {"order_ref": order_ref, "shipments": [{"line-1": 2}]}
    (shipment,) = sandboxes.command(f"shipstation/{MERCHANT}/orders", told)["shipments"]
    return str(sandboxes.command(f"shipstation/{MERCHANT}/label", {"shipment": shipment})["label"])


def track(label: str, **more: Any) -> bytes:
    url = f"https://api.shipstation.com/v2/labels/{label}/track"
    return json.dumps({**json.loads(TRACK), "resource_url": url, **more}).encode()


def work(deployed: Deployment, sandboxes: Sandboxes, body: bytes) -> Any:
    connect(deployed, f"{sandboxes.endpoint}/shipstation/{MERCHANT}/v1")
    assert call(event(body))["statusCode"] == 200
    (message,) = deployed.take_queue()
    return normalise(IntakeMessage(**message), body)


@pytest.mark.parametrize(("status", "departed"), [("in_transit", True), ("delivered", True), ("unknown", False)])
def test_whether_it_left_is_what_the_label_says_when_it_is_read_again(
    deployed: Deployment, sandboxes: Sandboxes, status: str, departed: bool
) -> None:
    """The body says "in transit" each time."""
    label = labelled(sandboxes, "5001")
    sandboxes.command(f"shipstation/{MERCHANT}/scan", {"label": label, "status": status})
    signal = work(deployed, sandboxes, track(label))
    assert (signal.kind, signal.departed, signal.source) == ("shipment", departed, NAME)
    assert (signal.channel, signal.order_ref, signal.reference) == ("shopify", "5001", label)
    assert "Jörg" not in repr(signal)


def test_a_label_of_another_account_is_not_believed_and_shown_to_a_person(
    deployed: Deployment, sandboxes: Sandboxes
) -> None:
    connect(deployed, f"{sandboxes.endpoint}/shipstation/{MERCHANT}/v1")
    assert call(event(track("se-999999")))["statusCode"] == 200
    assert deployed.work() == []
    (shown,) = deployed.exceptions(MERCHANT)
    assert shown.cause == "unmatched_message"
    assert [case.channel for case in deployed.cases(MERCHANT)] == ["unmatched"]
    assert deployed.executions == []


def test_a_message_waits_while_shipstation_cannot_be_asked(connected: Deployment) -> None:
    assert call(event(TRACK))["statusCode"] == 200
    assert connected.work() == ["m-0"]
    assert connected.exceptions(MERCHANT) == []


def test_what_is_no_tracking_changes_nothing(deployed: Deployment, sandboxes: Sandboxes) -> None:
    assert work(deployed, sandboxes, track("se-1", resource_type="BATCH_PROCESSED_V2")) is None


@pytest.mark.parametrize("url", ["https://api.shipstation.com/v2/labels/../x", "", 7, None])
def test_a_message_that_names_no_label_is_shown_to_a_person(
    deployed: Deployment, sandboxes: Sandboxes, url: Any
) -> None:
    with pytest.raises(InvalidInput) as caught:
        work(deployed, sandboxes, track("se-1", resource_url=url))
    assert caught.value.field == "resource_url"


def test_what_is_logged_holds_no_personal_data_and_no_secret(connected: Deployment) -> None:
    call(event(TRACK))
    call(event(TRACK, key=OTHER))
    private = ["api-key-secret", KEYS[KID]["n"], "Jörg", "Austin", "1Z0000000000000000"]
    assert connected.logged
    assert [x for x in private if x in connected.logged] == []
