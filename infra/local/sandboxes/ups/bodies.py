"""UPS's JSON: tracking, void, eligibility, charges, requests, errors."""

from typing import Any, Final

from infra.local.sandboxes.ups.account import Account, Parcel

WORDS: Final = {
    "M": "Shipper created a label, UPS has not received the package yet.",
    "MV": "Shipment information voided",
    "P": "Pickup Scan",
    "I": "Departed from Facility",
    "X": "A delivery attempt was made.",
    "O": "Out For Delivery",
    "D": "DELIVERED",
    "RS": "Returned to shipper",
}
REASONS: Final = ({"id": "AM", "value": "Order Cancelled"}, {"id": "AN", "value": "Duplicate Order"})
COMMON: Final = {"transactionId": "sandbox", "statusCode": "000", "statusMsg": "Success"}
FAILURE: Final = [{"errorCode": "500", "errorMessage": "System Error"}]


def error_body(code: str, message: str, *, intercept: bool = False) -> dict[str, Any]:
    errors = {"errors": [{"code": code, "message": message[:120]}]}
    return {"response": {"transactionId": "sandbox", "statusCode": "400", **errors} if intercept else errors}


def tracked(parcel: Parcel) -> dict[str, Any]:
    activity = [
        {
            "date": date,
            "time": time.zfill(6),
            "gmtDate": date,
            "gmtTime": time,
            "gmtOffset": "+00:00",
            "location": {"address": {"city": "Louisville", "stateProvince": "KY", "countryCode": "US"}},
            "status": {"type": type_, "code": code, "description": WORDS[type_], "statusCode": "005"},
        }
        for type_, code, date, time in reversed(parcel.activity)
    ]
    package = {
        "trackingNumber": parcel.number,
        "activity": activity,
        "currentStatus": {"code": "005", "description": WORDS[parcel.type]},
        "packageCount": 1,
        "service": {"code": "518", "levelCode": "011", "description": "UPS Ground"},
    }
    return {"trackResponse": {"shipment": [{"inquiryNumber": parcel.number, "package": [package]}]}}


def voided(parcel: Parcel, *, done: bool) -> dict[str, Any]:
    """A void that failed is a success of the transaction all the same."""
    status = {"Code": "1", "Description": "Voided"} if done else {"Code": "0", "Description": "Not Voided"}
    return {
        "VoidShipmentResponse": {
            "Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}},
            "SummaryResult": {"Status": status},
            "PackageLevelResults": [{"TrackingNumber": parcel.number, "Status": status}],
        }
    }


def failed() -> dict[str, Any]:
    return {"response": {**COMMON, "success": False, "errors": FAILURE, "commonEligibilityMap": None}}


def eligible(account: Account, parcel: Parcel, *, may: bool) -> dict[str, Any]:
    right: dict[str, Any] = {
        "createEligibility": "ELIGIBLE" if may and account.may_create(parcel) else "NOT_ELIGIBLE",
        "modifyEligibility": "NOT_ELIGIBLE",
        "cancelEligibility": "ELIGIBLE" if account.may_cancel(parcel) else "NOT_ELIGIBLE",
    }
    other = dict.fromkeys(right, "NOT_ELIGIBLE")
    features = [
        {"interceptFeature": "WC", "eligibilityValue": other},
        {"interceptFeature": "RTS", "eligibilityValue": {**right, "reasonOptionsForRTS": [*REASONS]}},
    ]
    return {"response": {**COMMON, "success": True, "errors": None, "warnings": None, "commonEligibilityMap": features}}


def charged(parcel: Parcel, *, done: bool) -> dict[str, Any]:
    info = {
        "trackingNumber": parcel.number,
        "accessorialCharge": parcel.cost,
        "interceptCharge": parcel.cost,
        "transportationCharge": "0.00",
        "totalCharge": parcel.cost,
        "chargeCurrency": parcel.currency,
        "estDeliveryDate": parcel.activity[0][2],
        "serviceCode": "003",
        "serviceDesc": "UPS Ground",
        "packageWeight": "5",
        "packageWeightUOM": "LBS",
        "packagingType": "02",
        "shipperName": "A merchant",
        "preTaxTotalCharge": parcel.cost,
        "taxDisclaimerIndicator": "NTA",
    }
    more = {"success": done, "errors": None if done else FAILURE}
    return {"response": {**COMMON, **more, "chargeInfo": [info]}}


def taken(*, done: bool) -> dict[str, Any]:
    """Not wrapped, unlike the other answers."""
    return {**COMMON, "success": done, "errors": None if done else FAILURE, "subStatusCode": ""}
