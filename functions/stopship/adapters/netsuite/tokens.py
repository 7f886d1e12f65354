"""OAuth 2.0 client credentials: a JWT that KMS signs is exchanged for an access token.

The token lives 60 minutes and there is no refresh token ("POST Request to the Token Endpoint and the Access Token Response"); the
assertion is signed PS256 ("The Request Token Structure").
"""

import base64
import json
from typing import Any, Protocol

from stopship.adapters import http
from stopship.adapters.access_tokens import AccessToken, Place, SharedTokens, of_this_process
from stopship.adapters.netsuite.connection import TOKEN_PATH, NetSuiteConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import parse, plus

PARTNER = "netsuite"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300


class TokenSigner(Protocol):
    def sign(self, message: bytes) -> bytes:
        """RSASSA-PSS over SHA-256, salt as long as the hash: what JWT calls PS256."""


class AccessTokens:
    def __init__(
        self, connection: NetSuiteConnection, signer: TokenSigner, clock: Clock, shared: SharedTokens | None = None
    ) -> None:
        self._connection, self._signer, self._clock = connection, signer, clock
        self._shared = shared or of_this_process()
        self._place = Place.of(
            PARTNER, connection.merchant, connection.endpoint, connection.client_id, connection.certificate_id
        )

    def current(self, refused: str = "") -> str:
        """A token that is good for some time yet, and not the ``refused`` one. Raises PartnerRefused when NetSuite does not accept our
        assertion."""
        return self._shared.current(self._place, self._ask, refused=refused)

    def _ask(self) -> AccessToken:
        asked_at = self._clock.now()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertion(asked_at),
        }
        answer = http.call(PARTNER, "POST", self._url, form=form)
        if answer.is_client_error:
            code = str(http.json_object(PARTNER, answer).get("error", "token_refused"))
            raise http.refuse(PARTNER, answer, code, "no access token: check the certificate and its mapping")
        body = http.json_object(PARTNER, answer)
        token, seconds = body.get("access_token"), str(body.get("expires_in"))
        if not isinstance(token, str) or not token or not seconds.isdigit():
            raise PartnerContractBroken(PARTNER, "the token answer lacks access_token or expires_in")
        return AccessToken(token, plus(asked_at, int(seconds)))

    @property
    def _url(self) -> str:
        return self._connection.endpoint.rstrip("/") + TOKEN_PATH

    def _assertion(self, now: str) -> str:
        issued = int(parse(now).timestamp())
        header = {"typ": "JWT", "alg": "PS256", "kid": self._connection.certificate_id}
        claims = {
            "iss": self._connection.client_id,
            "scope": ["rest_webservices"],
            "aud": self._url,
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
        }
        message = f"{_part(header)}.{_part(claims)}"
        return f"{message}.{_base64(self._signer.sign(message.encode()))}"


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
