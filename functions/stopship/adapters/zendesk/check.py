"""Whether a help desk is connected: its token, the fields of a cancel ticket, and the trigger that tells us. Reads only.

Sources: Zendesk Support API, "Ticket Fields" (GET /api/v2/ticket_fields), "Ticket Triggers" (GET /api/v2/triggers/active).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from stopship.adapters.checking import found
from stopship.adapters.zendesk.client import ZendeskClient
from stopship.adapters.zendesk.connection import ZendeskConnection
from stopship.domain.finding import Finding, good, unknown, wrong
from stopship.domain.request import Reason

LOGIN: Final = "make an API token for an agent, and put his email and the token into zendesk"
DROP_DOWN: Final = "tagger"
CALLS_WEBHOOK: Final = "notification_webhook"


def check(connection: ZendeskConnection, webhook_url: str) -> list[Finding]:
    client = ZendeskClient(connection)
    fields = found("access token", LOGIN, lambda: client.rows("/api/v2/ticket_fields", "ticket_fields"))
    if isinstance(fields, Finding):
        return [fields]
    trigger = 'make a trigger on cancel tickets that notifies the webhook, with {"ticket_id": "{{ticket.id}}"}'
    triggers = found("trigger", trigger, lambda: client.rows("/api/v2/triggers/active", "triggers"))
    return [
        good("access token", f"{connection.email} is let in"),
        *_fields(connection, {int(row["id"]): row for row in fields if isinstance(row.get("id"), int)}),
        *([triggers] if isinstance(triggers, Finding) else _trigger(triggers, trigger, webhook_url)),
    ]


def _fields(connection: ZendeskConnection, there: Mapping[int, Mapping[str, Any]]) -> Iterator[Finding]:
    wanted = {name: id_ for name, id_ in asdict(connection.fields).items() if id_}
    for name, id_ in wanted.items():
        if not there.get(id_, {}).get("active", id_ in there):
            fix = f"make the field, or correct zendesk.fields.{name}"
            yield wrong(f"field {name}", f"there is no active ticket field {id_}", fix)
        else:
            yield good(f"field {name}", f"is ticket field {id_}")
    if (reason := there.get(connection.fields.reason)) is not None:
        yield _reasons(connection, reason)


def _reasons(connection: ZendeskConnection, field: Mapping[str, Any]) -> Finding:
    if field.get("type") != DROP_DOWN:
        return wrong(
            "reasons", "the reason is no drop-down", "make it a drop-down with the desk's reason codes as its values"
        )
    options = field.get("custom_field_options") or []
    values = {str(option.get("value")) for option in options if isinstance(option, Mapping)}
    strange = sorted(values - {*Reason, *connection.reasons})
    if strange:
        fix = "translate them in zendesk.reasons, or take them from the drop-down"
        return wrong("reasons", f"values that are no reason of the desk's: {', '.join(strange)}", fix)
    return good("reasons", f"all {len(values)} values are reasons of the desk's")


def _trigger(triggers: list[Mapping[str, Any]], fix: str, webhook_url: str) -> list[Finding]:
    """Which address a webhook has is not in the trigger, and this API does not say it."""
    actions = [x for row in triggers for x in row.get("actions") or [] if isinstance(x, Mapping)]
    bodies = [str(x.get("value")) for x in actions if x.get("field") == CALLS_WEBHOOK]
    if not bodies:
        return [wrong("trigger", "no active trigger notifies a webhook", fix)]
    if not any("ticket_id" in body for body in bodies):
        return [wrong("trigger", "no webhook is told the ticket_id", fix)]
    address = unknown("webhook address", "a trigger does not say it", f"see that the webhook posts to {webhook_url}")
    return [good("trigger", "an active trigger tells a webhook the ticket_id"), address]
