"""The UPS adapter against the UPS sandbox, over HTTP."""

import logging
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.adapters.ups.carrier import UpsCarrier, connect
from stopship.application.ports import VoidState
from stopship.domain.capabilities import CAPABILITIES
from stopship.domain.carrier import CarrierState, Offer
from stopship.domain.errors import NotFound, PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.instant import parse
from stopship.domain.request import Reason
from stopship.wiring.partners import ConfiguredPartners
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
ADDRESS = {
    "addressLine1": "1 Dock Street",
    "city": "Louisville",
    "state": "KY",
    "postalCode": "40201",
    "countryCode": "US",
    "firstName": "Returns",
    "phoneNumber": "+15025550100",
}
_numbers = count(1)


def account() -> dict[str, str]:
    """An account of its own, so that no test is given another one's token."""
    return {"client_id": f"client-{next(_numbers)}", "client_secret": "secret-1", "account": "A1B2C3"}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


def config(sandboxes: Sandboxes, **more: Any) -> dict[str, Any]:
    told = {"endpoint": f"{sandboxes.endpoint}/ups/{MERCHANT}", **account(), **more}
    keys = ("client_id", "client_secret", "account")
    sandboxes.configure(merchants={MERCHANT: {"ups": {name: told[name] for name in keys}}})
    return {**told, "contact": {"name": "Returns desk", "telephone": "+15025550100"}, "ship_from": ADDRESS}


@pytest.fixture
def ups(sandboxes: Sandboxes) -> UpsCarrier:
    return connect(MERCHANT, config(sandboxes), SystemClock())


class Sent:
    """A parcel of an order, announced to UPS."""

    def __init__(self, sandboxes: Sandboxes, *scans: str, **more: Any) -> None:
        self.sandboxes, self.ref = sandboxes, f"order-{next(_numbers)}"
        self.number: str = self.tell("parcels", order_ref=self.ref, **more)["number"]
        for type_ in scans:
            self.scan(type_)

    def tell(self, command: str, **told: Any) -> Any:
        return self.sandboxes.command(f"ups/{MERCHANT}/{command}", told)

    def scan(self, type_: str) -> None:
        self.tell("scan", number=self.number, type=type_)

    def deliver(self) -> None:
        self.tell("deliver", number=self.number)

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        self.sandboxes.trap(self.ref, operation, kind, **more)

    def effects(self) -> list[str]:
        return [entry.operation for entry in self.sandboxes.journal("ups", MERCHANT, self.ref)]


@pytest.fixture
def parcel(sandboxes: Sandboxes) -> Sent:
    return Sent(sandboxes, "P", "I")


# ---------------------------------------------------------------------------------------------- tracking


@pytest.mark.parametrize(
    ("scans", "state"),
    [
        ((), CarrierState.LABELLED),
        (("MV",), CarrierState.VOIDED),
        (("P",), CarrierState.IN_TRANSIT),
        (("P", "I"), CarrierState.IN_TRANSIT),
        (("P", "I", "X"), CarrierState.IN_TRANSIT),
        (("P", "I", "O"), CarrierState.OUT_FOR_DELIVERY),
        (("P", "I", "O", "D"), CarrierState.DELIVERED),
        (("P", "I", "RS"), CarrierState.RETURNED),
        (("P", "I", "RS", "I"), CarrierState.IN_TRANSIT),
        (("P", "I", "RS", "I", "D"), CarrierState.RETURNED),
    ],
)
def test_a_parcel_is_as_far_as_its_newest_scan(
    sandboxes: Sandboxes, ups: UpsCarrier, scans: tuple[str, ...], state: CarrierState
) -> None:
    reading = ups.track(Sent(sandboxes, *scans).number)
    assert reading.state is state
    assert abs((parse(reading.occurred_at) - parse(reading.observed_at)).total_seconds()) < 60


def test_a_word_that_ups_has_not_published_is_taken_for_none_that_we_know(ups: UpsCarrier, parcel: Sent) -> None:
    place = "trackResponse.shipment.0.package.0.activity"
    parcel.trap("track", "false_ok", detail={"change": {place: [{"status": {"type": "Q"}}]}})
    assert ups.track(parcel.number).state is CarrierState.UNKNOWN


