"""Whether a shop is connected as the desk needs it. Reads only.

Sources: shopify.dev, Admin GraphQL: ``currentAppInstallation.accessScopes``, ``webhookSubscriptions``, ``locations``,
``publicApiVersions``; "API limits".
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stopship.adapters.checking import found
from stopship.adapters.shopify.client import Data, ShopifyClient, reading
from stopship.adapters.shopify.connection import API_VERSION, ShopifyConnection
from stopship.adapters.shopify.scopes import SCOPES, with_reading
from stopship.adapters.shopify.topics import SUBSCRIBED
from stopship.domain.finding import Finding, good, unknown, wrong

TOPICS: Final = frozenset(name.upper().replace("/", "_") for name in SUBSCRIBED)
"""As GraphQL's WebhookSubscriptionTopic writes them."""
EVENT_SOURCE: Final = "arn:aws:events:"
LEAST_POINTS: Final = 1000.0
"""What one case may ask for at once; every plan's bucket is at least this large."""

SHOP: Final = """
query Connection {
  currentAppInstallation { accessScopes { handle } }
  publicApiVersions { handle supported }
}
"""
PLACES: Final = """
query Places($after: String) {
  locations(first: 100, after: $after, includeInactive: true) {
    nodes { id name isActive }
    pageInfo { hasNextPage endCursor }
  }
}
"""
SUBSCRIPTIONS: Final = """
query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { topic uri format }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def check(connection: ShopifyConnection, webhook_url: str) -> list[Finding]:
    """``webhook_url`` is where the desk takes Shopify's messages."""
    client = ShopifyClient(connection)
    fix = "install the app again and put its token into shopify.access_token"
    shop = found("access token", fix, lambda: client.run_and_budget(SHOP, {}))
    if isinstance(shop, Finding):
        return [shop]
    data, budget = shop
    return [
        good("access token", f"{connection.shop} lets us in"),
        _scopes(data),
        _version(data),
        _budget(budget),
        *_places(client, connection.locations),
        *_subscriptions(client, webhook_url),
    ]


def _scopes(data: Data) -> Finding:
    with reading("accessScopes"):
        given = with_reading(str(scope["handle"]) for scope in data["currentAppInstallation"]["accessScopes"])
    missing = [f"{name} (without it {scope.without})" for name, scope in SCOPES.items() if name not in given]
    if not missing:
        return good("access scopes", f"all {len(SCOPES)} scopes are there")
    fix = "grant them in the app's configuration and update the app; read_all_orders is asked for in the Partner Dashboard"
    return wrong("access scopes", f"missing: {'; '.join(missing)}", fix)


def _version(data: Data) -> Finding:
    with reading("publicApiVersions"):
        supported = {str(x["handle"]) for x in data["publicApiVersions"] if x["supported"]}
    if API_VERSION in supported:
        return good("API version", f"{API_VERSION} is supported")
    return wrong("API version", f"{API_VERSION} is not supported any more", "deploy a newer release of the desk")


def _budget(budget: Mapping[str, float]) -> Finding:
    maximum, left, rate = (budget[name] for name in ("maximumAvailable", "currentlyAvailable", "restoreRate"))
    says = f"{left:.0f} of {maximum:.0f} points are left, {rate:.0f} come back a second"
    if maximum < LEAST_POINTS:
        return wrong("rate limit", says, f"the plan's bucket holds less than {LEAST_POINTS:.0f} points")
    if left < maximum / 4:
        return wrong("rate limit", says, "other apps use up the shop's points: find out which")
    return good("rate limit", says)


def _places(client: ShopifyClient, wanted: Mapping[str, str]) -> list[Finding]:
    nodes = found("locations", "grant read_locations", lambda: _all(client, PLACES, "locations"))
    if isinstance(nodes, Finding):
        return [nodes]
    with reading("locations"):
        active = {str(node["id"]).rpartition("/")[2]: str(node["name"]) for node in nodes if node["isActive"]}
    unreal = sorted(set(wanted) - set(active))
    left_out = sorted(f"{id_} ({name})" for id_, name in active.items() if id_ not in wanted)
    findings = []
    if unreal:
        says = f"configured, and no active location of the shop: {', '.join(unreal)}"
        findings.append(wrong("locations", says, "correct shopify.locations {location id: warehouse}"))
    if left_out:
        says = f"nobody is asked to stop what ships from {', '.join(left_out)}"
        findings.append(unknown("locations", says, "add it to shopify.locations if orders ship from there"))
    return findings or [good("locations", f"all {len(active)} locations have a warehouse")]


def _subscriptions(client: ShopifyClient, webhook_url: str) -> list[Finding]:
    nodes = found("webhooks", "grant the scopes", lambda: _all(client, SUBSCRIPTIONS, "webhookSubscriptions"))
    if isinstance(nodes, Finding):
        return [nodes]
    with reading("webhookSubscriptions"):
        ours = [(str(x["topic"]), str(x["uri"]), str(x["format"])) for x in nodes if x["topic"] in TOPICS]
    # Only what the app subscribed over the API is listed (Admin GraphQL, QueryRoot.webhookSubscriptions).
    fix = f"subscribe it to {webhook_url} as JSON over the API: what the app's configuration file subscribes is not listed"
    findings, over_a_bus = [], []
    for topic in sorted(TOPICS):
        told = [(uri, form) for name, uri, form in ours if name == topic]
        if not told:
            findings.append(wrong(f"webhook {topic}", "is not subscribed by the app over the API", fix))
        elif (webhook_url, "JSON") in told:
            continue
        elif any(uri.startswith(EVENT_SOURCE) for uri, _ in told):
            over_a_bus.append(topic)
        else:
            findings.append(wrong(f"webhook {topic}", f"goes to {_shown(told)}", fix))
    if over_a_bus:
        says = f"go to an event source of EventBridge, and nothing tells here who takes them: {', '.join(over_a_bus)}"
        findings.append(unknown("webhooks", says, "see that its bus is named under partner_buses in cdk.json"))
    return findings or [good("webhooks", f"all {len(TOPICS)} topics go to {webhook_url}")]


def _shown(told: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{uri} as {form}" for uri, form in told)


def _all(client: ShopifyClient, document: str, name: str) -> list[Any]:
    first = client.run(document, {"after": None})
    with reading(name):
        return list(client.pages(first[name], document, {}, name))
