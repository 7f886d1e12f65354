"""The console's cookies: the session's id, which only the browser has, and how somebody likes to see the pages."""

from typing import Final

from stopship.console.asked import Asked
from stopship.domain.session import ABSOLUTE_SECONDS

THEMES: Final = ("auto", "light", "dark")
_SESSION: Final = "stopship-session"
_THEME: Final = "stopship-theme"
_A_YEAR: Final = 365 * 86_400


def session_id(asked: Asked) -> str:
    return asked.cookies.get(_session_name(asked), "")


def keep_session(asked: Asked, session_id: str) -> str:
    return _cookie(asked, _session_name(asked), session_id, ABSOLUTE_SECONDS)


def forget_session(asked: Asked) -> str:
    return _cookie(asked, _session_name(asked), "", 0)


def theme(asked: Asked) -> str:
    wanted = asked.cookies.get(_THEME, "")
    return wanted if wanted in THEMES else "auto"


def keep_theme(asked: Asked, wanted: str) -> str:
    return _cookie(asked, _THEME, wanted if wanted in THEMES else "auto", _A_YEAR)


def _session_name(asked: Asked) -> str:
    """Browsers take a ``__Host-`` cookie only with Secure, from no other host and for no narrower path (RFC 6265bis); on this machine there is
    no TLS to send it over."""
    return _SESSION if asked.on_this_machine else f"__Host-{_SESSION}"


def _cookie(asked: Asked, name: str, value: str, seconds: int) -> str:
    secure = "" if asked.on_this_machine else "; Secure"
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
