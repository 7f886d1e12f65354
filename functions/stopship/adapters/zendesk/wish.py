"""From a ticket to the wish that its structured fields hold. Subject, description and comments are never read."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from stopship.adapters.zendesk.client import PARTNER
from stopship.adapters.zendesk.connection import ZendeskConnection
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.errors import InvalidInput, PartnerContractBroken, UnclearTicket
from stopship.domain.request import CancelRequest, Reason, Requester

MAX_QUANTITY: Final = 100_000
MAY_ASK: Final = (Requester.CUSTOMER, Requester.OPS)
"""Whom a ticket can speak for: nobody writes one in the name of an automatic rule."""

type ChannelOf = Callable[[str], str]
"""The channel of an order id, by its form."""


def read_wish(
    message: IntakeMessage,
    ticket: Mapping[str, Any],
    connection: ZendeskConnection,
    channels: Collection[str],
    channel_of: ChannelOf,
) -> CancelRequest | None:
    """None for a ticket of another form. Raises UnclearTicket for fields that make no wish, without repeating what stands in them.

    The wish is named after what the fields say: a ticket that is saved again unchanged, by anybody, is the same wish.
    """
    if connection.form_id and ticket.get("ticket_form_id") != connection.form_id:
        return None
    told, ticket_ref = _told(ticket, connection), str(ticket["id"])
    wish_id = f"{ticket_ref}-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}"
    try:
        order_ref = _order(told["order"])
        return CancelRequest(
            merchant=message.merchant,
            channel=_channel(told["channel"] or channel_of(order_ref), channels),
            order_ref=order_ref,
            reason=_reason(connection.reasons.get(told["reason"], told["reason"])),
            requester=_requester(told["requester"] or Requester.CUSTOMER),
            source=PARTNER,
            delivery_id=wish_id,
            requested_at=min(_created(ticket), message.received_at),
            received_at=message.received_at,
            lines=_lines(told["lines"]),
            ticket_ref=ticket_ref,
            ticket_link=f"{connection.endpoint.rstrip('/')}/agent/tickets/{ticket_ref}",
            raw_sha256=message.raw_sha256,
        )
    except InvalidInput as error:
        raise UnclearTicket(error.field, error.problem, error.fix, ticket_ref=ticket_ref, wish_id=wish_id) from error


def _told(ticket: Mapping[str, Any], connection: ZendeskConnection) -> dict[str, str]:
    """The text of our fields by their purpose, "" for one that is empty or not there."""
    rows = ticket.get("custom_fields")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "id" in row for row in rows):
        raise PartnerContractBroken(PARTNER, "ticket.custom_fields is no list of fields")
    values = {row["id"]: row.get("value") for row in rows}
    ids = connection.fields
    purposes = {
        "order": ids.order,
        "reason": ids.reason,
        "lines": ids.lines,
        "channel": ids.channel,
        "requester": ids.requester,
    }
    return {purpose: _text(purpose, values.get(id_)) for purpose, id_ in purposes.items()}


def _text(purpose: str, value: object) -> str:
    """An empty field is null (Zendesk, "Ticket fields"). A field of another type than text or drop-down was connected by mistake."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PartnerContractBroken(PARTNER, f"ticket.custom_fields: the {purpose} field holds no text")
    return value.strip()


def _order(text: str) -> str:
    if not text:
        raise InvalidInput("order", "is empty", "fill in the order's id")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,200}", text):
        raise InvalidInput(
            "order", "is no order id", "the id in the order system, of letters, digits, '.', '_' and '-'"
        )
    return text


def _channel(text: str, channels: Collection[str]) -> str:
    if text not in channels:
        raise InvalidInput("channel", "is not connected", f"one of {', '.join(sorted(channels))}")
    return text


def _reason(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError as error:
        problem = "is not a known reason" if text else "is empty"
        raise InvalidInput("reason", problem, f"one of {', '.join(Reason)}") from error


def _requester(text: str) -> Requester:
    if text not in MAY_ASK:
        raise InvalidInput("requester", "cannot ask by ticket", f"one of {', '.join(MAY_ASK)}")
    return Requester(text)


def _lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    for part in filter(None, (x.strip() for x in re.split(r"[,\n]", text))):
        found = re.fullmatch(r"([A-Za-z0-9_.-]{1,200}) ?: ?([0-9]{1,6})", part, re.ASCII)
        if not found or not 0 < int(found[2]) <= MAX_QUANTITY:
            raise InvalidInput("lines", "cannot be read", "<line id>:<quantity>, ... or nothing for the whole order")
        if found[1] in lines:
            raise InvalidInput("lines", "names a line twice", "each line once, with its whole quantity")
        lines[found[1]] = int(found[2])
    return lines


def _created(ticket: Mapping[str, Any]) -> str:
    try:
        return instant.normal(str(ticket.get("created_at")))
    except ValueError as error:
        raise PartnerContractBroken(PARTNER, "ticket.created_at is no moment") from error
