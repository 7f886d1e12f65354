"""Everything that goes to ShipHero against ShipHero's own schema, and the sandbox's schema as a part of it."""

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, build_client_schema, build_schema, parse, validate
from graphql.execution.values import get_variable_values

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.shiphero import schema
from infra.local.sandboxes.shiphero.account import MAXIMUM
from stopship.adapters import http
from stopship.adapters.clock import SystemClock
from stopship.adapters.shiphero import documents
from stopship.adapters.shiphero.client import ShipHeroClient
from stopship.adapters.shiphero.connection import ShipHeroConnection
from stopship.adapters.shiphero.warehouse import ShipHeroWarehouse
from stopship.application.ports import StopCommand
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.order import AckLevel
from tests.contract.test_shopify_schema import differences
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, LINES = "acme", {"mug": 2, "tee": 1}
PERSONAL = ("address", "email", "name", "phone", "gift_note", "packing_note", "username", "user_id", "profile")
DOCUMENTS = pytest.mark.parametrize("name", sorted(documents.ALL))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """ShipHero's introspection, as captured."""
    path = contracts() / schema.CONTRACT
    if not path.exists():
        pytest.skip(
            "ShipHero's schema is not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
        )
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    schemas: dict[str, Any] = found.get("data", found)
    return schemas


@pytest.fixture(scope="module")
def vendor(told: dict[str, Any]) -> GraphQLSchema:
    return build_client_schema(told, assume_valid=True)  # type: ignore[arg-type]


def problems(found: GraphQLSchema, text: str) -> list[str]:
    return [error.message for error in validate(found, parse(text))]


# ---------------------------------------------------------------------------------------------- what we send


def stop(order_ref: str) -> StopCommand:
    return StopCommand("case-1", order_ref, "6001", LINES, False, "2030-01-01T00:00:00.000000Z", "", "k:stop:1")


def a_day(sandboxes: Sandboxes) -> None:
    """Everything that the adapter ever asks of ShipHero."""
    endpoint = f"{sandboxes.endpoint}/shiphero/{MERCHANT}"
    warehouse = ShipHeroWarehouse(ShipHeroConnection(MERCHANT, "hero", endpoint, "r"), SystemClock())
    many = [{"id": f"line-{n}", "quantity": 1} for n in range(30)]
    for ref, lines in (("1", [{"id": line, "quantity": n} for line, n in LINES.items()]), ("2", many)):
        sandboxes.command(f"shiphero/{MERCHANT}/orders", {"order_ref": ref, "lines": lines})
        warehouse.read_pick_state(ref, "6001")
        assert warehouse.parcels(ref, "6001") == []
        warehouse.place_hold("case-1", ref, "k:hold")
        warehouse.release_hold("case-1", ref, "k:release")
    sandboxes.trap("2", "hold", "silent")
    assert warehouse.place_hold("case-1", "2", "k:hold").level is AckLevel.REJECTED
    assert warehouse.stop_ship(stop("1")).level is AckLevel.SYSTEM_CANCELLED
    assert warehouse.names(order_number="#1") is not None
    assert warehouse.names(order_id="T3JkZXI6MQ==") is None


@pytest.fixture(scope="module")
def sent() -> list[tuple[str, dict[str, Any]]]:
    """Documents with their variables, recorded from the very client that the product uses."""
    found: list[tuple[str, dict[str, Any]]] = []

    def record(request: httpx.Request) -> None:
        if request.url.path.endswith("/graphql"):
            body = json.loads(request.content)
            found.append((body["query"], body["variables"]))

    with (
        sandboxes_anew() as sandboxes,
        httpx.Client(timeout=10.0, trust_env=False, event_hooks={"request": [record]}) as client,
        pytest.MonkeyPatch.context() as patch,
    ):
        sandboxes.configure(merchants={MERCHANT: {"shiphero": {"refresh_token": "r", "restored_a_second": 100_000}}})
        patch.setattr(http, "client", lambda: client)
        a_day(sandboxes)
    return found


