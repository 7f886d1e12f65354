"""In which parcels a leg left: read live each time, because a tracking number is never kept."""

from collections.abc import Sequence
from dataclasses import replace

from stopship.application.context import Desk
from stopship.application.ports import Carrier
from stopship.domain.carrier import Parcel
from stopship.domain.case import Case, Leg, subtract, total
from stopship.frozen import frozen


@frozen
class Sent:
    """The leg's parcels; ``why`` says what stands against treating them as the leg's, "" when nothing does."""

    parcels: tuple[Parcel, ...]
    carrier: str = ""
    why: str = ""


def parcels_of(desk: Desk, case: Case, leg: Leg) -> Sent:
    """By the work that they ship, else by the lines in them. Whatever holds something that nobody asked to stop is left alone."""
    found = _told(desk, case, leg)
    named = [x for x in found if leg.work_id and leg.work_id in x.works]
    chosen = tuple(named or [x for x in found if set(x.lines) & set(leg.plan.lines)])
    if not chosen:
        return Sent((), why="no_parcel")
    carriers = {x.carrier for x in chosen}
    if len(carriers) > 1:
        return Sent((), why="several_carriers")
    held = total({x.shipment: x.lines for x in chosen}.values())
    if subtract(held, leg.plan.lines):
        return Sent((), why="only_whole_parcels")
    if subtract(leg.plan.lines, held):
        return Sent((), why="not_all_of_it")
    return Sent(chosen, carriers.pop())


def _told(desk: Desk, case: Case, leg: Leg) -> list[Parcel]:
    """By the order system, else by the leg's own warehouse."""
    found = list(desk.partners_of(case).order_system(case.merchant, case.channel).parcels(case.order_ref))
    warehouse = desk.partners_of(case).warehouses(case.merchant).get(leg.plan.warehouse)
    if found or warehouse is None:
        return found
    return [in_lines for x in warehouse.parcels(case.order_ref, leg.work_id) if (in_lines := _by_lines(case, x))]


def _by_lines(case: Case, parcel: Parcel) -> Parcel | None:
    """With the order's lines for its SKUs; None when a SKU is of no line, or of several: nobody can say then what is in it."""
    if not parcel.skus:
        return parcel
    rows = case.order.fact.lines if case.order else []
    lines: dict[str, int] = {}
    for sku, quantity in parcel.skus.items():
        named = [row["line_id"] for row in rows if row["sku"] == sku]
        if len(named) != 1:
            return None
        lines[named[0]] = quantity
    return replace(parcel, lines=lines, skus={})


def carrier_of(desk: Desk, case: Case, name: str) -> Carrier | None:
    return desk.partners_of(case).carrier(case.merchant, name)


def hashes(parcels: Sequence[Parcel]) -> list[str]:
    return sorted(x.sha256 for x in parcels)
