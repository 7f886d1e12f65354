"""What the test or the demo tells the account and its floor."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from infra.local.sandboxes.shiphero import events
from infra.local.sandboxes.shiphero.account import Account

type Command = Callable[[Account, Mapping[str, Any]], Any]


def create(account: Account, told: Mapping[str, Any]) -> str:
    number = told.get("order_number", f"#{told['order_ref']}")
    more = {name: told[name] for name in ("status", "ready", "leg_id") if name in told}
    return account.create(told["order_ref"], number, told["lines"], **more).uuid


def batch(account: Account, told: Mapping[str, Any]) -> None:
    account.begin(account.one(told["order_ref"]))


def pick(account: Account, told: Mapping[str, Any]) -> None:
    account.pick(account.one(told["order_ref"]), told.get("lines", {}))


def tote(account: Account, told: Mapping[str, Any]) -> None:
    """One tote with several orders is complete."""
    orders = [account.one(ref) for ref in told["order_refs"]]
    account.tell(orders[0], events.tote_complete(orders))


def pack(account: Account, told: Mapping[str, Any]) -> None:
    account.pack(account.one(told["order_ref"]))


def label(account: Account, told: Mapping[str, Any]) -> str:
    order, lines = account.one(told["order_ref"]), told.get("lines", {})
    return account.label(order, lines, told.get("tracking", ""), told.get("carrier", "ups")).tracking


def void_label(account: Account, told: Mapping[str, Any]) -> None:
    for one in account.one(told["order_ref"]).labels:
        one.refunded = True


def pick_up(account: Account, told: Mapping[str, Any]) -> None:
    account.pick_up(account.one(told["order_ref"]))


def deliver(account: Account, told: Mapping[str, Any]) -> None:
    for one in account.one(told["order_ref"]).valid_labels:
        one.delivered = True


def ship_all_the_same(account: Account, told: Mapping[str, Any]) -> None:
    account.ship_all_the_same(account.one(told["order_ref"]))


def change(account: Account, told: Mapping[str, Any]) -> None:
    """By somebody else: a hold, the status."""
    order = account.one(told["order_ref"])
    order.holds |= told.get("holds", {})
    order.status = told.get("status", order.status)


def cancel(account: Account, told: Mapping[str, Any]) -> None:
    account.cancel(account.one(told["order_ref"]), {"by": "staff"})


def copy(account: Account, told: Mapping[str, Any]) -> None:
    account.recreate(account.one(told["order_ref"]))


def revoke(account: Account, _: Mapping[str, Any]) -> None:
    account.tokens.clear()


def show(account: Account, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [asdict(order) for order in account.behind(told["order_ref"])]


def tokens(account: Account, _: Mapping[str, Any]) -> int:
    return account.issued


COMMANDS: Mapping[str, Command] = {
    "orders": create,
    "show": show,
    "batch": batch,
    "pick": pick,
    "tote": tote,
    "pack": pack,
    "label": label,
    "void-label": void_label,
    "pick-up": pick_up,
    "deliver": deliver,
    "ship-all-the-same": ship_all_the_same,
    "change": change,
    "cancel": cancel,
    "copy": copy,
    "revoke": revoke,
    "tokens": tokens,
}
