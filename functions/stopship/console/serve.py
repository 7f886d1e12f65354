"""One request to the console, from API Gateway's event to its answer. Whatever happens, a person gets a page that says what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from stopship.console import cookies
from stopship.console.answers import Answer, go_to, html, redirect, wire
from stopship.console.asked import Asked, read_asked
from stopship.console.office import Office
from stopship.console.pages.page import page
from stopship.console.rendered import rendered
from stopship.console.route import Route, open_page, own_page
from stopship.console.visit import Visit, check_own, visit_of
from stopship.domain.errors import (
    AlreadyRecorded,
    Conflict,
    InvalidInput,
    LeaseLost,
    NotAllowed,
    NotAuthentic,
    NotFound,
    PartnerError,
    PlanChanged,
)
from stopship.telemetry import logger

_HEADINGS: Final = {
    400: "That cannot be read",
    403: "That is not yours to do",
    404: "Not found",
    409: "That has been done already",
    500: "Something went wrong here",
    503: "A partner does not answer",
}


def serve(
    event: Mapping[str, Any], office: Office, signed_in: Sequence[Route], for_anybody: Sequence[Route] = ()
) -> dict[str, Any]:
    """``signed_in`` are the pages that this function has behind a session, ``for_anybody`` those before it."""
    try:
        asked = read_asked(event)
    except InvalidInput as error:
        told = html(_bare_page(400, f"The {error.field} {error.problem}.", error.fix, "auto"), 400)
        return wire(told, takes_gzip=False, secure=False)
    takes_gzip = "gzip" in asked.headers.get("accept-encoding", "")
    return wire(_answer(asked, office, signed_in, for_anybody), takes_gzip=takes_gzip, secure=not asked.on_this_machine)


def _answer(asked: Asked, office: Office, signed_in: Sequence[Route], for_anybody: Sequence[Route]) -> Answer:
    visit: Visit | None = None
    try:
        found = open_page(for_anybody, asked, office)
        if found:
            return found
        session = office.entrance.go_on(cookies.session_id(asked), acting=not asked.refreshing)
        visit = visit_of(asked, session, office)
        check_own(visit)
        return own_page(signed_in, visit)
    except NotAuthentic:
        return _to_sign_in(asked)
    except Exception as error:  # noqa: BLE001 - the person gets a page, the log gets everything
        return _refused(asked, visit, error)


def _to_sign_in(asked: Asked) -> Answer:
    """Back to the same page afterwards, where it was one. What a page that is there asks for was behind a session too: the next refresh may
    be under way already when the cookie is forgotten."""
    had_one = bool(cookies.session_id(asked))
    query = {"ended": "1"} if had_one or asked.lively else {}
    if asked.method == "GET" and asked.path and not asked.lively:
        told = urlencode([(name, value) for name, values in asked.query.items() for value in values])
        query["next"] = f"/console/{asked.path}" + (f"?{told}" if told else "")
    to = "/console/sign-in" + (f"?{urlencode(query)}" if query else "")
    answer = go_to(to) if asked.lively else redirect(to)
    return answer.with_cookies(cookies.forget_session(asked)) if had_one else answer


def _refused(asked: Asked, visit: Visit | None, error: Exception) -> Answer:
    status, text, fix = _meaning(error)
    if status >= 500:
        logger().exception("page failed")
    else:
        logger().info("refused", extra={"error": type(error).__name__})
    if asked.lively:
        more = _place_of_refusal(asked)
        return html(rendered("_refused.html", heading=_HEADINGS[status], text=text, fix=fix), status, **more)
    if visit is None:
        return html(_bare_page(status, text, fix, cookies.theme(asked)), status)
    values = {"status_shown": status, "heading": _HEADINGS[status], "text": text, "fix": fix}
    return page(visit, "message.html", "", status=status, **values)


def _place_of_refusal(asked: Asked) -> dict[str, str]:
    """A part that only refreshes itself stays as it was, and so does a form that somebody has filled in: what is wrong stands below it."""
    if asked.refreshing and asked.method == "GET":
        return {"hx_reswap": "none"}
    below = asked.method == "POST" and asked.headers.get("hx-target") == "answer"
    return {"hx_retarget": "#answer-told", "hx_reswap": "innerHTML"} if below else {}


def _meaning(error: Exception) -> tuple[int, str, str]:
    """Status, what happened, and what to do."""
    match error:
        case InvalidInput():
            return 400, f"{error.field} {error.problem}.", error.fix
        case NotAllowed():
            return 403, f"{error}.", "Ask a lead or an administrator of the desk."
        case NotFound():
            return 404, "There is nothing here, or it belongs to a merchant that you do not work for.", ""
        case AlreadyRecorded():
            return 409, f"{error}.", "Load the page again to see how it stands."
        case PlanChanged() | Conflict():
            return 409, f"{error}.", "Look at the plan as it is now, and decide again."
        case LeaseLost():
            return 409, f"{error}.", "Take the next one from the queue."
        case PartnerError():
            return 503, "A partner does not answer now, so this cannot be looked up.", "Nothing was changed. Try again."
        case _:
            return 500, "Nothing was lost that the desk had said was done.", "Try again; the log knows the details."


def _bare_page(status: int, text: str, fix: str, theme: str) -> str:
    values = {"status_shown": status, "heading": _HEADINGS[status], "text": text, "fix": fix}
    return rendered("message.html", visit=None, theme=theme, **values)
