"""What goes over the wire to ShipStation and back, against the vendor's own document; and that a document which changes is noticed."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.openapi import Document
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.shipstation.service import FILE, read
from stopship.adapters.clock import SystemClock
from stopship.adapters.shipstation.client import ShipStationClient, ShipStationConnection
from stopship.adapters.shipstation.warehouse import ALREADY_VOIDED, CANCELLED, DEPARTED, NO_LABEL, connect
from stopship.domain.errors import PartnerRefused
from stopship.domain.order import AckLevel
from tests.contract.test_shipstation import API_KEY, MERCHANT, NAME, SETTINGS, Placed, config
from tests.contract.wire import Exchange, recorded
from tests.fakes.sandboxes_anew import sandboxes_anew

MISSING = "ShipStation's document is not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
OPERATIONS = {
    "list_shipments",
    "get_shipment_by_id",
    "cancel_shipments",
    "list_labels",
    "get_label_by_id",
    "void_label",
}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    file = contracts() / "shipstation" / FILE
    if not file.exists():
        pytest.skip(MISSING)
    found: dict[str, Any] = read(file)
    return found


@pytest.fixture(scope="module")
def vendor(told: dict[str, Any]) -> Document:
    return Document(told)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"shipstation": SETTINGS}})
        yield running


def a_day(sandboxes: Sandboxes) -> None:
    """Everything that the adapter ever asks of ShipStation: found, missing, voided, refused, cancelled, scanned."""
    station = connect(MERCHANT, NAME, config(sandboxes), SystemClock())
    placed = Placed(sandboxes)
    placed.label()
    assert station.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED
    stuck = Placed(sandboxes)
    stuck.label()
    stuck.trap("void", "rejected")
    assert station.stop_ship(stuck.stop()).partial
    refused = Placed(sandboxes, [{"line-1": 2}])
    refused.trap("cancel", "rejected")
    assert station.stop_ship(refused.stop(line_1=2)).level is AckLevel.REJECTED
    assert station.stop_ship(Placed(sandboxes, []).stop()).reason == "unknown_order"
    endpoint = str(config(sandboxes)["endpoint"])
    client = ShipStationClient(ShipStationConnection(MERCHANT, NAME, endpoint, API_KEY))
    assert len(station.parcels(stuck.ref, "")) == 1
    assert client.shipment(placed.ids[0]).shipment_status == CANCELLED
    assert client.label(Placed(sandboxes).label()).status == "completed"
    with pytest.raises(PartnerRefused):
        client.label("se-404")


@pytest.fixture(scope="module")
def exchanges(sandboxes: Sandboxes) -> list[Exchange]:
    return recorded(f"/shipstation/{MERCHANT}", lambda: a_day(sandboxes))


# ---------------------------------------------------------------------------------------------- as published


def test_every_call_and_every_answer_fits_the_vendors_document(
    vendor: Document, exchanges: list[Exchange], record_property: Callable[[str, object], None]
) -> None:
    used = {one.name for x in exchanges if (one := vendor.find(x.method, x.path))}
    payloads = sum(bool(x.body) + bool(x.answer) for x in exchanges)
    record_property(
        "checked", f"{len(exchanges)} calls of {len(used)} of ShipStation's operations, {payloads} payloads checked"
    )
    assert used == OPERATIONS
    assert {f"{x.method} {x.path}": wrong for x in exchanges if (wrong := x.wrong(vendor))} == {}


def samples(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """What the document gives as an example of each field of one schema: name, example, field."""
    for name, field in schema.get("properties", {}).items():
        if "example" in field:
            yield name, field["example"], field


@pytest.mark.parametrize("kind", ["void_label_response_body", "partial_shipment", "shipment_item", "label", "error"])
def test_the_vendors_own_samples_fit_its_document_as_we_read_it(
    told: dict[str, Any], vendor: Document, kind: str, record_property: Callable[[str, object], None]
) -> None:
    found = list(samples(told["components"]["schemas"][kind]))
    wrong = [
        (name, problem)
        for name, example, field in found
        for problem in vendor.errors(json.loads(json.dumps(example, default=str)), vendor.schema(field), name)
    ]
    record_property("checked", f"{len(found)} of the vendor's own samples of {kind} checked")
    assert wrong == []


def test_the_words_that_we_know_are_the_documents(told: dict[str, Any]) -> None:
    enums = ("shipment_status", "label_status", "tracking_status", "reason_code")
    words = {name: set(told["components"]["schemas"][name]["enum"]) for name in enums}
    assert CANCELLED in words["shipment_status"]
    assert words["label_status"] >= NO_LABEL
    assert set(DEPARTED) == words["tracking_status"] - {"unknown", "error"}
    assert ALREADY_VOIDED in words["reason_code"]


# ---------------------------------------------------------------------------------------------- changed


def changed(told: dict[str, Any], into: Path, change: Callable[[dict[str, Any]], None]) -> Document:
    """The document, changed, in a file of the test's own. JSON is read a hundred times faster than YAML."""
    copy = json.loads(json.dumps(told, default=str))
    change(copy)
    file = into / f"{FILE}.json"
    file.write_text(json.dumps(copy))
    return Document(json.loads(file.read_text()))


