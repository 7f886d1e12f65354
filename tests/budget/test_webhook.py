"""A webhook's answer depends on the sender's proof, the kept message and the queue, and on nothing else."""

import json
from hashlib import sha256
from typing import Any

import pytest

from stopship.contract import FUNCTIONS
from stopship.handlers import receive_webhook
from stopship.wiring.doors import Request

NEEDED = {"merchant_secrets", "merchant_parameters", "evidence_write", "intake_send", "counts_send", "privacy_send"}


class OneMerchant:
    def route(self, source: str, address: str) -> str:
        return "acme"

    def connections(self, merchant: str) -> dict[str, Any]:
        return {"shopify": {"flow_keys": ["key"]}}


class Path:
    """Evidence and queue in one, to keep the order of what is done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def keep(self, merchant: str, source: str, delivery_id: str, body: bytes) -> tuple[str, str]:
        self.done.append("keep")
        return "key", sha256(body).hexdigest()

    def send(self, message: dict[str, Any]) -> None:
        self.done.append("queue")


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> Path:
    path = Path()
    monkeypatch.setattr(receive_webhook, "merchants", OneMerchant)
    monkeypatch.setattr(receive_webhook, "evidence", lambda: path)
    monkeypatch.setattr(receive_webhook, "intake_queue", lambda: path)
    return path


def wish(key: str) -> Request:
    body = {"request_id": "r-1", "order_id": "gid://shopify/Order/1", "reason": "customer_request"}
    headers = {"x-shopify-shop-domain": "acme.myshopify.com", "x-stopship-key": key}
    return Request(headers, {"source": "shopify-flow"}, json.dumps(body).encode(), "request")


def event(request: Request) -> dict[str, Any]:
    return {"headers": request.headers, "pathParameters": request.path, "body": request.body.decode()}


def test_a_webhook_is_kept_then_queued_then_answered(path: Path) -> None:
    assert receive_webhook.handler(event(wish("key")), None)["statusCode"] == 200
    assert path.done == ["keep", "queue"]


def test_a_webhook_without_proof_is_neither_kept_nor_queued(path: Path) -> None:
    assert receive_webhook.handler(event(wish("wrong")), None)["statusCode"] == 401
    assert path.done == []


def test_the_webhook_function_may_call_neither_the_ledger_nor_the_state_machine() -> None:
    (function,) = (f for f in FUNCTIONS if f.module == "receive_webhook")
    assert set(function.grants) == NEEDED