def misfits(found: GraphQLSchema, text: str, variables: dict[str, Any]) -> list[str]:
    """What is wrong with one request: its document, then its variables."""
    wrong = problems(found, text)
    if wrong:
        return wrong
    values = get_variable_values(found, schema.operation(parse(text)).variable_definitions, variables)
    return [error.message for error in values] if isinstance(values, list) else []


def test_every_request_fits_shipheros_schema(
    vendor: GraphQLSchema, sent: list[tuple[str, dict[str, Any]]], record_property: Callable[[str, object], None]
) -> None:
    record_property(
        "checked", f"{len(sent)} requests with {len(documents.ALL)} documents against {len(vendor.type_map)} types"
    )
    assert {text for text, _ in sent} == set(documents.ALL.values())
    assert [wrong for text, variables in sent for wrong in misfits(vendor, text, variables)] == []


def test_a_misspelled_variable_is_noticed(vendor: GraphQLSchema) -> None:
    assert misfits(vendor, documents.CANCEL, {"data": {"order_id": "T3", "forced": False}})
    assert misfits(vendor, documents.CANCEL, {"data": {"reason": "no order"}})


def test_no_request_forces_a_cancel_or_reaches_the_store(sent: list[tuple[str, dict[str, Any]]]) -> None:
    cancels = [variables["data"] for text, variables in sent if text == documents.CANCEL]
    assert [(x["force"], x["void_on_platform"]) for x in cancels] == [(False, False)]


@DOCUMENTS
def test_a_document_fits_the_sandboxs_schema(name: str) -> None:
    assert problems(schema.own(), documents.ALL[name]) == []


@DOCUMENTS
def test_a_document_costs_less_than_one_operation_may(name: str) -> None:
    assert 0 < schema.complexity(parse(documents.ALL[name])) < MAXIMUM / 8


@DOCUMENTS
def test_a_document_asks_for_nothing_personal(name: str) -> None:
    words = set(documents.ALL[name].replace("{", " ").replace("}", " ").split())
    assert words & set(PERSONAL) == set()


@pytest.mark.parametrize(
    ("kind", "field", "document"),
    [
        ("Order", "fulfillment_status", documents.FIND),
        ("TotePick", "picked_quantity", documents.FIND),
        ("ShippingLabel", "carrier", documents.PARCELS),
        ("ShipmentLineItem", "quantity", documents.PARCELS),
        ("ShippingLabel", "picked_up", documents.FIND),
        ("LineItem", "legacy_id", documents.NAMES_BY_ID),
        ("Mutation", "order_cancel", documents.CANCEL),
        ("OrderHolds", "client_hold", documents.HOLDS),
    ],
)
def test_a_renamed_field_of_shipheros_is_noticed(told: dict[str, Any], kind: str, field: str, document: str) -> None:
    theirs = renamed(told, kind, field, "fields")
    assert any(f"'{field}'" in problem for problem in problems(theirs, document))
    assert f"{kind}.{field} is not in the vendor's" in differences(schema.own(), theirs)


@pytest.mark.parametrize("field", ["force", "void_on_platform", "reason"])
def test_a_renamed_input_of_shipheros_is_noticed(
    told: dict[str, Any], sent: list[tuple[str, dict[str, Any]]], field: str
) -> None:
    theirs = renamed(told, "CancelOrderInput", field, "inputFields")
    wrong = [one for text, variables in sent for one in misfits(theirs, text, variables)]
    assert any(f"'{field}'" in one for one in wrong)


def renamed(told: dict[str, Any], kind: str, field: str, members: str) -> GraphQLSchema:
    changed = copy.deepcopy(told)
    owner = next(x for x in changed["__schema"]["types"] if x["name"] == kind)
    next(x for x in owner[members] if x["name"] == field)["name"] = f"{field}_renamed"
    return build_client_schema(changed, assume_valid=True)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------- our schema in theirs


