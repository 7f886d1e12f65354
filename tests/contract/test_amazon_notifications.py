"""What Amazon sends of its own accord: its own samples and schema, and the sandbox's notifications, read by the adapter."""

import base64
import copy
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.amazon import notifications
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.signal import Signal, SignalKind
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, SELLER = "acme", "A1SELLER"
RECEIVED = "2026-11-25T10:00:00.000000Z"
ORDER_CHANGE = "OrderChangeNotification.json"
FEED_FINISHED = "FeedProcessingFinishedNotification.json"
OTHERS = (
    "FBAOutboundShipmentStatusNotification.json",
    "FulfillmentOrderStatusNotification.json",
    "TransactionUpdateNotification.json",
)
MISSING = "Amazon's notifications are not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"


def told(name: str) -> dict[str, Any]:
    """One notification's schema, with Amazon's samples in it."""
    path = contracts() / "amazon" / name
    if not path.exists():
        pytest.skip(MISSING)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture
def schema() -> dict[str, Any]:
    return told(ORDER_CHANGE)


@pytest.fixture
def sample(schema: dict[str, Any]) -> dict[str, Any]:
    (found,) = schema["examples"]
    copied: dict[str, Any] = copy.deepcopy(found)
    return copied


def change_of(detail: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = detail["Payload"]["OrderChangeNotification"]
    return found


def read(detail: Any, received_at: str = RECEIVED) -> CancelRequest | Signal | None:
    message = IntakeMessage(MERCHANT, "amazon", "ORDER_CHANGE", "d-1", "key", "sha", received_at)
    return notifications.normalise(message, detail)


def words(schema: dict[str, Any], name: str) -> list[str]:
    """The values that Amazon's schema gives a field of the change or of its summary."""
    change = schema["properties"]["Payload"]["properties"]["OrderChangeNotification"]["properties"]
    fields = change | change["Summary"]["properties"]
    found: list[str] = fields[name]["enum"]
    return found


# ---------------------------------------------------------------------------------------------- Amazon's samples


def test_amazons_sample_of_a_buyers_cancel_is_an_official_wish(sample: dict[str, Any]) -> None:
    request = read(sample)
    assert isinstance(request, CancelRequest)
    assert (request.order_ref, request.channel, request.official) == ("903-8868176-2219830", "amazon", True)
    assert (request.reason, request.requester) == (Reason.CUSTOMER_REQUEST, Requester.CUSTOMER)
    assert dict(request.lines) == {}
    assert request.delivery_id == "d0e9e693-c3ad-4373-979f-ed4ec98dd746"
    assert request.requested_at == "2022-11-29T19:42:04.284000Z"


@pytest.mark.parametrize("name", OTHERS)
def test_amazons_samples_of_other_types_surface_by_their_name(name: str) -> None:
    samples = told(name)["examples"]
    assert samples
    for detail in samples:
        kind = detail.get("NotificationType") or detail["notificationType"]
        with pytest.raises(InvalidInput, match=kind) as caught:
            read(detail)
        assert caught.value.field == "NotificationType"


def test_the_adapter_knows_every_word_of_amazons_schema(schema: dict[str, Any]) -> None:
    assert set(notifications.STATUSES) == set(words(schema, "OrderStatus"))
    assert set(notifications.CHANGES) == set(words(schema, "OrderChangeType"))
    assert set(notifications.FULFILLED_BY) == set(words(schema, "FulfillmentType"))


def test_every_change_that_the_schema_allows_is_read(
    schema: dict[str, Any], sample: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    found: dict[tuple[str, str, str, bool], str] = {}
    kinds = ("OrderChangeType", "OrderStatus", "FulfillmentType")
    for what, status, by in itertools.product(*(words(schema, kind) for kind in kinds)):
        for asked in (True, False):
            change_of(sample)["OrderChangeType"] = what
            change_of(sample)["Summary"] |= {"OrderStatus": status, "FulfillmentType": by}
            change_of(sample)["Summary"]["OrderItems"][0]["IsBuyerRequestedCancel"] = asked
            Draft7Validator(schema).validate(sample)
            found[what, status, by, asked] = type(read(sample)).__name__
    record_property("checked", f"{len(found)} notifications that Amazon's schema allows were read")
    ended = ("Canceled", "Shipped", "PartiallyShipped")
    for (what, status, by, asked), kind in found.items():
        signal = what == "OrderStatusChange" and status in ended
        expected = "Signal" if signal else "CancelRequest" if asked else "NoneType"
        assert kind == ("NoneType" if by == "AFN" or what == "DeliveryTipChange" else expected), (what, status, by)


def test_a_cancel_of_one_item_names_it(sample: dict[str, Any]) -> None:
    items = change_of(sample)["Summary"]["OrderItems"]
    items.append({**items[0], "OrderItemId": "other", "IsBuyerRequestedCancel": False})
    request = read(sample)
    assert isinstance(request, CancelRequest)
    assert dict(request.lines) == {"OIID34853450": 10}


def test_an_item_without_the_flag_is_not_asked_for(sample: dict[str, Any]) -> None:
    del change_of(sample)["Summary"]["OrderItems"][0]["IsBuyerRequestedCancel"]
    assert read(sample) is None


@pytest.mark.parametrize(
    ("status", "kind", "departed", "lines"),
    [
        ("Shipped", SignalKind.SHIPMENT, True, {"OIID34853450": 10}),
        ("PartiallyShipped", SignalKind.SHIPMENT, True, {"OIID34853450": 10}),
        ("Canceled", SignalKind.ORDER_CANCELLED_ECHO, False, {}),
    ],
)
def test_a_status_change_that_ends_something_is_a_signal(
    sample: dict[str, Any], status: str, kind: SignalKind, departed: bool, lines: dict[str, int]
) -> None:
    change_of(sample)["OrderChangeType"] = "OrderStatusChange"
    change_of(sample)["Summary"]["OrderStatus"] = status
    change_of(sample)["Summary"]["OrderItems"][0]["QuantityShipped"] = 10
    signal = read(sample)
    assert isinstance(signal, Signal)
    assert (signal.kind, signal.departed, dict(signal.lines)) == (kind, departed, lines)


def test_a_change_without_a_time_happened_when_it_was_told(sample: dict[str, Any]) -> None:
    change_of(sample)["OrderChangeTrigger"]["TimeOfOrderChange"] = None
    request = read(sample)
    assert isinstance(request, CancelRequest)
    assert request.requested_at == "2020-01-11T00:09:53.109000Z"


def test_a_wish_is_never_later_than_its_arrival(sample: dict[str, Any]) -> None:
    early = "2021-01-01T00:00:00.000000Z"
    request = read(sample, received_at=early)
    assert isinstance(request, CancelRequest)
    assert request.requested_at == early


# ---------------------------------------------------------------------------------------------- what fits nothing


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        ("NotificationType", "ORDER_CHANGED", "NotificationType"),
        ("NotificationType", None, "NotificationType"),
        ("Payload", None, "OrderChangeNotification"),
        ("OrderChangeType", "BuyerMind", "OrderChangeType"),
        ("OrderStatus", "Cancelled", "OrderStatus"),
        ("OrderStatus", "Paused", "OrderStatus"),
        ("FulfillmentType", "SFP", "FulfillmentType"),
        ("AmazonOrderId", "", "AmazonOrderId"),
        ("OrderItems", None, "OrderItems"),
        ("TimeOfOrderChange", "yesterday", "TimeOfOrderChange"),
        ("IsBuyerRequestedCancel", "true", "IsBuyerRequestedCancel"),
        ("Quantity", "10", "Quantity"),
        ("Quantity", True, "Quantity"),
        ("OrderItemId", None, "OrderItemId"),
        ("NotificationId", None, "NotificationMetadata.NotificationId"),
    ],
)
def test_what_the_schema_does_not_allow_surfaces_and_names_the_place(
    sample: dict[str, Any], place: str, value: object, field: str
) -> None:
    def set_in(node: Any) -> int:
        if isinstance(node, list):
            return sum(set_in(one) for one in node)
        if not isinstance(node, dict):
            return 0
        below = sum(set_in(one) for one in node.values())
        if place not in node:
            return below
        node[place] = value
        return below + 1

    assert set_in(sample) == 1
    with pytest.raises(InvalidInput) as caught:
        read(sample)
    assert caught.value.field.endswith(field)


