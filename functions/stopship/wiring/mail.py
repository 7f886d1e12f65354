"""A merchant's mail: how its orders are called, and where they are looked up."""

from collections.abc import Sequence

from stopship.adapters.mail import letters
from stopship.application.take_in import IntakeMessage
from stopship.domain.letter import Letter, OrderName
from stopship.wiring import connected_partners, merchants
from stopship.wiring.partners import shopify_order_system

CHANNELS = ("amazon", "shopify")


def read_letter(message: IntakeMessage, body: bytes) -> Letter:
    connected = merchants().connections(message.merchant)
    return letters.read(body, letters.rules(connected, [x for x in CHANNELS if x in connected]))


def find_orders(merchant: str, name: OrderName) -> Sequence[str]:
    """Amazon's orders are called what they are; the store's are looked up by their name."""
    if name.channel == "shopify":
        config = merchants().connections(merchant)["shopify"]
        system = connected_partners().behind_gate(merchant, name.channel, shopify_order_system(merchant, config))
        return system.orders_named(name.name)
    return (name.name,)
