"""Whether a seller is connected as the desk needs it: credentials, roles, and the way of ORDER_CHANGE to the bus. Reads only.

Sources: SP-API models notifications (getSubscription; getDestination, which is grantless), feeds 2021-06-30 (getFeeds), orders
2026-01-01 (getOrder); Selling Partner API guides, "Grantless operations".
"""

from typing import Any, Final

import httpx

from stopship.adapters import http
from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.amazon.client import PARTNER, AmazonClient, error_code
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.amazon.feeds import ACKNOWLEDGEMENT
from stopship.adapters.checking import found
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.finding import Finding, good, wrong

NOTIFICATION: Final = "ORDER_CHANGE"
GRANTLESS_SCOPE: Final = "sellingpartnerapi::notifications"
NOBODYS_ORDER: Final = "000-0000000-0000000"
CREDENTIALS: Final = "let the seller authorise the app again, and put client id, secret and refresh token into amazon"
SUBSCRIBE: Final = "createDestination for EventBridge, then createSubscription of ORDER_CHANGE to it"


def check(connection: AmazonConnection, clock: Clock, tokens: SharedTokens) -> list[Finding]:
    client = AmazonClient(connection, clock, tokens)
    token = found("access token", CREDENTIALS, client.token)
    if isinstance(token, Finding):
        return [token]
    return [
        good("access token", "Login with Amazon gives one"),
        _role(client, "orders", "getOrder", f"/orders/2026-01-01/orders/{NOBODYS_ORDER}", {}),
        _role(client, "feeds", "getFeeds", "/feeds/2021-06-30/feeds", {"feedTypes": ACKNOWLEDGEMENT, "pageSize": "1"}),
        *_notifications(client, connection),
        _warehouse(connection),
    ]


def _role(client: AmazonClient, role: str, operation: str, path: str, params: dict[str, str]) -> Finding:
    """An order that nobody has is as good an answer as any."""
    fix = f"give the app the role that {operation} asks for, and let the seller authorise it again"
    answer = found(f"role for {role}", fix, lambda: client.call(operation, "GET", path, params=params))
    return answer if isinstance(answer, Finding) else good(f"role for {role}", f"{operation} is allowed")


def _notifications(client: AmazonClient, connection: AmazonConnection) -> list[Finding]:
    path = f"/notifications/v1/subscriptions/{NOTIFICATION}"
    answer = found("subscription", SUBSCRIBE, lambda: client.call("getSubscription", "GET", path))
    if isinstance(answer, Finding):
        return [answer]
    if answer.status_code == httpx.codes.NOT_FOUND:
        return [wrong("subscription", f"{NOTIFICATION} is not subscribed", SUBSCRIBE)]
    destination = found("subscription", SUBSCRIBE, lambda: _text(answer, "destinationId"))
    if isinstance(destination, Finding):
        return [destination]
    return [good("subscription", f"{NOTIFICATION} is subscribed"), _destination(connection, destination)]


def _destination(connection: AmazonConnection, destination: str) -> Finding:
    told = found("destination", SUBSCRIBE, lambda: _read_destination(connection, destination))
    if isinstance(told, Finding):
        return told
    bus = told.get("resource", {}).get("eventBridge")
    if not isinstance(bus, dict):
        return wrong("destination", "notifications go elsewhere than to EventBridge", SUBSCRIBE)
    says = f"event source {bus.get('name')} of account {bus.get('accountId')} in {bus.get('region')}"
    return good("destination", f"{says}: it must stand in partner_buses of cdk.json")


def _read_destination(connection: AmazonConnection, destination: str) -> dict[str, Any]:
    """Destinations belong to the app, not to a seller: they are read with the app's own token."""
    form = {
        "grant_type": "client_credentials",
        "scope": GRANTLESS_SCOPE,
        "client_id": connection.client_id,
        "client_secret": connection.client_secret,
    }
    host = (connection.auth_endpoint or connection.endpoint).rstrip("/")
    granted = http.call(PARTNER, "POST", f"{host}/auth/o2/token", form=form)
    if granted.is_client_error:
        raise http.refuse(PARTNER, granted, "not_authorised", "no token for notifications: check the app's scope")
    headers = {
        "x-amz-access-token": str(http.json_object(PARTNER, granted).get("access_token")),
        "Accept": "application/json",
    }
    url = f"{connection.endpoint.rstrip('/')}/notifications/v1/destinations/{destination}"
    answer = http.call(PARTNER, "GET", url, headers=headers)
    if answer.is_client_error:
        raise http.refuse(PARTNER, answer, error_code(answer), "the destination cannot be read")
    return _payload(answer)


def _warehouse(connection: AmazonConnection) -> Finding:
    if connection.warehouse or connection.in_house:
        return good("warehouse", f"orders ship from {connection.warehouse or 'the seller himself'}")
    fix = "name amazon.warehouse, or say amazon.in_house"
    return wrong("warehouse", "nobody is named who ships these orders", fix)


def _payload(answer: httpx.Response) -> dict[str, Any]:
    payload = http.json_object(PARTNER, answer).get("payload")
    if not isinstance(payload, dict):
        raise PartnerContractBroken(PARTNER, "payload: is not an object", {"field": "payload"})
    return payload


def _text(answer: httpx.Response, name: str) -> str:
    value = _payload(answer).get(name)
    if not isinstance(value, str) or not value:
        raise PartnerContractBroken(PARTNER, f"payload.{name}: is not a text", {"field": name})
    return value