def test_a_number_that_ups_does_not_know_is_unknown_and_no_error(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("track", "silent")
    assert ups.track(parcel.number).state is CarrierState.UNKNOWN
    assert ups.track("1ZA1B2C30399999999").state is CarrierState.UNKNOWN
    assert ups.track("9400100000000000000000").word == "not_a_ups_number"


def test_an_answer_about_another_parcel_is_not_taken_for_this_one(ups: UpsCarrier, parcel: Sent) -> None:
    place = "trackResponse.shipment.0.package.0.trackingNumber"
    parcel.trap("track", "false_ok", detail={"change": {place: "1ZA1B2C30399999998"}})
    assert ups.track(parcel.number).state is CarrierState.UNKNOWN


# ---------------------------------------------------------------------------------------------- void


def test_a_label_that_nobody_scanned_is_voided_once(sandboxes: Sandboxes, ups: UpsCarrier) -> None:
    parcel = Sent(sandboxes)
    assert ups.void(parcel.number).state is VoidState.VOIDED
    assert ups.void(parcel.number).state is VoidState.VOIDED
    assert parcel.effects() == ["void"]


def test_a_label_that_was_scanned_is_used_and_nothing_is_asked(ups: UpsCarrier, parcel: Sent) -> None:
    assert ups.void(parcel.number).state is VoidState.USED
    assert parcel.effects() == []


@pytest.mark.parametrize("detail", [{}, {"status": 400, "code": "190102"}])
def test_a_void_that_fails_is_no_void_whether_inside_a_200_or_not(
    sandboxes: Sandboxes, ups: UpsCarrier, detail: dict[str, Any]
) -> None:
    parcel = Sent(sandboxes)
    parcel.trap("void", "rejected", detail=detail)
    answer = ups.void(parcel.number)
    assert (answer.state, answer.code) == (VoidState.REFUSED, detail.get("code", "0"))
    assert parcel.effects() == []


def test_a_scan_between_reading_and_void_makes_the_label_a_used_one(sandboxes: Sandboxes, ups: UpsCarrier) -> None:
    parcel = Sent(sandboxes, "P")
    labelled = [{"status": {"type": "M", "code": "MP"}}]
    place = "trackResponse.shipment.0.package.0.activity"
    parcel.trap("track", "false_ok", detail={"change": {place: labelled}})
    assert ups.void(parcel.number).state is VoidState.USED


def test_a_void_whose_answer_was_lost_is_found_done(sandboxes: Sandboxes, ups: UpsCarrier) -> None:
    parcel = Sent(sandboxes)
    parcel.trap("void", "reset", after=True)
    with pytest.raises(PartnerUnavailable) as error:
        ups.void(parcel.number)
    assert error.value.in_doubt
    assert ups.void(parcel.number).state is VoidState.VOIDED
    assert parcel.effects() == ["void"]


# ---------------------------------------------------------------------------------------------- intercept


def test_an_offer_names_the_price_and_changes_nothing(ups: UpsCarrier, sandboxes: Sandboxes) -> None:
    parcel = Sent(sandboxes, "P", cost="18.50")
    offer = ups.offer(parcel.number)
    assert (offer.offer, offer.cost, offer.currency) == (Offer.YES, Decimal("18.50"), "USD")
    assert parcel.effects() == []


def test_a_parcel_that_is_out_for_delivery_is_not_offered(sandboxes: Sandboxes, ups: UpsCarrier) -> None:
    assert ups.offer(Sent(sandboxes, "P", "O").number).offer is Offer.NO


def test_what_another_account_sent_is_its_holders_to_ask_for_and_to_void(sandboxes: Sandboxes, ups: UpsCarrier) -> None:
    theirs, ours = Sent(sandboxes, "P", number="1ZX9Y8Z70300000001"), Sent(sandboxes, "P")
    assert (ups.owns(theirs.number), ups.owns(ours.number)) == (False, True)
    sandboxes.trap(theirs.ref, "eligibility", "http_500")
    assert (ups.offer(theirs.number).offer, ups.offer(theirs.number).reason) == (Offer.BY_HAND, "another_account")
    assert ups.track(theirs.number).state is CarrierState.IN_TRANSIT
    assert not ups.owns("9400100000000000000000")


def test_what_ups_does_not_say_is_unknown(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("eligibility", "silent")
    offer = ups.offer(parcel.number)
    assert (offer.offer, offer.reason) == (Offer.UNKNOWN, "500")


def test_an_offer_without_a_price_has_none(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("charges", "rejected")
    offer = ups.offer(parcel.number)
    assert (offer.offer, offer.cost, offer.reason) == (Offer.YES, None, "500")


def test_a_request_is_taken_once_and_comes_back_on_the_day_of_delivery(ups: UpsCarrier, parcel: Sent) -> None:
    assert ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST).accepted
    again = ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST)
    assert (again.accepted, again.code) == (True, "pending")
    assert ups.offer(parcel.number).offer is Offer.PENDING
    assert ups.track(parcel.number).state is CarrierState.IN_TRANSIT
    parcel.deliver()
    assert ups.track(parcel.number).state is CarrierState.RETURNED
    assert parcel.effects() == ["intercept", "returned"]


def test_a_request_that_was_taken_may_still_not_be_carried_out(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("return", "false_ok")
    assert ups.intercept(parcel.number, Reason.FRAUD).accepted
    parcel.deliver()
    assert ups.track(parcel.number).state is CarrierState.DELIVERED


def test_a_failure_inside_a_200_is_a_refusal(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("return", "rejected")
    answer = ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST)
    assert (answer.accepted, answer.code) == (False, "500")
    assert parcel.effects() == []


def test_what_is_not_eligible_is_not_asked_for(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("eligibility", "rejected")
    assert not ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST).accepted
    assert parcel.effects() == []


@pytest.mark.parametrize(("kind", "more"), [("reset", {"after": True}), ("http_500_after", {})])
def test_a_request_whose_answer_was_lost_is_read_back_and_not_repeated(
    ups: UpsCarrier, parcel: Sent, kind: str, more: dict[str, Any]
) -> None:
    parcel.trap("return", kind, **more)
    with pytest.raises(PartnerUnavailable) as error:
        ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST)
    assert error.value.in_doubt
    assert ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST).code == "pending"
    assert parcel.effects() == ["intercept"]


