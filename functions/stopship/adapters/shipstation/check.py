"""Whether a ShipStation account is connected: its key, and the webhook that tells of tracking. Reads only.

Source: ShipStation API V2: GET /shipments, GET /environment/webhooks.
"""

from typing import Final

from stopship.adapters.checking import found, same_address
from stopship.adapters.shipstation.client import ShipStationClient, ShipStationConnection
from stopship.adapters.shipstation.models import Webhook
from stopship.domain.finding import Finding, good, unknown, wrong

KEY: Final = "make an API key, and put it into the connection's api_key"
EVENT: Final = "track"
SANDBOX_KEY: Final = "TEST_"
NOBODYS_ORDER: Final = "stopship-connect-check"


def check(connection: ShipStationConnection, webhook_url: str) -> list[Finding]:
    client = ShipStationClient(connection)
    shipments = found("key", KEY, lambda: client.shipments(NOBODYS_ORDER))
    if isinstance(shipments, Finding):
        return [shipments]
    webhooks = found("webhook", KEY, client.webhooks)
    return [
        good("key", "shipments are found by their order reference"),
        _environment(connection.api_key),
        webhooks if isinstance(webhooks, Finding) else _webhook(webhooks, webhook_url),
    ]


def _environment(key: str) -> Finding:
    """Keys of the sandbox begin with TEST_ (ShipEngine, "Sandbox")."""
    if key.startswith(SANDBOX_KEY):
        return unknown(
            "environment", "the key is the sandbox's: nothing real is stopped", "use a key of the live account"
        )
    return good("environment", "the key is not the sandbox's")


def _webhook(webhooks: list[Webhook], webhook_url: str) -> Finding:
    if any(one.event == EVENT and same_address(one.url or "", webhook_url) for one in webhooks):
        return good("webhook", f"{EVENT} goes to {webhook_url}")
    fix = f"make a webhook for {EVENT} to {webhook_url}"
    elsewhere = sorted({one.url or "" for one in webhooks if one.event == EVENT})
    return wrong("webhook", f"{EVENT} goes to {', '.join(elsewhere) or 'nobody'}", fix)
