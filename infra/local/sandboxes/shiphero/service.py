"""ShipHero's HTTP face: tokens, credits, and the documents."""

import json
from collections.abc import Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType, execute_sync
from graphql.language import DocumentNode
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.shiphero import mutations, reading, schema
from infra.local.sandboxes.shiphero.account import MAXIMUM, RESTORED, Account
from infra.local.sandboxes.traps import Trap

NOT_ENOUGH_CREDITS = 30
TOKEN_SECONDS = 2_419_200
# The trap's name for each document, by the fields it asks for.
OPERATIONS = {
    "order_cancel": "cancel",
    "order_update_holds": "hold",
    "order_add_history_entry": "note",
    "orders": "read",
    "order": "lines",
    "webhooks": "webhooks",
}


class Service:
    """All accounts."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.accounts: dict[str, Account] = {}

    def account(self, merchant: str) -> Account:
        return self.accounts.setdefault(merchant, Account(self._base, merchant))

    async def refresh(self, request: Request) -> Response:
        account = self.account(request.path_params["merchant"])
        told, trap = await _json(request), self._base.traps.take("*", "token")
        return await transmit(trap, lambda: _token(account, told, trap))

    async def graphql(self, request: Request) -> Response:
        account = self.account(request.path_params["merchant"])
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in account.tokens:
            return JSONResponse({"message": "Unauthorized"}, 401)
        told = await _json(request)
        document, problems = schema.checked(str(told.get("query", "")))
        if document is None or problems:
            return JSONResponse({"errors": [dict(problem.formatted) for problem in problems]}, 400)
        variables = told.get("variables") or {}
        trap = self._base.traps.take(_order_ref(account, variables), _operation(document))
        if trap and trap.kind == "http_429" and trap.detail.get("graphql"):
            return _throttled(document, schema.complexity(document), 1, trap.seconds, trap.detail)
        return await transmit(trap, lambda: _run(account, document, variables, trap))


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        told = json.loads(await request.body())
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _token(account: Account, told: Mapping[str, Any], trap: Trap | None) -> Response:
    if told.get("refresh_token") != account.setting("refresh_token", None):
        return JSONResponse({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}, 403)
    body = {"access_token": account.issue(), "expires_in": account.setting("token_seconds", TOKEN_SECONDS)}
    body |= {"scope": "openid profile offline_access", "token_type": "Bearer"}
    return JSONResponse(_changed(body, trap))


def _operation(document: DocumentNode) -> str:
    names = schema.roots(document)
    return next(OPERATIONS[name] for name in OPERATIONS if name in names)


def _order_ref(account: Account, variables: Mapping[str, Any]) -> str:
    """The order that the variables lead to."""
    if "ref" in variables:
        return str(variables["ref"])
    ids = [str(x["order_id"]) for x in variables.values() if isinstance(x, dict) and "order_id" in x]
    found = next((account.by_id(one) for one in [*ids, str(variables.get("id", ""))]), None)
    if found is None:
        found = next((o for o in account.orders if o.number == variables.get("number")), None)
    return found.order_ref if found else ""


def _run(account: Account, document: DocumentNode, variables: dict[str, Any], trap: Trap | None) -> Response:
    credits = schema.complexity(document)
    available = account.available()
    if credits > available:
        rate = account.setting("restored_a_second", RESTORED)
        return _throttled(document, credits, int(available), (credits - available) / rate, {})
    account.spend(credits)
    asked = schema.operation(document).operation
    roots = reading.queries(account) if asked is OperationType.QUERY else mutations.mutations(account, trap)
    result = execute_sync(schema.own(), document, root_value=roots, variable_values=variables)
    return JSONResponse(_changed(_body(result), trap))


def _body(result: ExecutionResult) -> dict[str, Any]:
    """A resolver's own refusal is an answer; anything else of ours ends as a 500 with its trace."""
    errors = result.errors or []
    for error in errors:
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    told = [
        {"code": (x.extensions or {}).get("code"), "message": x.message, "request_id": "r", "path": x.path}
        for x in errors
    ]
    return {"data": result.data, **({"errors": told} if told else {})}


def _throttled(
    document: DocumentNode, required: int, remaining: int, seconds: float, detail: Mapping[str, Any]
) -> Response:
    """200 with an error inside, as ShipHero does it; in detail, what the error leaves out."""
    error = {
        "message": f"There are not enough credits to perform the requested operation, which requires {required} "
        f"credits, but there are only {remaining} left. In {seconds:g} seconds you will have enough credits",
        "code": NOT_ENOUGH_CREDITS,
        "operation": schema.roots(document)[0],
        "request_id": "r",
        "required_credits": required,
        "remaining_credits": remaining,
        "max_available": MAXIMUM,
        "cost": required,
        "time_remaining": f"{seconds:g} seconds",
    }
    kept = {name: value for name, value in error.items() if name not in detail.get("without", ())}
    return JSONResponse({"errors": [kept], "data": dict.fromkeys(schema.roots(document))})


def _changed(body: dict[str, Any], trap: Trap | None) -> dict[str, Any]:
    """What a trap makes of an answer: detail {"change": {dotted place: value}}."""
    for place, value in ((trap.detail if trap else {}).get("change") or {}).items():
        *above, last = (int(x) if x.isdigit() else x for x in place.split("."))
        target: Any = body
        for name in above:
            target = target[name]
        target[last] = value
    return body
