"""Orders by the number that people know, over all channels of a merchant."""

from collections.abc import Sequence

from stopship.adapters.merchants import Merchants
from stopship.domain.order import OrderSnapshot


def find_in_store(merchants: Merchants, merchant: str, public_number: str) -> Sequence[str]:
    """References in the merchant's store; none where no store is connected. People leave the ``#`` out, or put it in."""
    from stopship.wiring import connected_partners
    from stopship.wiring.partners import shopify_order_system

    config = merchants.connections(merchant).get("shopify")
    if not config:
        return []
    store = connected_partners().behind_gate(merchant, "shopify", shopify_order_system(merchant, config))
    plain = public_number.strip().removeprefix("#")
    found = (*store.orders_named(f"#{plain}"), *store.orders_named(plain))
    return list(dict.fromkeys(found)) if plain else []


def read_order(merchant: str, channel: str, order_ref: str) -> OrderSnapshot | None:
    """Raises NotFound for a channel that the merchant has not connected."""
    from stopship.wiring import connected_partners

    return connected_partners().order_system(merchant, channel).read_order(order_ref)


def contact_of(merchant: str, channel: str, order_ref: str) -> str:
    """The order's e-mail address, "" when its order system gives none."""
    from stopship.wiring import connected_partners

    return connected_partners().order_system(merchant, channel).contact(order_ref)
