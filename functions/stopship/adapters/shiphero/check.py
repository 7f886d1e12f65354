"""Whether a ShipHero account is connected: the refresh token, and the webhooks that lead to the desk. Reads only.

Source: developer.shiphero.com, "Webhooks" and the public API's schema (``webhooks``).
"""

from collections.abc import Mapping
from typing import Any, Final

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.checking import found, same_address
from stopship.adapters.shiphero.client import ShipHeroClient
from stopship.adapters.shiphero.connection import ShipHeroConnection
from stopship.adapters.shiphero.mapping import at, nodes
from stopship.application.ports import Clock
from stopship.domain.finding import Finding, good, wrong

WEBHOOKS: Final = """
query Webhooks {
  webhooks {
    data(first: 100) {
      pageInfo { hasNextPage }
      edges { node { name url } }
    }
  }
}
"""
NEEDED: Final = ("Order Canceled", "Order Packed Out", "Shipment Update", "Tote Complete")
CREDENTIALS: Final = "make a refresh token for a user of the account, and put it into the connection's refresh_token"


def check(connection: ShipHeroConnection, clock: Clock, tokens: SharedTokens, webhook_url: str) -> list[Finding]:
    client = ShipHeroClient(connection, clock, tokens)
    there = found("access token", CREDENTIALS, lambda: _webhooks(client))
    if isinstance(there, Finding):
        return [there]
    return [good("access token", "ShipHero lets us in"), *(_webhook(name, there, webhook_url) for name in NEEDED)]


def _webhooks(client: ShipHeroClient) -> list[Mapping[str, Any]]:
    return list(nodes(at(at(client.run(WEBHOOKS, {}), "webhooks", dict), "data", dict), "webhooks"))


def _webhook(name: str, there: list[Mapping[str, Any]], webhook_url: str) -> Finding:
    urls = [str(one.get("url") or "") for one in there if one.get("name") == name]
    if any(same_address(url, webhook_url) for url in urls):
        return good(f"webhook {name}", "goes to the desk")
    says = f"goes to {', '.join(urls)}" if urls else "is not subscribed"
    return wrong(f"webhook {name}", says, f"webhook_create {name} to {webhook_url}")
