"""Whether an account is connected: the key and its mode, what it may read, and the endpoint that Stripe's events go to. Reads only.

Sources: Stripe API reference, "API keys" (prefixes), "Webhook endpoints" (GET /v1/webhook_endpoints).
"""

from collections.abc import Iterator
from typing import Any, Final

from stopship.adapters.checking import found, lacking, same_address
from stopship.adapters.stripe.client import StripeClient
from stopship.adapters.stripe.connection import StripeConnection
from stopship.adapters.stripe.webhooks import REFUND_EVENTS
from stopship.domain.finding import Finding, good, unknown, wrong

KEY: Final = "make a restricted key, and put it into stripe.secret_key"
ALL_EVENTS: Final = "*"


def check(connection: StripeConnection, webhook_url: str) -> list[Finding]:
    client = StripeClient(connection)
    query = {"query": f"metadata['{connection.order_field}']:'stopship-connect-check'", "limit": "1"}
    payments = found("key", KEY, lambda: client.get("/v1/payment_intents/search", query))
    if isinstance(payments, Finding):
        return [payments]
    fix = "give the key read access to webhook endpoints, or compare them in the dashboard"
    endpoints = found("webhook", fix, lambda: client.pages("/v1/webhook_endpoints", {"limit": "100"}))
    return [
        good("key", "payments are found by their order reference"),
        *_kind(connection.secret_key),
        *([endpoints] if isinstance(endpoints, Finding) else _endpoint(endpoints, webhook_url)),
        unknown(
            "writing", "no reading tells whether the key may refund", "see that it may write refunds and PaymentIntents"
        ),
    ]


def _kind(key: str) -> Iterator[Finding]:
    kind, _, rest = key.partition("_")
    mode = rest.partition("_")[0]
    if mode == "live":
        yield good("mode", "live: real money moves")
    else:
        says = "test: no real money moves" if mode == "test" else "the key does not say"
        yield unknown("mode", says, "use a live key where orders are real")
    if kind != "rk":
        yield unknown("kind of key", "it is no restricted key, and may do more than the desk needs", KEY)


def _endpoint(endpoints: list[dict[str, Any]], webhook_url: str) -> Iterator[Finding]:
    fix = f"send {', '.join(sorted(REFUND_EVENTS))} to {webhook_url}"
    here = [x for x in endpoints if same_address(str(x.get("url")), webhook_url)]
    if not here:
        yield wrong("webhook", f"no endpoint of the account is {webhook_url}", fix)
        return
    enabled = [x for x in here if x.get("status") == "enabled"]
    if not enabled:
        yield wrong("webhook", "the endpoint is disabled", f"enable it, and {fix}")
        return
    events = {str(event) for x in enabled for event in x.get("enabled_events") or []}
    given = set(REFUND_EVENTS) if ALL_EVENTS in events else events
    yield lacking("webhook", set(REFUND_EVENTS), given, fix, "events")
