"""Cognito's answers, word for word as its API reference and its service model have them, and what the desk makes of each."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import botocore.config
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.stub import Stubber

from stopship.adapters.people_cognito import CognitoPeople
from stopship.application.ports import Challenge, ChallengeKind, SignedIn
from stopship.domain.errors import InvalidInput, NotAuthentic, PartnerContractBroken

CLIENT = "client-1"
NAME, PASSWORD = "ann@desk.example", "Correct-horse-9"
SESSION = "s" * 20


def token(**claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def result(**more: Any) -> dict[str, Any]:
    access = token(sub="person-1", **{"cognito:groups": ["role.agent", "merchant.acme"]})
    return {"AuthenticationResult": {"AccessToken": access, "ExpiresIn": 3600, "RefreshToken": "r-1", **more}}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    config = botocore.config.Config(signature_version=UNSIGNED)
    client = botocore.session.get_session().create_client("cognito-idp", region_name="eu-central-1", config=config)
    with Stubber(client) as made:
        yield made
        made.assert_no_pending_responses()


def people(stub: Stubber) -> CognitoPeople:
    return CognitoPeople(stub.client, CLIENT)


def started(stub: Stubber, answer: dict[str, Any]) -> SignedIn | Challenge:
    asked = {
        "ClientId": CLIENT,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": NAME, "PASSWORD": PASSWORD},
    }
    stub.add_response("initiate_auth", answer, asked)
    return people(stub).sign_in(NAME, PASSWORD)


def test_a_right_password_tells_who_it_is_and_the_groups(stub: Stubber) -> None:
    told = started(stub, result())
    assert told == SignedIn("person-1", frozenset({"role.agent", "merchant.acme"}), 3600, "r-1")


@pytest.mark.parametrize(
    "code",
    ["NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException", "TooManyRequestsException"],
)
def test_whoever_is_not_let_in_learns_nothing_more(stub: Stubber, code: str) -> None:
    stub.add_client_error("initiate_auth", code)
    with pytest.raises(NotAuthentic):
        people(stub).sign_in(NAME, PASSWORD)


def test_an_error_of_the_service_is_not_taken_for_a_wrong_password(stub: Stubber) -> None:
    stub.add_client_error("initiate_auth", "InternalErrorException", http_status_code=500)
    with pytest.raises(stub.client.exceptions.InternalErrorException):
        people(stub).sign_in(NAME, PASSWORD)


@pytest.mark.parametrize(
    ("kind", "challenge", "field"),
    [
        (ChallengeKind.CHOOSE, "NEW_PASSWORD_REQUIRED", "NEW_PASSWORD"),
        (ChallengeKind.CODE, "SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"),
    ],
)
def test_a_challenge_is_asked_and_answered(stub: Stubber, kind: ChallengeKind, challenge: str, field: str) -> None:
    told = started(stub, {"ChallengeName": challenge, "Session": SESSION, "ChallengeParameters": {}})
    assert told == Challenge(kind, NAME, SESSION)
    stub.add_response(
        "respond_to_auth_challenge",
        result(),
        {
            "ClientId": CLIENT,
            "ChallengeName": challenge,
            "Session": SESSION,
            "ChallengeResponses": {"USERNAME": NAME, field: "word"},
        },
    )
    assert isinstance(people(stub).answer(told, "word"), SignedIn)


def test_a_weak_new_password_is_told_with_what_it_takes(stub: Stubber) -> None:
    stub.add_client_error("respond_to_auth_challenge", "InvalidPasswordException")
    with pytest.raises(InvalidInput, match="new password"):
        people(stub).answer(Challenge(ChallengeKind.CHOOSE, NAME, SESSION), "short")


def test_who_has_no_app_yet_gets_a_secret_for_it_and_proves_it_with_its_first_code(stub: Stubber) -> None:
    second, third = "t" * 20, "u" * 20
    stub.add_response("initiate_auth", {"ChallengeName": "MFA_SETUP", "Session": SESSION, "ChallengeParameters": {}})
    stub.add_response(
        "associate_software_token", {"SecretCode": "JBSWY3DPEHPK3PXP", "Session": second}, {"Session": SESSION}
    )
    told = people(stub).sign_in(NAME, PASSWORD)
    assert told == Challenge(ChallengeKind.ENROLL, NAME, second, "JBSWY3DPEHPK3PXP")
    stub.add_response(
        "verify_software_token", {"Status": "SUCCESS", "Session": third}, {"Session": second, "UserCode": "123456"}
    )
    stub.add_response(
        "respond_to_auth_challenge",
        result(),
        {
            "ClientId": CLIENT,
            "ChallengeName": "MFA_SETUP",
            "Session": third,
            "ChallengeResponses": {"USERNAME": NAME},
        },
    )
    assert isinstance(people(stub).answer(told, "123456"), SignedIn)


def test_a_wrong_first_code_is_told_and_goes_no_further(stub: Stubber) -> None:
    stub.add_client_error("verify_software_token", "EnableSoftwareTokenMFAException")
    with pytest.raises(InvalidInput, match="code"):
        people(stub).answer(Challenge(ChallengeKind.ENROLL, NAME, SESSION, "x"), "000000")


def test_a_challenge_that_no_page_can_answer_is_not_guessed_at(stub: Stubber) -> None:
    with pytest.raises(PartnerContractBroken, match="SMS_MFA"):
        started(stub, {"ChallengeName": "SMS_MFA", "Session": SESSION, "ChallengeParameters": {}})


def test_a_refresh_gives_the_groups_as_they_are_now(stub: Stubber) -> None:
    access = token(sub="person-1")
    stub.add_response(
        "initiate_auth",
        {"AuthenticationResult": {"AccessToken": access, "ExpiresIn": 60}},
        {"ClientId": CLIENT, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": "r-1"}},
    )
    assert people(stub).refresh("r-1") == SignedIn("person-1", frozenset(), 60)


@pytest.mark.parametrize("code", ["NotAuthorizedException", "UserNotFoundException"])
def test_who_is_locked_out_gets_no_groups(stub: Stubber, code: str) -> None:
    stub.add_client_error("initiate_auth", code)
    with pytest.raises(NotAuthentic):
        people(stub).refresh("r-1")


def test_a_busy_provider_locks_nobody_out(stub: Stubber) -> None:
    stub.add_client_error("initiate_auth", "TooManyRequestsException")
    with pytest.raises(stub.client.exceptions.TooManyRequestsException):
        people(stub).refresh("r-1")


def test_a_token_that_cannot_be_read_is_a_broken_contract(stub: Stubber) -> None:
    with pytest.raises(PartnerContractBroken):
        started(stub, {"AuthenticationResult": {"AccessToken": "not.a-token.x", "ExpiresIn": 60}})


def test_signing_out_revokes_and_a_token_that_is_over_is_no_error(stub: Stubber) -> None:
    stub.add_response("revoke_token", {}, {"Token": "r-1", "ClientId": CLIENT})
    people(stub).sign_out("r-1")
    stub.add_client_error("revoke_token", "NotAuthorizedException")
    people(stub).sign_out("r-1")
