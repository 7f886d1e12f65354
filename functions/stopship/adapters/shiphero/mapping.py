"""An order as ShipHero has it, in the desk's terms: how far its work is, and what is left of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from stopship.adapters.shiphero.connection import PARTNER
from stopship.adapters.words import word
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.order import DEPARTED, PickState
from stopship.frozen import frozen

CANCELLED: Final = frozenset({"canceled", "cancelled"})
"""The API's description of the field has two l, the webhook's sample one."""
FULFILLED: Final = "fulfilled"
_NOTE: Final = re.compile(r"Stopship: hold (\d+) (placed|released)")
_RANKS: Final = list(PickState)


@frozen
class Work:
    """One ShipHero order. ``left`` are the pieces that have not shipped, by order line: still to be shipped, or cancelled with it.
    ``client_hold`` is the merchant's own hold, ``our_hold`` the number under which we placed it, 0 when it is not ours."""

    order_id: str
    seen_at: str
    status: str
    cancelled: bool
    state: PickState
    left: Mapping[str, int]
    shipped: Mapping[str, int]
    client_hold: bool
    our_hold: int
    next_hold: int
    said: str = ""
    """A status that is not known."""


@frozen
class Names:
    """What the store calls an order and its lines. ``by_sku`` leaves out what several lines share."""

    order_ref: str
    by_number: Mapping[int, str]
    by_sku: Mapping[str, str]


def note(number: int, word: str, case_id: str) -> str:
    """What the order's history says about a hold of ours: nothing else of it says who placed one."""
    return f"Stopship: hold {number} {word} for {case_id}"


def work(
    order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], open_statuses: Sequence[str], seen_at: str
) -> Work:
    """Raises PartnerContractBroken naming the field that is not as the schema says."""
    status = at(order, "fulfillment_status", str)
    cancelled = status.lower() in CANCELLED
    holds = at(order, "holds", dict)
    placed, released = _notes(order)
    ours = placed - released
    return Work(
        order_id=at(order, "id", str),
        seen_at=seen_at,
        status=status,
        cancelled=cancelled,
        state=_state(order, lines, status, open_statuses),
        left=_sums((line_ref(line), _left(line, cancelled=cancelled)) for line in lines),
        shipped=_sums((line_ref(line), count(line, "quantity_shipped")) for line in lines),
        client_hold=holds.get("client_hold") is True,
        our_hold=max(ours, default=0),
        next_hold=max(ours, default=max(placed | released, default=0) + 1),
        said="" if _is_known(status, open_statuses) else f"status {word(status)}",
    )


def names_of(order: Any) -> Names:
    lines = nodes(at(order, "line_items", dict), "line_items")
    skus = [str(line.get("sku") or "") for line in lines]
    return Names(
        order_ref=at(order, "partner_order_id", str),
        by_number={at(line, "legacy_id", int): line_ref(line) for line in lines},
        by_sku={sku: line_ref(line) for sku, line in zip(skus, lines, strict=True) if sku and skus.count(sku) == 1},
    )


def together(works: Sequence[Work]) -> PickState:
    """The least certain, then the furthest of what is still here. What was cancelled before anybody touched it says nothing beside other work."""
    untouched = [w for w in works if w.cancelled and w.state is PickState.NOT_RELEASED]
    states = [w.state for w in works if w not in untouched] or [w.state for w in works]
    # Unknown is the last of the states: one part that nobody knows about makes the whole unknown.
    return furthest(states)


def furthest(states: Sequence[PickState]) -> PickState:
    here = [state for state in states if state not in DEPARTED] or list(states)
    return max(here, key=_RANKS.index, default=PickState.UNKNOWN)


def line_ref(line: Mapping[str, Any]) -> str:
    """The store's id of the line. One that ShipHero's own people added has none, and is nobody's line."""
    return str(line.get("partner_line_item_id") or f"shiphero-{count(line, 'legacy_id')}")


def _left(line: Mapping[str, Any], *, cancelled: bool) -> int:
    shipped = count(line, "quantity_shipped")
    return count(line, "quantity") - shipped if cancelled else count(line, "quantity_pending_fulfillment")


