"""What privacy law asks of the desk: to say what is held of somebody, and to erase it."""

import re
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256

from stopship.domain.chain import canonical
from stopship.frozen import frozen

type Mac = Callable[[bytes], bytes]
"""A keyed hash whose key nobody has who reads the ledger."""

EMAIL, PHONE = "email", "phone"


class Duty(StrEnum):
    NAME = "name"
    """Say what is held of a customer."""
    ERASE_CUSTOMER = "erase_customer"
    ERASE_SHOP = "erase_shop"


@frozen
class Person:
    """Somebody by one thing that he is known by. ``value`` is in the form in which two spellings of the same are one."""

    kind: str
    value: str


def by_email(*addresses: str) -> list[Person]:
    """Case is overlooked; what is no address is left out."""
    found = (address.strip().casefold() for address in addresses)
    return [Person(EMAIL, x) for x in dict.fromkeys(found) if "@" in x]


def by_phone(*numbers: str) -> list[Person]:
    """By the digits; what has too few of them is left out."""
    found = (re.sub("[^0-9]", "", number) for number in numbers)
    return [Person(PHONE, x) for x in dict.fromkeys(found) if len(x) >= _LEAST_DIGITS]


_LEAST_DIGITS = 7


def of_person(merchant: str, person: Person, mac: Mac) -> str:
    """Under what the evidence of somebody is listed who is known by no order: an address could be guessed from a plain hash."""
    told = canonical(["privacy", merchant, person.kind, person.value]).encode()
    return f"person:{person.kind}:{mac(sha256(told).digest()).hex()}"


@frozen
class PrivacyRequest:
    """``customer`` is the channel's own id, "" for a whole shop; ``people`` are the customer's further subjects, made by ``of_person``.
    ``evidence_key`` is where the request itself lies, which says who it is about."""

    merchant: str
    channel: str
    source: str
    topic: str
    delivery_id: str
    duty: Duty
    customer: str
    order_refs: tuple[str, ...]
    evidence_key: str
    raw_sha256: str
    received_at: str
    people: tuple[str, ...] = ()

    @property
    def subjects(self) -> list[str]:
        """Under what the evidence of it is listed."""
        orders = [of_order(self.channel, order_ref) for order_ref in self.order_refs]
        customer = [of_customer(self.channel, self.customer)] if self.customer else []
        return [*orders, *customer, *self.people]


def of_order(channel: str, order_ref: str) -> str:
    return f"order:{channel}:{order_ref}"


def of_customer(channel: str, customer: str) -> str:
    """By a hash: the list of the evidence is no place for a person's own number."""
    return f"customer:{channel}:{sha256(f'{channel}:{customer}'.encode()).hexdigest()}"
