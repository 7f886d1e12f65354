"""Who sits at the console: signing in, going on, signing out. The browser holds one random id and nothing else."""

import secrets
from dataclasses import replace
from hashlib import sha256

from stopship.application.ports import Challenge, Clock, People, Sessions, SignedIn
from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import plus
from stopship.domain.session import Session
from stopship.frozen import frozen

BELIEVED_SECONDS = 600
"""How long a person's groups are believed before the identity provider is asked again: who loses a role loses it within this time."""
_LEFT_OVER = 5.0
"""A token that ends within so many seconds is not worth a call."""


@frozen
class Started:
    """``session_id`` is for the browser's cookie; nobody else ever has it."""

    session_id: str
    session: Session


@frozen
class Entrance:
    """Who comes in by a password, and goes on by a session."""

    people: People
    sessions: Sessions
    clock: Clock

    def sign_in(self, name: str, password: str, before: str = "") -> Started | Challenge:
        """``before`` is the id of a session that the browser still has: it ends, whoever's it was. Raises NotAuthentic."""
        return self._started(self.people.sign_in(name, password), name, before)

    def answer(self, challenge: Challenge, word: str, before: str = "") -> Started | Challenge:
        """``word`` is the new password or the code that the challenge asks for. Raises NotAuthentic, or InvalidInput for a word that will not do."""
        return self._started(self.people.answer(challenge, word), challenge.name, before)

    def _started(self, told: SignedIn | Challenge, name: str, before: str) -> Started | Challenge:
        if isinstance(told, Challenge):
            return told
        if before:
            self.sign_out(before)
        now, session_id = self.clock.now(), secrets.token_urlsafe(32)
        session = Session(
            key=key_of(session_id),
            subject=told.subject,
            name=name,
            groups=told.groups,
            groups_until=_until(now, told.seconds),
            csrf=secrets.token_urlsafe(24),
            refresh_token=told.refresh_token,
            signed_in_at=now,
            seen_at=now,
        )
        self.sessions.save(session)
        return Started(session_id, session)

    def go_on(self, session_id: str, *, acting: bool = True) -> Session:
        """The session behind a request. One that only a page's own refreshing makes (``acting`` false) is no sign of life. Raises NotAuthentic
        when there is none, when it is over, or when the identity provider has locked the person out."""
        session = self.sessions.load(key_of(session_id)) if session_id else None
        now = self.clock.now()
        if session is None or session.over(now):
            raise NotAuthentic
        current = self._with_groups(session, now)
        if acting and current.unwritten(now):
            current = replace(current, seen_at=now)
        if current != session:
            self.sessions.save(current)
        return current

    def _with_groups(self, session: Session, now: str) -> Session:
        if not session.groups_are_old(now):
            return session
        try:
            told = self.people.refresh(session.refresh_token)
        except NotAuthentic:
            self.sessions.delete(session.key)
            raise
        return replace(session, groups=told.groups, groups_until=_until(now, told.seconds))

    def look_at(self, session: Session, merchant: str) -> None:
        """Shows one merchant, or all with ""."""
        self.sessions.save(replace(session, merchant=merchant))

    def sign_out(self, session_id: str) -> None:
        """Ends the session here and the refresh token there. No session is no error."""
        session = self.sessions.load(key_of(session_id))
        if session is None:
            return
        self.sessions.delete(session.key)
        self.people.sign_out(session.refresh_token)


def key_of(session_id: str) -> str:
    """What is stored: who reads the store has no session."""
    return sha256(session_id.encode()).hexdigest()


def _until(now: str, token_seconds: float) -> str:
    return plus(now, min(BELIEVED_SECONDS, max(0.0, token_seconds - _LEFT_OVER)))
