"""What a warehouse's words mean, and which words are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from stopship.adapters.generic_3pl.answers import parse_callback, parse_event
from stopship.adapters.generic_3pl.openapi import document
from stopship.domain.errors import InvalidInput
from stopship.domain.order import AckLevel, PickState
from stopship.domain.signal import SignalKind

EVENTS = Path(__file__).parents[3] / "events" / "generic_3pl"
NOW = "2026-11-24T10:00:00.000000Z"
ASKED, KEY = {"line-1": 2}, "case-1:71:stop:1"


def payload(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return found


def callback(decision: str = "stopped", **evidence: Any) -> dict[str, Any]:
    word = {"state": "picked", "stateAt": "2026-11-24T12:00:00+02:00", "actor": "operator:b7", "lines": [], **evidence}
    return {"decision": decision, "evidence": word, "reference": "ST-1", "occurredAt": NOW}


@pytest.mark.parametrize(
    ("decision", "actor", "level", "reason"),
    [
        ("stopped", "operator", AckLevel.PHYSICALLY_STOPPED, ""),
        ("stopped", "operator:anna b", AckLevel.PHYSICALLY_STOPPED, ""),
        ("stopped", "system", AckLevel.SYSTEM_CANCELLED, ""),
        ("held", "operator", AckLevel.ACCEPTED, "held"),
        ("too_late", "operator", AckLevel.REJECTED, "too_late"),
        ("unknown_order", "system", AckLevel.REJECTED, "unknown_order"),
    ],
)
def test_each_decision_has_its_level(decision: str, actor: str, level: AckLevel, reason: str) -> None:
    answer = parse_callback("east", callback(decision, actor=actor), ASKED, KEY)
    assert (answer.level, answer.reason, answer.partial) == (level, reason, False)
    assert answer.actor == actor.partition(":")[0]
    assert answer.state_at == NOW
    assert answer.source == "east"


def test_a_partial_answer_names_its_lines() -> None:
    answer = parse_callback("east", payload("callback_partial"), ASKED, KEY)
    assert answer.partial
    assert answer.stopped_lines == {"line-1": 1}
    assert answer.level is AckLevel.PHYSICALLY_STOPPED
    assert answer.state is PickState.PICKED


def test_stopped_with_less_than_was_asked_is_partial() -> None:
    body = callback("stopped", lines=[{"lineId": "line-1", "quantity": 1}])
    assert parse_callback("east", body, ASKED, KEY).partial
    assert not parse_callback("east", body, {"line-1": 1}, KEY).partial


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        (callback("maybe"), "decision"),
        ({**callback(), "evidence": None}, "body"),
        ({**callback(), "occurredAt": "yesterday"}, "occurredAt"),
        ({**callback(), "occurredAt": "2026-11-24T10:00:00"}, "occurredAt"),
        (callback(state="lost"), "evidence.state"),
        (callback(stateAt=None), "evidence.stateAt"),
        (callback(actor="Anna"), "evidence.actor"),
        (callback(lines=[{"lineId": "line-1", "quantity": 0}]), "evidence.lines.0.quantity"),
        (callback(lines=[{"lineId": "line-1", "quantity": "1"}]), "evidence.lines.0.quantity"),
        (callback(lines=[{"lineId": "line-1", "quantity": True}]), "evidence.lines.0.quantity"),
        (callback(lines=[{"quantity": 1}]), "evidence.lines.0.lineId"),
        (callback(lines=[{"lineId": "a", "quantity": 1}] * 2), "evidence"),
        (callback("partial"), "body"),
        (callback("stopped", state="shipped"), "body"),
    ],
)
def test_a_callback_of_the_wrong_shape_is_refused_by_field(body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_callback("east", body, ASKED, KEY)
    assert caught.value.field == field


def test_an_answer_to_another_stop_ship_is_refused_and_one_that_names_none_is_not() -> None:
    assert parse_callback("east", {**callback(), "idempotencyKey": KEY}, ASKED, KEY)
    assert parse_callback("east", callback(), ASKED, KEY)
    with pytest.raises(InvalidInput) as caught:
        parse_callback("east", {**callback(), "idempotencyKey": "case-2:71:stop:1"}, ASKED, KEY)
    assert caught.value.field == "idempotencyKey"


def test_a_refusal_never_repeats_what_was_sent() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_callback("east", callback(actor="Anna Example, anna@example.org"), ASKED, KEY)
    assert "Anna" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind", "departed"),
    [
        ("shipment_departed", SignalKind.SHIPMENT, True),
        ("shipment_labelled", SignalKind.SHIPMENT, False),
        ("hold_released", SignalKind.HOLD_RELEASED, False),
    ],
)
def test_each_event_is_a_signal(name: str, kind: SignalKind, departed: bool) -> None:
    signal = parse_event("acme", "east", "shopify", payload(name), delivery_id="d-1", received_at=NOW, raw_sha256="ab")
    assert (signal.kind, signal.departed, signal.merchant, signal.source) == (kind, departed, "acme", "east")
    assert (signal.delivery_id, signal.received_at, signal.raw_sha256) == ("d-1", NOW, "ab")
    assert signal.occurred_at.endswith("Z")


def test_an_event_may_name_another_channel() -> None:
    body = {**payload("shipment_departed"), "channel": "amazon"}
    assert parse_event("acme", "east", "shopify", body, delivery_id="d", received_at=NOW).channel == "amazon"


def test_an_unknown_event_is_refused() -> None:
    body = {**payload("shipment_departed"), "event": "shipment.lost"}
    with pytest.raises(InvalidInput) as caught:
        parse_event("acme", "east", "shopify", body, delivery_id="d", received_at=NOW)
    assert caught.value.field == "event"


def test_the_published_document_resolves_and_covers_every_message() -> None:
    found = document()
    schemas = found["components"]["schemas"]
    text = json.dumps(found)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references <= set(schemas)
    assert set(found["paths"]) == {"/stop-ship", "/orders/{orderRef}/pick-state", "/release"}
    assert "callbackUrl" in schemas["StopShip"]["properties"]
