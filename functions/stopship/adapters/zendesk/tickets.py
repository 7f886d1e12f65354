"""Answering on the ticket. Whatever is on it already under the message's key is not said again."""

import hashlib
from collections.abc import Mapping
from typing import Any

from stopship.adapters.zendesk.client import PARTNER, ZendeskClient
from stopship.adapters.zendesk.connection import ZendeskConnection
from stopship.application.ports import TicketMessage
from stopship.domain.errors import PartnerContractBroken, PartnerRefused


class ZendeskTickets:
    """Implements ports.Tickets. Zendesk has no idempotency key for comments: each ends with a reference that a repeat looks for."""

    def __init__(self, connection: ZendeskConnection) -> None:
        self._client = ZendeskClient(connection)

    def tell(self, ticket_ref: str, message: TicketMessage) -> None:
        """The note first, then the reply, the tag last: whoever sees the tag finds both. Raises PartnerRefused "no_such_ticket" for a
        reference that Zendesk does not know, PartnerContractBroken when what was taken is not on the ticket afterwards."""
        if not (ticket_ref.isascii() and ticket_ref.isdigit() and len(ticket_ref) <= 18):
            raise PartnerRefused(PARTNER, "no_such_ticket", "the reference is no ticket of Zendesk's")
        wanted = {public: text for public, text in ((False, message.note), (True, message.reply)) if text}
        reference = reference_of(message.key)
        missing = wanted.keys() - self._said(ticket_ref, reference)
        for public in sorted(missing):
            self._client.comment(ticket_ref, f"{wanted[public].rstrip()}\n\n{reference}", public=public)
        if message.tag and message.tag not in self._client.add_tag(ticket_ref, message.tag):
            raise PartnerContractBroken(PARTNER, "tags lacks the tag that was added")
        if missing and missing - self._said(ticket_ref, reference):
            raise PartnerContractBroken(PARTNER, "comments lacks the comment that was taken")

    def _said(self, ticket_ref: str, reference: str) -> set[bool]:
        """Whether ours is there as an internal note (False), as a public reply (True)."""
        return {_is_public(c) for c in self._client.comments(ticket_ref) if _ends_with(c, reference)}


def reference_of(key: str) -> str:
    """Short enough for a customer's eyes, and the same for the same key."""
    return f"Reference: {hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _ends_with(comment: Mapping[str, Any], reference: str) -> bool:
    return str(comment.get("body", "")).rstrip().endswith(reference)


def _is_public(comment: Mapping[str, Any]) -> bool:
    public = comment.get("public")
    if not isinstance(public, bool):
        raise PartnerContractBroken(PARTNER, "comments.public is no boolean")
    return public
