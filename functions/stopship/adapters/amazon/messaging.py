"""Messaging API v1: the only way to write to an Amazon buyer, whose address a seller never has.

Amazon says for each order which messages are allowed; ``unexpectedProblem`` is the one for what goes wrong with an order. Its text has at most
2000 characters, no HTML and no e-mail address, links only of certain kinds (none, here), and is in the buyer's language. There is no
idempotency key and nothing can be read back: whoever is in doubt does not send again by himself.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from stopship.adapters import http
from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.amazon import orders
from stopship.adapters.amazon.client import PARTNER, AmazonClient
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable

MESSAGE: Final = "unexpectedProblem"
MAX_TEXT = 2000
UNTOLD: Final = "en"
"""For a buyer of whom Amazon does not tell what he reads."""
_FORBIDDEN = re.compile(r"<[^>]*>|https?:|www\.|\S+@\S+|&[a-z]+;", re.IGNORECASE)


class AmazonMessages:
    """Implements ports.BuyerMessages."""

    def __init__(self, connection: AmazonConnection, clock: Clock, tokens: SharedTokens | None = None) -> None:
        self._client = AmazonClient(connection, clock, tokens)

    def send(self, order_ref: str, texts: Mapping[str, str]) -> str:
        """ "sent", or "skipped:" with the reason. Raises PartnerUnavailable, whose ``in_doubt`` is about the message alone."""
        if not all(_allowed(text) for text in texts.values()):
            raise PartnerRefused(PARTNER, "text_not_allowed", "a text is too long, or holds a link, an address or HTML")
        place, language, why = self._place(order_ref)
        if why:
            return f"skipped:{why}"
        text = texts.get(language)
        if text is None:
            return "skipped:another_language"
        path = f"{_path(order_ref)}/messages/{MESSAGE}"
        answer = self._client.call("createUnexpectedProblem", "POST", path, {"text": text}, place)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return "skipped:unknown_order"
        if answer.status_code != httpx.codes.CREATED:
            raise PartnerUnavailable(PARTNER, f"status {answer.status_code} to a message", in_doubt=True)
        return "sent"

    def _place(self, order_ref: str) -> tuple[dict[str, str], str, str]:
        """The marketplace to name, the buyer's language, and why there is nothing to be sent, "" when there is. Nothing has been sent when
        this fails."""
        try:
            order = orders.fetch(self._client, order_ref)
            if order is None:
                return {}, "", "unknown_order"
            place = {"marketplaceIds": _marketplace(order)}
            why = self._in_the_way(order_ref, place)
            return place, "" if why else self._language(order_ref, place), why
        except PartnerUnavailable as error:
            raise PartnerUnavailable(PARTNER, str(error), in_doubt=False, retry_after=error.retry_after) from error

    def _in_the_way(self, order_ref: str, place: Mapping[str, str]) -> str:
        allowed = self._read("getMessagingActionsForOrder", _path(order_ref), place)
        if allowed is None:
            return "unknown_order"
        if MESSAGE not in _actions(allowed):
            return "not_allowed"
        return ""

    def _language(self, order_ref: str, place: Mapping[str, str]) -> str:
        about = self._read("GetAttributes", f"{_path(order_ref)}/attributes", place) or {}
        buyer = about.get("buyer")
        locale = buyer.get("locale") if isinstance(buyer, Mapping) else None
        return str(locale or UNTOLD).partition("-")[0].lower()

    def _read(self, operation: str, path: str, place: Mapping[str, str]) -> dict[str, Any] | None:
        answer = self._client.call(operation, "GET", path, params=place)
        return None if answer.status_code == httpx.codes.NOT_FOUND else http.json_object(PARTNER, answer)


def _allowed(text: str) -> bool:
    return bool(text) and len(text) <= MAX_TEXT and not _FORBIDDEN.search(text)


def _path(order_ref: str) -> str:
    return f"/messaging/v1/orders/{quote(order_ref, safe='')}"


def _marketplace(order: Mapping[str, Any]) -> str:
    channel = order.get("salesChannel")
    found = channel.get("marketplaceId") if isinstance(channel, Mapping) else None
    if not isinstance(found, str) or not found:
        raise PartnerContractBroken(PARTNER, "salesChannel.marketplaceId: not as the contract says")
    return found


def _actions(body: Mapping[str, Any]) -> set[str]:
    """Names of the messages that Amazon allows for the order now."""
    links = body.get("_links")
    actions = links.get("actions") if isinstance(links, Mapping) else None
    if not isinstance(actions, list):
        raise PartnerContractBroken(PARTNER, "_links.actions: not as the contract says")
    return {str(action.get("name")) for action in actions if isinstance(action, Mapping)}
