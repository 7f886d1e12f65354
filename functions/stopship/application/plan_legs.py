"""From the order as the order system shows it: which pieces of work must be stopped."""

from collections.abc import Mapping

from stopship.domain.case import Case
from stopship.domain.events import LegPlanned, LinesAlreadyShipped, OrderRead, ShipmentSeen
from stopship.domain.order import AckLevel, FulfillmentType, OrderSnapshot, PlannedLeg


def order_read(order: OrderSnapshot) -> OrderRead:
    rows = [
        {"line_id": x.line_id, "sku": x.sku, "ordered": x.ordered, "shipped": x.shipped, "cancelled": x.cancelled}
        for x in order.lines
    ]
    return OrderRead(
        display_ref=order.display_ref,
        lines=rows,
        total=str(order.total),
        currency=order.currency,
        cancelled=order.cancelled,
        vip=order.vip,
        risk=order.risk,
        observed_at=order.observed_at,
    )


def lines_not_in_order(case: Case, order: OrderSnapshot) -> list[str]:
    """Lines that somebody asked for and that the order does not have."""
    known = {line.line_id for line in order.lines}
    return sorted({x for r in case.requests for x in r.fact.lines if x not in known})


def already_shipped(case: Case, order: OrderSnapshot) -> LinesAlreadyShipped | None:
    """What was asked for and had left before we looked: more than is still open, as far as it shipped."""
    gone: dict[str, int] = {}
    for line in order.lines:
        wanted = case.wants(line.line_id, line.ordered - (0 if order.cancelled else line.cancelled))
        late = min(line.shipped, wanted - line.open)
        if late > 0:
            gone[line.line_id] = late
    return LinesAlreadyShipped(gone) if gone else None


def new_legs(case: Case, order: OrderSnapshot) -> list[LegPlanned]:
    """Legs for wanted quantities that no leg of the case covers yet. Work that appears after we cancelled was re-created."""
    covered = _covered(case)
    planned: list[LegPlanned] = []
    for leg in _candidates(case, order):
        if leg.leg_id in case.legs:
            continue
        lines: dict[str, int] = {}
        for line, quantity in leg.lines.items():
            wanted = case.wants(line, _total(order, line)) - covered.get(line, 0)
            if case.cancelled:
                wanted = quantity
            if min(quantity, wanted) > 0:
                lines[line] = min(quantity, wanted)
                covered[line] = covered.get(line, 0) + lines[line]
        if lines:
            fact = LegPlanned(
                leg.leg_id, leg.warehouse, leg.fulfillment_type, leg.external_ref, lines, case.cancelled is not None
            )
            planned.append(fact)
    return planned


def departures(order: OrderSnapshot, planned: list[LegPlanned]) -> list[ShipmentSeen]:
    """Legs that the order system itself shows as gone."""
    gone = {leg.leg_id for leg in order.legs if leg.departed}
    return [
        ShipmentSeen(leg.leg_id, order.channel, order.observed_at, departed=True, lines=leg.lines, tracking_sha256="")
        for leg in planned
        if leg.leg_id in gone
    ]


def _candidates(case: Case, order: OrderSnapshot) -> list[PlannedLeg]:
    """The order system's open work; or, when it says that the order is cancelled, whatever a warehouse may still have.

    A cancelled order has no open work in the order system, which says nothing about the shelf.
    """
    if order.legs or not order.cancelled or case.legs:
        return list(order.legs)
    lines = {line.line_id: line.ordered - line.shipped for line in order.lines if line.ordered > line.shipped}
    return [
        PlannedLeg(f"all-{warehouse}", warehouse, FulfillmentType.THIRD_PARTY, "", lines)
        for warehouse, hold in case.first_holds.items()
        if _knows_the_order(hold.fact.reason, hold.fact.level)
    ]


def _knows_the_order(reason: str, level: str) -> bool:
    return not (level == AckLevel.REJECTED and reason == "unknown_order")


def _covered(case: Case) -> dict[str, int]:
    covered: dict[str, int] = {}
    for leg in case.legs.values():
        for line, quantity in leg.plan.lines.items():
            covered[line] = covered.get(line, 0) + quantity
    return covered


def _total(order: OrderSnapshot, line_id: str) -> int:
    totals: Mapping[str, int] = {line.line_id: line.ordered for line in order.lines}
    return totals.get(line_id, 0)
