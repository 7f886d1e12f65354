"""A stop-ship that went to acme's vendor by mail, and the links that he got with it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest

from stopship import wiring
from stopship.adapters.email_vendor.links import Answer, write
from stopship.application.ports import Append, Callback, NewEvent
from stopship.contract import merchant_secret_name
from stopship.domain import events as e
from stopship.domain.events import name_of
from stopship.handlers import answer_vendor_page
from tests.unit.handlers import deployment as d

CASE, LEG, DOOR, TOKEN = "case-1", "71", "AbC_-" + "d" * 27, "task-token-1"
AT, DEADLINE = "2026-11-24T12:00:00.000000Z", "2026-11-24T12:15:00.000000Z"
VENDOR, ADDRESS = "atelier", "stock@atelier.example"
LINK_SECRET, OLD_LINK_SECRET = "links-new-6f2a", "links-old-90cd"
LINES = {"l1": 2, "l2": 1}
ROUTE = "ANY /vendor-answers/{token}"
ORDER = e.OrderRead(
    "#5001",
    [
        {"line_id": "l1", "sku": "MUG<b>", "ordered": 2, "shipped": 0, "cancelled": 0},
        {"line_id": "l2", "sku": "TEE", "ordered": 1, "shipped": 0, "cancelled": 0},
    ],
    "10.00",
    "EUR",
    False,
    False,
    "",
    AT,
)


@dataclass
class Waits:
    """Stands for the waits of the state machine."""

    woken: list[str] = field(default_factory=list)

    def wake(self, token: str, output: Any) -> bool:
        self.woken.append(token)
        return True


def connect(deployed: d.Deployment, **more: Any) -> None:
    vendor = {"kind": "email_vendor", "address": ADDRESS, "language": "en", "fulfillment_type": "drop_ship", **more}
    secret = d.connections({"north": d.NORTH_SECRET})
    secret["warehouses"][VENDOR] = vendor
    secret["vendor_answers"] = {"secrets": [LINK_SECRET, OLD_LINK_SECRET]}
    name = merchant_secret_name(d.STAGE, d.ACME)
    deployed.clients["secretsmanager"].put_secret_value(SecretId=name, SecretString=json.dumps(secret))


def mailed(deployed: d.Deployment, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Waits:
    connect(deployed, **more)
    waits, policy = Waits(), wiring.desk().policies.current(d.ACME)
    facts = [
        e.CaseOpened("shopify", "5001", 1, policy.version, policy.hash),
        e.RequestReceived("ops:1", "customer_request", "customer", "ops", AT, AT, {}, "", False, [], "0" * 64),
        ORDER,
        e.LegPlanned(LEG, VENDOR, "drop_ship", "gid://shopify/FulfillmentOrder/1", LINES, partner="email_vendor"),
        e.StopShipRequested(LEG, VENDOR, 1, True, DOOR, DEADLINE),
        e.StopShipSent(LEG, 1, "sent"),
    ]
    door = Callback(DOOR, d.ACME, CASE, "acknowledgement", LEG, 1, TOKEN, "open", DEADLINE)
    wiring.ledger().append(Append(d.ACME, CASE, 0, AT, [NewEvent(f) for f in facts], callbacks=[door]))
    use(monkeypatch, waits)
    return waits


def use(monkeypatch: pytest.MonkeyPatch, waits: Waits, now: str = "2026-11-24T12:05:00.000000Z") -> None:
    """The handler works at this moment, and wakes these waits."""
    desk = replace(wiring.desk(), tasks=waits)
    monkeypatch.setattr(answer_vendor_page, "desk", lambda: desk)
    at(monkeypatch, now)


def at(monkeypatch: pytest.MonkeyPatch, now: str) -> None:
    class Clock:
        def now(self) -> str:
            return now

    monkeypatch.setattr(answer_vendor_page, "SystemClock", Clock)


def link(answer: str, secret: str = LINK_SECRET, merchant: str = d.ACME, door: str = DOOR) -> str:
    return write(merchant, door, Answer(answer), DEADLINE, secret)


def call(
    method: str,
    token: str,
    form: Mapping[str, str] | bytes | None = None,
    headers: d.Headers | None = None,
    query: Mapping[str, str] | None = None,
) -> d.Answer:
    event = d.request(
        ROUTE,
        form if isinstance(form, bytes) else urlencode(form or {}).encode(),
        {"content-type": "application/x-www-form-urlencoded", **(headers or {})},
        path={"token": token},
        query=query,
        in_base64=True,
    )
    event["requestContext"]["http"]["method"] = method
    answer: d.Answer = answer_vendor_page.handler(event, d.CONTEXT)
    return answer


def filled(**more: str) -> dict[str, str]:
    return {"actor": "Jo Miller", "confirm": "yes", **more}


def text_of(answer: d.Answer) -> str:
    return re.sub(r"<[^>]*>", " ", answer["body"])


def facts() -> list[str]:
    return [name_of(r.event) for r in wiring.ledger().load(d.ACME, CASE)]


def heard() -> list[e.AcknowledgementReceived]:
    recorded = wiring.ledger().load(d.ACME, CASE)
    return [r.event for r in recorded if isinstance(r.event, e.AcknowledgementReceived)]


def refused() -> list[tuple[str, str]]:
    recorded = wiring.ledger().load(d.ACME, CASE)
    return [(r.event.callback_id, r.event.why) for r in recorded if isinstance(r.event, e.CallbackRefused)]


def door_state() -> str:
    door = wiring.ledger().callback(DOOR)
    assert door is not None
    return door.state


def is_page(answer: d.Answer, status: int) -> d.Answer:
    """A page that a browser can show and that carries the headers that keep its address to itself."""
    assert answer["statusCode"] == status, answer
    headers = answer["headers"]
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
    return answer
