"""From the order as the order system shows it: which pieces of work must be stopped."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from stopship.application.ports import Place
from stopship.application.record import Step
from stopship.domain.capabilities import only_people_know
from stopship.domain.case import Case, Leg, subtract, total
from stopship.domain.events import HoldAnswered, LegPlanned, LinesAlreadyShipped, OrderRead, ShipmentSeen
from stopship.domain.ids import action_key
from stopship.domain.order import AckLevel, FulfillmentType, OrderLine, OrderSnapshot, PlannedLeg, Quantities
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT
from stopship.domain.policy import InterceptRule

type Places = Mapping[str, Place]

RECREATED_LIMIT = 3
"""So often the desk stops by itself what came back or went elsewhere; then a person is asked."""
_NOWHERE = "no-place"
_LEFT = "left"
"""Of what had left before anybody looked."""


def order_read(order: OrderSnapshot) -> OrderRead:
    return OrderRead(
        display_ref=order.display_ref,
        lines=[_row(line) for line in order.lines],
        total=str(order.total),
        currency=order.currency,
        cancelled=order.cancelled,
        vip=order.vip,
        risk=order.risk,
        observed_at=order.observed_at,
        payment=order.payment,
        signs=[str(sign) for sign in order.signs],
        language=order.language,
        placed_at=order.placed_at,
    )


def _row(x: OrderLine) -> dict[str, Any]:
    counted = {"line_id": x.line_id, "sku": x.sku, "ordered": x.ordered, "shipped": x.shipped, "cancelled": x.cancelled}
    return {**counted, "bundle": x.bundle, "bundles": x.bundles} if x.bundle else counted


def lines_not_in_order(case: Case, known: Collection[str]) -> list[str]:
    """Lines that somebody asked for and that the order, whose lines are known, does not have."""
    return sorted({x for r in case.requests for x in r.fact.lines if x not in known})


def add_plan(
    step: Step, case: Case, order: OrderSnapshot, places: Places, rule: InterceptRule, *, called: bool = False
) -> list[LegPlanned]:
    """The order as read, what had left already, and a leg for everything that can still be stopped; and for what left, where it may be worth
    having its carrier bring it back. ``called``: the machine is at work on other things, and has yet to take them up."""
    gone, planned = already_shipped(case, order), new_legs(case, order, places)
    planned = [replace(leg, called=called) for leg in planned]
    step.add(order_read(order))
    if gone and rule.may_pay(order.total, order.currency):
        _add_left(step, case, order, subtract(gone.lines, case.already_shipped))
    elif gone:
        step.add(gone)
    add_legs(step, case, order, planned)
    return planned


def _add_left(step: Step, case: Case, order: OrderSnapshot, lines: Quantities) -> None:
    leg = LegPlanned(case.free_leg_id(_LEFT), "", FulfillmentType.IN_HOUSE, "", lines)
    step.add(leg, action_key(case.case_id, leg.leg_id, "planned"))
    seen = ShipmentSeen(leg.leg_id, order.channel, order.observed_at, departed=True, lines=lines, tracking_sha256="")
    step.add(seen, action_key(case.case_id, leg.leg_id, "departed", "order_system"))


def add_legs(step: Step, case: Case, order: OrderSnapshot, planned: list[LegPlanned]) -> None:
    for leg in planned:
        step.add(leg, action_key(case.case_id, leg.leg_id, "planned"))
    for seen in departures(order, planned):
        step.add(seen, action_key(case.case_id, seen.leg_id, "departed", "order_system"))


def already_shipped(case: Case, order: OrderSnapshot) -> LinesAlreadyShipped | None:
    """What was asked for and left before we looked: more than is still open outside the case's legs, as far as it shipped."""
    on_legs = total(leg.lines for leg in order.legs if case.legs_of(leg.leg_id))
    covered = total([case.planned_lines, case.already_shipped])
    gone: dict[str, int] = {}
    for line in order.lines:
        wanted = case.wants(line.line_id, line.ordered - _cancelled_by_others(case, order, line))
        still_open = max(0, line.open - on_legs.get(line.line_id, 0))
        late = min(
            line.shipped - case.shipped_lines.get(line.line_id, 0),
            wanted - covered.get(line.line_id, 0) - still_open,
        )
        if late > 0:
            gone[line.line_id] = late
    return LinesAlreadyShipped(total([case.already_shipped, gone])) if gone else None


def _cancelled_by_others(case: Case, order: OrderSnapshot, line: OrderLine) -> int:
    """An order that is cancelled as a whole says nothing about the shelf: there it is what the wish is about. Lines that others had cancelled
    before that are none of it."""
    if order.cancelled and (case.order is None or case.found_cancelled):
        return 0
    return case.cancelled_before.get(line.line_id, 0 if order.cancelled else line.cancelled)


