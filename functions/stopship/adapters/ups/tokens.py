"""Access tokens: client id and secret buy one (UPS OAuth, "Create Token"). It says itself how long it lives."""

import base64
import threading

from stopship.adapters import http
from stopship.adapters.ups.connection import PARTNER, UpsConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import plus

PATH = "/security/v1/oauth/token"
EARLY_SECONDS = 60
"""A token that ends within this time is renewed first, so that none ends under way."""

_kept: dict[tuple[str, str, str], tuple[str, str]] = {}
"""Access token and its end by (host, client, secret): one per process."""
_asking = threading.Lock()


class AccessTokens:
    def __init__(self, connection: UpsConnection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock
        self._place = (connection.endpoint, connection.client_id, connection.client_secret)

    def current(self, refused: str = "") -> str:
        """A token that is good for some time yet, and not the ``refused`` one. Workers that need a new one at the same moment ask once."""
        with _asking:
            token, end = _kept.get(self._place, ("", ""))
            if not token or token == refused or end <= plus(self._clock.now(), EARLY_SECONDS):
                token, end = self._ask()
                _kept[self._place] = (token, end)
            return token

    def _ask(self) -> tuple[str, str]:
        asked_at, c = self._clock.now(), self._connection
        basic = base64.b64encode(f"{c.client_id}:{c.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Accept": "application/json", "x-merchant-id": c.account}
        url = c.endpoint.rstrip("/") + PATH
        answer = http.call(PARTNER, "POST", url, headers=headers, form={"grant_type": "client_credentials"})
        if answer.is_client_error:
            raise http.refuse(PARTNER, answer, "not_authorised", "no access token: check client id and secret")
        told = http.json_object(PARTNER, answer)
        token, seconds = told.get("access_token"), str(told.get("expires_in"))
        if not isinstance(token, str) or not token or not seconds.isdigit():
            raise PartnerContractBroken(
                PARTNER, "the token answer lacks access_token or expires_in", {"field": "access_token, expires_in"}
            )
        return token, plus(asked_at, int(seconds))
