"""The desk's routes: API Gateway has chosen one by its key and verified the token; here its input is checked, field by field."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from stopship.domain.agent import Doing, demand
from stopship.domain.errors import (
    AlreadyRecorded,
    InvalidInput,
    LeaseLost,
    NotAllowed,
    NotAuthentic,
    NotFound,
    PlanChanged,
)
from stopship.frozen import frozen
from stopship.telemetry import logger
from stopship.wiring.doors import Response, parse_json, problem, problem_for, read_body
from stopship.wiring.identity import Caller, caller


@frozen
class Call:
    """One authenticated request. ``query`` and ``body`` are of the route's types."""

    who: Caller
    merchant: str
    path: Mapping[str, str]
    query: Any
    body: Any


@frozen
class Route:
    """``key`` is API Gateway's: "GET /cases/{case_id}". ``run``'s docstring describes it; ``answer`` is what it gives. ``body`` is the model of a
    JSON body; ``accepts`` the media type of one that is handed over as it came. ``needs`` is what the caller must be allowed to do."""

    key: str
    run: Callable[[Call], BaseModel]
    query: type[BaseModel]
    answer: type[BaseModel]
    body: type[BaseModel] | None = None
    status: int = 200
    accepts: str = ""
    needs: Doing = Doing.READ

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.key.partition(" ")[2]


def answer_call(routes: Sequence[Route], event: Mapping[str, Any]) -> Response:
    """Known errors become problems, unknown ones an opaque 500 with everything in the log."""
    try:
        return _run(routes, event)
    except (InvalidInput, NotFound, NotAllowed, NotAuthentic, AlreadyRecorded, PlanChanged, LeaseLost) as error:
        return problem_for(error)
    except Exception:  # noqa: BLE001 - the caller gets an opaque 500, the log gets everything
        logger().exception("request failed")
        return problem(500, "Internal error", "try again; the same request_id is safe to repeat")


def _run(routes: Sequence[Route], event: Mapping[str, Any]) -> Response:
    route = next((r for r in routes if r.key == event.get("routeKey")), None)
    if route is None:
        return problem(404, "Not found", "there is no such address here")
    claims = event.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims", {})
    who = caller(claims)
    query = checked(route.query, "query", event.get("queryStringParameters") or {})
    merchant = who.merchant(getattr(query, "merchant", ""))
    demand(who.agent, route.needs, merchant)
    body = _body(route, event)
    made = route.run(Call(who, merchant, event.get("pathParameters") or {}, query, body))
    return {
        "statusCode": route.status,
        "headers": {"content-type": "application/json"},
        "body": made.model_dump_json(),
    }


def _body(route: Route, event: Mapping[str, Any]) -> Any:
    if route.accepts:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        if headers.get("content-type", "").partition(";")[0].strip().lower() != route.accepts:
            raise InvalidInput("header Content-Type", f"is not {route.accepts}", f"send {route.accepts}")
        return read_body(event)
    return checked(route.body, "body", _json(read_body(event))) if route.body else None


def _json(body: bytes) -> dict[str, Any]:
    if not body:
        raise InvalidInput("body", "is missing", "send one JSON object")
    return parse_json(body)


def checked[M: BaseModel](model: type[M], place: str, told: Mapping[str, Any]) -> M:
    """Raises InvalidInput naming the first wrong field as ``body.lines.0.quantity``."""
    try:
        return model.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join([place, *(str(part) for part in first["loc"])])
        raise InvalidInput(field, f"is wrong: {first['msg']}", str(first["msg"])) from error
