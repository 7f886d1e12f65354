"""How long a signed-in person may go on: decided from the session alone, with the moment as an argument."""

from typing import Final

from stopship.domain.instant import plus
from stopship.frozen import frozen

IDLE_SECONDS: Final = 30 * 60
ABSOLUTE_SECONDS: Final = 12 * 3600
"""OWASP's session management cheat sheet asks for both; twelve hours are also what a refresh token of the pool lasts."""
TOUCH_SECONDS: Final = 60
"""A session in use is written once a minute at most."""


@frozen
class Session:
    """``key`` is the sha256 of the id that only the person's browser has. ``subject`` is the identity provider's id, ``name`` what the person
    signs in with: it is shown to that person and goes nowhere else. ``groups`` are as the provider last said, until ``groups_until``.
    ``csrf`` proves that a form comes from one of the session's own pages. ``merchant`` is the one that is looked at, "" for all."""

    key: str
    subject: str
    name: str
    groups: frozenset[str]
    groups_until: str
    csrf: str
    refresh_token: str
    signed_in_at: str
    seen_at: str
    merchant: str = ""

    @property
    def ends_at(self) -> str:
        """When it ends if nobody does anything any more."""
        return min(plus(self.seen_at, IDLE_SECONDS), plus(self.signed_in_at, ABSOLUTE_SECONDS))

    def over(self, now: str) -> bool:
        return now >= self.ends_at

    def groups_are_old(self, now: str) -> bool:
        return now >= self.groups_until

    def unwritten(self, now: str) -> bool:
        """Whether the last sign of life on record is so old that this one has to be written."""
        return now >= plus(self.seen_at, TOUCH_SECONDS)
