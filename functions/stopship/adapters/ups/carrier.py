"""UPS as the use cases see a carrier."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.ups.client import UpsClient
from stopship.adapters.ups.connection import PARTNER, connection
from stopship.adapters.ups.models import Activity, Eligibility, Fault, Package, Taken, Tracked, Voided
from stopship.application.ports import CarrierAnswer, Clock, VoidAnswer, VoidState
from stopship.domain.carrier import UNSCANNED, CarrierState, InterceptOffer, Offer, ParcelReading
from stopship.domain.errors import PartnerContractBroken, PartnerRefused
from stopship.domain.instant import normal
from stopship.domain.request import Reason

STATES: Final[Mapping[str, CarrierState]] = {
    "M": CarrierState.LABELLED,
    "MV": CarrierState.VOIDED,
    "P": CarrierState.IN_TRANSIT,
    "I": CarrierState.IN_TRANSIT,
    "X": CarrierState.IN_TRANSIT,
    "O": CarrierState.OUT_FOR_DELIVERY,
    "D": CarrierState.DELIVERED,
    "RS": CarrierState.RETURNED,
}
"""UPS's activity status types: billing information received and voided, pickup, in transit, exception, out for delivery, delivered,
returned to shipper. The others (DO, DD, W: freight; NA) say nothing that the desk acts on."""
VOIDED_CODE: Final = "1"
"""PackageLevelResults.Status.Code: 1 is voided, now or before; 0 is not voided."""
ELIGIBLE, NOT_ELIGIBLE, FEATURE = "ELIGIBLE", "NOT_ELIGIBLE", "RTS"
OTHER_REASON: Final = "KV"
REASONS: Final[Mapping[Reason, str]] = {
    Reason.CUSTOMER_REQUEST: "AM",
    Reason.DUPLICATE_ORDER: "AN",
    Reason.ADDRESS: "FA",
    Reason.LEAD_TIME: "AS",
}
"""reasonForReturn. What else a merchant has in mind is not UPS's to know."""
_NUMBER: Final = re.compile(r"1Z[A-Z0-9]{16}")
_DATE: Final = re.compile(r"\d{8}")
_TIME: Final = re.compile(r"\d{1,6}")


class UpsCarrier:
    """Implements ports.Carrier."""

    def __init__(self, client: UpsClient, account: str, clock: Clock) -> None:
        self._client, self._account, self._clock = client, account, clock

    def owns(self, number: str) -> bool:
        """A UPS number holds its shipper's account number, after "1Z"."""
        return _is_ours(number) and number[2:8] == self._account.upper()

    def track(self, number: str) -> ParcelReading:
        """Unknown for a number that UPS does not know."""
        if not _is_ours(number):
            return ParcelReading(CarrierState.UNKNOWN, self._clock.now(), word="not_a_ups_number")
        tracked = self._client.track(number)
        package = _package(tracked, number) if tracked else None
        if package is None:
            return ParcelReading(CarrierState.UNKNOWN, self._clock.now(), word="not_found")
        return _reading(package, self._clock.now())

    def void(self, number: str) -> VoidAnswer:
        """Reads first, and again after a refusal: why a label was not voided is what became of its parcel, not what the text says."""
        before = self.track(number)
        if before.state is CarrierState.VOIDED:
            return VoidAnswer(VoidState.VOIDED)
        if before.state not in UNSCANNED:
            return VoidAnswer(_not_voided(before), before.word)
        try:
            code = _void_code(self._client.void(number), number)
        except PartnerRefused as refusal:
            code = refusal.code
        if code == VOIDED_CODE:
            return VoidAnswer(VoidState.VOIDED)
        after = self.track(number)
        return VoidAnswer(_not_voided(after), code)

    def offer(self, number: str) -> InterceptOffer:
        """Eligibility, then charges: both are read, neither binds anybody. What was sent under another account only its holder can have
        back, so that a person must ask him."""
        if not _is_ours(number):
            return InterceptOffer(Offer.NO, reason="not_a_ups_number")
        if not self.owns(number):
            return InterceptOffer(Offer.BY_HAND, reason="another_account")
        try:
            right, why = self._eligibility(number)
            if right is None:
                return InterceptOffer(Offer.UNKNOWN, reason=why)
            if _pending(right):
                return InterceptOffer(Offer.PENDING)
            if right.create_eligibility != ELIGIBLE:
                no = right.create_eligibility == NOT_ELIGIBLE
                return InterceptOffer(Offer.NO if no else Offer.UNKNOWN, reason=right.create_eligibility.lower()[:40])
            return self._priced(number)
        except PartnerRefused as refusal:
            return InterceptOffer(Offer.UNKNOWN, reason=refusal.code)

    def intercept(self, number: str, reason: Reason) -> CarrierAnswer:
        """Asks for a return to the sender. Reads first: what is asked for already is not asked for again."""
        right, why = self._eligibility(number)
        if right is None:
            return CarrierAnswer(accepted=False, code=why)
        if _pending(right):
            return CarrierAnswer(accepted=True, code="pending")
        if right.create_eligibility != ELIGIBLE:
            return CarrierAnswer(accepted=False, code=right.create_eligibility.lower()[:40])
        return _said(self._client.return_to_sender(number, _reason(reason, right)))

    def cancel_intercept(self, number: str) -> CarrierAnswer:
        """Takes a request back; one that is not there any more is no error."""
        right, why = self._eligibility(number)
        if right is None:
            return CarrierAnswer(accepted=False, code=why)
        if not _pending(right):
            return CarrierAnswer(accepted=True, code="none_pending")
        return _said(self._client.cancel_intercept(number))

    def _eligibility(self, number: str) -> tuple[Eligibility | None, str]:
        """What UPS says of a return to the sender, or why it says nothing."""
        told = self._client.eligibility(number).response
        if not told.success or told.common_eligibility_map is None:
            return None, _fault(told.errors)
        features = [x.eligibility_value for x in told.common_eligibility_map if x.intercept_feature == FEATURE]
        return (features[0], "") if features else (None, "no_return_to_sender")

    def _priced(self, number: str) -> InterceptOffer:
        told = self._client.charges(number).response
        infos = [x for x in told.charge_info or [] if x.tracking_number == number]
        if not told.success or not infos:
            return InterceptOffer(Offer.YES, reason=_fault(told.errors))
        return InterceptOffer(Offer.YES, infos[0].total_charge, infos[0].charge_currency)


