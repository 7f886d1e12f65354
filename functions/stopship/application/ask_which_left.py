"""Goods of an order left, and the message does not say which: the places where they may have been are asked."""

from stopship.application.check_fulfillment_state import observed_step, read_pick_state
from stopship.application.context import Desk
from stopship.application.keep_unmatched import keep_unmatched
from stopship.domain.case import Case, Leg
from stopship.domain.order import DEPARTED, PickState
from stopship.domain.policy import Cause
from stopship.domain.signal import Signal
from stopship.domain.whose_goods import whose_goods

WHICH = "which"
"""The purpose of such a look."""


def ask_which_left(desk: Desk, case: Case, signal: Signal) -> list[str]:
    """The ids of the legs whose goods have left by their own warehouse's word. Where no warehouse can tell, a person is asked, once a
    shipment. Raises PartnerError where one cannot be reached, so that the message comes again."""
    left, unknown = list[str](), list[Leg]()
    for leg in whose_goods(case, signal).perhaps:
        state = _read(desk, case, leg)
        if state in DEPARTED:
            left.append(leg.plan.leg_id)
        if state is PickState.UNKNOWN:
            unknown.append(leg)
    if unknown and not left:
        works = ", ".join(leg.work_id for leg in unknown)
        told = f"goods of order {case.order_ref} left, told by {signal.source}, and nobody says which: perhaps {works}"
        known_by = f"which:{case.case_id}:{signal.reference or signal.delivery_id}"
        cause = Cause.SHIPPED_AFTER_STOP if any(leg.settled for leg in unknown) else Cause.PICK_STATE_UNKNOWN
        keep_unmatched(desk, signal.merchant, signal.source, signal.topic, known_by, told, signal.raw_sha256, cause)
    return left


def _read(desk: Desk, case: Case, leg: Leg) -> PickState:
    """What has left is not recorded here: the message is put on that leg, with all that follows from it."""
    if not leg.plan.warehouse:
        return PickState.UNKNOWN
    seen = read_pick_state(desk, case, leg)
    if seen.state not in DEPARTED and not leg.settled:
        desk.cases.extend(case, lambda _: observed_step(leg.plan.leg_id, seen, WHICH))
    return seen.state
