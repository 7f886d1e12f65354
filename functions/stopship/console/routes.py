"""Every address of the desk's console, and what answers it."""

from stopship.console import static_files
from stopship.console.answers import Answer
from stopship.console.asked import Asked
from stopship.console.office import Office
from stopship.console.pages import (
    bulk,
    case,
    cases,
    evidence,
    exception,
    new_cancel,
    new_list,
    preferences,
    queue,
    search,
    sign_in,
    wall,
)
from stopship.console.route import Route
from stopship.domain.agent import Doing


def _file(_: Asked, __: Office, digest: str, name: str) -> Answer:
    return static_files.serve(digest, name)


OPEN = (
    Route("GET", "static/{digest}/{name}", _file),
    Route("GET", "sign-in", sign_in.show_sign_in),
    Route("POST", "sign-in", sign_in.sign_in),
    Route("POST", "challenge", sign_in.answer_challenge),
)
"""For anybody."""

SIGNED_IN = (
    Route("GET", "", queue.show_queue),
    Route("GET", "queue", queue.refresh_queue),
    Route("GET", "wall", wall.show_wall),
    Route("GET", "wall/part", wall.refresh_wall),
    Route("GET", "cases", cases.show_cases),
    Route("GET", "cases/{case_id}", case.show_case),
    Route("GET", "cases/{case_id}/part", case.refresh_case),
    Route("GET", "cases/{case_id}/evidence/{version}", evidence.show_evidence),
    Route("GET", "exceptions/{exception_id}", exception.show_exception),
    Route("GET", "exceptions/{exception_id}/part", exception.refresh_exception),
    Route("GET", "exceptions/{exception_id}/answer", exception.show_answer),
    Route("POST", "exceptions/{exception_id}/preview", exception.preview_answer, Doing.RESOLVE),
    Route("POST", "exceptions/{exception_id}/resolve", exception.resolve, Doing.RESOLVE),
    Route("POST", "exceptions/{exception_id}/approve", exception.approve_answer, Doing.APPROVE),
    Route("POST", "exceptions/{exception_id}/deny", exception.deny_answer, Doing.APPROVE),
    Route("POST", "exceptions/{exception_id}/reassign", exception.reassign_exception, Doing.REASSIGN),
    Route("POST", "exceptions/{exception_id}/snooze", exception.snooze_exception, Doing.SNOOZE),
    Route("POST", "exceptions/{exception_id}/renew", exception.renew_lease, Doing.TAKE),
    Route("POST", "exceptions/{exception_id}/give-back", exception.give_lease_back, Doing.TAKE),
    Route("POST", "bulk", bulk.choose, Doing.BULK),
    Route("POST", "bulk/preview", bulk.preview_some, Doing.BULK),
    Route("POST", "bulk/apply", bulk.apply_some, Doing.BULK),
    Route("POST", "next", exception.take, Doing.TAKE),
    Route("GET", "new", new_cancel.show_form, Doing.ASK),
    Route("POST", "new", new_cancel.ask, Doing.ASK),
    Route("GET", "new/list", new_list.show_list, Doing.ASK),
    Route("POST", "new/list", new_list.ask_for_list, Doing.ASK),
    Route("GET", "new/{merchant}/{order_ref}/asked", new_cancel.show_asked, Doing.ASK),
    Route("GET", "new/{merchant}/{order_ref}", new_cancel.look_for_case, Doing.ASK),
    Route("GET", "search", search.show_search),
    Route("POST", "merchant", preferences.choose_merchant),
    Route("POST", "theme", preferences.choose_theme, None),
    Route("POST", "sign-out", preferences.sign_out, None),
)
