"""What goes over the wire to UPS and back, against UPS's own documents; and that a document which changes is noticed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.ups.documents import PLACES, Vendor, read
from stopship.adapters.clock import SystemClock
from stopship.adapters.ups import models
from stopship.adapters.ups.carrier import OTHER_REASON, REASONS, connect
from stopship.adapters.ups.client import transaction_id
from stopship.application.ports import VoidState
from stopship.domain.carrier import CarrierState, Offer
from stopship.domain.errors import PartnerRefused
from stopship.domain.request import Reason
from tests.contract.test_ups import MERCHANT, Sent, config
from tests.contract.wire import Exchange, recorded
from tests.fakes.sandboxes_anew import sandboxes_anew

MISSING = "UPS's documents are not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
OPERATIONS = {
    "CreateToken",
    "getSingleTrackResponseUsingGET",
    "VoidShipment",
    "getEligibilityOptions",
    "getCharges",
    "returnInterceptOption",
    "cancelInterceptOption",
}
INTERCEPT = "DeliveryIntercept.yaml"
HEADERS = {"transId": "abc", "platformType": "XOLT", "inquiryType": "U", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found = read(contracts() / "ups")
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="module")
def vendor(told: dict[str, Any]) -> Vendor:
    return Vendor(told)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        yield running


def a_day(sandboxes: Sandboxes) -> None:
    """Everything that the adapter ever asks of UPS: found, missing, voided, refused, taken, taken back, returned, delivered."""
    ups = connect(MERCHANT, config(sandboxes), SystemClock())
    label = Sent(sandboxes)
    assert ups.void(label.number).state is VoidState.VOIDED
    stuck = Sent(sandboxes)
    stuck.trap("void", "rejected")
    assert ups.void(stuck.number).state is VoidState.REFUSED
    refused = Sent(sandboxes)
    refused.trap("void", "rejected", detail={"status": 400, "code": "190102"})
    assert ups.void(refused.number).code == "190102"
    for reason in Reason:
        parcel = Sent(sandboxes, "P", "I")
        assert ups.offer(parcel.number).offer is Offer.YES
        assert ups.intercept(parcel.number, reason).accepted
    assert ups.cancel_intercept(parcel.number).accepted
    parcel.trap("return", "rejected")
    assert not ups.intercept(parcel.number, Reason.FRAUD).accepted
    parcel.trap("eligibility", "silent")
    assert ups.offer(parcel.number).offer is Offer.UNKNOWN
    parcel.deliver()
    assert ups.track(parcel.number).state is CarrierState.DELIVERED
    assert ups.track("1ZA1B2C30399999999").state is CarrierState.UNKNOWN
    with pytest.raises(PartnerRefused):
        ups.intercept("1ZA1B2C30399999999", Reason.FRAUD)


@pytest.fixture(scope="module")
def exchanges(sandboxes: Sandboxes) -> list[Exchange]:
    return recorded(f"/ups/{MERCHANT}", lambda: a_day(sandboxes))


# ---------------------------------------------------------------------------------------------- as published


def test_every_call_and_every_answer_fits_the_vendors_documents(
    vendor: Vendor, exchanges: list[Exchange], record_property: Callable[[str, object], None]
) -> None:
    used = {one.name for x in exchanges if (one := vendor.find(x.method, x.path))}
    payloads = sum(bool(x.body) + bool(x.answer) for x in exchanges)
    record_property(
        "checked", f"{len(exchanges)} calls of {len(used)} of UPS's operations, {payloads} payloads checked"
    )
    assert used == OPERATIONS
    assert {f"{x.method} {x.path}": wrong for x in exchanges if (wrong := x.wrong(vendor))} == {}


def examples(told: dict[str, Any], operation: str, status: str) -> Iterator[Any]:
    for item in told[INTERCEPT]["paths"].values():
        for one in item.values():
            if one["operationId"] == operation:
                content = one["responses"][status]["content"]["application/json"]
                yield from (x["value"] for x in content.get("examples", {}).values())
                yield from [content["example"]] if "example" in content else []


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("getEligibilityOptions", models.Eligible),
        ("getCharges", models.Charges),
        ("returnInterceptOption", models.Taken),
        ("cancelInterceptOption", models.Taken),
    ],
)
def test_the_vendors_own_samples_are_read(
    told: dict[str, Any], operation: str, kind: type[BaseModel], record_property: Callable[[str, object], None]
) -> None:
    found = list(examples(told, operation, "200"))
    record_property("checked", f"{len(found)} of the vendor's own samples of {operation} read")
    assert found
    for one in found:
        kind.model_validate(one)


def test_the_vendors_samples_of_its_own_failures_are_not_taken_for_successes(told: dict[str, Any]) -> None:
    answers = [models.Taken.model_validate(x) for x in examples(told, "returnInterceptOption", "200")]
    assert sorted(x.success for x in answers) == [False, True]
    assert {x.status_code for x in answers} == {"000"}
    eligible = [models.Eligible.model_validate(x).response for x in examples(told, "getEligibilityOptions", "200")]
    assert sorted(x.success for x in eligible) == [False, True]
    assert [x.common_eligibility_map for x in eligible if not x.success] == [None]


def test_the_words_that_we_send_are_the_documents(told: dict[str, Any]) -> None:
    request = told[INTERCEPT]["components"]["schemas"]["DeliveryInterceptRequestV2"]["properties"]
    reasons = {x["const"] for x in request["reasonForReturn"]["oneOf"]}
    assert {*REASONS.values(), OTHER_REASON} <= reasons


def test_a_transaction_id_has_the_documents_form_and_tells_no_number() -> None:
    made = transaction_id("return", "1ZA1B2C30300000001")
    assert made == transaction_id("return", "1ZA1B2C30300000001") != transaction_id("track", "1ZA1B2C30300000001")
    assert len(made) == 14 and made.isalnum()


# ---------------------------------------------------------------------------------------------- changed


def changed(told: dict[str, Any], into: Path, change: Callable[[dict[str, Any]], None]) -> Vendor:
    """The documents, one of them changed, in files of the test's own. JSON is read a hundred times faster than YAML."""
    copy = json.loads(json.dumps(told, default=str))
    change(copy)
    for file in PLACES:
        (into / f"{file}.json").write_text(json.dumps(copy[file]))
    return Vendor({file: json.loads((into / f"{file}.json").read_text()) for file in PLACES})


