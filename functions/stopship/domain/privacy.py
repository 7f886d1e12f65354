"""What privacy law asks of the desk: to say what is held of somebody, and to erase it."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Duty(StrEnum):
    NAME = "name"
    """Say what is held of a customer."""
    ERASE_CUSTOMER = "erase_customer"
    ERASE_SHOP = "erase_shop"


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """``customer`` is the channel's own id, "" for a whole shop. ``evidence_key`` is where the request itself lies, which says who it is about."""

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

    @property
    def subjects(self) -> list[str]:
        """Under what the evidence of it is listed."""
        orders = [of_order(self.channel, order_ref) for order_ref in self.order_refs]
        return [*orders, *([of_customer(self.channel, self.customer)] if self.customer else [])]


def of_order(channel: str, order_ref: str) -> str:
    return f"order:{channel}:{order_ref}"


def of_customer(channel: str, customer: str) -> str:
    """By a hash: the list of the evidence is no place for a person's own number."""
    return f"customer:{channel}:{sha256(f'{channel}:{customer}'.encode()).hexdigest()}"