def new_legs(case: Case, order: OrderSnapshot, places: Places) -> list[LegPlanned]:
    """Legs for wanted quantities that no leg of the case covers yet, and for what came back after it was cancelled.

    What is wanted and open lies in work that the case does not know, or in a part of known work that nobody asked for before,
    or nowhere that the order system could name: then a leg without a place makes a person look for it.
    """
    wanted = _wanted(case, order)
    back = total([_came_back(case, order), _displaced(case, order)])
    planned: list[LegPlanned] = []
    for leg in order.legs:
        if case.legs_of(leg.leg_id):
            continue
        fresh = _take(leg.lines, wanted)
        again = _take(subtract(leg.lines, fresh), back)
        if fresh or again:
            planned.append(_leg(leg, leg.leg_id, total([fresh, again]), again))
    found = [*planned, *_more_of_known_work(case, order, wanted, back)]
    if order.cancelled:
        found += _wherever_it_may_lie(case, order, places, _take(_unlisted(order), wanted))
    else:
        found += _nowhere(case, order, wanted)
    return [_at_place(leg, places) for leg in found]


def _wanted(case: Case, order: OrderSnapshot) -> dict[str, int]:
    """Line quantities that somebody asked for and that no leg covers."""
    asked = {x.line_id: case.wants(x.line_id, x.ordered - _cancelled_by_others(case, order, x)) for x in order.lines}
    return subtract(asked, total([case.planned_lines, case.already_shipped]))


def _at_place(leg: LegPlanned, places: Places) -> LegPlanned:
    """What the warehouse is, the merchant's connection says better than the order system, to which every place looks the same."""
    place = places.get(leg.warehouse)
    if place is None:
        return leg
    return replace(leg, partner=place.partner, fulfillment_type=place.fulfillment_type or leg.fulfillment_type)


def _leg(leg: PlannedLeg, leg_id: str, lines: Quantities, again: Quantities) -> LegPlanned:
    return LegPlanned(leg_id, leg.warehouse, leg.fulfillment_type, leg.external_ref, lines, again, leg.leg_id)


def _more_of_known_work(
    case: Case, order: OrderSnapshot, wanted: dict[str, int], back: dict[str, int]
) -> list[LegPlanned]:
    """The wish grew: it now takes more of a piece of work than the legs that it has there. Or other work was merged into it."""
    planned = []
    for leg in order.legs:
        known = case.legs_of(leg.leg_id)
        if not known:
            continue
        listed = total(x.plan.lines for x in known if not _taken_out(case, x))
        more = subtract(leg.lines, listed)
        fresh = _take(more, wanted)
        again = _take(subtract(more, fresh), back)
        if fresh or again:
            planned.append(_leg(leg, case.free_leg_id(leg.leg_id), total([fresh, again]), again))
    return planned


def _taken_out(case: Case, leg: Leg) -> bool:
    """Whether the order system lists the leg's lines no more, because this case has cancelled them there."""
    settled = leg.settled.version if leg.settled and leg.outcome in ENDS_WITHOUT_SHIPMENT else 0
    return bool(settled and case.cancelled and settled < case.cancelled.version)


def _nowhere(case: Case, order: OrderSnapshot, wanted: dict[str, int]) -> list[LegPlanned]:
    listed = total(leg.lines for leg in order.legs)
    loose = _take(subtract({x.line_id: x.open for x in order.lines}, listed), wanted)
    return _without_a_place(case, loose) if loose else []


def _without_a_place(case: Case, lines: Quantities) -> list[LegPlanned]:
    return [LegPlanned(case.free_leg_id(_NOWHERE), "", FulfillmentType.IN_HOUSE, "", lines)]


def _take(lines: Quantities, wanted: dict[str, int]) -> dict[str, int]:
    """As much of these lines as is still wanted; it is then wanted no more."""
    taken = {line: min(quantity, wanted.get(line, 0)) for line, quantity in lines.items()}
    for line, quantity in taken.items():
        wanted[line] = wanted.get(line, 0) - quantity
    return {line: quantity for line, quantity in taken.items() if quantity > 0}


def _came_back(case: Case, order: OrderSnapshot) -> dict[str, int]:
    """Open work that the case does not know, beyond what may be open once its lines are cancelled: it was re-created."""
    if case.cancelled is None:
        return {}
    unknown = total(leg.lines for leg in order.legs if not case.legs_of(leg.leg_id))
    elsewhere = total(leg.lines for leg in order.legs if _may_go_on(case.legs_of(leg.leg_id)))
    done = total([case.cancelled.fact.lines, case.cancelled_before, elsewhere])
    may_be_open = subtract({x.line_id: x.ordered - x.shipped for x in order.lines}, done)
    return subtract(unknown, may_be_open)