def place(copy: dict[str, Any], file: str, path: str) -> dict[str, Any]:
    found: Any = copy[file]["components"]["schemas"]
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else found[part]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("file", "path", "field", "noticed_in"),
    [
        ("OAuthClientCredentials.yaml", "tokenSuccessResponse.properties", "access_token", {"CreateToken"}),
        ("OAuthClientCredentials.yaml", "tokenSuccessResponse.properties", "expires_in", {"CreateToken"}),
        ("Tracking.yaml", "Package.properties", "activity", {"getSingleTrackResponseUsingGET"}),
        ("Tracking.yaml", "Package.properties", "trackingNumber", {"getSingleTrackResponseUsingGET"}),
        ("Tracking.yaml", "Status.properties", "type", {"getSingleTrackResponseUsingGET"}),
        ("Tracking.yaml", "Activity.properties", "gmtTime", {"getSingleTrackResponseUsingGET"}),
        ("Shipping.yaml", "SummaryResult_Status.properties", "Code", {"VoidShipment"}),
        ("Shipping.yaml", "VoidShipmentResponse_PackageLevelResults.properties", "TrackingNumber", {"VoidShipment"}),
        (INTERCEPT, "DeliveryInterceptRequestV2.properties", "reasonForReturn", {"returnInterceptOption"}),
        (
            INTERCEPT,
            "DeliveryInterceptRequestV2.properties",
            "requesterContactInfo",
            {"returnInterceptOption", "cancelInterceptOption"},
        ),
        (
            INTERCEPT,
            "DeliveryInterceptResponseV2.properties",
            "success",
            {"returnInterceptOption", "cancelInterceptOption"},
        ),
        (
            INTERCEPT,
            "DeliveryInterceptChargesRequestV2.properties.ratingRequest.items.properties",
            "trackInfo",
            {"getCharges"},
        ),
        (
            INTERCEPT,
            "DeliveryInterceptChargesResponseV2.properties.response.allOf.1.properties.chargeInfo.items.properties",
            "totalCharge",
            {"getCharges"},
        ),
        (
            INTERCEPT,
            "DeliveryInterceptEligibilityOptionsResponseV2.properties.response.allOf.1.properties.commonEligibilityMap"
            ".properties.eligibilityValue.properties",
            "createEligibility",
            {"getEligibilityOptions"},
        ),
    ],
)
def test_a_renamed_field_of_the_vendors_is_noticed(
    told: dict[str, Any],
    tmp_path: Path,
    exchanges: list[Exchange],
    file: str,
    path: str,
    field: str,
    noticed_in: set[str],
) -> None:
    def rename(copy: dict[str, Any]) -> None:
        properties = place(copy, file, path)
        properties[f"{field}_renamed"] = properties.pop(field)

    theirs = changed(told, tmp_path, rename)
    judged = [(theirs.find(x.method, x.path), x.wrong(theirs)) for x in exchanges]
    wrong = {one.name: problems for one, problems in judged if one and problems}
    assert set(wrong) == noticed_in
    assert all(any(f"'{field}'" in problem for problem in problems) for problems in wrong.values())


def test_a_moved_operation_is_noticed(told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange]) -> None:
    def move(copy: dict[str, Any]) -> None:
        paths = copy[INTERCEPT]["paths"]
        paths["/returns/{tracking_number}"] = paths.pop("/return/{tracking_number}")

    theirs = changed(told, tmp_path, move)
    wrong = {problem for x in exchanges for problem in x.wrong(theirs)}
    assert wrong and all(problem.endswith("is not an operation") for problem in wrong)


@pytest.mark.parametrize(
    ("method", "path", "more", "found"),
    [
        ("POST", "/security/v1/oauth/token", {"json": {"grant_type": "client_credentials"}}, "content-type"),
        ("GET", "/api/track/v1/details/1ZA1B2C30300000001", {}, "header.transid"),
        ("GET", "/api/deliveryintercept/v2/eligibility/intercept/12345", {"headers": HEADERS}, "path.tracking_number"),
        (
            "POST",
            "/api/deliveryintercept/v2/return/1ZA1B2C30300000001",
            {"headers": HEADERS, "json": {"requestType": "RS"}},
            "requesterContactInfo",
        ),
    ],
)
def test_the_sandbox_refuses_what_does_not_fit_the_documents_and_names_it(
    vendor: Vendor, sandboxes: Sandboxes, method: str, path: str, more: dict[str, Any], found: str
) -> None:
    assert vendor.operations
    before = sandboxes.journal("ups")
    answer = httpx.request(method, f"{sandboxes.endpoint}/ups/{MERCHANT}{path}", **more)
    assert answer.status_code == 400
    assert found in answer.text
    assert sandboxes.journal("ups") == before


def test_the_sandbox_works_the_same_where_the_documents_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        ups, parcel = connect(MERCHANT, config(running), SystemClock()), Sent(running, "P")
        assert ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST).accepted
        assert httpx.get(f"{running.endpoint}/ups/{MERCHANT}/api/nothing").status_code == 404