def rename(kind: str, field: str) -> Callable[[dict[str, Any]], None]:
    def change(copy: dict[str, Any]) -> None:
        schema = copy["components"]["schemas"][kind]
        schema["properties"][f"{field}_renamed"] = schema["properties"].pop(field)

    return change


@pytest.mark.parametrize(
    ("kind", "field", "noticed_in"),
    [
        ("list_shipments_response_body", "shipments", {"list_shipments"}),
        ("partial_shipment", "shipment_status", {"list_shipments", "get_shipment_by_id"}),
        ("partial_shipment", "external_order_id", {"list_shipments", "get_shipment_by_id"}),
        ("partial_shipment", "items", {"list_shipments", "get_shipment_by_id"}),
        ("shipment_item", "external_order_item_id", {"list_shipments", "get_shipment_by_id"}),
        ("shipment_item", "quantity", {"list_shipments", "get_shipment_by_id"}),
        ("label", "tracking_status", {"get_label_by_id"}),
        ("label", "shipment_id", {"get_label_by_id"}),
        ("label", "tracking_number", {"get_label_by_id"}),
        ("label", "carrier_code", {"get_label_by_id"}),
        ("void_label_response_body", "approved", {"void_label"}),
        ("void_label_response_body", "reason_code", {"void_label"}),
        ("error", "error_code", {"cancel_shipments", "get_label_by_id"}),
    ],
)
def test_a_renamed_field_of_the_vendors_is_noticed(
    told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange], kind: str, field: str, noticed_in: set[str]
) -> None:
    theirs = changed(told, tmp_path, rename(kind, field))
    judged = [(theirs.find(x.method, x.path), x.wrong(theirs)) for x in exchanges]
    wrong = {one.name: problems for one, problems in judged if one and problems}
    assert set(wrong) == noticed_in
    assert all(any(f"'{field}'" in problem for problem in problems) for problems in wrong.values())


def test_a_label_in_a_list_is_judged_too(told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange]) -> None:
    def drop(copy: dict[str, Any]) -> None:
        del copy["components"]["schemas"]["list_labels_response_body"]["properties"]["labels"]["items"]["properties"][
            "status"
        ]

    theirs = changed(told, tmp_path, drop)
    wrong = {one.name for x in exchanges if (one := theirs.find(x.method, x.path)) and x.wrong(theirs)}
    assert wrong == {"list_labels"}


def test_an_operation_that_moved_is_noticed(told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange]) -> None:
    def move(copy: dict[str, Any]) -> None:
        copy["paths"]["/v3/labels/{label_id}/void"] = copy["paths"].pop("/v1/labels/{label_id}/void")

    theirs = changed(told, tmp_path, move)
    wrong = [problem for x in exchanges for problem in x.wrong(theirs)]
    assert wrong
    assert all(problem.endswith("/void: is not an operation") for problem in wrong)


# ---------------------------------------------------------------------------------------------- the sandbox


@pytest.mark.parametrize(
    ("method", "path", "more", "place"),
    [
        ("GET", "/v1/shipments", {"params": {"order": "1"}}, "query.order: is not a parameter"),
        ("GET", "/v1/shipments", {"params": {"page": "0"}}, "query.page: 0"),
        ("GET", "/v1/shipments", {"params": {"shipment_status": "shelved"}}, "query.shipment_status"),
        ("GET", "/v1/labels/1234", {}, "path.label_id"),
        ("GET", "/v9/labels", {}, "GET /v9/labels: is not an operation"),
        ("PUT", "/v1/shipments/se-1/cancel", {"json": {"reason": "x"}}, "body: there is none"),
    ],
)
def test_the_sandbox_refuses_what_does_not_fit_the_document_and_names_it(
    vendor: Document, sandboxes: Sandboxes, method: str, path: str, more: dict[str, Any], place: str
) -> None:
    before = sandboxes.journal("shipstation")
    url = f"{sandboxes.endpoint}/shipstation/{MERCHANT}{path}"
    answer = httpx.request(method, url, headers={"API-Key": API_KEY}, **more)
    assert answer.status_code == 400
    assert place in answer.json()["errors"][0]["message"]
    assert sandboxes.journal("shipstation") == before


def test_the_sandbox_works_the_same_where_the_document_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        running.configure(merchants={MERCHANT: {"shipstation": SETTINGS}})
        station, placed = connect(MERCHANT, NAME, config(running), SystemClock()), Placed(running)
        assert station.stop_ship(placed.stop()).level is AckLevel.SYSTEM_CANCELLED
        assert httpx.get(f"{running.endpoint}/shipstation/{MERCHANT}/v9/labels").status_code == 404