def test_a_request_can_be_taken_back_and_that_once_too(ups: UpsCarrier, parcel: Sent) -> None:
    ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST)
    assert ups.cancel_intercept(parcel.number).accepted
    assert ups.cancel_intercept(parcel.number).code == "none_pending"
    assert parcel.effects() == ["intercept", "cancel"]
    parcel.deliver()
    assert ups.track(parcel.number).state is CarrierState.DELIVERED


# ---------------------------------------------------------------------------------------------- trouble and rights


@pytest.mark.parametrize("operation", ["track", "eligibility"])
def test_too_many_requests_have_done_nothing_and_carry_the_wait(ups: UpsCarrier, parcel: Sent, operation: str) -> None:
    parcel.trap(operation, "http_429", seconds=7)
    with pytest.raises(PartnerUnavailable) as error:
        ups.track(parcel.number) if operation == "track" else ups.offer(parcel.number)
    assert (error.value.in_doubt, error.value.retry_after) == (False, 7.0)


def test_a_server_error_before_the_request_is_in_doubt_and_safe_to_repeat(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("return", "http_500")
    with pytest.raises(PartnerUnavailable) as error:
        ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST)
    assert error.value.in_doubt and parcel.effects() == []
    assert ups.intercept(parcel.number, Reason.CUSTOMER_REQUEST).accepted
    assert parcel.effects() == ["intercept"]


def test_a_slow_answer_is_an_answer(ups: UpsCarrier, parcel: Sent) -> None:
    parcel.trap("track", "slow", seconds=0.2)
    assert ups.track(parcel.number).state is CarrierState.IN_TRANSIT


def test_one_token_serves_until_it_is_revoked_and_is_then_bought_once_more(
    sandboxes: Sandboxes, ups: UpsCarrier, parcel: Sent
) -> None:
    ups.track(parcel.number)
    sandboxes.trap("*", "token", "http_500")
    ups.track(parcel.number)
    sandboxes.clear_traps()
    parcel.tell("revoke")
    assert ups.track(parcel.number).state is CarrierState.IN_TRANSIT


def test_a_token_that_is_about_to_end_is_bought_anew(sandboxes: Sandboxes, parcel: Sent) -> None:
    told = config(sandboxes)
    sandboxes.configure(merchants={MERCHANT: {"ups": {"token_seconds": 30}}})
    short = connect(MERCHANT, told, SystemClock())
    try:
        short.track(parcel.number)
        sandboxes.trap("*", "token", "http_429", seconds=1)
        with pytest.raises(PartnerUnavailable):
            short.track(parcel.number)
    finally:
        sandboxes.configure(merchants={MERCHANT: {"ups": {"token_seconds": 14_399}}})


