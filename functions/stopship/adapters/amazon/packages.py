"""In what a seller-fulfilled order left, as its seller has told Amazon (Orders API 2026-01-01, includedData PACKAGES)."""

from collections.abc import Mapping
from typing import Any, Final

from stopship.adapters.amazon.client import PARTNER
from stopship.adapters.words import known
from stopship.domain import instant
from stopship.domain.carrier import CarrierState, Parcel, carrier_name
from stopship.domain.errors import PartnerContractBroken

CANCELLED: Final = "CANCELLED"
_STATES: Final = {"DELIVERED": CarrierState.DELIVERED, "IN_TRANSIT": CarrierState.IN_TRANSIT}
"""PackageStatus, where it stands for a scan. SHIPPED is the seller's own confirmation."""
STATUSES: Final = frozenset({"PENDING", "IN_TRANSIT", "SHIPPED", "DELIVERED", CANCELLED, "UNDELIVERABLE"})


def parcels(order: Mapping[str, Any]) -> list[Parcel]:
    """One for each package with a tracking number that was not cancelled. Raises PartnerContractBroken naming what is not as the model says."""
    told = order.get("packages") or []
    if not isinstance(told, list) or not all(isinstance(x, Mapping) for x in told):
        raise _broken("packages")
    return [parcel for x in told if (parcel := _parcel(x))]


def _parcel(package: Mapping[str, Any]) -> Parcel | None:
    number, status = str(package.get("trackingNumber") or "").strip(), _status(package)
    if not number or status == CANCELLED:
        return None
    return Parcel(
        carrier=carrier_name(str(package.get("carrier") or "")),
        number=number,
        lines=_lines(package),
        shipment=str(package.get("packageReferenceId") or ""),
        state=_STATES.get(status, CarrierState.UNKNOWN),
        sent_at=_moment(package.get("shipTime")),
    )


def _status(package: Mapping[str, Any]) -> str:
    """A package without a status says nothing of where it is."""
    told = package.get("packageStatus")
    if told is None:
        return ""
    if not isinstance(told, Mapping):
        raise _broken("packages.packageStatus")
    return known(PARTNER, "packageStatus.status", str(told.get("status") or ""), STATUSES)


def _lines(package: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in package.get("packageItems") or []:
        line, quantity = item.get("orderItemId"), item.get("quantity")
        if not isinstance(line, str) or not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 0:
            raise _broken("packages.packageItems")
        found[line] = found.get(line, 0) + quantity
    return found


def _moment(told: object) -> str:
    try:
        return instant.normal(str(told)) if told else ""
    except ValueError as error:
        raise _broken("packages.shipTime") from error


def _broken(place: str) -> PartnerContractBroken:
    return PartnerContractBroken(PARTNER, f"{place}: not as the contract says", {"field": place})
