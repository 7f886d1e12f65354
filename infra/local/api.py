"""A signed-in client of the local desk's API, as an ops system or an agent would be."""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import httpx

if TYPE_CHECKING:
    from infra.local.desk import LocalDesk

AGENT = "agent@desk.example"
_LOOKS = 5
APPROVER = "finance@desk.example"
"""The second person of everything that needs two."""
SCOPED = "{merchant}@desk.example"


class DeskApi:
    """HTTP calls with a token of the user pool. Answers are returned as they are: the caller looks at the status."""

    def __init__(self, base: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=30.0, trust_env=False
        )

    @classmethod
    def of(cls, desk: "LocalDesk", groups: list[str] | None = None, user: str = AGENT) -> Self:
        """Signs in as ``user``, who is made a member of ``groups`` if given (all merchants' groups are there already)."""
        return cls(desk.api_url, sign_in(desk, user, groups))

    def cancel(self, merchant: str, body: Mapping[str, Any]) -> httpx.Response:
        return self._http.post("/cancellations", params={"merchant": merchant}, json=dict(body))

    def cancel_list(self, merchant: str, text: bytes, *, partial: bool = False) -> httpx.Response:
        headers, wanted = {"content-type": "text/csv"}, {"merchant": merchant, "partial": str(partial).lower()}
        return self._http.post("/cancellations/csv", params=wanted, content=text, headers=headers)

    def case(self, merchant: str, case_id: str) -> httpx.Response:
        return self._http.get(f"/cases/{case_id}", params={"merchant": merchant})

    def cases(self, merchant: str, **query: str) -> httpx.Response:
        return self._http.get("/cases", params={"merchant": merchant, **query})

    def exceptions(self, merchant: str, **query: str) -> httpx.Response:
        return self._http.get("/exceptions", params={"merchant": merchant, **query})

    def preview(self, merchant: str, exception_id: str, answer: Mapping[str, Any]) -> httpx.Response:
        return self._on(merchant, exception_id, "preview", answer)

    def resolve(self, merchant: str, exception_id: str, resolution: str, note: str = "", **more: Any) -> httpx.Response:
        """Looks at the plan, and answers it as it is; looks again when it has changed in between. ``more`` are ``evidence`` and ``lines``."""
        answer = {"resolution": resolution, "note": note, **more}
        for _ in range(_LOOKS):
            told = self.preview(merchant, exception_id, answer)
            if told.status_code != httpx.codes.OK:
                break
            plan_hash = told.json()["plan_hash"]
            told = self._on(merchant, exception_id, "resolution", {**answer, "plan_hash": plan_hash})
            if told.is_success or told.json().get("title") != "The plan changed":
                break
        return told

    def approve(self, merchant: str, exception_id: str, plan_hash: str) -> httpx.Response:
        return self._on(merchant, exception_id, "approval", {"plan_hash": plan_hash})

    def _on(self, merchant: str, exception_id: str, what: str, body: Mapping[str, Any]) -> httpx.Response:
        return self._http.post(f"/exceptions/{exception_id}/{what}", params={"merchant": merchant}, json=dict(body))

    def get(self, path: str, **query: str) -> httpx.Response:
        return self._http.get(path, params=query)

    def close(self) -> None:
        self._http.close()


def sign_in(desk: "LocalDesk", user: str, groups: list[str] | None) -> str:
    """An access token. The user gets a new password each time: nobody needs to know it."""
    cognito, pool = desk.emulator.client("cognito-idp"), desk.outputs["UserPoolId"]
    password = f"Aa1!{secrets.token_urlsafe(18)}"
    try:
        cognito.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
    except cognito.exceptions.UsernameExistsException:
        groups = groups if groups is not None else []
    cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
    for group in groups or []:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)
    answer = cognito.initiate_auth(
        ClientId=desk.outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


def create_groups(desk: "LocalDesk", names: list[str]) -> None:
    cognito, pool = desk.emulator.client("cognito-idp"), desk.outputs["UserPoolId"]
    for name in names:
        try:
            cognito.create_group(UserPoolId=pool, GroupName=name)
        except cognito.exceptions.GroupExistsException:
            continue
