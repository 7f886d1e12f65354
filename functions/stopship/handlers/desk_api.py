"""The desk's authenticated API: cancellations, cases, exceptions and their resolution. Every read and write names the merchant."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stopship.adapters.clock import SystemClock
from stopship.application.ports import CaseHead
from stopship.application.take_in import take_in, take_in_parts
from stopship.application.view_case import view_case
from stopship.application.view_outage import view_outage
from stopship.domain.agent import Doing
from stopship.domain.errors import InvalidInput, InvalidRows, NotFound
from stopship.domain.request import Reason
from stopship.wiring import desk, evidence, intake_queue
from stopship.wiring.desk_models import (
    Accepted,
    Cancellation,
    CasePage,
    CasesQuery,
    CaseSummary,
    CaseView,
    ExceptionPage,
    ExceptionsQuery,
    ListQuery,
    ListTaken,
    MerchantQuery,
    OutageList,
    OutageView,
    Problem,
    RowProblem,
    RowTaken,
)
from stopship.wiring.exception_routes import ROUTES as EXCEPTION_ROUTES
from stopship.wiring.exception_routes import exception_view
from stopship.wiring.routes import Call, Route, answer_call


def cancel(call: Call) -> Accepted:
    """Queues a cancel request. The answer is a receipt; the case says what came of it."""
    wish: Cancellation = call.body
    if wish.reason is Reason.FRAUD and not wish.evidence:
        raise InvalidInput("evidence", "is empty: a fraud block must be documented", "name at least one reference")
    take_in(
        evidence(),
        intake_queue(),
        merchant=call.merchant,
        source="ops",
        topic="cancellation",
        delivery_id=wish.request_id,
        body=wish.model_dump_json().encode(),
        received_at=SystemClock().now(),
        actor=call.who.subject,
        id_field="request_id",
    )
    return Accepted(request_id=wish.request_id, cases=f"/cases?merchant={call.merchant}&order={wish.order_ref}")


def cancel_list(call: Call) -> ListTaken:
    """Queues one cancel request for each row of a CSV list.

    Columns: order_ref, reason, and optionally channel, sku or line_id, quantity, ticket_ref, request_id; separated by comma or semicolon,
    in UTF-8. All rows are checked first: with a fault in any of them nothing is taken, unless ``partial`` is true. The same file again
    acts once.
    """
    from stopship.adapters.ops_csv.rows import read_rows
    from stopship.adapters.ops_csv.wish import SOURCE, topic

    asked: ListQuery = call.query
    listed = read_rows(call.body)
    if listed.errors and not (asked.partial and listed.rows):
        raise InvalidRows(listed.errors)
    taken = [(row, row.delivery_id(listed.sha256)) for row in listed.rows]
    take_in_parts(
        evidence(),
        intake_queue(),
        merchant=call.merchant,
        source=SOURCE,
        parts=[(topic(row), delivery) for row, delivery in taken],
        body=call.body,
        received_at=SystemClock().now(),
        actor=call.who.subject,
    )
    return ListTaken(
        file=listed.sha256,
        taken=[_row_taken(call.merchant, row.line, row.order_ref, f"{SOURCE}:{delivery}") for row, delivery in taken],
        refused=[RowProblem(**asdict(x)) for x in listed.errors],
    )


def _row_taken(merchant: str, line: int, order_ref: str, wish: str) -> RowTaken:
    cases = "" if order_ref.startswith("#") else f"/cases?merchant={merchant}&order={order_ref}"
    return RowTaken(line=line, order_ref=order_ref, wish=wish, cases=cases)


def list_cases(call: Call) -> CasePage:
    """Cases of a merchant, or of one order."""
    asked: CasesQuery = call.query
    ledger = desk().ledger
    if asked.order:
        return CasePage(items=[_summary(h) for h in ledger.cases_of_order(call.merchant, asked.order)], cursor="")
    page = ledger.cases(call.merchant, asked.status, asked.cursor, asked.limit)
    return CasePage(items=[_summary(h) for h in page.items], cursor=page.cursor)


def show_case(call: Call) -> CaseView:
    """One case with its legs, evidence and timeline."""
    case_id = call.path["case_id"]
    recorded = desk().ledger.load(call.merchant, case_id)
    if not recorded:
        raise NotFound(f"case {case_id}")
    return CaseView(**view_case(call.merchant, case_id, recorded))


def list_exceptions(call: Call) -> ExceptionPage:
    """Open exceptions, the most urgent and nearest deadline first."""
    asked: ExceptionsQuery = call.query
    page = desk().ledger.exceptions(call.merchant, asked.tier, asked.owner, asked.cursor, asked.limit)
    return ExceptionPage(items=[exception_view(x) for x in page.items], cursor=page.cursor)


def list_outages(call: Call) -> OutageList:
    """Partners that do not answer, one item each, however many cases wait for them."""
    return OutageList(items=[OutageView(**view_outage(x)) for x in desk().traffic.outages(call.merchant)])


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


ROUTES = (
    Route("POST /cancellations", cancel, MerchantQuery, Accepted, Cancellation, 202, needs=Doing.ASK),
    Route(
        "POST /cancellations/csv", cancel_list, ListQuery, ListTaken, status=202, accepts="text/csv", needs=Doing.ASK
    ),
    Route("GET /cases", list_cases, CasesQuery, CasePage),
    Route("GET /cases/{case_id}", show_case, MerchantQuery, CaseView),
    Route("GET /exceptions", list_exceptions, ExceptionsQuery, ExceptionPage),
    *EXCEPTION_ROUTES,
    Route("GET /outages", list_outages, MerchantQuery, OutageList),
)
DESCRIPTION = "GET /openapi.json"


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    if event.get("routeKey") == DESCRIPTION:
        return _description()
    return answer_call(ROUTES, event)


def _description() -> dict[str, Any]:
    """This API and the doors beside it, described from the code that runs."""
    from stopship.wiring.openapi import describe
    from stopship.wiring.openapi_doors import with_doors

    body = json.dumps(with_doors(describe(ROUTES, Problem), Problem))
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