def _is_ours(number: str) -> bool:
    """UPS's own numbers have a form; others (Mail Innovations, freight) take no such requests."""
    return _NUMBER.fullmatch(number) is not None


def _pending(right: Eligibility) -> bool:
    """A return that can be cancelled and not be created was asked for."""
    return right.create_eligibility != ELIGIBLE and right.cancel_eligibility == ELIGIBLE


def _reason(reason: Reason, right: Eligibility) -> str:
    """The nearest one that UPS takes for this parcel."""
    options = [x.id for x in right.reasons or []]
    wanted = REASONS.get(reason, OTHER_REASON)
    if not options or wanted in options:
        return wanted
    return OTHER_REASON if OTHER_REASON in options else options[0]


def _said(taken: Taken) -> CarrierAnswer:
    return CarrierAnswer(accepted=taken.success, code="" if taken.success else _fault(taken.errors))


def _fault(errors: list[Fault] | None) -> str:
    return errors[0].error_code if errors else "not_successful"


def _void_code(voided: Voided, number: str) -> str:
    """Of this parcel where UPS names it, else of the shipment: a void can fail inside a 200."""
    told = voided.response
    named = [x.status.code for x in told.packages if x.tracking_number == number]
    if named:
        return named[0]
    if told.packages:
        raise PartnerContractBroken(PARTNER, "the void speaks of other parcels", {"field": "PackageLevelResults"})
    return told.summary.status.code


def _not_voided(reading: ParcelReading) -> VoidState:
    if reading.state is CarrierState.VOIDED:
        return VoidState.VOIDED
    if reading.state in UNSCANNED or reading.state is CarrierState.UNKNOWN:
        return VoidState.REFUSED
    return VoidState.USED


def _package(tracked: Tracked, number: str) -> Package | None:
    found = [package for shipment in tracked.track_response.shipment for package in shipment.package]
    named = [package for package in found if package.tracking_number == number]
    if named:
        return named[0]
    return found[0] if len(found) == 1 and found[0].tracking_number is None else None


def _reading(package: Package, now: str) -> ParcelReading:
    """By the newest activity whose type is known. What is delivered after it was returned to its shipper is delivered to him."""
    known = list(_known(package))
    if not known:
        return ParcelReading(CarrierState.UNKNOWN, now, word="no_activity")
    state, activity = known[0]
    if state is CarrierState.DELIVERED and any(before is CarrierState.RETURNED for before, _ in known):
        state = CarrierState.RETURNED
    return ParcelReading(state, now, _moment(activity), _word(activity))


def _known(package: Package) -> Iterator[tuple[CarrierState, Activity]]:
    for activity in package.activity:
        state = STATES.get((activity.status.type or "").strip()) if activity.status else None
        if state:
            yield state, activity


def _word(activity: Activity) -> str:
    status = activity.status
    return f"{status.type}/{status.code or ''}"[:40] if status else ""


def _moment(activity: Activity) -> str:
    date, time = activity.gmt_date or "", (activity.gmt_time or "").replace(":", "")
    if not _DATE.fullmatch(date) or not _TIME.fullmatch(time):
        return ""
    clock = time.zfill(6)
    try:
        return normal(f"{date[:4]}-{date[4:6]}-{date[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}+00:00")
    except ValueError:
        return ""


def connect(merchant: str, config: Mapping[str, Any], clock: Clock, tokens: SharedTokens | None = None) -> UpsCarrier:
    """From the merchant's configuration: carriers.ups {endpoint, client_id, client_secret, account, contact, ship_from}."""
    told = connection(merchant, config)
    return UpsCarrier(UpsClient(told, clock, tokens), told.account, clock)
