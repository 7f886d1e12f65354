"""What is said of a leg after a person spoke, or after its end, and whether that can stand beside it."""

from stopship.domain.case import Leg, subtract
from stopship.domain.events import AcknowledgementReceived, Event, PickStateObserved, ShipmentSeen
from stopship.domain.order import DEPARTED, FINAL, IN_WORK, AckLevel, Quantities
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT
from stopship.domain.resolution import Resolution

_VOUCHED = frozenset({Resolution.THEY_STOPPED_IT, Resolution.STOPPED_IN_PART})
LEFT = "it left after it was stopped"
"""The reason of every leg that is reopened because its goods are out: leakage."""
UNPICKED = "system_cancelled"
"""The proof that rests on nobody having begun."""


def belies(leg: Leg, answer: AcknowledgementReceived, word: str) -> bool:
    """Whether a warehouse's answer says that it did not stop what a person had vouched for; or that it holds back what he had called shipped, and
    nothing shows that it left. What a person decided, that a customer keeps it for one, no warehouse can gainsay."""
    if word == Resolution.IT_SHIPPED:
        return answer.level == AckLevel.PHYSICALLY_STOPPED and not answer.partial and not leg.departure
    return word in _VOUCHED and _refuses(answer, leg.plan.lines)


def _refuses(answer: AcknowledgementReceived, lines: Quantities) -> bool:
    short = answer.partial and bool(subtract(lines, answer.stopped_lines))
    return answer.level == AckLevel.REJECTED or (answer.level in FINAL and short)


def contradiction(leg: Leg, fact: Event) -> str:
    """Why the leg's end cannot stand beside a fact that is not in the case yet; "" where it can, or where the leg has no end."""
    match fact:
        case AcknowledgementReceived():
            return _answer(leg, fact)
        case ShipmentSeen() | PickStateObserved() if leg.outcome in ENDS_WITHOUT_SHIPMENT:
            return _work(leg, fact)
    return ""


def begins_work(fact: Event) -> bool:
    """Whether it shows that goods were picked or labelled, and not that they left."""
    if isinstance(fact, ShipmentSeen):
        return not fact.departed
    return isinstance(fact, PickStateObserved) and fact.state in IN_WORK


def _answer(leg: Leg, answer: AcknowledgementReceived) -> str:
    if leg.outcome in ENDS_WITHOUT_SHIPMENT:
        if answer.state in DEPARTED:
            return LEFT
        return "its warehouse did not stop it" if _refuses(answer, leg.plan.lines) else ""
    if leg.settled is None or leg.human is None or leg.settled.fact.proof.get("kind") != "human":
        return ""
    held = answer.state not in DEPARTED and belies(leg, answer, leg.human.fact.resolution)
    return "its warehouse holds it back" if held else ""


def _work(leg: Leg, fact: ShipmentSeen | PickStateObserved) -> str:
    if begins_work(fact):
        unpicked = leg.settled is not None and leg.settled.fact.proof.get("kind") == UNPICKED
        return "work on it began after it was cancelled in the system" if unpicked else ""
    left = fact.departed if isinstance(fact, ShipmentSeen) else fact.state in DEPARTED
    return LEFT if left else ""
