"""Which merchant a person looks at, in which colours, and until when."""

from stopship.console import cookies
from stopship.console.addresses import split
from stopship.console.answers import Answer, redirect
from stopship.console.pages.sign_in import safe_next
from stopship.console.visit import Visit
from stopship.domain.errors import NotFound


def choose_merchant(visit: Visit) -> Answer:
    wanted = visit.asked.field("merchant")
    if wanted and wanted not in visit.agent.merchants:
        raise NotFound(f"merchant {wanted}")
    visit.office.entrance.look_at(visit.session, wanted)
    return redirect("/console")


def choose_theme(visit: Visit) -> Answer:
    """Back to where the form was."""
    came_from = split(visit.asked.headers.get("referer", ""))
    onward = safe_next(f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path)
    return redirect(onward).with_cookies(cookies.keep_theme(visit.asked, visit.asked.field("theme")))


def sign_out(visit: Visit) -> Answer:
    visit.office.entrance.sign_out(cookies.session_id(visit.asked))
    return redirect("/console/sign-in").with_cookies(cookies.forget_session(visit.asked))
