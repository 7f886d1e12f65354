"""The Admin API's HTTP face: who calls, what it may cost, which trap it falls into; then the document runs."""

import json
from collections.abc import Mapping
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
)
from graphql.execution.values import get_directive_values
from graphql.language import DocumentNode
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.shopify import (
    address,
    cancel,
    cost,
    edit,
    holds,
    money,
    reading,
    returns,
    schema,
    service_requests,
)
from infra.local.sandboxes.shopify.shop import Shop
from infra.local.sandboxes.traps import Trap

# The trap's name for each mutation; what only reads is "read", "payments" (with the order's refunds) or "job".
OPERATIONS = {
    "fulfillmentOrderHold": "hold",
    "fulfillmentOrderReleaseHold": "release",
    "fulfillmentOrderSubmitCancellationRequest": "request_cancel",
    "orderCancel": "cancel",
    "metafieldsSet": "edit_intent",
    "orderEditBegin": "edit_begin",
    "orderEditSetQuantity": "edit_quantity",
    "orderEditCommit": "edit",
    "orderUpdate": "address",
    "refundCreate": "refund",
    "transactionVoid": "void",
    "returnCreate": "return",
}


async def answer(shop: Shop, request: Request) -> Response:
    if request.headers.get("X-Shopify-Access-Token", "") != shop.setting("access_token", None):
        text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        return JSONResponse({"errors": text}, 401)
    try:
        told = json.loads(await request.body())
        query, variables = told["query"], told.get("variables") or {}
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"errors": {"query": "Required parameter missing or invalid"}}, 400)
    document, problems = schema.checked(query)
    if document is None or problems:
        return _failed([_named(problem, "GRAPHQL_VALIDATION_FAILED") for problem in problems])
    trap = shop.base.traps.take(_order_ref(shop, variables), operation(document))
    if trap and trap.kind == "http_429" and trap.detail.get("graphql"):
        return _throttled(shop, document, variables, trap)
    return await transmit(trap, lambda: _run(shop, document, variables, trap))


def operation(document: DocumentNode) -> str:
    (asked,) = [x for x in document.definitions if isinstance(x, OperationDefinitionNode)]
    roots = [x for x in asked.selection_set.selections if isinstance(x, FieldNode)]
    names = [x.name.value for x in roots]
    if asked.operation is OperationType.MUTATION:
        return OPERATIONS[names[0]]
    below = {
        x.name.value
        for root in roots
        if root.selection_set
        for x in root.selection_set.selections
        if isinstance(x, FieldNode)
    }
    return "job" if "job" in names else "payments" if "refunds" in below else "read"


def _order_ref(shop: Shop, value: Any) -> str:
    """The order that the variables lead to, by whatever id they name."""
    if isinstance(value, str):
        return shop.order_behind(value) if value.startswith("gid://shopify/") else ""
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((found for found in (_order_ref(shop, x) for x in inside) if found), "")


# ---------------------------------------------------------------------------------------------- running


def _run(shop: Shop, document: DocumentNode, variables: dict[str, Any], trap: Trap | None) -> Response:
    points = cost.requested(schema.own(), document, variables)
    maximum, rate = _bucket(shop)
    if points > cost.MAXIMUM_QUERY:
        message = f"Query cost is {points}, which exceeds the single query max cost limit ({cost.MAXIMUM_QUERY})."
        return _failed([{"message": message, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": points}}])
    if points > shop.bucket.available(maximum, rate):
        return _throttled(shop, document, variables, None)
    shop.trap = trap
    try:
        result = execute_sync(schema.own(), document, root_value=_roots(shop), variable_values=variables)
    finally:
        shop.trap = None
    spent = cost.actual(result.data, mutation=operation(document) in OPERATIONS.values())
    shop.bucket.spend(spent)
    left = shop.bucket.available(maximum, rate)
    return JSONResponse({**_body(result), "extensions": cost.extension(points, spent, maximum, left, rate)})


def _body(result: ExecutionResult) -> dict[str, Any]:
    """Errors of our own making end as a 500 with their trace; only those that a resolver means are answers."""
    for error in result.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    body: dict[str, Any] = {} if result.data is None and result.errors else {"data": result.data}
    if result.errors:
        body["errors"] = [_named(error, "INVALID_VARIABLE") for error in result.errors]
    return body


def _named(error: GraphQLError, code: str) -> dict[str, Any]:
    told: dict[str, Any] = dict(error.formatted)
    return {**told, "extensions": {"code": code, **told.get("extensions", {})}}


def _failed(errors: list[dict[str, Any]]) -> Response:
    return JSONResponse({"errors": errors})


def _throttled(shop: Shop, document: DocumentNode, variables: dict[str, Any], trap: Trap | None) -> Response:
    """200 with an error inside, as the GraphQL API does it; the trap's seconds are how long the bucket needs."""
    points = cost.requested(schema.own(), document, variables)
    maximum, rate = _bucket(shop)
    left = points - trap.seconds * rate if trap else shop.bucket.available(maximum, rate)
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return JSONResponse({"errors": errors, "extensions": cost.extension(points, None, maximum, left, rate)})


def _bucket(shop: Shop) -> tuple[float, float]:
    return shop.setting("bucket_points", cost.BUCKET_POINTS), shop.setting("restore_rate", cost.RESTORE_RATE)


def _roots(shop: Shop) -> dict[str, Any]:
    return {
        **reading.queries(shop),
        "fulfillmentOrderHold": lambda _, **a: holds.place(shop, a["id"], a["fulfillmentHold"]),
        "fulfillmentOrderReleaseHold": lambda _, **a: holds.release(shop, a["id"], a.get("holdIds")),
        "fulfillmentOrderSubmitCancellationRequest": lambda _, **a: service_requests.submit(
            shop, a["id"], a.get("message") or ""
        ),
        "orderCancel": lambda _, **a: cancel.cancel(shop, a["orderId"], a),
        "metafieldsSet": lambda _, **a: edit.record(shop, a["metafields"]),
        "orderEditBegin": lambda _, **a: edit.begin(shop, a["id"]),
        "orderEditSetQuantity": lambda _, **a: edit.set_quantity(
            shop, a["id"], a["lineItemId"], a["quantity"], restock=bool(a.get("restock"))
        ),
        "orderEditCommit": lambda _, **a: edit.commit(shop, a["id"], a.get("staffNote") or ""),
        "orderUpdate": lambda _, **a: address.update(shop, a["input"]),
        "returnCreate": lambda _, **a: returns.create(shop, a["returnInput"]),
        "transactionVoid": lambda _, **a: money.void_by_id(shop, a["parentTransactionId"]),
        "refundCreate": lambda info, **a: money.refund(shop, a["input"], _idempotency_key(info)),
    }


def _idempotency_key(info: GraphQLResolveInfo) -> str:
    directive = info.schema.get_directive("idempotent")
    assert directive is not None
    found = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return str(found["key"]) if found else ""