@pytest.mark.parametrize("place", ["NotificationType", "OrderStatus"])
def test_what_stands_in_place_of_a_word_is_not_repeated(sample: dict[str, Any], place: str) -> None:
    where = sample if place in sample else change_of(sample)["Summary"]
    where[place] = "Jane Doe, 1 High Street"
    with pytest.raises(InvalidInput) as caught:
        read(sample)
    assert caught.value.field.endswith(place)
    assert "Jane" not in str(caught.value)


# ---------------------------------------------------------------------------------------------- the sandbox


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"amazon": {"seller_id": SELLER, "bus": "aws.partner/x"}}})
        running.pause_deliveries()
        yield running


def sent(sandboxes: Sandboxes, order_ref: str) -> list[dict[str, Any]]:
    told = [x for x in sandboxes.deliveries() if x["topic"] == "ORDER_CHANGE"]
    details = [json.loads(base64.b64decode(x["body"])) for x in told]
    return [x for x in details if change_of(x)["AmazonOrderId"] == order_ref]


def place(sandboxes: Sandboxes, order_ref: str, **more: Any) -> None:
    lines = [{"id": n, "sku": n, "quantity": 2, "price": "1.00"} for n in ("MUG", "TEE")]
    sandboxes.command(f"amazon/{MERCHANT}/orders", {"order_ref": order_ref, "lines": lines, **more})


