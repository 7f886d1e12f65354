"""OAuth 2.0 client credentials: a JWT that KMS signs is exchanged for an access token.

The token lives 60 minutes and there is no refresh token ("POST Request to the Token Endpoint and the Access Token Response"); the
assertion is signed PS256 ("The Request Token Structure").
"""

import base64
import json
from typing import Any, Protocol

from stopship.adapters import http
from stopship.adapters.netsuite.connection import TOKEN_PATH, NetSuiteConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import parse, plus

PARTNER = "netsuite"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
EARLY_SECONDS = 60
"""A token that ends within this time is renewed first, so that none ends under way."""


class TokenSigner(Protocol):
    def sign(self, message: bytes) -> bytes:
        """RSASSA-PSS over SHA-256, salt as long as the hash: what JWT calls PS256."""


_kept: dict[tuple[str, str, str], tuple[str, str]] = {}
"""Token and its end, by (endpoint, client, certificate): one per process, so that a warm function asks once an hour."""


class AccessTokens:
    def __init__(self, connection: NetSuiteConnection, signer: TokenSigner, clock: Clock) -> None:
        self._connection, self._signer, self._clock = connection, signer, clock
        self._place = (connection.endpoint, connection.client_id, connection.certificate_id)

    def current(self) -> str:
        """A token that is good for some time yet. Raises PartnerRefused when NetSuite does not accept our assertion."""
        token, end = _kept.get(self._place, ("", ""))
        if not token or end <= plus(self._clock.now(), EARLY_SECONDS):
            token, end = self._ask()
            _kept[self._place] = (token, end)
        return token

    def forget(self) -> None:
        """After a 401: the token was revoked before its time."""
        _kept.pop(self._place, None)

    def _ask(self) -> tuple[str, str]:
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
        return token, plus(asked_at, int(seconds))

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
