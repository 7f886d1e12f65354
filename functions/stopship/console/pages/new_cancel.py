"""A cancel that somebody at the desk asks for: the same way as every other wish."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from stopship.application.take_in import take_in
from stopship.console.answers import Answer, go_to, redirect, unchanged
from stopship.console.pages.page import page
from stopship.console.told import Told
from stopship.console.views.queue import CHANNELS, case_address
from stopship.console.visit import Visit
from stopship.domain.agent import Doing
from stopship.domain.errors import IdTaken, InvalidInput
from stopship.domain.request import Reason

REQUESTERS: Final = ("customer", "ops")
_FIELDS: Final = (
    "merchant",
    "channel",
    "order_ref",
    "reason",
    "requester",
    "lines",
    "ticket_ref",
    "evidence",
)


def show_form(visit: Visit) -> Answer:
    """The wish's id is drawn with the form: the same form sent twice is one wish."""
    told = {**dict.fromkeys(_FIELDS, ""), "reason": str(Reason.CUSTOMER_REQUEST)}
    return _form(visit, told, _new_id())


def _new_id() -> str:
    return f"console-{secrets.token_urlsafe(12)}"


def ask(visit: Visit) -> Answer:
    told = {name: visit.asked.field(name) for name in _FIELDS}
    request_id = visit.asked.field("request_id")
    try:
        wish = _wish(told, request_id)
    except InvalidInput as error:
        message = Told("bad", f"{error.field.rpartition('body.')[2]} {error.problem}.", error.fix)
        wrong = error.field.removeprefix("body.").partition(".")[0]
        return _form(visit, told, request_id, message, wrong, status=400)
    merchant = visit.merchant()
    visit.demand(Doing.ASK, merchant)
    try:
        _take(visit, merchant, request_id, wish)
    except IdTaken:
        message = Told("bad", "This form has asked for something else already.", "Look at it, and send it again.")
        return _form(visit, told, _new_id(), message, status=409)
    return redirect(f"/console/new/{merchant}/{told['order_ref']}/asked?id={request_id}")


def _take(visit: Visit, merchant: str, request_id: str, wish: bytes) -> None:
    take_in(
        visit.desk.evidence,
        visit.office.intake,
        merchant=merchant,
        source="ops",
        topic="cancellation",
        delivery_id=request_id,
        body=wish,
        received_at=visit.now,
        actor=visit.agent.subject,
        id_field="request_id",
    )


def show_asked(visit: Visit, merchant: str, order_ref: str) -> Answer:
    visit.demand(Doing.READ, merchant)
    return page(visit, "asked.html", "new", merchant=merchant, order_ref=order_ref, request_id=visit.asked.wanted("id"))


def look_for_case(visit: Visit, merchant: str, order_ref: str) -> Answer:
    """To the newest case of the order, once there is one."""
    visit.demand(Doing.READ, merchant)
    heads = sorted(visit.desk.ledger.cases_of_order(merchant, order_ref), key=lambda head: head.opened_at)
    return go_to(case_address(merchant, heads[-1].case_id)) if heads else unchanged()


def _wish(told: Mapping[str, str], request_id: str) -> bytes:
    """The body that POST /cancellations takes. Raises InvalidInput naming the field."""
    from stopship.wiring.desk_models import Cancellation
    from stopship.wiring.routes import checked

    evidence = [x for x in re.split(r"[\s,;]+", told["evidence"]) if x]
    body: dict[str, Any] = {name: told[name] for name in ("channel", "order_ref", "reason", "ticket_ref")}
    body |= {"requester": told["requester"], "request_id": request_id, "lines": _lines(told["lines"])}
    wish = checked(Cancellation, "body", {**body, "evidence": evidence})
    if wish.reason is Reason.FRAUD and not evidence:
        raise InvalidInput("evidence", "is empty: a fraud block must be documented", "Name at least one reference.")
    return wish.model_dump_json().encode()


def _lines(text: str) -> list[dict[str, Any]]:
    rows = [row.split() for row in text.splitlines() if row.strip()]
    if any(len(row) != 2 or not row[1].isdecimal() for row in rows):
        raise InvalidInput("lines", "cannot be read", "One a line: line id, blank, quantity.")
    return [{"line_id": line, "quantity": int(quantity)} for line, quantity in rows]


def _form(
    visit: Visit,
    told: Mapping[str, str],
    request_id: str,
    message: Told | None = None,
    wrong: str = "",
    *,
    status: int = 200,
) -> Answer:
    able = [m for m in visit.merchants if visit.may(Doing.ASK, m)]
    return page(
        visit,
        "new.html",
        "new",
        status=status,
        told=told,
        request_id=request_id,
        message=message,
        wrong=wrong,
        merchants=able,
        channels=CHANNELS,
        reasons=list(Reason),
        requesters=REQUESTERS,
    )
