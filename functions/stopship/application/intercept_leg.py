"""Asking a carrier to bring a leg back: the intent before the call, once a parcel, and the answer as a fact of its own.

An answer of "accepted" ends nothing: what became of it is read from the carrier's tracking when the case is about to close.
"""

from collections.abc import Callable, Mapping

from stopship.application.context import Desk
from stopship.application.parcels import carrier_of, parcels_of
from stopship.application.ports import Carrier, CarrierAnswer
from stopship.application.record import Step
from stopship.domain.carrier import Parcel
from stopship.domain.case import Case, Leg
from stopship.domain.decide import Action, decide_leg
from stopship.domain.errors import PartnerRefused
from stopship.domain.events import InterceptAnswered, InterceptRequested
from stopship.domain.ids import action_key


def intercept_leg(desk: Desk, merchant: str, case_id: str, leg_id: str) -> Case:
    """Safe to repeat: a request that is recorded is not recorded again, and the carrier's adapter reads before it asks."""
    case = desk.cases.record(merchant, case_id, lambda c: _intend(desk, c, c.legs[leg_id]))
    sent = {x.sha256: x for x in parcels_of(desk, case, case.legs[leg_id]).parcels}
    for parcel, state in list(case.legs[leg_id].intercepts.items()):
        if state.answered is None:
            carrier = carrier_of(desk, case, state.requested.fact.carrier)
            answered = _ask(case, carrier, sent.get(parcel), state.requested.fact)
            case = _answered(desk, case, answered)
    return _take_back(desk, case, leg_id, sent)


def _take_back(desk: Desk, case: Case, leg_id: str, sent: Mapping[str, Parcel]) -> Case:
    """Where one parcel of the leg cannot come back, the others need not: half of it back is neither a return nor a delivery."""
    answers = {parcel: x.answered.fact for parcel, x in case.legs[leg_id].intercepts.items() if x.answered}
    if not any(x.level == "refused" for x in answers.values()):
        return case
    for parcel, fact in answers.items():
        carrier = carrier_of(desk, case, fact.carrier) if fact.level == "accepted" else None
        if carrier is not None:
            answer = _said(sent.get(parcel), carrier.cancel_intercept)
            level = "withdrawn" if answer.accepted else "kept"
            taken_back = InterceptAnswered(leg_id, fact.carrier, parcel, level, answer.code)
            case = _answered(desk, case, taken_back, "intercept_withdrawn")
    return case


def _intend(desk: Desk, case: Case, leg: Leg) -> Step | None:
    """Compared at the moment of sending: what the decision rests on may have changed since."""
    decision = decide_leg(case, leg, desk.policy_of(case), desk.clock.now())
    if decision.action is not Action.INTERCEPT or leg.intercepts or leg.carrier is None:
        return None
    read, wanted = leg.carrier.fact, leg.intercept_wanted
    by = wanted.fact.by if wanted else "policy"
    step = Step()
    for parcel in read.parcels:
        fact = InterceptRequested(leg.plan.leg_id, read.carrier, parcel, read.cost, read.currency, by)
        step.add(fact, action_key(case.case_id, leg.plan.leg_id, "intercept", parcel[:16]))
    return step


def _ask(
    case: Case, carrier: Carrier | None, parcel: Parcel | None, requested: InterceptRequested
) -> InterceptAnswered:
    """What was sent under another account, or with a carrier that is not connected, the person who wants it back asks himself."""
    level, code = "by_hand", ""
    if carrier is not None and (parcel is None or carrier.owns(parcel.number)):
        answer = _said(parcel, lambda number: carrier.intercept(number, case.reason))
        level, code = ("accepted" if answer.accepted else "refused"), answer.code
    return InterceptAnswered(requested.leg_id, requested.carrier, requested.parcel, level, code)


def _said(parcel: Parcel | None, call: Callable[[str], CarrierAnswer]) -> CarrierAnswer:
    if parcel is None:
        return CarrierAnswer(accepted=False, code="parcel_not_found")
    try:
        return call(parcel.number)
    except PartnerRefused as refusal:
        return CarrierAnswer(accepted=False, code=refusal.code)


def _answered(desk: Desk, case: Case, fact: InterceptAnswered, what: str = "intercept_answered") -> Case:
    key = action_key(case.case_id, fact.leg_id, what, fact.parcel[:16])

    def build(_: Case) -> Step:
        step = Step()
        step.add(fact, key)
        return step

    return desk.cases.extend(case, build)
