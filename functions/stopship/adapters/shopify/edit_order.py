"""Cancelling some lines: an order edit to absolute quantities, so that a repeat changes nothing.

The edit mutations take no idempotency key, and the quantities alone cannot say whether a smaller number is our doing or somebody
else's. Before the first edit of a case the quantities it starts from are therefore written to a metafield of the order, in the
app's own namespace under the case's id; every attempt aims at "what was there, less what the case cancels".
"""

import json
from collections.abc import Mapping
from typing import Any

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import Data, ShopifyClient, reading, refused
from stopship.adapters.shopify.gid import gid, number
from stopship.application.ports import CancelCommand, CancelProgress, CancelState
from stopship.domain.errors import PartnerContractBroken, PartnerRefused
from stopship.domain.order import Quantities

NAMESPACE = "$app:stopship"


def cancel_lines(client: ShopifyClient, command: CancelCommand) -> CancelProgress:
    """DONE, or REFUSED when Shopify will not edit the order."""
    try:
        return _cancel(client, command)
    except PartnerRefused as refusal:
        return CancelProgress(CancelState.REFUSED, code=refusal.code, message=str(refusal))


def _cancel(client: ShopifyClient, command: CancelCommand) -> CancelProgress:
    state = _read(client, command)
    if state is None:
        return CancelProgress(CancelState.REFUSED, code="NOT_FOUND", message="no such order")
    current, start = state
    unknown = sorted(set(command.lines) - set(current))
    if unknown:
        return CancelProgress(CancelState.REFUSED, code="UNKNOWN_LINES", message=f"not in the order: {unknown}")
    missing = {line: current[line] for line in command.lines if line not in start}
    if missing:
        start = {**start, **missing}
        _record_intent(client, command, start)
    goal = {line: max(0, start[line] - quantity) for line, quantity in command.lines.items()}
    changes = {line: quantity for line, quantity in goal.items() if current[line] > quantity}
    if not changes:
        return CancelProgress(CancelState.DONE)
    return CancelProgress(CancelState.DONE, _edit(client, command, changes))


def _read(client: ShopifyClient, command: CancelCommand) -> tuple[dict[str, int], dict[str, int]] | None:
    """The current quantity of every line, and those the case started from."""
    variables = {"id": gid("Order", command.order_ref), "namespace": NAMESPACE, "key": command.case_id}
    with reading("an order's quantities"):
        order = client.run(documents.EDIT_STATE, variables)["order"]
        if order is None:
            return None
        nodes = client.pages(order["lineItems"], documents.EDIT_STATE, variables, "order", "lineItems")
        current = {number(n["id"], "LineItem"): int(n["currentQuantity"]) for n in nodes}
        written = json.loads(order["metafield"]["value"]) if order["metafield"] else {}
        return current, {str(line): int(quantity) for line, quantity in written.items()}


def _record_intent(client: ShopifyClient, command: CancelCommand, start: Quantities) -> None:
    field = {
        "ownerId": gid("Order", command.order_ref),
        "namespace": NAMESPACE,
        "key": command.case_id,
        "type": "json",
        "value": json.dumps(dict(start), sort_keys=True),
    }
    answer = client.run(documents.EDIT_INTENT, {"metafields": [field]})
    with reading("a metafield"):
        _check(answer["metafieldsSet"]["userErrors"])


def _edit(client: ShopifyClient, command: CancelCommand, changes: Quantities) -> str:
    answer = client.run(documents.EDIT_BEGIN, {"id": gid("Order", command.order_ref)})
    with reading("an order edit"):
        _check(answer["orderEditBegin"]["userErrors"])
        draft = answer["orderEditBegin"]["calculatedOrder"]
        names = {number(n["id"]): n["id"] for n in draft["lineItems"]["nodes"]}
        reference = str(draft["id"])
    for line, quantity in changes.items():
        _set_quantity(client, reference, names, {"line": line, "quantity": quantity, "restock": command.restock})
    answer = client.run(documents.EDIT_COMMIT, {"id": reference, "note": f"Stopship {command.case_id}"})
    with reading("an order edit's commit"):
        _check(answer["orderEditCommit"]["userErrors"])
    return reference


def _set_quantity(client: ShopifyClient, draft: str, names: dict[str, str], change: Mapping[str, Any]) -> None:
    """``change`` is {line, quantity, restock}."""
    line = change["line"]
    if line not in names:
        raise PartnerContractBroken("shopify", f"line {line} is missing in the order edit", {"line": line})
    variables = {**change, "id": draft, "line": names[line]}
    answer = client.run(documents.EDIT_QUANTITY, variables)
    with reading("a quantity"):
        _check(answer["orderEditSetQuantity"]["userErrors"])


def _check(errors: list[Data]) -> None:
    if errors:
        raise refused(errors, "ORDER_EDIT_REFUSED")
