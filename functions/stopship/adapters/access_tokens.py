"""Access tokens that all workers share: of any number that need one at the same moment, one fetches it and the others use it.

A worker keeps what it knows in its process. Beyond that there is the store, in which a lease says who is fetching. A lease ends by
itself, so that a worker that dies with it delays the others and stops nobody.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import field
from hashlib import sha256
from typing import Final, Protocol

from stopship.adapters.clock import SystemClock
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken, PartnerUnavailable
from stopship.domain.instant import plus
from stopship.frozen import frozen

EARLY_SECONDS: Final = 300
"""A token that ends within this time is renewed first, so that none ends under way; until it is, the others go on using it."""
LAST_SECONDS: Final = 15
"""A token that ends within this time is used by nobody: a call may take so long."""
LEASE_SECONDS: Final = 20
"""Longer than a fetch can take (connecting and reading, adapters/http.py)."""
RETRY_SECONDS: Final = 1
"""After a fetch that failed, the next one waits so long: a partner that refuses us is not asked by everybody in turn."""
QUIET_SECONDS: Final = 30
"""A token that replaced a refused one and is refused as well is not replaced again so soon: it is not the token that is wrong."""
LOOKS, LOOK_SECONDS = 50, 0.1
MAX_BYTES: Final = 4096
"""What KMS encrypts in one call (AWS KMS API reference, Encrypt)."""


@frozen
class AccessToken:
    """``ends_at`` is in the ledger's form."""

    value: str = field(repr=False)
    ends_at: str


@frozen
class Place:
    """Whose token it is. ``credentials`` is a digest, so that a token fetched with credentials that were changed since is not used."""

    partner: str
    merchant: str
    credentials: str

    @classmethod
    def of(cls, partner: str, merchant: str, *credentials: str) -> "Place":
        return cls(partner, merchant, sha256("\n".join(credentials).encode()).hexdigest()[:32])

    @property
    def key(self) -> str:
        return f"{self.partner}#{self.merchant}#{self.credentials}"


@frozen
class Kept:
    """What stands at a place. ``generation`` changes with the token, "" while there never was one. ``replaced_at`` is when it replaced a
    refused one, "" when it replaced none. ``leased_until`` is "" while nobody fetches."""

    token: AccessToken | None = None
    generation: str = ""
    replaced_at: str = ""
    leased_until: str = ""


NOTHING: Final = Kept()


class TokenStore(Protocol):
    """Shared by all workers. Every change is conditional, and one of two that come at the same moment takes place."""

    def read(self, place: Place) -> Kept: ...
    def lease(self, place: Place, worker: str, generation: str, now: str, until: str) -> bool:
        """Whether the lease is this worker's now: nobody else's runs, and the token is still of this generation."""

    def keep(self, place: Place, worker: str, token: AccessToken, replaced_at: str) -> bool:
        """Puts the token there and ends the lease. False, and nothing is changed, when the lease is no longer this worker's."""

    def put_off(self, place: Place, worker: str, until: str) -> None:
        """After a fetch that failed: nobody fetches before ``until``. Does nothing when the lease is no longer this worker's."""


class MemoryTokens:
    """One process's own: for tools and tests, and where nothing is shared."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._workers: dict[str, str] = {}
        self._lock = threading.Lock()

    def read(self, place: Place) -> Kept:
        with self._lock:
            return self._kept.get(place.key, NOTHING)

    def lease(self, place: Place, worker: str, generation: str, now: str, until: str) -> bool:
        with self._lock:
            kept = self._kept.get(place.key, NOTHING)
            if kept.leased_until > now or kept.generation != generation:
                return False
            self._kept[place.key] = Kept(kept.token, kept.generation, kept.replaced_at, until)
            self._workers[place.key] = worker
            return True

    def keep(self, place: Place, worker: str, token: AccessToken, replaced_at: str) -> bool:
        with self._lock:
            if self._workers.get(place.key) != worker:
                return False
            del self._workers[place.key]
            self._kept[place.key] = Kept(token, secrets.token_hex(8), replaced_at)
            return True

    def put_off(self, place: Place, worker: str, until: str) -> None:
        with self._lock:
            if self._workers.get(place.key) == worker:
                kept = self._kept[place.key]
                self._kept[place.key] = Kept(kept.token, kept.generation, kept.replaced_at, until)
                del self._workers[place.key]


class SharedTokens:
    """``pause`` waits so many seconds between looks at what another worker fetches."""

    def __init__(self, store: TokenStore, clock: Clock, pause: Callable[[float], None] = time.sleep) -> None:
        self._store, self._clock, self._pause = store, clock, pause
        self._mine: dict[Place, AccessToken] = {}

    def current(self, place: Place, fetch: Callable[[], AccessToken], *, refused: str = "") -> str:
        """A token that is good for some time yet. ``refused`` is one that the partner has just turned away: another comes back, unless
        that one had itself replaced a refused one a moment ago. Raises what ``fetch`` raises, and PartnerUnavailable when another
        worker's fetch does not end."""
        mine = self._mine.get(place)
        if mine and mine.value != refused and mine.ends_at > plus(self._clock.now(), EARLY_SECONDS):
            return mine.value
        self._mine[place] = found = self._shared(place, fetch, refused)
        return found.value

    def _shared(self, place: Place, fetch: Callable[[], AccessToken], refused: str) -> AccessToken:
        for _ in range(LOOKS):
            kept, now = self._store.read(place), self._clock.now()
            if found := _good(kept, now, refused):
                return found
            worker = secrets.token_hex(8)
            free = kept.leased_until <= now
            if free and self._store.lease(place, worker, kept.generation, now, plus(now, LEASE_SECONDS)):
                replaces = kept.token is not None and kept.token.value == refused
                return self._fetch(place, worker, fetch, now if replaces else "")
            if kept.token and kept.token.value != refused and kept.token.ends_at > plus(now, LAST_SECONDS):
                return kept.token
            self._pause(LOOK_SECONDS)
        raise PartnerUnavailable(
            place.partner, "another worker is fetching an access token", in_doubt=False, retry_after=LEASE_SECONDS
        )

    def _fetch(self, place: Place, worker: str, fetch: Callable[[], AccessToken], replaced_at: str) -> AccessToken:
        """A token that came too late to be kept is as good as any: this worker uses it alone."""
        try:
            token = fetch()
            if len(token.value.encode()) > MAX_BYTES:
                raise PartnerContractBroken(place.partner, f"the access token is longer than {MAX_BYTES} bytes")
        except BaseException:
            self._store.put_off(place, worker, plus(self._clock.now(), RETRY_SECONDS))
            raise
        self._store.keep(place, worker, token, replaced_at)
        return token


def _good(kept: Kept, now: str, refused: str) -> AccessToken | None:
    if kept.token is None:
        return None
    if kept.token.value == refused:
        return kept.token if kept.replaced_at > plus(now, -QUIET_SECONDS) else None
    return kept.token if kept.token.ends_at > plus(now, EARLY_SECONDS) else None


def of_this_process() -> SharedTokens:
    """Shared with nobody else, but by everything in this process."""
    return _PROCESS


_PROCESS: Final = SharedTokens(MemoryTokens(), SystemClock())