@pytest.mark.parametrize(
    ("command", "more", "kind", "lines"),
    [
        ("buyer-cancel", {}, "CancelRequest", {}),
        ("buyer-cancel", {"items": ["MUG"]}, "CancelRequest", {"MUG": 2}),
        ("ship", {}, "Signal", {"MUG": 2, "TEE": 2}),
        ("ship", {"lines": {"TEE": 2}}, "Signal", {"TEE": 2}),
        ("cancel", {}, "Signal", {}),
    ],
)
def test_what_the_sandbox_sends_fits_amazons_schema_and_is_understood(
    schema: dict[str, Any],
    sandboxes: Sandboxes,
    command: str,
    more: dict[str, Any],
    kind: str,
    lines: dict[str, int],
) -> None:
    order_ref = f"111-{command}-{len(more)}"
    place(sandboxes, order_ref)
    sandboxes.command(f"amazon/{MERCHANT}/{command}", {"order_ref": order_ref, **more})
    (detail,) = sent(sandboxes, order_ref)
    Draft7Validator(schema).validate(detail)
    found = read(detail, received_at="2999-01-01T00:00:00.000000Z")
    assert isinstance(found, CancelRequest | Signal)
    assert (type(found).__name__, found.order_ref, dict(found.lines)) == (kind, order_ref, lines)
    assert change_of(detail)["SellerId"] == SELLER


def test_an_order_that_amazon_fulfils_is_told_and_left_alone(sandboxes: Sandboxes) -> None:
    place(sandboxes, "111-afn", fulfilled_by="AMAZON")
    sandboxes.command(f"amazon/{MERCHANT}/buyer-cancel", {"order_ref": "111-afn"})
    (detail,) = sent(sandboxes, "111-afn")
    assert read(detail) is None


def test_the_schemas_of_all_samples_fit_their_own_samples() -> None:
    """The samples that the tests above trust."""
    names = [Path(name).stem for name in (ORDER_CHANGE, FEED_FINISHED, *OTHERS)]
    wrong = {
        name: [e.message for sample in found["examples"] for e in Draft7Validator(found).iter_errors(sample)]
        for name in names
        if (found := told(f"{name}.json"))
    }
    assert {name: errors for name, errors in wrong.items() if errors} == {}
