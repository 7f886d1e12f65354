"""Doors that people open with a browser: requests with their method, answers as pages."""

from collections.abc import Callable, Mapping
from typing import Any

from stopship.domain.errors import InvalidInput, NotAuthentic, NotFound
from stopship.frozen import frozen
from stopship.telemetry import logger
from stopship.wiring.doors import Request, Response, TooLarge, read

READING = ("GET", "HEAD")


@frozen
class PageRequest:
    method: str
    path: Mapping[str, str]
    body: bytes
    accept_language: str

    @property
    def reads(self) -> bool:
        return self.method in READING


@frozen
class Page:
    """``html`` is left out of the answer to a HEAD."""

    status: int
    html: str
    more: Mapping[str, str]


type Show = Callable[[PageRequest], Page]
type Explain = Callable[[PageRequest, int], Page]
"""The page for a status that ``Show`` never came to give."""


def page_door(show: Show, explain: Explain) -> Callable[[Mapping[str, Any], object], Response]:
    """A Lambda handler. A link that proves nothing and one that is unknown look the same; what fails here is a 500 with the details in
    the log."""

    def handler(event: Mapping[str, Any], _context: object) -> Response:
        request = PageRequest(_method(event), event.get("pathParameters") or {}, b"", "")
        try:
            request = _page_request(request.method, read(event))
            page = show(request)
        except TooLarge:
            page = explain(request, 413)
        except (InvalidInput, NotAuthentic, NotFound) as error:
            logger().info("refused", extra={"error": type(error).__name__})
            page = explain(request, 404 if isinstance(error, (NotAuthentic, NotFound)) else 400)
        except Exception:  # noqa: BLE001 - the person gets a page, the log gets everything
            logger().exception("page failed")
            page = explain(request, 500)
        html = "" if request.method == "HEAD" else page.html
        return {"statusCode": page.status, "headers": dict(page.more), "body": html}

    return handler


def _method(event: Mapping[str, Any]) -> str:
    return str(event.get("requestContext", {}).get("http", {}).get("method", "")).upper()


def _page_request(method: str, told: Request) -> PageRequest:
    return PageRequest(method, told.path, told.body, told.headers.get("accept-language", ""))
