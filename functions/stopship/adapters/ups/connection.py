"""What a merchant's UPS account is known by."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from stopship.domain.errors import NotFound
from stopship.frozen import frozen

PARTNER: Final = "ups"
_ADDRESS: Final = ("addressLine1", "city", "state", "postalCode", "countryCode", "firstName", "phoneNumber")


@frozen
class UpsConnection:
    """``endpoint`` is the host alone (https://onlinetools.ups.com). ``account`` is the six-character shipper number. ``contact`` {name,
    telephone} is whom UPS may call about an intercept, ``ship_from`` the merchant's own address, to which a parcel comes back; both in
    UPS's forms."""

    merchant: str
    endpoint: str
    client_id: str
    client_secret: str = field(repr=False)
    account: str
    contact: Mapping[str, str]
    ship_from: Mapping[str, str]


def connection(merchant: str, config: Mapping[str, Any]) -> UpsConnection:
    """Raises NotFound where a field is missing that every intercept needs."""
    fields = ("endpoint", "client_id", "client_secret", "account", "contact", "ship_from")
    missing = [name for name in fields if not config.get(name)]
    if not missing:
        missing = [f"contact.{x}" for x in ("name", "telephone") if not config["contact"].get(x)]
        missing += [f"ship_from.{x}" for x in _ADDRESS if not config["ship_from"].get(x)]
    if missing:
        raise NotFound(f"carriers.ups.{missing[0]} of merchant {merchant}")
    return UpsConnection(merchant, **{name: config[name] for name in fields})
