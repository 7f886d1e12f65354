"""The HTTP API answers, checks tokens and lets the desk's pages in as on AWS."""

import json
import urllib.error
import urllib.request

from tests.integration.emulator.harness import Probe, unique

PASSWORD = "Correct-horse-7"


def call(probe: Probe, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    url = probe.emulator.http_api_url(probe.outputs["Api"]) + path
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=named)) as answer:
            return (
                answer.status,
                {name.lower(): value for name, value in answer.headers.items()},
                answer.read().decode(),
            )
    except urllib.error.HTTPError as failure:
        with failure:
            return failure.code, {}, failure.read().decode()


def sign_in(probe: Probe) -> str:
    cognito, name = probe.client("cognito-idp"), f"{unique()}@example.com"
    pool = probe.outputs["Pool"]
    cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
    parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
    tokens = cognito.initiate_auth(
        ClientId=probe.outputs["PoolClient"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    return str(tokens["AuthenticationResult"]["IdToken"])


def test_a_route_hands_its_path_to_the_function(probe: Probe) -> None:
    status, _, body = call(probe, "POST", "/callbacks/c-1")
    assert (status, json.loads(body)["path"]) == (200, "/callbacks/c-1")
    assert call(probe, "GET", "/nowhere")[0] == 404


def test_a_failing_function_is_an_opaque_500(probe: Probe) -> None:
    status, _, body = call(probe, "POST", "/callbacks/c-1?fail")
    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


def test_a_desk_route_wants_a_token_of_the_pool_and_passes_its_claims(probe: Probe) -> None:
    token = sign_in(probe)
    assert call(probe, "GET", "/desk")[0] == 401
    assert call(probe, "GET", "/desk", Authorization="Bearer a.b.c")[0] == 401
    head, claims, signature = token.split(".")
    assert call(probe, "GET", "/desk", Authorization=f"Bearer {head}.{claims}.{signature[::-1]}")[0] == 401
    status, _, body = call(probe, "GET", "/desk", Authorization=f"Bearer {token}")
    assert status == 200
    assert json.loads(body)["claims"]["aud"] == probe.outputs["PoolClient"]


def test_a_preflight_from_the_allowed_origin_passes(probe: Probe) -> None:
    asked = {"Origin": "https://desk.example", "Access_Control_Request_Method": "POST"}
    status, headers, _ = call(probe, "OPTIONS", "/callbacks/c-1", **asked)
    assert status in (200, 204)
    assert headers["access-control-allow-origin"] == "https://desk.example"
