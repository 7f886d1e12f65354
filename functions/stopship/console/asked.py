"""What a browser asks, as the pages see it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from stopship.console.addresses import split
from stopship.domain.errors import InvalidInput
from stopship.frozen import frozen
from stopship.wiring.doors import read_body

_MAX_FIELDS = 2000
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@frozen
class Asked:
    """``path`` is what follows ``/console``, without slashes around it. ``query`` and ``form`` keep every value of a name, in order."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    form: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]

    def wanted(self, name: str) -> str:
        """The first value of a query parameter, "" without one."""
        return self.query.get(name, ("",))[0]

    def field(self, name: str) -> str:
        return self.form.get(name, ("",))[0].strip()

    def fields(self, name: str) -> tuple[str, ...]:
        return tuple(x.strip() for x in self.form.get(name, ()))

    @property
    def lively(self) -> bool:
        """Asked by htmx, which puts a part into the page that is there."""
        return self.headers.get("hx-request") == "true"

    @property
    def refreshing(self) -> bool:
        """Asked by the page itself, again and again: no sign that somebody sits there."""
        return self.headers.get("x-refresh") == "1"

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    @property
    def on_this_machine(self) -> bool:
        """Plain HTTP is good enough there, and nowhere else: API Gateway answers to no such name."""
        name = split(f"//{self.host}").hostname or ""
        return name in _LOOPBACK or name.endswith(".localhost")

    @property
    def from_own_page(self) -> bool:
        """Browsers name the page that a form was sent from (Fetch standard, the Origin header of a POST)."""
        origin = split(self.headers.get("origin", ""))
        return bool(self.host) and origin.netloc == self.host and origin.scheme in self._schemes

    @property
    def _schemes(self) -> tuple[str, ...]:
        return ("http", "https") if self.on_this_machine else ("https",)


def read_asked(event: Mapping[str, Any]) -> Asked:
    """Raises InvalidInput for a body that is no form."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    cookies = event.get("cookies") or headers.get("cookie", "").split(";")
    method = str(event["requestContext"]["http"]["method"]).upper()
    return Asked(
        method,
        _path(event),
        _values(str(event.get("rawQueryString") or "")),
        _form(event, headers) if method == "POST" else {},
        headers,
        dict(_pair(cookie) for cookie in cookies if "=" in cookie),
    )


def _path(event: Mapping[str, Any]) -> str:
    """Whatever stands before it: the API may be mapped to a path of somebody's domain."""
    _, _, path = str(event.get("rawPath", "")).partition("/console")
    return path.strip("/")


def _form(event: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    body = read_body(event)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/x-www-form-urlencoded":
        raise InvalidInput("header Content-Type", "is not that of a form", "send the page's own form")
    try:
        return _values(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidInput("body", "is not UTF-8", "send the page's own form") from error


def _values(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise InvalidInput("form", "cannot be read", "send the page's own form") from error
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return found


def _pair(cookie: str) -> tuple[str, str]:
    name, _, value = cookie.partition("=")
    return name.strip(), value.strip()
