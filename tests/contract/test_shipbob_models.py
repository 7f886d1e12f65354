"""What goes over the wire to ShipBob and back, against ShipBob's own document; and that a document which changes is noticed."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.judged import BrokenContract, judged
from infra.local.sandboxes.openapi import Document, Operation
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.shipbob.service import FILE, refuse
from stopship.adapters.clock import SystemClock
from stopship.adapters.shipbob.models import CancelResults, LogEntry, Shipment, ShipmentEvent
from stopship.adapters.shipbob.progress import BY_STATUS
from stopship.adapters.shipbob.warehouse import connect
from stopship.adapters.shipbob.webhooks import DELIVERED, LABELLED
from stopship.domain.errors import PartnerRefused
from stopship.domain.order import AckLevel
from tests.contract.test_shipbob import MERCHANT, NAME, SETTINGS, Placed, config
from tests.contract.wire import Exchange, recorded
from tests.fakes.sandboxes_anew import sandboxes_anew

MISSING = "ShipBob's document is not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
READ, TIMELINE, CANCEL = (
    "GET /2026-01/order",
    "GET /2026-01/shipment/{shipmentId}/timeline",
    "POST /2026-01/shipment:batchCancel",
)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    file = contracts() / "shipbob" / FILE
    if not file.exists():
        pytest.skip(MISSING)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@pytest.fixture(scope="module")
def vendor(told: dict[str, Any]) -> Document:
    return Document(told)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"shipbob": SETTINGS}})
        yield running


def a_day(sandboxes: Sandboxes) -> None:
    """Everything that the adapter ever asks of ShipBob: found, missing, picked, delivered, cancelled, refused."""
    bob = connect(MERCHANT, NAME, config(sandboxes), SystemClock())
    placed = Placed(sandboxes)
    assert bob.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED
    late = Placed(sandboxes)
    for to in ("picked", "packed", "labelled", "in_transit", "delivered"):
        late.advance(to)
    late.set(tracking="1Z999AA10123456784", carrier="UPS")
    assert len(bob.parcels(late.ref, "fo-1")) == 1
    assert bob.stop_ship(late.stop()).partial
    assert bob.read_pick_state(late.ref, "fo-1").observed_at
    assert bob.stop_ship(Placed(sandboxes, []).stop()).reason == "unknown_order"
    with pytest.raises(PartnerRefused):
        connect(MERCHANT, NAME, config(sandboxes, channel_id="1"), SystemClock()).stop_ship(Placed(sandboxes).stop())
    with pytest.raises(PartnerRefused):
        connect(MERCHANT, NAME, config(sandboxes, token="no"), SystemClock()).read_pick_state(late.ref, "")


@pytest.fixture(scope="module")
def exchanges(sandboxes: Sandboxes) -> list[Exchange]:
    return recorded(f"/shipbob/{MERCHANT}", lambda: a_day(sandboxes))


# ---------------------------------------------------------------------------------------------- as published


def test_every_call_and_every_answer_fits_shipbobs_document(
    vendor: Document, exchanges: list[Exchange], record_property: Callable[[str, object], None]
) -> None:
    used = {one.name for x in exchanges if (one := vendor.find(x.method, x.path))}
    payloads = sum(bool(x.body) + bool(x.answer) for x in exchanges)
    record_property(
        "checked", f"{len(exchanges)} calls of {len(used)} of ShipBob's operations, {payloads} payloads checked"
    )
    assert used == {READ, TIMELINE, CANCEL}
    assert {f"{x.method} {x.path}": wrong for x in exchanges if (wrong := x.wrong(vendor))} == {}


def examples(vendor: Document) -> Iterator[tuple[Operation, int, Any]]:
    """Of orders and shipments."""
    for one in vendor.operations:
        for status, answer in one.answers.items():
            content = answer.get("content", {}).get("application/json", {})
            if "example" in content and ("/order" in one.path or "/shipment" in one.path):
                yield one, int(status), content["example"]


AMBIGUOUS = {
    "GET /2026-01/order/{orderId}/shipment",
    "GET /2026-01/order/{orderId}/shipment/{shipmentId}",
    "POST /2026-01/order/{orderId}/shipment/{shipmentId}:cancel",
}
"""Where an answer is one of two kinds of which each fits the other: no example can be exactly one."""


def test_shipbobs_own_examples_fit_its_document_as_we_read_it(
    vendor: Document, record_property: Callable[[str, object], None]
) -> None:
    """But for a slip of its generator, which cut the deepest field short."""
    found = [(one, one.wrong_answer(status, json.dumps(x).encode())) for one, status, x in examples(vendor)]
    record_property("checked", f"{len(found)} of ShipBob's own examples checked")
    wrong = {problem for one, problems in found if one.name not in AMBIGUOUS for problem in problems}
    assert len(found) >= 10
    assert [x for x in wrong if not x.endswith("serial_numbers.0: None is not of type 'string'")] == []


def test_our_reading_takes_shipbobs_own_examples(vendor: Document) -> None:
    by_name = {(one.name, status): example for one, status, example in examples(vendor)}
    shipment = by_name[("GET /2026-01/shipment/{shipmentId}", 200)]
    assert Shipment.model_validate(shipment).status == "None"
    assert ShipmentEvent.model_validate(shipment).reference_id == "string"
    assert LogEntry.model_validate(by_name[(TIMELINE, 200)][0]).log_type_id == 0
    (result,) = CancelResults.model_validate(by_name[(CANCEL, 200)]).results
    assert (result.is_success, result.action) == (True, "Cancel")


def test_the_words_that_we_know_are_the_documents(told: dict[str, Any]) -> None:
    schemas = told["components"]["schemas"]
    silent = {"None", "CleanSweeped"}
    assert set(schemas["Orders.OrderStatusEnum"]["enum"]) == set(BY_STATUS) | silent
    assert {LABELLED, DELIVERED} <= set(schemas["Webhooks.Topics"]["enum"])


# ---------------------------------------------------------------------------------------------- changed


def changed(told: dict[str, Any], into: Path, change: Callable[[dict[str, Any]], None]) -> Document:
    """The document, changed, in a file of the test's own."""
    copy = json.loads(json.dumps(told))
    change(copy)
    (into / FILE).write_text(json.dumps(copy))
    return Document(json.loads((into / FILE).read_text()))