def test_a_wrong_secret_is_a_refusal_that_names_what_to_check(sandboxes: Sandboxes, parcel: Sent) -> None:
    told = {**config(sandboxes), "client_secret": "wrong"}
    with pytest.raises(PartnerRefused, match="check client id and secret"):
        connect(MERCHANT, told, SystemClock()).track(parcel.number)


@pytest.mark.parametrize(
    ("operation", "change", "field"),
    [
        ("track", {"trackResponse": {}}, "trackResponse.shipment"),
        ("eligibility", {"response.success": "yes"}, "response.success"),
        ("charges", {"response.chargeInfo.0.totalCharge": "much"}, "response.chargeInfo.0.totalCharge"),
        ("return", {"success": None}, "success"),
        ("void", {"VoidShipmentResponse.SummaryResult": {}}, "VoidShipmentResponse.SummaryResult.Status"),
    ],
)
def test_an_answer_in_another_shape_is_not_guessed_at(
    sandboxes: Sandboxes, ups: UpsCarrier, operation: str, change: dict[str, Any], field: str
) -> None:
    parcel = Sent(sandboxes, *(() if operation == "void" else ("P",)))
    parcel.trap(operation, "false_ok", detail={"change": change})
    call = {
        "track": ups.track,
        "eligibility": ups.offer,
        "charges": ups.offer,
        "return": lambda number: ups.intercept(number, Reason.CUSTOMER_REQUEST),
        "void": ups.void,
    }[operation]
    with pytest.raises(PartnerContractBroken) as error:
        call(parcel.number)
    assert error.value.evidence == {"field": field}


def test_no_error_and_no_log_says_the_tracking_number(
    ups: UpsCarrier, parcel: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="stopship")
    said = []
    for operation, kind in (("track", "http_500"), ("return", "reset"), ("eligibility", "http_429")):
        parcel.trap(operation, kind)
        with pytest.raises(PartnerUnavailable) as error:
            ups.track(parcel.number) if operation == "track" else ups.intercept(parcel.number, Reason.ADDRESS)
        said.append(f"{error.value} {error.value.evidence}")
    assert not [text for text in [*said, caplog.text] if parcel.number in text]


# ---------------------------------------------------------------------------------------------- wiring


class _Kept(Merchants):
    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    def connections(self, merchant: str) -> dict[str, Any]:
        return self._config if merchant == MERCHANT else {}


def test_a_merchants_carrier_is_found_by_name_and_nobody_elses(sandboxes: Sandboxes, parcel: Sent) -> None:
    partners = ConfiguredPartners(_Kept({"carriers": {"ups": config(sandboxes)}}))
    found = partners.carrier(MERCHANT, "ups")
    assert found and found.track(parcel.number).state is CarrierState.IN_TRANSIT
    assert partners.carrier(MERCHANT, "ups") is found
    assert partners.carrier(MERCHANT, "fedex") is None
    assert partners.carrier("borealis", "ups") is None


@pytest.mark.parametrize("missing", ["account", "contact.telephone", "ship_from.city"])
def test_a_connection_that_lacks_something_names_it(sandboxes: Sandboxes, missing: str) -> None:
    told = config(sandboxes)
    first, _, second = missing.partition(".")
    told[first] = {k: v for k, v in told[first].items() if k != second} if second else ""
    with pytest.raises(NotFound, match=f"carriers.ups.{missing}"):
        connect(MERCHANT, told, SystemClock())


def test_the_capability_table_says_that_ups_stops_no_work() -> None:
    assert CAPABILITIES["ups"].proves == "accepted"


def test_parcels_and_requests_outlive_the_sandbox_itself(tmp_path: Path) -> None:
    kept = tmp_path / "state.json"
    with Sandboxes.start(state=kept) as running:
        told = config(running)
        first, port = Sent(running, "P"), running.port
        assert connect(MERCHANT, told, SystemClock()).intercept(first.number, Reason.CUSTOMER_REQUEST).accepted
    with Sandboxes.start(port, kept):
        ups = connect(MERCHANT, told, SystemClock())
        assert ups.offer(first.number).offer is Offer.PENDING
        assert ups.track(first.number).state is CarrierState.IN_TRANSIT
