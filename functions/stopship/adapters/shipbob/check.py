"""Whether a ShipBob account is connected: token, the channel's scopes, and the subscription to its webhooks. Reads only.

Source: ShipBob, Developer API (2026-01): GET /channel, GET /webhook.
"""

from collections.abc import Iterator
from typing import Final

from stopship.adapters.checking import found, lacking, same_address
from stopship.adapters.shipbob.client import ShipBobClient, ShipBobConnection
from stopship.adapters.shipbob.models import Channel, Subscription
from stopship.adapters.shipbob.webhooks import DELIVERED, LABELLED
from stopship.domain.finding import Finding, good, wrong

SCOPES: Final = frozenset({"orders_read", "orders_write", "webhooks_read"})
TOKEN: Final = "make a personal access token, and put it into the connection's token"  # noqa: S105 - a sentence


def check(connection: ShipBobConnection, webhook_url: str) -> list[Finding]:
    client = ShipBobClient(connection)
    channels = found("access token", TOKEN, client.channels)
    if isinstance(channels, Finding):
        return [channels]
    fix = "make a token with webhooks_read"
    subscriptions = found("webhook", fix, client.subscriptions)
    return [
        good("access token", "ShipBob lets us in"),
        _channel(connection.channel_id, channels),
        *([subscriptions] if isinstance(subscriptions, Finding) else _webhook(subscriptions, webhook_url)),
    ]


def _channel(wanted: str, channels: list[Channel]) -> Finding:
    ours = next((channel for channel in channels if str(channel.id) == wanted), None)
    if ours is None:
        known = ", ".join(str(channel.id) for channel in channels)
        return wrong("channel", f"the token has no channel {wanted}", f"set channel_id to one of {known or 'none'}")
    fix = "a cancel needs the channel of the token's own application, with orders_write"
    return lacking("channel", set(SCOPES), set(ours.scopes or ()), fix, "scopes")


def _webhook(subscriptions: list[Subscription], webhook_url: str) -> Iterator[Finding]:
    fix = f"subscribe {LABELLED} and {DELIVERED} to {webhook_url}"
    here = [one for one in subscriptions if same_address(one.url or "", webhook_url)]
    if not here:
        yield wrong("webhook", f"nothing is subscribed to {webhook_url}", fix)
        return
    if not any(one.enabled for one in here):
        yield wrong("webhook", "the subscription is switched off", f"switch it on, and {fix}")
        return
    topics = {topic for one in here if one.enabled for topic in one.topics or ()}
    yield lacking("webhook", {LABELLED, DELIVERED}, topics, fix, "topics")