def rename(kind: str, field: str) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        schema = told["components"]["schemas"][f"Orders.{kind}"]
        schema["properties"][f"{field}_renamed"] = schema["properties"].pop(field)

    return change


@pytest.mark.parametrize(
    ("kind", "field", "noticed_in"),
    [
        ("OrderViewModel", "reference_id", READ),
        ("OrderViewModel", "shipments", READ),
        ("ShipmentViewModel", "status", READ),
        ("ShipmentViewModel", "tracking", READ),
        ("TrackingViewModel", "tracking_number", READ),
        ("TrackingViewModel", "carrier", READ),
        ("ShipmentProductViewModel", "sku", READ),
        ("ShipmentViewModel", "delivery_date", READ),
        ("InventoryViewModel", "quantity", READ),
        ("ShipmentLogViewModel", "log_type_id", TIMELINE),
        ("ShipmentLogViewModel", "timestamp", TIMELINE),
        ("CancelShipmentsModel", "shipment_ids", CANCEL),
        ("CanceledShipmentsViewModel", "results", CANCEL),
        ("CanceledShipmentViewModel", "is_success", CANCEL),
        ("CanceledShipmentViewModel", "shipment_id", CANCEL),
    ],
)
def test_a_renamed_field_of_shipbobs_is_noticed(
    told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange], kind: str, field: str, noticed_in: str
) -> None:
    theirs = changed(told, tmp_path, rename(kind, field))
    wrong = {one.name: x.wrong(theirs) for x in exchanges if (one := theirs.find(x.method, x.path)) and x.wrong(theirs)}
    assert set(wrong) == {noticed_in}
    assert any(f"'{field}'" in problem for problem in wrong[noticed_in])


def test_an_operation_that_moved_is_noticed(told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange]) -> None:
    def move(copy: dict[str, Any]) -> None:
        copy["paths"]["/2027-01/shipment:batchCancel"] = copy["paths"].pop("/2026-01/shipment:batchCancel")

    wrong = {problem for x in exchanges for problem in x.wrong(changed(told, tmp_path, move))}
    assert wrong == {"POST /2026-01/shipment:batchCancel: is not an operation"}


