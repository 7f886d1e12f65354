"""Writing where an order goes: read, written once, read back.

``orderUpdate`` overwrites the whole address (OrderInput.shippingAddress), so that company and telephone, which nobody was asked about, go
along. It takes no idempotency key: an address that is there already is the success it is.
"""

from collections.abc import Mapping
from typing import Any

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import PARTNER, Data, ShopifyClient, reading
from stopship.adapters.shopify.gid import gid
from stopship.domain.address import ShippingAddress
from stopship.domain.errors import PartnerContractBroken, PartnerRefused

_KEPT = ("company", "phone")


def change_address(client: ShopifyClient, order_ref: str, address: ShippingAddress) -> None:
    """Raises PartnerRefused "unknown_order", "ADDRESS_REFUSED" with the fields, or "ADDRESS_NOT_TAKEN" when the shop goes on having another one."""
    before = _read(client, order_ref)
    if _is(before, address):
        return
    kept = {name: before[name] for name in _KEPT if before.get(name)}
    wanted = {"id": gid("Order", order_ref), "shippingAddress": {**_input(address), **kept}}
    answer = _told(client, wanted)
    with reading("a change of address"):
        fields = [".".join(e["field"] or ()) for e in answer["orderUpdate"]["userErrors"]]
    if fields:
        # The shop's own words may repeat what was typed.
        raise PartnerRefused(PARTNER, "ADDRESS_REFUSED", f"the shop does not take {', '.join(filter(None, fields))}")
    if not _is(_read(client, order_ref), address):
        raise PartnerRefused(PARTNER, "ADDRESS_NOT_TAKEN", "the shop said yes, and has another address")


def _told(client: ShopifyClient, wanted: Mapping[str, Any]) -> Data:
    """GraphQL's errors about variables repeat them, so that nothing of such an error is passed on. Only the country code is bound by the
    schema (CountryCode); whoever tries again finds what is there."""
    try:
        return client.run(documents.CHANGE_ADDRESS, {"input": wanted})
    except PartnerContractBroken:
        text = "the shop cannot read the address: it may not know the country"
        raise PartnerRefused(PARTNER, "ADDRESS_REFUSED", text) from None


def _read(client: ShopifyClient, order_ref: str) -> Data:
    with reading("an address"):
        order = client.run(documents.ADDRESS, {"id": gid("Order", order_ref)})["order"]
        if order is None:
            raise PartnerRefused(PARTNER, "unknown_order", "the shop does not know the order")
        return order["shippingAddress"] or {}


def _input(address: ShippingAddress) -> dict[str, str]:
    """Shopify has first and last names; it shows them as one again."""
    first, _, last = address.name.rpartition(" ")
    told = {
        "firstName": first,
        "lastName": last,
        "address1": address.address1,
        "address2": address.address2,
        "zip": address.zip,
        "city": address.city,
        "provinceCode": address.province,
        "countryCode": address.country_code,
    }
    return {name: value for name, value in told.items() if value}


def _is(there: Mapping[str, Any], address: ShippingAddress) -> bool:
    """Blanks and capitals are the shop's to choose, and so is the province where only one side knows of any."""
    told = {
        "name": (" ".join(x for x in (there.get("firstName"), there.get("lastName")) if x), address.name),
        "address1": (there.get("address1"), address.address1),
        "address2": (there.get("address2"), address.address2),
        "zip": (there.get("zip"), address.zip),
        "city": (there.get("city"), address.city),
        "country": (there.get("countryCodeV2"), address.country_code),
    }
    if there.get("provinceCode") and address.province:
        told["province"] = (there["provinceCode"], address.province)
    return all(_plain(theirs) == _plain(ours) for theirs, ours in told.values())


def _plain(text: str | None) -> str:
    return "".join((text or "").split()).casefold()
