"""The customer whom a payload of Shopify's is about, by everything that he may be known by elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

from stopship.domain.privacy import Person, by_email, by_phone

CUSTOMER: Final = "shopify-customer"


def people(payload: Mapping[str, Any]) -> list[Person]:
    """Of an order's payload or of one with a ``customer`` in it; what is missing or of another form is left out."""
    told = payload.get("customer")
    customer = told if isinstance(told, Mapping) else {}
    texts = [_text(one.get(name)) for one in (customer, payload) for name in ("email", "contact_email")]
    phones = [_text(one.get("phone")) for one in (customer, payload)]
    number = customer.get("id")
    known = isinstance(number, int) and not isinstance(number, bool) and number > 0
    return [*by_email(*texts), *by_phone(*phones), *([Person(CUSTOMER, str(number))] if known else [])]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
