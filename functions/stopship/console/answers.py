"""What goes back to a browser: pages, parts of pages, redirects, files; with the headers that keep other sites out."""

import base64
import gzip
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

from stopship.frozen import frozen

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_EVERYWHERE: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    # A stricter one would have browsers say "null" for where a form comes from.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_STRICT_TRANSPORT: Final = {"strict-transport-security": "max-age=63072000; includeSubDomains"}
_WORTH_SQUEEZING = 600
"""Smaller answers fit one packet as they are."""


@frozen
class Answer:
    """``body`` is bytes as they are shown; ``cookies`` are whole Set-Cookie values."""

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    def with_cookies(self, *cookies: str) -> "Answer":
        return replace(self, cookies=(*self.cookies, *cookies))


def html(text: str, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, text.encode(), headers={"cache-control": "no-store", **named})


def redirect(to: str) -> Answer:
    """After a form: the browser asks for the next page with GET (RFC 9110, 303)."""
    return Answer(303, headers={"location": to, "cache-control": "no-store"})


def go_to(to: str) -> Answer:
    """The same for htmx, which follows a 303 inside the part and would put a whole page there."""
    return Answer(200, headers={"hx-redirect": to, "cache-control": "no-store"})


def unchanged() -> Answer:
    """htmx leaves what is there as it is."""
    return Answer(204, headers={"cache-control": "no-store"})


def wire(answer: Answer, *, takes_gzip: bool, secure: bool) -> dict[str, Any]:
    """The answer as an HTTP API takes it (payload 2.0)."""
    headers = {"content-type": answer.kind, **_EVERYWHERE, **(_STRICT_TRANSPORT if secure else {}), **answer.headers}
    body = answer.body
    if takes_gzip and len(body) >= _WORTH_SQUEEZING:
        body = gzip.compress(body, compresslevel=6, mtime=0)
        headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
    told: dict[str, Any] = {"statusCode": answer.status, "headers": headers, "cookies": list(answer.cookies)}
    try:
        return {**told, "body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {**told, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
