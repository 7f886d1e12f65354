"""UPS's HTTP face."""

import base64
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.faults import Dropped, transmit
from infra.local.sandboxes.judged import changed
from infra.local.sandboxes.traps import Trap
from infra.local.sandboxes.ups.account import Account, Parcel
from infra.local.sandboxes.ups.bodies import charged, eligible, error_body, failed, taken, tracked, voided

type Act = Callable[[Account, Parcel, Trap | None], Response]


def refuse(wrong: list[str], *, intercept: bool) -> Response:
    return JSONResponse(error_body("710", "; ".join(wrong), intercept=intercept), 400)


class Service:
    """All merchants."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.accounts: dict[str, Account] = {}

    def account(self, request: Request) -> Account:
        merchant = request.path_params["merchant"]
        return self.accounts.setdefault(merchant, Account(self._base, merchant))

    async def token(self, request: Request) -> Response:
        account, trap = self.account(request), self._base.traps.take("*", "token")

        def act() -> Response:
            told = f"{account.setting('client_id')}:{account.setting('client_secret')}"
            right = base64.b64encode(told.encode()).decode()
            if request.headers.get("authorization") != f"Basic {right}":
                return JSONResponse(error_body("10401", "ClientId is Invalid"), 401)
            token, seconds = account.new_token()
            body = {"token_type": "Bearer", "access_token": token, "expires_in": str(seconds), "status": "approved"}
            return changed(body, trap) or JSONResponse(body)

        return _in_its_form(await transmit(trap, act), intercept=False)

    async def track(self, request: Request) -> Response:
        def act(_: Account, parcel: Parcel, trap: Trap | None) -> Response:
            if trap and trap.kind == "silent":
                return _missing()
            body = tracked(parcel)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, "track", act)

    async def void(self, request: Request) -> Response:
        def act(account: Account, parcel: Parcel, trap: Trap | None) -> Response:
            done = account.void(parcel, trap)
            if trap and trap.detail.get("status"):
                return JSONResponse(error_body(str(trap.detail["code"]), "It cannot be voided."), trap.detail["status"])
            body = voided(parcel, done=done)
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, "void", act)

    async def eligibility(self, request: Request) -> Response:
        def act(account: Account, parcel: Parcel, trap: Trap | None) -> Response:
            if trap and trap.kind == "silent":
                return JSONResponse(failed())
            body = eligible(account, parcel, may=not (trap and trap.kind == "rejected"))
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, "eligibility", act)

    async def charges(self, request: Request) -> Response:
        def act(_: Account, parcel: Parcel, trap: Trap | None) -> Response:
            body = charged(parcel, done=not (trap and trap.kind == "rejected"))
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, "charges", act)

    async def return_to_sender(self, request: Request) -> Response:
        def act(account: Account, parcel: Parcel, trap: Trap | None) -> Response:
            body = taken(done=account.take(parcel, trap))
            return changed(body, trap) or JSONResponse(body)

        return await self._answer(request, "return", act)

    async def cancel(self, request: Request) -> Response:
        def act(account: Account, parcel: Parcel, trap: Trap | None) -> Response:
            return JSONResponse(taken(done=account.untake(parcel, trap)))

        return await self._answer(request, "cancel", act)

    async def unknown(self, request: Request) -> Response:  # noqa: ARG002
        return _missing()

    async def _answer(self, request: Request, operation: str, act: Act) -> Response:
        account = self.account(request)
        parcel = account.parcels.get(request.path_params["number"])
        trap = self._base.traps.take(parcel.order_ref if parcel else "*", operation)
        intercept = operation not in ("track", "void")

        def run() -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not account.good(token):
                return JSONResponse(error_body("250002", "Invalid Authentication", intercept=intercept), 401)
            if parcel is None:
                return _missing() if operation == "track" else _refused(intercept=intercept)
            return act(account, parcel, trap)

        return _in_its_form(await transmit(trap, run), intercept=intercept)


def _missing() -> Response:
    return JSONResponse(error_body("TW0001", "Tracking Information Not Found"), 404)


def _refused(*, intercept: bool) -> Response:
    return JSONResponse(error_body("1201", "The number is not known.", intercept=intercept), 400)


def _in_its_form(answer: Response, *, intercept: bool) -> Response:
    """Trouble on the way speaks as everything else does."""
    if isinstance(answer, Dropped) or answer.status_code not in (429, 500):
        return answer
    headers = {name: value for name, value in answer.headers.items() if name.lower() == "retry-after"}
    body: dict[str, Any] = error_body(str(answer.status_code), "Something went wrong.", intercept=intercept)
    return JSONResponse(body, answer.status_code, headers=headers)
