"""What an app can ask about its own place in a shop: scopes, subscriptions, locations, versions.

Settings: ``scopes``; ``subscriptions`` [{topic, uri, format?}], else one for each of ``topics`` to the desk; ``inactive_locations`` and
``more_locations`` {id: name} beside ``locations``; ``api_versions`` that are supported.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from infra.local.sandboxes.shopify.events import TOPICS, WEBHOOK_PATH
from infra.local.sandboxes.shopify.shop import Shop
from stopship.adapters.shopify.connection import API_VERSION
from stopship.adapters.shopify.gid import gid
from stopship.adapters.shopify.scopes import SCOPES

PAGE: Final = 3
"""Small, so that whoever reads only the first page is found out."""


def queries(shop: Shop) -> dict[str, Callable[..., Any]]:
    return {
        "currentAppInstallation": lambda _: {"accessScopes": [{"handle": x} for x in _scopes(shop)]},
        "publicApiVersions": lambda _: _versions(shop),
        "locations": lambda _, **a: _page(_locations(shop, inactive=bool(a.get("includeInactive"))), a.get("after")),
        "webhookSubscriptions": lambda _, **a: _page(_subscriptions(shop), a.get("after")),
    }


def _scopes(shop: Shop) -> Sequence[str]:
    told: Sequence[str] = shop.setting("scopes", sorted(SCOPES))
    return told


def _versions(shop: Shop) -> list[dict[str, Any]]:
    return [{"handle": x, "supported": True} for x in shop.setting("api_versions", [API_VERSION, "2026-10"])]


def _locations(shop: Shop, *, inactive: bool) -> list[dict[str, Any]]:
    known: Mapping[str, str] = {**shop.setting("locations", {}), **shop.setting("more_locations", {})}
    shut = shop.setting("inactive_locations", [])
    rows = [
        {"id": gid("Location", id_), "name": name, "isActive": id_ not in shut, "isFulfillmentService": False}
        for id_, name in known.items()
    ]
    return [row for row in rows if inactive or row["isActive"]]


def _subscriptions(shop: Shop) -> list[dict[str, Any]]:
    to_the_desk = shop.base.deliver.desk_url.rstrip("/") + WEBHOOK_PATH
    default = [{"topic": _enum(topic), "uri": to_the_desk} for topic in shop.setting("topics", TOPICS)]
    return [{"format": "JSON", **row} for row in shop.setting("subscriptions", default)]


def _enum(topic: str) -> str:
    return topic.upper().replace("/", "_")


def _page(rows: Sequence[Mapping[str, Any]], after: str | None) -> dict[str, Any]:
    start = int(after or 0)
    more = start + PAGE < len(rows)
    return {
        "nodes": rows[start : start + PAGE],
        "pageInfo": {"hasNextPage": more, "endCursor": str(start + PAGE) if more else None},
    }