def _displaced(case: Case, order: OrderSnapshot) -> dict[str, int]:
    """What legs of the case are to stop, and what is no longer where they are: it was moved, split off or merged. What has shipped or was
    taken off the order since it was last read lies nowhere any more."""
    if case.order is None:
        return {}
    counting = [leg for leg in case.legs.values() if leg.work_id and _still_counts(case, leg)]
    listed = {leg.leg_id: leg.lines for leg in order.legs}
    missing = [
        subtract(total(x.plan.lines for x in counting if x.work_id == work), listed.get(work, {}))
        for work in dict.fromkeys(x.work_id for x in counting)
    ]
    return subtract(total(missing), _ended_since(case, order))


def _still_counts(case: Case, leg: Leg) -> bool:
    """A leg that shipped, or that nobody wants to stop any more, misses nothing."""
    ended = leg.outcome is not None and leg.outcome not in ENDS_WITHOUT_SHIPMENT
    return not ended and not leg.departure and not _taken_out(case, leg)


def _ended_since(case: Case, order: OrderSnapshot) -> dict[str, int]:
    """Shipped or cancelled, by line, beyond what the last reading showed and what the case knows of since."""
    if case.order is None:
        return {}
    known = {row["line_id"]: row["shipped"] + row["cancelled"] for row in case.order.fact.lines}
    left = total(leg.plan.lines for leg in case.legs.values() if leg.departure > case.order.version)
    ours = case.cancelled.fact.lines if case.cancelled and case.cancelled.version > case.order.version else {}
    now = {x.line_id: x.shipped + x.cancelled for x in order.lines}
    return subtract(now, total([known, left, ours]))


def _may_go_on(legs: list[Leg]) -> bool:
    return any(leg.outcome not in ENDS_WITHOUT_SHIPMENT for leg in legs)


def departures(order: OrderSnapshot, planned: list[LegPlanned]) -> list[ShipmentSeen]:
    """Legs that the order system itself shows as gone."""
    gone = {leg.leg_id for leg in order.legs if leg.departed}
    return [
        ShipmentSeen(leg.leg_id, order.channel, order.observed_at, departed=True, lines=leg.lines, tracking_sha256="")
        for leg in planned
        if leg.work_id in gone
    ]


# ---------------------------------------------------------------------------------------------- where only the shelves know


def out_of_sight(case: Case, order: OrderSnapshot) -> dict[str, int]:
    """Wanted line quantities of an order that was cancelled, and of which the order system does not say any more who may be working on them: that
    says nothing about the shelf, and each warehouse has to be asked."""
    return _take(_unlisted(order), _wanted(case, order)) if order.cancelled else {}


def _unlisted(order: OrderSnapshot) -> dict[str, int]:
    listed = total(leg.lines for leg in order.legs)
    return subtract({x.line_id: x.ordered - x.shipped for x in order.lines}, listed)


def _wherever_it_may_lie(case: Case, order: OrderSnapshot, places: Places, lines: Quantities) -> list[LegPlanned]:
    """A leg of all of the order's work at every warehouse that may have it. What was seen as open before, and is nowhere now, a person looks
    for; so he does where there is nobody to ask."""
    if not lines:
        return []
    found = [x for x, hold in case.first_holds.items() if _may_have_it(x, hold.fact, order, places)]
    if not found:
        seen_open = case.order is not None and not case.found_cancelled
        return _without_a_place(case, lines) if seen_open or not case.first_holds else []
    names = [case.free_leg_id(f"all-{warehouse}") for warehouse in found]
    return [
        LegPlanned(
            name, warehouse, FulfillmentType.THIRD_PARTY, "", lines, instead_of=names[0] if name != names[0] else ""
        )
        for name, warehouse in zip(names, found, strict=True)
    ]


def _may_have_it(warehouse: str, hold: HoldAnswered, order: OrderSnapshot, places: Places) -> bool:
    """What a warehouse says counts. Where only people could tell, nobody is bothered about an order that never was theirs; nor where no hold
    can be placed, as long as the order system knows of other places."""
    if hold.level == AckLevel.REJECTED and hold.reason == "unknown_order":
        return False
    place = places.get(warehouse)
    if place is not None and only_people_know(place.partner):
        return warehouse in order.places
    knows_nothing = hold.level == AckLevel.REJECTED and hold.reason == "no_holds"
    return warehouse in order.places or not order.places or not knows_nothing
