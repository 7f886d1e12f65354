"""Stripe's events as signals."""

import json
from pathlib import Path
from typing import Any

import pytest

from stopship.adapters.stripe.webhooks import REFUND_EVENTS, normalise
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.signal import Signal, SignalKind

EVENTS = Path(__file__).parents[3] / "events" / "stripe"
FAILED = "refund_failed.json"
ELSEWHERE = "refund_created_elsewhere.json"
MESSAGE = IntakeMessage("acme", "stripe", "refund.failed", "evt_1", "key", "sha", "2026-11-24T12:00:05.000000Z")


def event(name: str, **changes: Any) -> dict[str, Any]:
    """A sample with other values at dotted places ("__" between names)."""
    told: dict[str, Any] = json.loads((EVENTS / name).read_text())
    for place, value in changes.items():
        *above, last = place.split("__")
        target = told
        for part in above:
            target = target[part]
        target[last] = value
    return told


def read(told: dict[str, Any], orders: dict[str, str] | None = None) -> Signal | None:
    known = {} if orders is None else orders
    return normalise(MESSAGE, told, "shopify", lambda intent: known.get(intent, ""))


def test_a_refund_of_ours_says_whose_it_is_and_how_it_ended() -> None:
    seen = read(event(FAILED))
    assert seen is not None
    assert (seen.kind, seen.channel, seen.order_ref, seen.reference) == (
        SignalKind.REFUND_SEEN,
        "shopify",
        "5001",
        "re_1Pgc72B7WZ01zgkWqPvrRrPE",
    )
    assert (seen.origin_key, seen.failure) == ("money-abcdefghij0123456789", "expired_or_canceled_card")
    assert (seen.occurred_at, seen.leg_id, dict(seen.lines)) == ("2025-11-24T16:00:00.000000Z", "", {})


def test_a_refund_by_somebody_else_is_looked_up_by_its_payment() -> None:
    seen = read(event(ELSEWHERE), {"pi_1PgafyB7WZ01zgkWSjxsAJo3": "5002"})
    assert seen is not None
    assert (seen.order_ref, seen.origin_key, seen.failure) == ("5002", "", "")
    assert (seen.amount, seen.currency) == ("25.00", "USD")


def test_a_refund_of_no_order_of_ours_concerns_no_case() -> None:
    assert read(event(ELSEWHERE)) is None
    assert read(event(ELSEWHERE, data__object__payment_intent=None)) is None


@pytest.mark.parametrize("kind", sorted(REFUND_EVENTS))
def test_every_event_of_a_refund_is_a_refund_seen(kind: str) -> None:
    seen = read(event(FAILED, type=kind))
    assert seen is not None
    assert (seen.kind, seen.topic) == (SignalKind.REFUND_SEEN, kind)


@pytest.mark.parametrize("kind", ["charge.refunded", "charge.dispute.created", "payment_intent.canceled", "a.new.one"])
def test_other_events_concern_no_cancel(kind: str) -> None:
    assert read(event(FAILED, type=kind)) is None


@pytest.mark.parametrize("status", ["pending", "requires_action", "succeeded", "rerouted", None])
def test_what_is_not_failed_is_not_called_failed(status: str | None) -> None:
    seen = read(event(FAILED, data__object__status=status))
    assert seen is not None
    assert seen.failure == ""


def test_a_reason_that_is_no_word_is_not_repeated() -> None:
    seen = read(event(FAILED, data__object__failure_reason="jane@example.com lost it"))
    assert seen is not None
    assert seen.failure == "no word"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"object": "v2.core.event"}, "body"),
        ({"id": ""}, "body"),
        ({"type": 7}, "body"),
        ({"data": []}, "data"),
        ({"data": {"object": "re_1"}}, "object"),
        ({"data__object__object": "charge"}, "data.object.object"),
        ({"data__object__id": None}, "id"),
        ({"data__object__metadata": "none"}, "data.object.metadata"),
        ({"created": "yesterday"}, "created"),
        ({"created": True}, "created"),
        ({"created": 10**20}, "created"),
    ],
)
def test_an_event_of_another_shape_names_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(event(FAILED, **changes))
    assert caught.value.field == field


@pytest.mark.parametrize("intent", ["../refunds", "ch_1", 7, "pi_1?x=1"])
def test_what_is_no_payments_id_is_never_asked_for(intent: object) -> None:
    asked: list[str] = []

    def order_of(name: str) -> str:
        asked.append(name)
        return ""

    with pytest.raises(InvalidInput):
        normalise(MESSAGE, event(ELSEWHERE, data__object__payment_intent=intent), "shopify", order_of)
    assert asked == []
