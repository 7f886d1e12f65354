"""Access tokens: a refresh token buys one that lives 28 days (developer.shiphero.com, "Authentication")."""

import json

from stopship.adapters import http
from stopship.adapters.access_tokens import AccessToken, Place, SharedTokens, of_this_process
from stopship.adapters.shiphero.connection import PARTNER, ShipHeroConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import plus


class AccessTokens:
    def __init__(self, connection: ShipHeroConnection, clock: Clock, shared: SharedTokens | None = None) -> None:
        self._clock, self._shared = clock, shared or of_this_process()
        self._url = connection.endpoint.rstrip("/") + "/auth/refresh"
        self._refresh_token = connection.refresh_token
        self._place = Place.of(PARTNER, connection.merchant, self._url, connection.refresh_token)

    def current(self, refused: str = "") -> str:
        """A token that is good for some time yet, and not the ``refused`` one."""
        return self._shared.current(self._place, self._ask, refused=refused)

    def _ask(self) -> AccessToken:
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
        return AccessToken(token, plus(asked_at, seconds))