def _state(
    order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], status: str, open_statuses: Sequence[str]
) -> PickState:
    cancelled = status.lower() in CANCELLED
    if not _is_known(status, open_statuses):
        return PickState.UNKNOWN
    shipments, picks = _shipments(order), _picks(lines)
    pending = sum(_left(line, cancelled=cancelled) for line in lines)
    if shipments is None or picks is None:
        return PickState.UNKNOWN
    states = list(shipments)
    if picks or (pending and not cancelled and status != FULFILLED):
        states.append(_picked(picks, pending) if picks else _waiting(order))
    if not states:
        # Nothing was ever begun; or it was marked as shipped by somebody, and nobody has a parcel to show for it.
        return PickState.NOT_RELEASED if cancelled else PickState.UNKNOWN
    return furthest(states)


def _is_known(status: str, open_statuses: Sequence[str]) -> bool:
    return status.lower() in CANCELLED or status == FULFILLED or status in open_statuses


def _shipments(order: Mapping[str, Any]) -> list[PickState] | None:
    """One state for each label that was not given back. A label is not a departure: only the carrier's pick-up is (A16)."""
    found = order.get("shipments")
    if found is None:
        return None
    labels = []
    for shipment in objects(found, "shipments"):
        labels += objects(shipment.get("shipping_labels") or [], "shipments.shipping_labels") or [shipment]
    return [_label_state(label) for label in labels if label.get("refunded") is not True]


def _label_state(label: Mapping[str, Any]) -> PickState:
    if label.get("delivered") is True:
        return PickState.DELIVERED
    return PickState.SHIPPED if label.get("picked_up") is True else PickState.LABELLED


def _picks(lines: Sequence[Mapping[str, Any]]) -> list[int] | None:
    """Pieces by tote of goods that have not shipped; None where ShipHero does not say. A tote without a piece yet is begun work all the same."""
    found: list[int] = []
    for line in lines:
        picks = line.get("tote_picks")
        if picks is None:
            return None
        if count(line, "quantity") > count(line, "quantity_shipped"):
            found += [count(pick, "picked_quantity") for pick in objects(picks, "tote_picks")]
    return found


def _picked(picks: Sequence[int], pending: int) -> PickState:
    return PickState.PICKED if sum(picks) >= max(pending, 1) else PickState.PICKING


def _waiting(order: Mapping[str, Any]) -> PickState:
    held = any(value is True for value in at(order, "holds", dict).values()) or bool(order.get("hold_until_date"))
    ready = any(x.get("ready_to_ship") is True for x in objects(order.get("allocations") or [], "allocations"))
    return PickState.RELEASED if ready and not held else PickState.NOT_RELEASED


def _notes(order: Mapping[str, Any]) -> tuple[set[int], set[int]]:
    found: dict[str, set[int]] = {"placed": set(), "released": set()}
    for entry in objects(order.get("order_history") or [], "order_history"):
        for number, what in _NOTE.findall(str(entry.get("information") or "")):
            found[what].add(int(number))
    return found["placed"], found["released"]


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line, quantity in pairs:
        if quantity:
            found[line] = found.get(line, 0) + quantity
    return found


# ---------------------------------------------------------------------------------------------- reading


def at(value: Mapping[str, Any], name: str, kind: type) -> Any:
    found = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, kind) or (kind is not bool and isinstance(found, bool)):
        raise broken(name)
    return found


def count(value: Mapping[str, Any], name: str) -> int:
    found: int = at(value, name, int)
    if found < 0:
        raise broken(name)
    return found


def objects(value: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise broken(name)
    return value


def nodes(connection: Any, name: str) -> list[Mapping[str, Any]]:
    """The nodes of a connection's edges."""
    return [at(edge, "node", dict) for edge in objects(at(connection, "edges", list), f"{name}.edges")]


def broken(name: str) -> PartnerContractBroken:
    return PartnerContractBroken(PARTNER, f"{name}: not as the schema says", {"field": name})
