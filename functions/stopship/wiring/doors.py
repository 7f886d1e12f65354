"""What the HTTP doors share: reading an API Gateway request, and answering problems in problem+json (RFC 9457)."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, field
from typing import Any

from stopship.domain.errors import (
    AlreadyRecorded,
    IdTaken,
    InvalidInput,
    InvalidRows,
    LeaseLost,
    NotAllowed,
    NotAuthentic,
    NotFound,
    PlanChanged,
)
from stopship.frozen import frozen
from stopship.telemetry import logger

MAX_BODY_BYTES = 1_000_000

type Response = dict[str, Any]


class TooLarge(InvalidInput):
    """The body is over the limit."""


@frozen
class Request:
    """An HTTP API (payload 2.0) request: lower-case header names, the raw bytes as they came."""

    headers: Mapping[str, str]
    path: Mapping[str, str]
    body: bytes
    request_id: str
    query: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Raises InvalidInput when the header is missing."""
        value = self.headers.get(name.lower(), "")
        if not value:
            raise InvalidInput(f"header {name}", "is missing", f"send {name}")
        return value

    def proof(self, name: str) -> str:
        """A header that proves the sender. Raises NotAuthentic when it is missing: no proof is a wrong proof."""
        try:
            return self.header(name)
        except InvalidInput as error:
            raise NotAuthentic from error


def read(event: Mapping[str, Any]) -> Request:
    """Raises TooLarge before anything looks at the body."""
    body = read_body(event)
    headers = {k.lower(): v for k, v in (event.get("headers") or {}).items()}
    context = event.get("requestContext") or {}
    path, query = event.get("pathParameters") or {}, event.get("queryStringParameters") or {}
    return Request(headers, path, body, str(context.get("requestId", "")), query)


def read_body(event: Mapping[str, Any]) -> bytes:
    """The bytes that were sent. In base64 they are longer on the way: what counts is their own number. Raises TooLarge."""
    text = event.get("body") or ""
    try:
        body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    except ValueError as error:
        raise InvalidInput("body", "is not in the encoding that it came with", "send UTF-8") from error
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge("body", f"is over {MAX_BODY_BYTES} bytes", "send less, or a reference")
    return body


def parse_json(body: bytes) -> dict[str, Any]:
    """Raises InvalidInput that names the line and column of the first error."""
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InvalidInput("body", f"is not JSON at {place}: {error.msg}", "send one JSON object") from error
    except UnicodeDecodeError as error:
        raise InvalidInput("body", f"is not UTF-8 at byte {error.start}", "send UTF-8") from error
    except ValueError as error:
        raise InvalidInput("body", "holds a number of too many digits", "send such a number as text") from error
    except RecursionError as error:
        raise InvalidInput("body", "is nested too deeply", "send a flatter object") from error
    if not isinstance(value, dict):
        raise InvalidInput("body", "is not a JSON object", "send one JSON object")
    return value


def answer(status: int, body: Mapping[str, Any]) -> Response:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


def problem(status: int, title: str, detail: str = "", **more: Any) -> Response:
    """``more`` names the field and the fix where there is one, and ``errors`` where there may be many."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return {
        "statusCode": status,
        "headers": {"content-type": "application/problem+json"},
        "body": json.dumps({k: v for k, v in body.items() if v != ""}),
    }


def problem_for(error: Exception) -> Response:
    """The clear answer that a known error gets; an unknown one is raised again."""
    match error:
        case TooLarge():
            return problem(413, "Too large", error.problem, field=error.field, fix=error.fix)
        case IdTaken():
            detail = f"{error.field} {error.problem}"
            return problem(409, "Known id, other message", detail, field=error.field, fix=error.fix)
        case InvalidRows():
            detail, rows = f"{error.field} {error.problem}", [asdict(x) for x in error.errors]
            return problem(400, "Invalid input", detail, field=error.field, fix=error.fix, errors=rows)
        case InvalidInput():
            return problem(400, "Invalid input", f"{error.field} {error.problem}", field=error.field, fix=error.fix)
        case NotAuthentic():
            return problem(401, "Not authentic", "the signature or key does not prove who sent this")
        case NotAllowed():
            return problem(403, "Not allowed", str(error))
        case NotFound():
            return problem(404, "Not found", str(error))
        case AlreadyRecorded():
            return problem(409, "Already done", str(error))
        case PlanChanged():
            return problem(409, "The plan changed", str(error), fix="look at the plan as it is now, and decide again")
        case LeaseLost():
            return problem(409, "No longer yours", str(error), fix="take the next one")
        case _:
            raise error


def door(run: Callable[[Request], Response]) -> Callable[[Mapping[str, Any], object], Response]:
    """A Lambda handler for one door: known errors become problems, unknown ones a 500 with the details in the log."""

    def handler(event: Mapping[str, Any], _context: object) -> Response:
        try:
            return run(read(event))
        except (InvalidInput, NotAuthentic, NotFound, AlreadyRecorded) as error:
            logger().info("refused", extra={"error": type(error).__name__})
            return problem_for(error)
        except Exception:  # noqa: BLE001 - the caller gets an opaque 500, the log gets everything
            logger().exception("door failed")
            return problem(500, "Internal error", "nothing was lost that was answered with 2xx; try again")

    return handler
