"""FEED_PROCESSING_FINISHED: Amazon's own samples and schema, and the sandbox's word on a feed that the adapter submitted."""

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.amazon import feed_finished
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.amazon.feeds import OURS
from stopship.adapters.amazon.order_system import AmazonOrderSystem
from stopship.adapters.clock import SystemClock
from stopship.application.ports import CancelCommand, CancelState
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.signal import SubmissionEnd
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, SELLER = "acme", "A1SELLER"
SECRETS = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}
MISSING = "Amazon's notifications are not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    path = contracts() / "amazon" / "FeedProcessingFinishedNotification.json"
    if not path.exists():
        pytest.skip(MISSING)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture
def sample(schema: dict[str, Any]) -> dict[str, Any]:
    """The first of Amazon's samples, for a feed of the desk's type."""
    found: dict[str, Any] = copy.deepcopy(schema["examples"][0])
    ended(found)["feedType"] = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
    return found


def ended(detail: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = detail["payload"]["feedProcessingFinishedNotification"]
    return found


def read(detail: Any) -> SubmissionEnd | None:
    message = IntakeMessage(MERCHANT, "amazon", "FEED", "d-1", "key", "sha", "2026-11-25T10:00:00.000000Z")
    return feed_finished.normalise(message, detail)


def test_amazons_samples_are_of_another_softwares_feed_and_concern_us_not(schema: dict[str, Any]) -> None:
    assert [read(detail) for detail in schema["examples"]] == [None, None]


@pytest.mark.parametrize("kind", sorted(OURS))
@pytest.mark.parametrize("status", ["CANCELLED", "DONE", "FATAL"])
def test_the_end_of_a_feed_of_our_types_names_the_feed(
    schema: dict[str, Any], sample: dict[str, Any], kind: str, status: str
) -> None:
    ended(sample).update(feedType=kind, processingStatus=status)
    Draft7Validator(schema).validate(sample)
    found = read(sample)
    assert found is not None
    assert (found.reference, found.status) == ("53347018456", status)
    assert found.delivery_id == "d0e9e693-c3ad-4373-979f-ed4ec98dd746"


def test_the_adapter_knows_every_end_of_amazons_schema(schema: dict[str, Any]) -> None:
    body = schema["properties"]["payload"]["properties"]["feedProcessingFinishedNotification"]["properties"]
    assert set(feed_finished.ENDS) == set(body["processingStatus"]["enum"])


def test_the_seller_is_read_from_either_place(schema: dict[str, Any]) -> None:
    seller, vendor = schema["examples"]
    assert feed_finished.seller_of(seller) == "A3TH9S8BH6GOGM"
    del ended(seller)["sellerId"]
    assert feed_finished.seller_of(seller) == "A3TH9S8BH6GOGM"
    assert feed_finished.seller_of(vendor) == ""
    for nothing in ({}, {"payload": "text"}, {"payload": {"feedProcessingFinishedNotification": []}}):
        assert feed_finished.seller_of(nothing) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("feedId", ""),
        ("feedId", 5),
        ("feedType", None),
        ("processingStatus", "IN_PROGRESS"),
        ("processingStatus", None),
    ],
)
def test_what_the_schema_does_not_allow_surfaces_and_names_the_place(
    sample: dict[str, Any], name: str, value: object
) -> None:
    ended(sample)[name] = value
    with pytest.raises(InvalidInput) as caught:
        read(sample)
    assert caught.value.field == f"payload.feedProcessingFinishedNotification.{name}"


def test_a_notification_without_an_id_surfaces(sample: dict[str, Any]) -> None:
    del sample["notificationMetadata"]["notificationId"]
    with pytest.raises(InvalidInput) as caught:
        read(sample)
    assert caught.value.field == "notificationMetadata.notificationId"


# ---------------------------------------------------------------------------------------------- the sandbox


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    settings = {**SECRETS, "seller_id": SELLER, "bus": "aws.partner/x", "queue_seconds": 0.01, "work_seconds": 0.02}
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"amazon": settings}})
        yield running


def submit(sandboxes: Sandboxes, order_ref: str) -> str:
    lines = [{"id": f"mug-{order_ref}", "sku": "MUG", "quantity": 2, "price": "1.00"}]
    sandboxes.command(f"amazon/{MERCHANT}/orders", {"order_ref": order_ref, "lines": lines})
    endpoint = f"{sandboxes.endpoint}/amazon/{MERCHANT}"
    connection = AmazonConnection(MERCHANT, endpoint, SELLER, ("ATVPDKIKX0DER",), **SECRETS, warehouse="east")
    command = CancelCommand(
        order_ref=order_ref,
        case_id="case-1",
        full=True,
        lines={f"mug-{order_ref}": 2},
        reason="NoInventory",
        official=False,
        key="k",
    )
    taken = AmazonOrderSystem(connection, SystemClock()).cancel(command)
    assert (taken.state, taken.announced) == (CancelState.SUBMITTED, True)
    return taken.reference


def told(sandboxes: Sandboxes, feed_id: str) -> list[dict[str, Any]]:
    found = [x for x in sandboxes.deliveries() if x["topic"] == "FEED_PROCESSING_FINISHED"]
    details = [json.loads(base64.b64decode(x["body"])) for x in found]
    return [x for x in details if ended(x)["feedId"] == feed_id]


@pytest.mark.parametrize("status", ["DONE", "CANCELLED", "FATAL"])
def test_the_sandbox_tells_the_end_of_a_feed_as_amazons_schema_has_it(
    schema: dict[str, Any], sandboxes: Sandboxes, status: str
) -> None:
    order_ref = f"111-{status}"
    sandboxes.trap(order_ref, "feed", "rejected", detail={"status": status, "items": []})
    feed_id = submit(sandboxes, order_ref)
    assert until(lambda: bool(told(sandboxes, feed_id)), 5.0)
    (detail,) = told(sandboxes, feed_id)
    Draft7Validator(schema).validate(detail)
    found = read(detail)
    assert found is not None
    assert (found.reference, found.status) == (feed_id, status)
    assert feed_finished.seller_of(detail) == SELLER


def test_a_feed_whose_end_nobody_tells_is_found_by_reading(sandboxes: Sandboxes) -> None:
    sandboxes.trap("111-quiet", "feed_word", "silent")
    feed_id = submit(sandboxes, "111-quiet")
    feeds = {x["feed_id"]: x for x in sandboxes.command(f"amazon/{MERCHANT}/feeds", method="GET")}
    assert until(lambda: feeds[feed_id]["ended"] == "DONE" or _again(sandboxes, feeds), 5.0)
    assert told(sandboxes, feed_id) == []


def _again(sandboxes: Sandboxes, feeds: dict[str, Any]) -> bool:
    feeds.update({x["feed_id"]: x for x in sandboxes.command(f"amazon/{MERCHANT}/feeds", method="GET")})
    return False