def test_our_schema_is_a_part_of_shipheros(
    vendor: GraphQLSchema, record_property: Callable[[str, object], None]
) -> None:
    """So that an answer which is executed on ours has the vendor's form."""
    ours = schema.own()
    members = sum(len(getattr(one, "fields", ())) for name, one in ours.type_map.items() if not name.startswith("__"))
    record_property("checked", f"{len(ours.type_map)} types and {members} fields of our schema against ShipHero's")
    assert differences(ours, vendor) == []


@pytest.mark.parametrize(
    ("was", "becomes", "expected"),
    [
        ("picked_quantity: Int", "pickedQuantity: Int", "TotePick.pickedQuantity is not in the vendor's"),
        ("fulfillment_status: String", "fulfillment_status: String!", "Order.fulfillment_status is String!"),
        ("shipments: [Shipment]", "shipments: Shipment", "Order.shipments is Shipment, the vendor's [Shipment]"),
        ("  force: Boolean\n", "  forced: Boolean\n", "CancelOrderInput.forced is not in the vendor's"),
        ("orders(partner_order_id", "orders(partner_id", "Query.orders.partner_id is not in the vendor's"),
    ],
)
def test_a_schema_of_ours_that_strays_is_noticed(vendor: GraphQLSchema, was: str, becomes: str, expected: str) -> None:
    text = schema.OWN.read_text()
    assert was in text
    found = differences(build_schema(text.replace(was, becomes, 1), assume_valid=True), vendor)
    assert any(expected in difference for difference in found), found


# ---------------------------------------------------------------------------------------------- the sandbox as judge


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Sandboxes]:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        running.configure(merchants={MERCHANT: {"shiphero": {"refresh_token": "alone"}}})
        yield running


def test_the_sandbox_works_the_same_where_the_vendors_schema_is_missing(alone: Sandboxes) -> None:
    lines = [{"id": line, "quantity": n} for line, n in LINES.items()]
    alone.command(f"shiphero/{MERCHANT}/orders", {"order_ref": "1", "lines": lines})
    connection = ShipHeroConnection(MERCHANT, "hero", f"{alone.endpoint}/shiphero/{MERCHANT}", "alone")
    answer = ShipHeroWarehouse(connection, SystemClock()).stop_ship(stop("1"))
    assert answer.level is AckLevel.SYSTEM_CANCELLED
    assert [entry.operation for entry in alone.journal("shiphero")] == ["cancel"]


def test_a_state_that_was_saved_is_taken_up_again(tmp_path: Any) -> None:
    state, lines = tmp_path / "state.json", [{"id": line, "quantity": n} for line, n in LINES.items()]
    with Sandboxes.start(state=state) as running:
        running.configure(merchants={MERCHANT: {"shiphero": {"refresh_token": "r"}}})
        running.command(f"shiphero/{MERCHANT}/orders", {"order_ref": "1", "lines": lines})
        running.command(f"shiphero/{MERCHANT}/label", {"order_ref": "1"})
        before = running.command(f"shiphero/{MERCHANT}/show", {"order_ref": "1"})
    with Sandboxes.start(state=state) as running:
        assert running.command(f"shiphero/{MERCHANT}/show", {"order_ref": "1"}) == before
        assert before["done"][0]["labels"]


@pytest.mark.parametrize("text", ["{ nothing_of_theirs { id } }", "mutation { order_cancel { request_id } }", "{"])
def test_a_document_that_does_not_fit_is_refused_and_changes_nothing(alone: Sandboxes, text: str) -> None:
    endpoint = f"{alone.endpoint}/shiphero/{MERCHANT}"
    client = ShipHeroClient(ShipHeroConnection(MERCHANT, "hero", endpoint, "alone"), SystemClock())
    with pytest.raises(PartnerContractBroken):
        client.run(text, {})
    assert alone.journal("shiphero") == []
