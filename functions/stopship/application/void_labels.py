"""Voiding the labels of a leg that is held back: part of the stop where the carrier account is the merchant's own.

A voided label proves nothing about the goods. One that cannot be voided because it was scanned is proof that they left.
"""

import hashlib

from stopship.application.context import Desk
from stopship.application.keep_unmatched import keep_unmatched
from stopship.application.parcels import Sent, carrier_of, parcels_of
from stopship.application.ports import Carrier, VoidAnswer, VoidState
from stopship.application.record import Step
from stopship.domain.carrier import CARRIERS, Parcel
from stopship.domain.case import Case, Leg
from stopship.domain.errors import NotFound, PartnerError
from stopship.domain.events import LabelVoidAnswered, LabelVoidRequested
from stopship.domain.ids import action_key
from stopship.domain.order import PickState
from stopship.domain.policy import Cause


def void_labels(desk: Desk, case: Case, leg_id: str) -> Case:
    """Never stands in the way of the stop itself: what cannot be reached is recorded as silent."""
    leg = case.legs[leg_id]
    if not _labelled(leg):
        return case
    try:
        found = _find(desk, case, leg)
    except (PartnerError, NotFound) as error:
        return _not_found(desk, case, leg_id, error)
    if found:
        sent, carrier = found
        for parcel in (x for x in sent.parcels if carrier.owns(x.number)):
            case = _void(desk, case, leg_id, carrier, parcel, sent.carrier)
    return case


def _find(desk: Desk, case: Case, leg: Leg) -> tuple[Sent, Carrier] | None:
    """A merchant without any carrier account spares the store a call."""
    if not any(carrier_of(desk, case, name) for name in sorted(CARRIERS)):
        return None
    sent = parcels_of(desk, case, leg)
    carrier = carrier_of(desk, case, sent.carrier) if sent.parcels else None
    return (sent, carrier) if carrier else None


def _not_found(desk: Desk, case: Case, leg_id: str, error: Exception) -> Case:
    """The labels could not even be looked for; the fact says so."""
    step = Step()
    step.add(LabelVoidRequested(leg_id, "", ""), action_key(case.case_id, leg_id, "void", "none"))
    answered = LabelVoidAnswered(leg_id, "", "", VoidState.SILENT, type(error).__name__)
    step.add(answered, action_key(case.case_id, leg_id, "void_answered", "none"))
    return desk.cases.extend(case, lambda _: step)


def _labelled(leg: Leg) -> bool:
    seen = leg.observation
    labels = [x for x in leg.shipments if not x.fact.departed]
    return bool(labels or leg.unscanned or (seen and seen.fact.state == PickState.LABELLED))


def _void(desk: Desk, case: Case, leg_id: str, carrier: Carrier, parcel: Parcel, name: str) -> Case:
    done = case.legs[leg_id].voids.get(parcel.sha256)
    if done and done.answered and done.answered.fact.state != VoidState.SILENT:
        return case
    key = action_key(case.case_id, leg_id, "void", parcel.sha256[:16])
    requested = LabelVoidRequested(leg_id, name, parcel.sha256)
    case = desk.cases.extend(case, lambda _: _one(requested, key))
    try:
        answer = carrier.void(parcel.number)
    except PartnerError as error:
        answer = VoidAnswer(VoidState.SILENT, type(error).__name__)
    fact = LabelVoidAnswered(leg_id, name, parcel.sha256, answer.state, answer.code)
    case = desk.cases.extend(case, lambda _: _one(fact))
    if answer.state is VoidState.REFUSED:
        _tell_finance(desk, case, fact)
    return case


def _tell_finance(desk: Desk, case: Case, fact: LabelVoidAnswered) -> None:
    """It is money only: the stop does not wait for it."""
    why = f"the label of order {case.order_ref} ({fact.carrier} {fact.parcel[:12]}) was not voided: {fact.code}"
    raw = hashlib.sha256(why.encode()).hexdigest()
    delivery, policy = f"{case.case_id}:{fact.parcel[:16]}", desk.policy_of(case)
    keep_unmatched(desk, case.merchant, fact.carrier, "void", delivery, why, raw, Cause.LABEL_NOT_VOIDED, policy)


def _one(event: LabelVoidRequested | LabelVoidAnswered, key: str = "") -> Step:
    step = Step()
    step.add(event, key)
    return step
