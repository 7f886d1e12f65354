"""Signing in and out. Nothing here says whether a name exists."""

from typing import Final

from stopship.application.ports import Challenge, ChallengeKind
from stopship.application.sign_in import Started
from stopship.console import cookies
from stopship.console.answers import Answer, html, redirect
from stopship.console.asked import Asked
from stopship.console.office import Office
from stopship.console.rendered import rendered
from stopship.console.told import Told
from stopship.domain.errors import InvalidInput, NotAuthentic
from stopship.telemetry import logger

_HEADINGS: Final = {
    ChallengeKind.CHOOSE: "Choose a new password",
    ChallengeKind.CODE: "Enter your code",
    ChallengeKind.ENROLL: "Set up your authenticator app",
}
_REFUSED: Final = Told(
    "bad", "That did not work.", "Check e-mail and password. After too many tries, wait a few minutes."
)
_ELSEWHERE: Final = Told("bad", "This form came from another page.", "Sign in here.")
_ENDED: Final = Told("info", "Your session has ended. Sign in to go on where you were.")


def show_sign_in(asked: Asked, _: Office) -> Answer:
    onward = safe_next(asked.wanted("next"))
    return _form(asked, onward, _ENDED if asked.wanted("ended") else None)


def sign_in(asked: Asked, office: Office) -> Answer:
    onward, name = safe_next(asked.field("next")), asked.field("name")
    if not asked.from_own_page:
        return _form(asked, onward, _ELSEWHERE, status=403)
    try:
        # A password may begin or end with a blank.
        told = office.entrance.sign_in(name, asked.form.get("password", ("",))[0], cookies.session_id(asked))
    except NotAuthentic:
        logger().info("sign-in refused")
        return _form(asked, onward, _REFUSED, name=name, status=401)
    return _told(asked, told, onward)


def answer_challenge(asked: Asked, office: Office) -> Answer:
    onward = safe_next(asked.field("next"))
    if not asked.from_own_page:
        return _form(asked, onward, _ELSEWHERE, status=403)
    challenge = _challenge(asked)
    word = asked.form.get("word", ("",))[0]
    try:
        told = office.entrance.answer(challenge, word, cookies.session_id(asked))
    except InvalidInput as error:
        return _ask(asked, challenge, onward, Told("bad", f"The {error.field} {error.problem}.", error.fix), status=400)
    except NotAuthentic:
        logger().info("sign-in refused")
        return _form(asked, onward, _REFUSED, name=challenge.name, status=401)
    return _told(asked, told, onward)


def safe_next(wanted: str) -> str:
    """Only a page of the console: whoever sends a link must not choose where a person lands (OWASP, unvalidated redirects)."""
    own = wanted.startswith(("/console/", "/console?")) or wanted == "/console"
    return wanted if own and "\\" not in wanted and wanted.isprintable() else "/console"


def _told(asked: Asked, told: Started | Challenge, onward: str) -> Answer:
    if isinstance(told, Challenge):
        return _ask(asked, told, onward)
    logger().info("signed in", extra={"subject": told.session.subject})
    return redirect(onward).with_cookies(cookies.keep_session(asked, told.session_id))


def _challenge(asked: Asked) -> Challenge:
    kind = asked.field("kind")
    if kind not in list(ChallengeKind):
        raise InvalidInput("kind", "is none of ours", "sign in again")
    return Challenge(ChallengeKind(kind), asked.field("name"), asked.field("reference"), asked.field("secret"))


def _form(asked: Asked, onward: str, message: Told | None, *, name: str = "", status: int = 200) -> Answer:
    text = rendered("sign_in.html", visit=None, theme=cookies.theme(asked), next=onward, name=name, message=message)
    return html(text, status)


def _ask(asked: Asked, challenge: Challenge, onward: str, message: Told | None = None, *, status: int = 200) -> Answer:
    text = rendered(
        "challenge.html",
        visit=None,
        theme=cookies.theme(asked),
        challenge=challenge,
        heading=_HEADINGS[challenge.kind],
        next=onward,
        message=message,
    )
    return html(text, status)
