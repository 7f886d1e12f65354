"""Where an order is to go, as a person says it. Personal data: it lies in the evidence, and the chain knows its hash."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from hashlib import sha256
from typing import Final

from stopship.domain.chain import canonical
from stopship.domain.errors import InvalidInput
from stopship.frozen import frozen

_MOST: Final = 255
"""Characters of one field."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@frozen
class ShippingAddress:
    """``country_code`` is ISO 3166-1 alpha-2, ``province`` the region's code as the order system has it, "" where the country has none."""

    name: str
    address1: str
    city: str
    country_code: str
    address2: str = ""
    zip: str = ""
    province: str = ""

    @property
    def as_bytes(self) -> bytes:
        """The same address is the same bytes."""
        return canonical(asdict(self)).encode()

    @property
    def sha256(self) -> str:
        return sha256(self.as_bytes).hexdigest()


FIELDS: Final = tuple(x.name for x in fields(ShippingAddress))
_NEEDED: Final = ("name", "address1", "city", "country_code")


def address_from(told: Mapping[str, str]) -> ShippingAddress | None:
    """None when nothing is said. Raises InvalidInput naming the field, never its value. Which countries have a postal code is the order
    system's to know."""
    said = {name: " ".join(told.get(name, "").split()) for name in FIELDS}
    if not any(said.values()):
        return None
    said["country_code"] = said["country_code"].upper()
    for name, value in said.items():
        if not value and name in _NEEDED:
            raise InvalidInput(f"address.{name}", "is missing", "give the whole address, or none")
        if len(value) > _MOST:
            raise InvalidInput(f"address.{name}", "is too long", f"at most {_MOST} characters")
    if not _COUNTRY.fullmatch(said["country_code"]):
        raise InvalidInput("address.country_code", "is no country code", "two letters, like DE or US")
    return ShippingAddress(**said)


def address_of(body: bytes) -> ShippingAddress:
    """What ``as_bytes`` gave."""
    return ShippingAddress(**json.loads(body))
