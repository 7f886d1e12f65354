"""What connecting a merchant takes, partner by partner, as the table that README shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from stopship.contract import route_parameter_name

_COLUMNS = ("partner", "place in the secret", "holds", "route parameter", "its messages come to", "topics")
WHOSE = "merchant=<merchant>"
WHICH = f"{WHOSE}&warehouse=<name>"


@dataclass(frozen=True, slots=True)
class Connection:
    """``needs`` and ``may`` are fields of the partner's part of the merchant's secret. ``route`` is what the route parameter is named after, ``doors``
    the paths that its messages come to, with what says whose they are where they do not say it themselves."""

    partner: str
    place: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    route: str = ""
    doors: tuple[str, ...] = ()
    topics: str = ""


def connections() -> Iterator[Connection]:
    """Partners are imported only here: each command would wait for them."""
    from stopship.adapters.generic_3pl.contract import Event
    from stopship.adapters.shipbob.webhooks import DELIVERED, LABELLED
    from stopship.adapters.shiphero.check import NEEDED
    from stopship.adapters.shipstation.check import EVENT
    from stopship.adapters.stripe.webhooks import REFUND_EVENTS

    yield Connection(
        "shopify",
        "shopify",
        ("shop", "endpoint", "access_token", "webhook_secrets"),
        ("flow_keys", "locations", "reporting_services", "order_name", "payments"),
        "shopify/<shop domain>",
        ("/webhooks/shopify", "/webhooks/shopify-flow"),
        "those of 3.",
    )
    yield Connection(
        "amazon",
        "amazon",
        (
            "endpoint",
            "seller_id",
            "marketplace_ids",
            "client_id",
            "client_secret",
            "refresh_token",
            "warehouse",
        ),
        ("auth_endpoint", "in_house"),
        "amazon/<seller id>",
        (),
        "those of 4., by bus and queue",
    )
    yield Connection("netsuite", "netsuite", ("endpoint", "client_id", "certificate_id", "signing_key"))
    yield Connection(
        "stripe",
        "stripe",
        ("endpoint", "secret_key", "webhook_secrets"),
        ("order_field", "api_version"),
        "",
        (f"/webhooks/stripe?{WHOSE}",),
        _list(sorted(REFUND_EVENTS)),
    )
    yield Connection(
        "zendesk",
        "zendesk",
        ("endpoint", "email", "api_token", "webhook_secrets", "fields"),
        ("reasons", "form_id"),
        "zendesk/<account id>",
        ("/webhooks/zendesk",),
        'a trigger on cancel tickets, with `{"ticket_id": "{{ticket.id}}"}`',
    )
    yield Connection(
        "another help desk", "help_desks.&lt;name>", ("secrets",), (), "", ("/webhooks/ticket",), "its cancel tickets"
    )
    warehouse = "warehouses.&lt;name>"
    yield Connection(
        "generic_3pl",
        warehouse,
        ("endpoint", "secrets"),
        ("takes_holds",),
        "",
        ("/webhooks/generic-3pl",),
        _list(get_args(Event.model_fields["event"].annotation)),
    )
    yield Connection(
        "shiphero",
        warehouse,
        ("endpoint", "refresh_token", "webhook_secrets"),
        ("takes_holds", "open_statuses"),
        "",
        (f"/webhooks/shiphero?{WHICH}",),
        _list(NEEDED),
    )
    yield Connection(
        "shipbob",
        warehouse,
        ("endpoint", "token", "channel_id", "webhook_secrets", "takes_holds"),
        (),
        "",
        (f"/webhooks/shipbob?{WHICH}",),
        _list((LABELLED, DELIVERED)),
    )
    yield Connection(
        "shipstation",
        warehouse,
        ("endpoint", "api_key", "webhook_keys", "takes_holds"),
        (),
        "",
        (f"/webhooks/shipstation?{WHICH}",),
        _list((EVENT,)),
    )
    yield Connection("email_vendor", warehouse, ("address",), ("language",))
    yield Connection(
        "ups", "carriers.ups", ("endpoint", "client_id", "client_secret", "account", "contact", "ship_from")
    )


def table() -> str:
    """Markdown. What may be missing has a question mark."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(_cells(row) for row in connections())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(row: Connection) -> tuple[str, ...]:
    fields = ", ".join([*(f"`{x}`" for x in row.needs), *(f"`{x}`?" for x in row.may)])
    route = f"`{route_parameter_name('<stage>', *row.route.split('/', 1))}`" if row.route else "none"
    doors = ", ".join(f"`{x}`" for x in row.doors) or "none"
    return row.partner, row.place, fields, route, doors, row.topics or "none"


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{x}`" for x in names)
