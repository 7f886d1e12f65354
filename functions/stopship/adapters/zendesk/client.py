"""The wire: calls with an API token, and Zendesk's errors in the desk's terms."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx

from stopship.adapters import http
from stopship.adapters.zendesk.connection import ZendeskConnection
from stopship.domain.errors import PartnerContractBroken

PARTNER: Final = "zendesk"
MAX_PAGES: Final = 60
"""A ticket takes 5,000 comments at most, 100 a page."""


class ZendeskClient:
    def __init__(self, connection: ZendeskConnection) -> None:
        self._root = connection.endpoint.rstrip("/")
        token = base64.b64encode(f"{connection.email}/token:{connection.api_token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Accept": "application/json"}

    def ticket(self, ticket_id: str) -> dict[str, Any] | None:
        """The ticket now, None when there is none. Raises PartnerContractBroken for a ticket of another id."""
        answer = self._call("GET", f"/api/v2/tickets/{_number(ticket_id)}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found = _member(http.json_object(PARTNER, _taken(answer)), "ticket", dict)
        if str(found.get("id")) != ticket_id:
            raise PartnerContractBroken(PARTNER, "ticket.id is not the ticket that was asked for")
        return found

    def comments(self, ticket_id: str) -> Iterator[Mapping[str, Any]]:
        """All comments, oldest first, over all pages."""
        path, params = f"/api/v2/tickets/{_number(ticket_id)}/comments", dict[str, str]()
        for _ in range(MAX_PAGES):
            page = http.json_object(PARTNER, _taken(self._call("GET", path, params=params)))
            for comment in _member(page, "comments", list):
                if not isinstance(comment, Mapping):
                    raise PartnerContractBroken(PARTNER, "comments holds what is no comment")
                yield comment
            onward = page.get("next_page")
            if not onward:
                return
            # Only its query is taken: an answer must not choose the host that gets our token.
            params = dict(parse_qsl(urlsplit(str(onward)).query))
        raise PartnerContractBroken(PARTNER, "comments never ends")

    def rows(self, path: str, name: str) -> list[Mapping[str, Any]]:
        """The first page of a list of settings: accounts have far fewer than a page takes."""
        page = http.json_object(PARTNER, _taken(self._call("GET", path)))
        return [row for row in _member(page, name, list) if isinstance(row, Mapping)]

    def comment(self, ticket_id: str, body: str, *, public: bool) -> None:
        told = {"ticket": {"comment": {"body": body, "public": public}}}
        http.json_object(PARTNER, _taken(self._call("PUT", f"/api/v2/tickets/{_number(ticket_id)}", told)))

    def add_tag(self, ticket_id: str, tag: str) -> list[str]:
        """Adds to the tags that are there (tags in a ticket update would replace them all), and gives all of them."""
        answer = self._call("PUT", f"/api/v2/tickets/{_number(ticket_id)}/tags", {"tags": [tag]})
        return [str(x) for x in _member(http.json_object(PARTNER, _taken(answer)), "tags", list)]

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, params: Mapping[str, str] | None = None
    ) -> httpx.Response:
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers if content is None else {**self._headers, "Content-Type": "application/json"}
        return http.call(PARTNER, method, self._root + path, headers=headers, content=content, params=params or None)


def _number(ticket_id: str) -> str:
    """A ticket id is a number (Support API, ticket_id): nothing else may get into a path."""
    if not re.fullmatch(r"[0-9]{1,18}", ticket_id):
        raise ValueError("a Zendesk ticket id is a number")
    return ticket_id


def _taken(answer: httpx.Response) -> httpx.Response:
    if answer.is_client_error:
        raise http.refuse(PARTNER, answer, error_code(answer), "the call was refused")
    if not answer.is_success:
        raise PartnerContractBroken(PARTNER, "an unexpected status", {"status": answer.status_code})
    return answer


def _member[T](body: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = body.get(name)
    if not isinstance(value, kind):
        raise PartnerContractBroken(PARTNER, f"{name} is missing or no {kind.__name__}")
    return value


def error_code(answer: httpx.Response) -> str:
    """Zendesk's {"error": "RecordInvalid", "description": ...}: the word only, its text may quote what was sent."""
    try:
        code = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        code = ""
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z_]{1,50}", code) else f"status_{answer.status_code}"
