"""Goods of an order left, and the message does not say which: the places where they may have been are asked."""

from collections.abc import Iterator

from stopship.application.check_fulfillment_state import observed_step, read_pick_state
from stopship.application.context import Desk
from stopship.application.keep_unmatched import keep_unmatched
from stopship.domain.case import Case, Leg
from stopship.domain.errors import PartnerContractBroken, PartnerDown, PartnerRefused, PartnerUnavailable
from stopship.domain.order import DEPARTED, PickState
from stopship.domain.policy import Cause
from stopship.domain.signal import Signal
from stopship.domain.whose_goods import tracking_hash, whose_goods

WHICH = "which"
"""The purpose of such a look."""


def ask_which_left(desk: Desk, case: Case, signal: Signal) -> Iterator[str]:
    """The ids of the legs whose goods have left by their own warehouse's word. Where no warehouse can tell, a person is asked, once a
    shipment. Raises PartnerUnavailable, after all others were asked, where one cannot be reached, so that the message comes again."""
    known, unknown, away = _is_known(case, signal), list[Leg](), list[PartnerUnavailable]()
    for leg in whose_goods(case, signal).perhaps:
        try:
            state = _read(desk, case, leg)
        except PartnerUnavailable as error:
            away.append(error)
            continue
        if state in DEPARTED:
            known = True
            yield leg.plan.leg_id
        if state is PickState.UNKNOWN:
            unknown.append(leg)
    if away:
        raise away[0]
    if unknown and not known:
        _ask_a_person(desk, case, signal, unknown)


def _is_known(case: Case, signal: Signal) -> bool:
    """Whether this shipment was found to be of a leg when its message came before."""
    tracking = tracking_hash(signal)
    seen = [x.fact for leg in case.legs.values() for x in leg.shipments]
    return any(x.departed and x.tracking_sha256 == tracking for x in seen if tracking)


def _ask_a_person(desk: Desk, case: Case, signal: Signal, unknown: list[Leg]) -> None:
    works = ", ".join(leg.work_id or leg.plan.leg_id for leg in unknown)
    told = f"goods of order {case.order_ref} left, told by {signal.source}, and nobody says which: perhaps {works}"
    known_by = f"which:{case.case_id}:{signal.reference or signal.delivery_id}"
    cause = Cause.SHIPPED_AFTER_STOP if any(leg.settled for leg in unknown) else Cause.PICK_STATE_UNKNOWN
    keep_unmatched(desk, signal.merchant, signal.source, signal.topic, known_by, told, signal.raw_sha256, cause)


def _read(desk: Desk, case: Case, leg: Leg) -> PickState:
    """What has left is not recorded here: the message is put on that leg, with all that follows from it. A place that is connected no more, that
    refuses, or that is known to be down tells nothing for longer than a message can wait."""
    if leg.plan.warehouse not in desk.partners.places(case.merchant):
        return PickState.UNKNOWN
    try:
        seen = read_pick_state(desk, case, leg)
    except (PartnerRefused, PartnerContractBroken, PartnerDown):
        return PickState.UNKNOWN
    if seen.state not in DEPARTED and not leg.settled:
        desk.cases.extend(case, lambda _: observed_step(leg.plan.leg_id, seen, WHICH))
    return seen.state
