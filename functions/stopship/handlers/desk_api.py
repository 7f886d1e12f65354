"""The desk's authenticated API: cancellations, cases, exceptions and their resolution. Every read and write names the merchant."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Query

from stopship.adapters.clock import SystemClock
from stopship.application.ports import CaseHead, ExceptionItem
from stopship.application.resolve_exception import Answer, resolve_exception
from stopship.application.take_in import take_in
from stopship.application.view_case import view_case
from stopship.domain.errors import AlreadyRecorded, InvalidInput, NotAuthentic, NotFound, StopshipError
from stopship.domain.policy import Cause
from stopship.domain.request import Reason
from stopship.domain.resolution import allowed
from stopship.telemetry import logger
from stopship.wiring import desk, evidence, intake_queue
from stopship.wiring.desk_models import (
    Accepted,
    Cancellation,
    CasePage,
    CaseSummary,
    CaseView,
    ExceptionPage,
    ExceptionView,
    Problem,
    Resolution,
)
from stopship.wiring.doors import parse_json, problem, problem_for, read_body
from stopship.wiring.identity import Caller, caller

app = APIGatewayHttpResolver(enable_validation=True)

Merchant = Annotated[str, Query(description="whose orders; may be left out when you work for one merchant")]
Cursor = Annotated[str, Query(description="from the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]
_PROBLEMS: Any = {
    status: {"description": text, "content": {"application/problem+json": {"model": Problem}}}
    for status, text in (
        (400, "a field is wrong"),
        (401, "no valid token"),
        (404, "not found"),
        (409, "already done"),
        (413, "the body is too large"),
        (500, "it failed here; try again"),
    )
}


@app.post("/cancellations", status_code=HTTPStatus.ACCEPTED, responses={202: {"description": "queued"}, **_PROBLEMS})
def cancel(body: Cancellation, merchant: Merchant = "") -> Accepted:
    """Queues a cancel request. The answer is a receipt; the case says what came of it."""
    who = _caller()
    whose = who.merchant(merchant)
    if body.reason is Reason.FRAUD and not body.evidence:
        raise InvalidInput("evidence", "is empty: a fraud block must be documented", "name at least one reference")
    asked = body.model_dump_json().encode()
    kept = take_in(
        evidence(),
        intake_queue(),
        merchant=whose,
        source="ops",
        topic="cancellation",
        delivery_id=body.request_id,
        body=asked,
        received_at=SystemClock().now(),
        actor=who.subject,
    )
    if kept.raw_sha256 != hashlib.sha256(asked).hexdigest():
        raise AlreadyRecorded(f"request_id {body.request_id} stands for another wish: nothing was changed")
    return Accepted(request_id=body.request_id, cases=f"/cases?merchant={whose}&order={body.order_ref}")


@app.get("/cases", responses={200: {"description": "a page"}, **_PROBLEMS})
def list_cases(
    merchant: Merchant = "",
    order: Annotated[str, Query(description="only this order's cases")] = "",
    status: Annotated[str, Query(pattern="^(|open|closed)$")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> CasePage:
    """Cases of a merchant, or of one order."""
    whose = _caller().merchant(merchant)
    if order:
        return CasePage(items=[_summary(h) for h in desk().ledger.cases_of_order(whose, order)], cursor="")
    page = desk().ledger.cases(whose, status, cursor, limit)
    return CasePage(items=[_summary(h) for h in page.items], cursor=page.cursor)


@app.get("/cases/<case_id>", responses={200: {"description": "the case"}, **_PROBLEMS})
def show_case(case_id: str, merchant: Merchant = "") -> CaseView:
    """One case with its legs, evidence and timeline."""
    whose = _caller().merchant(merchant)
    recorded = desk().ledger.load(whose, case_id)
    if not recorded:
        raise NotFound(f"case {case_id}")
    return CaseView(**view_case(whose, case_id, recorded))


@app.get("/exceptions", responses={200: {"description": "a page"}, **_PROBLEMS})
def list_exceptions(
    merchant: Merchant = "",
    tier: Annotated[str, Query(pattern="^(|P1|P2|P3)$")] = "",
    owner: Annotated[str, Query(pattern="^(|ops|warehouse|fraud|finance)$")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> ExceptionPage:
    """Open exceptions, the most urgent and nearest deadline first."""
    whose = _caller().merchant(merchant)
    page = desk().ledger.exceptions(whose, tier, owner, cursor, limit)
    return ExceptionPage(items=[_exception(x) for x in page.items], cursor=page.cursor)


@app.post("/exceptions/<exception_id>/resolution", responses={200: {"description": "resolved"}, **_PROBLEMS})
def resolve(exception_id: str, body: Resolution, merchant: Merchant = "") -> ExceptionView:
    """A person's answer. The case goes on at the right step."""
    who = _caller()
    whose = who.merchant(merchant)
    answer = Answer(body.resolution, who.subject, body.note, body.approved_by)
    return _exception(resolve_exception(desk(), whose, exception_id, answer))


@app.get("/openapi.json", include_in_schema=False)
def openapi() -> Response[str]:
    """This API's description, generated from the code that runs."""
    text = app.get_openapi_json_schema(title="Stopship desk", version="1", description="The cancellation desk's API.")
    return Response(status_code=200, content_type=content_types.APPLICATION_JSON, body=text)


def _caller() -> Caller:
    authorizer = app.current_event.raw_event.get("requestContext", {}).get("authorizer", {})
    return caller(authorizer.get("jwt", {}).get("claims", {}))


def _summary(head: CaseHead) -> CaseSummary:
    return CaseSummary(
        case_id=head.case_id,
        channel=head.channel,
        order_ref=head.order_ref,
        status=head.status,
        outcome=head.outcome,
        step=head.step,
        opened_at=head.opened_at,
        updated_at=head.updated_at,
    )


def _exception(item: ExceptionItem) -> ExceptionView:
    answers = sorted(allowed(Cause(item.cause), of_leg=bool(item.leg_id))) if item.state == "open" else []
    fields = {name: getattr(item, name) for name in ExceptionView.model_fields if name != "answers"}
    return ExceptionView(**fields, answers=[str(a) for a in answers])


@app.not_found
def _no_route(_: Exception) -> Response[str]:
    return _problem(problem(404, "Not found", "there is no such address here"))


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator]
def _invalid(error: RequestValidationError) -> Response[str]:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _problem(problem(400, "Invalid input", f"{place}: {first['msg']}", field=place, fix=str(first["msg"])))


@app.exception_handler([InvalidInput, NotFound, NotAuthentic, AlreadyRecorded])  # type: ignore[untyped-decorator]
def _known(error: StopshipError) -> Response[str]:
    return _problem(problem_for(error))


def _problem(answer: Mapping[str, Any]) -> Response[str]:
    return Response(status_code=answer["statusCode"], content_type="application/problem+json", body=answer["body"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return app.resolve(_readable(event), context)
    except InvalidInput as error:
        return problem_for(error)
    except Exception:  # noqa: BLE001 - the caller gets an opaque 500, the log gets everything
        logger().exception("request failed")
        return problem(500, "Internal error", "try again; the same request_id is safe to repeat")


def _readable(event: dict[str, Any]) -> dict[str, Any]:
    """The event with a body that is one JSON object, whatever type its sender named. Raises InvalidInput, TooLarge."""
    body = read_body(event)
    if not body:
        return event
    parse_json(body)
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return {
        **event,
        "headers": {**headers, "content-type": "application/json"},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
