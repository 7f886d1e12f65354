"""Access tokens: client id and secret buy one (UPS OAuth, "Create Token"). It says itself how long it lives."""

import base64

from stopship.adapters import http
from stopship.adapters.access_tokens import AccessToken, Place, SharedTokens, of_this_process
from stopship.adapters.ups.connection import PARTNER, UpsConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import plus

PATH = "/security/v1/oauth/token"


class AccessTokens:
    def __init__(self, connection: UpsConnection, clock: Clock, shared: SharedTokens | None = None) -> None:
        self._connection, self._clock, self._shared = connection, clock, shared or of_this_process()
        c = connection
        self._place = Place.of(PARTNER, c.merchant, c.endpoint, c.client_id, c.client_secret)

    def current(self, refused: str = "") -> str:
        """A token that is good for some time yet, and not the ``refused`` one."""
        return self._shared.current(self._place, self._ask, refused=refused)

    def _ask(self) -> AccessToken:
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
        return AccessToken(token, plus(asked_at, int(seconds)))
