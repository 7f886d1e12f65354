"""People as a Cognito user pool knows them (Amazon Cognito user pools API reference: InitiateAuth, RespondToAuthChallenge).

These calls take no AWS credentials: they are anybody's, with the client's id. The tokens come straight from Cognito over TLS, so their
claims are read without proving the signature again.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from stopship.application.ports import Challenge, ChallengeKind, SignedIn
from stopship.domain.errors import InvalidInput, NotAuthentic, PartnerContractBroken

_SENT_AWAY: Final = frozenset(
    {
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "CodeMismatchException",
        "ExpiredCodeException",
        "InvalidParameterException",
        "TooManyRequestsException",
        "LimitExceededException",
        "PasswordHistoryPolicyViolationException",
    }
)
"""A wrong password, an unknown name, a locked account and too many tries look the same to whoever tries."""
_LOCKED_OUT: Final = frozenset({"NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException"})
"""Answers to a refresh that end a session. That Cognito is busy ends none."""
_KINDS: Final = {
    "NEW_PASSWORD_REQUIRED": ChallengeKind.CHOOSE,
    "SOFTWARE_TOKEN_MFA": ChallengeKind.CODE,
    "MFA_SETUP": ChallengeKind.ENROLL,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_ANSWERS: Final = {ChallengeKind.CHOOSE: "NEW_PASSWORD", ChallengeKind.CODE: "SOFTWARE_TOKEN_MFA_CODE"}


class CognitoPeople:
    """``client`` is a low-level cognito-idp client. Implements ``ports.People``."""

    def __init__(self, client: Any, client_id: str) -> None:
        self._client, self._client_id = client, client_id

    def sign_in(self, name: str, password: str) -> SignedIn | Challenge:
        told = self._ask(
            self._client.initiate_auth,
            ClientId=self._client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        return self._understood(told, name)

    def answer(self, challenge: Challenge, word: str) -> SignedIn | Challenge:
        reference, responses = challenge.reference, {"USERNAME": challenge.name}
        if challenge.kind is ChallengeKind.ENROLL:
            reference = self._enrolled(reference, word)
        else:
            responses[_ANSWERS[challenge.kind]] = word
        try:
            told = self._ask(
                self._client.respond_to_auth_challenge,
                ClientId=self._client_id,
                ChallengeName=_NAMES[challenge.kind],
                Session=reference,
                ChallengeResponses=responses,
            )
        except self._client.exceptions.InvalidPasswordException as error:
            fix = "twelve characters or more, with a capital, a small letter, a digit and a sign"
            raise InvalidInput("new password", "is too weak", fix) from error
        return self._understood(told, challenge.name)

    def refresh(self, refresh_token: str) -> SignedIn:
        try:
            told = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _LOCKED_OUT:
                raise NotAuthentic from error
            raise
        return _signed_in(told.get("AuthenticationResult", {}))

    def sign_out(self, refresh_token: str) -> None:
        try:
            self._ask(self._client.revoke_token, Token=refresh_token, ClientId=self._client_id)
        except NotAuthentic:
            return

    def _enrolled(self, reference: str, code: str) -> str:
        """The reference that goes on after the app's first code. Raises InvalidInput for a wrong one."""
        wrong = (
            self._client.exceptions.EnableSoftwareTokenMFAException,
            self._client.exceptions.CodeMismatchException,
        )
        try:
            told = self._client.verify_software_token(Session=reference, UserCode=code)
        except wrong as error:
            raise InvalidInput("code", "is not the app's", "the six digits that it shows now") from error
        except self._client.exceptions.ClientError as error:
            raise _meaning(error) from error
        return str(told["Session"])

    def _understood(self, told: Mapping[str, Any], name: str) -> SignedIn | Challenge:
        wanted = told.get("ChallengeName")
        if not wanted:
            return _signed_in(told.get("AuthenticationResult", {}))
        kind = _KINDS.get(wanted)
        if kind is None:
            raise PartnerContractBroken("cognito", f"it asks for {wanted}, which no page here can answer")
        if kind is not ChallengeKind.ENROLL:
            return Challenge(kind, name, str(told["Session"]))
        begun = self._ask(self._client.associate_software_token, Session=told["Session"])
        return Challenge(kind, name, str(begun["Session"]), str(begun["SecretCode"]))

    def _ask(self, call: Callable[..., Mapping[str, Any]], **what: Any) -> Mapping[str, Any]:
        try:
            return call(**what)
        except self._client.exceptions.InvalidPasswordException:
            raise
        except self._client.exceptions.ClientError as error:
            raise _meaning(error) from error


def _meaning(error: Any) -> Exception:
    code = error.response["Error"]["Code"]
    return NotAuthentic() if code in _SENT_AWAY else error


def _signed_in(result: Mapping[str, Any]) -> SignedIn:
    claims = _claims(str(result.get("AccessToken", "")))
    groups = frozenset(str(g) for g in claims.get("cognito:groups", []))
    seconds = float(result.get("ExpiresIn", 0))
    return SignedIn(str(claims["sub"]), groups, seconds, str(result.get("RefreshToken", "")))


def _claims(token: str) -> dict[str, Any]:
    """The middle part of a JSON web token (RFC 7519). Raises PartnerContractBroken."""
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return {"sub": claims["sub"], "cognito:groups": claims.get("cognito:groups", [])}
    except (ValueError, KeyError, TypeError) as error:
        raise PartnerContractBroken("cognito", "its access token cannot be read") from error
