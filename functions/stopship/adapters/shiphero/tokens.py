"""Access tokens: a refresh token buys one that lives 28 days (developer.shiphero.com, "Authentication")."""

import json
import threading

from stopship.adapters import http
from stopship.adapters.shiphero.connection import PARTNER, ShipHeroConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import plus

EARLY_SECONDS = 300
"""A token that ends within this time is renewed first, so that none ends under way."""

_kept: dict[tuple[str, str], tuple[str, str]] = {}
"""Access token and its end by (host, refresh token): one per process."""
_asking = threading.Lock()


class AccessTokens:
    def __init__(self, connection: ShipHeroConnection, clock: Clock) -> None:
        self._clock = clock
        self._url = connection.endpoint.rstrip("/") + "/auth/refresh"
        self._refresh_token = connection.refresh_token
        self._place = (self._url, connection.refresh_token)

    def current(self, refused: str = "") -> str:
        """A token that is good for some time yet, and not the ``refused`` one. Workers that need a new one at the same moment ask once."""
        with _asking:
            token, end = _kept.get(self._place, ("", ""))
            if not token or token == refused or end <= plus(self._clock.now(), EARLY_SECONDS):
                token, end = self._ask()
                _kept[self._place] = (token, end)
            return token

    def _ask(self) -> tuple[str, str]:
        asked_at = self._clock.now()
        body = json.dumps({"refresh_token": self._refresh_token}).encode()
        answer = http.call(PARTNER, "POST", self._url, headers={"Content-Type": "application/json"}, content=body)
        if answer.is_client_error:
            raise http.refuse(PARTNER, answer, "not_authorised", "no access token: check the refresh token")
        told = http.json_object(PARTNER, answer)
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int) or isinstance(seconds, bool):
            raise PartnerContractBroken(
                PARTNER, "the token answer lacks access_token or expires_in", {"field": "access_token, expires_in"}
            )
        return token, plus(asked_at, seconds)