def test_a_filter_that_is_gone_is_noticed(told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange]) -> None:
    def drop(copy: dict[str, Any]) -> None:
        parameters = copy["paths"]["/2026-01/order"]["get"]["parameters"]
        parameters[:] = [x for x in parameters if x["name"] != "ReferenceIds"]

    wrong = {problem for x in exchanges for problem in x.wrong(changed(told, tmp_path, drop))}
    assert wrong == {"query.ReferenceIds: is not a parameter"}


# ---------------------------------------------------------------------------------------------- the sandbox


CANCEL_PATH = "/2026-01/shipment:batchCancel"


@pytest.mark.parametrize(
    ("method", "path", "more", "place", "status"),
    [
        ("GET", "/2026-01/order", {"params": {"Reference": "1"}}, "query.Reference: is not a parameter", 400),
        ("GET", "/2026-01/order", {"params": {"Limit": "251"}}, "query.Limit: 251", 400),
        ("GET", "/2026-09/order", {}, "GET /2026-09/order: is not an operation", 400),
        ("DELETE", "/2026-01/order", {}, "DELETE /2026-01/order: is not an operation", 400),
        ("POST", CANCEL_PATH, {"json": {"shipments": [1]}}, "'shipments' was unexpected", 422),
        ("POST", CANCEL_PATH, {"json": {"shipment_ids": ["1"]}}, "body.shipment_ids.0", 422),
        ("POST", CANCEL_PATH, {"content": b"{"}, "body: is not JSON", 422),
    ],
)
def test_the_sandbox_refuses_what_does_not_fit_the_document_and_names_it(
    vendor: Document, sandboxes: Sandboxes, method: str, path: str, more: dict[str, Any], place: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {SETTINGS['token']}", "shipbob_channel_id": SETTINGS["channel_id"]}
    before = sandboxes.journal("shipbob")
    answer = httpx.request(method, f"{sandboxes.endpoint}/shipbob/{MERCHANT}{path}", headers=headers, **more)
    assert answer.status_code == status
    assert place in " ".join(answer.json()["request"])
    assert sandboxes.journal("shipbob") == before


def test_a_cancel_that_names_no_channel_is_refused(vendor: Document, sandboxes: Sandboxes) -> None:
    placed = Placed(sandboxes)
    headers = {"Authorization": f"Bearer {SETTINGS['token']}"}
    url = f"{sandboxes.endpoint}/shipbob/{MERCHANT}{CANCEL_PATH}"
    answer = httpx.post(url, headers=headers, json={"shipment_ids": placed.ids})
    assert (answer.status_code, answer.json()) == (422, {"request": ["header.shipbob_channel_id: is required"]})
    assert placed.effects() == []


def test_the_sandbox_never_sends_what_breaks_the_document(vendor: Document) -> None:
    def hold(body: Any) -> Response:
        async def endpoint(_: Request) -> Response:
            return JSONResponse(body)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "query_string": b"", "headers": []}
        scope |= {"path": f"/shipbob/{MERCHANT}/2026-01/shipment/1/timeline", "path_params": {"merchant": MERCHANT}}
        run = judged("shipbob", endpoint, lambda: vendor, refuse)
        return asyncio.run(run(Request(scope, receive)))  # type: ignore[arg-type]

    assert hold([{"log_type_id": 602, "timestamp": "2026-11-25T00:00:00Z"}]).status_code == 200
    with pytest.raises(BrokenContract, match=r"timeline: body\.0\.log_type_id: 'picked' is not of type 'integer'"):
        hold([{"log_type_id": "picked"}])


def test_the_sandbox_works_the_same_where_the_document_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        running.configure(merchants={MERCHANT: {"shipbob": SETTINGS}})
        bob, placed = connect(MERCHANT, NAME, config(running), SystemClock()), Placed(running)
        assert bob.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED
        assert httpx.get(f"{running.endpoint}/shipbob/{MERCHANT}/2026-09/order").status_code == 404
