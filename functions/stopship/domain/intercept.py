"""Goods that have left: whether their carrier is to bring them back. Pure: from what is recorded and the policy, no clock, no I/O.

The rules are asked in order; the first that has an answer wins:

1. what the carrier was asked for already, and what it answered,
2. a person's wish, which needs no value and no bound but cannot go beyond what the carrier offers,
3. the value of the goods, the carrier's state, offer and price, by the policy.
"""

from decimal import Decimal
from enum import StrEnum

from stopship.domain.carrier import GUIDES, CarrierState, Offer
from stopship.domain.case import Case, Leg
from stopship.domain.events import CarrierRead
from stopship.domain.policy import InterceptMode, InterceptRule, Policy
from stopship.frozen import frozen


class Move(StrEnum):
    LOOK = "look"
    """Read the carrier first: where it is, whether it would, for how much."""
    ASK = "ask"
    INTERCEPT = "intercept"
    WATCH = "watch"
    """The carrier has taken the request; only its tracking says what becomes of it."""
    BACK = "back"
    """It is back at its sender already."""
    LET_GO = "let_go"


@frozen
class Verdict:
    """``reason`` is a short sentence for the audit trail and for whoever is asked; ``evidence`` the versions of the facts it rests on."""

    move: Move
    reason: str
    evidence: tuple[int, ...] = ()


TOO_LATE = frozenset({CarrierState.OUT_FOR_DELIVERY, CarrierState.DELIVERED})


def decide_intercept(case: Case, leg: Leg, policy: Policy) -> Verdict:
    """For a leg that has left."""
    if leg.intercepts:
        return _asked_already(leg)
    wanted = leg.intercept_wanted
    if wanted is None and not _may_be_worth_it(case, policy.intercept):
        return Verdict(Move.LET_GO, "the policy lets goods of this value go")
    read = leg.carrier
    if read is None or read.version < max(leg.retried_at, wanted.version if wanted else 0):
        return Verdict(Move.LOOK, "what its carrier says must be read first")
    evidence = (read.version, wanted.version) if wanted else (read.version,)
    move, reason = _by_reading(read.fact, policy.intercept, wanted=wanted is not None)
    return Verdict(move, reason, evidence)


def _asked_already(leg: Leg) -> Verdict:
    """Never twice: a request without an answer is finished, not made anew."""
    evidence = tuple(x.requested.version for x in leg.intercepts.values())
    answers = [x.answered for x in leg.intercepts.values() if x.answered]
    if len(answers) < len(leg.intercepts):
        return Verdict(Move.INTERCEPT, "a request to the carrier is under way", evidence)
    evidence = (*evidence, *(x.version for x in answers))
    levels = {x.fact.level for x in answers}
    if {"refused", "accepted"} <= levels:
        return Verdict(Move.INTERCEPT, "part of it cannot come back: the rest is not asked for any more", evidence)
    if "refused" in levels:
        return Verdict(Move.LET_GO, "the carrier will not bring it back", evidence)
    return Verdict(Move.WATCH, "the carrier was asked to bring it back", evidence)


def _may_be_worth_it(case: Case, rule: InterceptRule) -> bool:
    """The order's total bounds the value of any part of it from above, and costs no call."""
    if case.order is None:
        return False
    return rule.may_pay(Decimal(case.order.fact.total), case.order.fact.currency)


def _by_reading(read: CarrierRead, rule: InterceptRule, *, wanted: bool) -> tuple[Move, str]:
    state, offer = CarrierState(read.state), Offer(read.offer)
    if not read.parcels:
        return Move.LET_GO, f"nobody can tell in which parcel it left: {read.reason}"
    if state is CarrierState.RETURNED:
        return Move.BACK, "its carrier has brought it back to its sender"
    if state in TOO_LATE:
        return Move.LET_GO, f"it is too late for its carrier: {state}"
    if offer is Offer.NO:
        return Move.LET_GO, f"its carrier will not bring it back: {read.reason}"
    if wanted or offer is Offer.PENDING:
        return Move.INTERCEPT, "a person wants it back" if wanted else "its carrier was asked for it already"
    if read.carrier not in rule.carriers:
        return Move.LET_GO, "the policy asks nothing of this carrier"
    return _by_value(read, rule, offer)


def _by_value(read: CarrierRead, rule: InterceptRule, offer: Offer) -> tuple[Move, str]:
    if not read.goods_value:
        return Move.ASK, f"nobody can tell what the goods are worth; {_how(read, offer)}"
    value = Decimal(read.goods_value)
    if not rule.may_pay(value, read.goods_currency):
        return Move.LET_GO, f"goods worth {read.goods_value} {read.goods_currency} are let go"
    worth = f"the goods are worth {read.goods_value} {read.goods_currency}"
    if offer is not Offer.YES or not read.cost or read.currency != read.goods_currency:
        return Move.ASK, f"{worth}; {_how(read, offer)}"
    price = f"{_name(read.carrier)} brings it back for {read.cost} {read.currency}; {worth}"
    if Decimal(read.cost) > value * rule.max_cost_share:
        return Move.LET_GO, f"{price}: too dear"
    if rule.mode is InterceptMode.AUTOMATIC:
        return Move.INTERCEPT, price
    return Move.ASK, f"{price}; {_where(read)}"


def _how(read: CarrierRead, offer: Offer) -> str:
    """What the person who is asked must know."""
    if offer is Offer.BY_HAND:
        guide = GUIDES.get(read.carrier)
        steps = f": {guide.portal}, {guide.steps}; {guide.cut_off}" if guide else ""
        why = f" ({read.reason})" if read.reason else ""
        return f"{_name(read.carrier)} must be asked by hand{why}{steps}. Answer intercept once it is asked. {_where(read)}"
    cost = f"for {read.cost} {read.currency}" if read.cost else "for an unknown price"
    return f"{_name(read.carrier)} may bring it back {cost} ({read.reason or offer}); {_where(read)}"


def _where(read: CarrierRead) -> str:
    """The number itself stands on the order's shipment; its hash tells which one is meant."""
    parcels = ", ".join(parcel[:12] for parcel in read.parcels)
    return f"{read.state}; tracking number sha256 {parcels}, to be read on the order's shipment"


def _name(carrier: str) -> str:
    guide = GUIDES.get(carrier)
    return guide.name if guide else "its carrier"
