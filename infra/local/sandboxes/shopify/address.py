"""orderUpdate, as far as it says where an order goes: the whole address is overwritten, and one that cannot be an address is refused."""

from collections.abc import Mapping
from typing import Any

from infra.local.sandboxes.shopify import events
from infra.local.sandboxes.shopify.reading import order as shown
from infra.local.sandboxes.shopify.shop import Shop, user_error

WITHOUT_ZIP = frozenset({"AE", "HK", "IE", "QA"})
"""Countries that know no postal code, or can do without; not all of them."""
_NEEDED = ("address1", "city", "countryCode")


def update(shop: Shop, asked: Mapping[str, Any]) -> dict[str, Any]:
    order = shop.order(asked["id"])
    if order is None:
        return {"order": None, "userErrors": [user_error("Order does not exist", "id")]}
    address = asked.get("shippingAddress")
    problems = _problems(address or {}) if address is not None else []
    refusal = shop.refusal()
    if refusal or problems:
        return {"order": None, "userErrors": [refusal] if refusal else problems}
    if address is not None and not shop.falls_into("false_ok"):
        order.address = {name: value for name, value in address.items() if value}
        shop.write("address", order.order_ref)
        events.order_updated(shop, order)
    return {"order": shown(order), "userErrors": []}


def _problems(address: Mapping[str, Any]) -> list[dict[str, Any]]:
    missing = [name for name in _NEEDED if not address.get(name)]
    if not address.get("zip") and address.get("countryCode") not in WITHOUT_ZIP:
        missing.append("zip")
    return [user_error(f"{name} can't be blank", "shippingAddress", name) for name in missing]
