"""What the API changes: cancels, holds, and the order's history."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError

from infra.local.sandboxes.shiphero.account import Account
from infra.local.sandboxes.shiphero.reading import HOLDS, order_node
from infra.local.sandboxes.shiphero.state import Order
from infra.local.sandboxes.traps import Trap

NOT_FOUND, REFUSED = 8, 3
"""Codes of the sandbox's own: ShipHero publishes no list."""


def refusal(code: int, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def mutations(account: Account, trap: Trap | None) -> dict[str, Callable[..., Any]]:
    return {
        "order_cancel": lambda _, data: _cancel(account, data, trap),
        "order_add_history_entry": lambda _, data: _note(account, data),
        "order_update_holds": lambda _, data: _hold(account, data, trap),
    }


def _found(account: Account, data: Mapping[str, Any]) -> Order:
    order = account.by_id(data["order_id"])
    if order is None:
        raise refusal(NOT_FOUND, f"Order {data['order_id']} not found")
    return order


def _answer(order: Order, **more: Any) -> dict[str, Any]:
    return {"request_id": "r", "complexity": 10, "order": {**order_node(order), **more}}


def _cancel(account: Account, data: Mapping[str, Any], trap: Trap | None) -> dict[str, Any]:
    order, kind, detail = _found(account, data), trap.kind if trap else "", trap.detail if trap else {}
    if detail.get("pick"):
        account.pick(order, {})
    if kind == "rejected":
        raise refusal(detail.get("code", REFUSED), detail.get("message", "The warehouse is currently processing it"))
    if order.valid_labels and not data.get("force"):
        raise refusal(REFUSED, "The order has valid labels")
    told = {"reason": data.get("reason") or "", "force": bool(data.get("force"))}
    told["void_on_platform"] = bool(data.get("void_on_platform"))
    if trap and kind == "late":
        account.later(trap.seconds, lambda: account.cancel(order, told))
    elif kind == "false_ok":
        if "ships_after" in detail:
            account.later(detail["ships_after"], lambda: account.ship_all_the_same(order))
        return _answer(order, fulfillment_status="canceled")
    elif kind != "silent" and not order.cancelled:
        account.cancel(order, told)
    if kind == "recreate":
        account.recreate(order)
    return _answer(order)


def _note(account: Account, data: Mapping[str, Any]) -> dict[str, Any]:
    order = _found(account, data)
    order.history.append(f"{(data.get('history_entry') or {}).get('message')}")
    return _answer(order)


def _hold(account: Account, data: Mapping[str, Any], trap: Trap | None) -> dict[str, Any]:
    order, kind = _found(account, data), trap.kind if trap else ""
    if kind == "rejected":
        raise refusal(REFUSED, "The holds of this order cannot be changed")
    wanted = {name: data[f"{name}_hold"] for name in HOLDS if data.get(f"{name}_hold") is not None}
    if kind not in ("silent", "false_ok"):
        changed = {name: value for name, value in wanted.items() if order.holds.get(name, False) != value}
        order.holds |= wanted
        for name, value in changed.items():
            account.write("hold" if value else "release", order, order_id=order.order_id, hold=name)
    shown = {**order.holds, **(wanted if kind == "false_ok" else {})}
    return _answer(order, holds={f"{name}_hold": shown.get(name, False) for name in HOLDS})
