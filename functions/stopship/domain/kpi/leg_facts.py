"""The legs of a case as rows: how far each got in the funnel, what its warehouse promised, and whether that was true."""

from stopship.domain import events as e
from stopship.domain.case import At, Case, Leg
from stopship.domain.instant import microseconds_between
from stopship.domain.kpi.facts import LegFact
from stopship.domain.kpi.subject import Subject
from stopship.domain.order import DEPARTED, FINAL, IN_WORK, AckLevel
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT

POSITIVE = frozenset({AckLevel.SYSTEM_CANCELLED, AckLevel.PHYSICALLY_STOPPED})
STAGES = ("sent", "accepted", "acknowledged", "stopped")
PENDING = "pending"
_MINUTE_US = 60_000_000
AGE_BANDS = (15, 30, 60, 120, 240, 480, 1440, 2880)
"""Upper ends of the bands of an order's age, in minutes."""
AGES = tuple(f"{low:04d}-{high:04d} min" for low, high in zip((0, *AGE_BANDS[:-1]), AGE_BANDS, strict=True))
OLDER, UNKNOWN_AGE = "over 2880 min", "unknown"
_LEVELS = (AckLevel.SENT, AckLevel.ACCEPTED, AckLevel.SYSTEM_CANCELLED, AckLevel.PHYSICALLY_STOPPED)


def leg_facts(case: Case, about: Subject) -> tuple[LegFact, ...]:
    return tuple(_leg(case, leg, about) for _, leg in sorted(case.legs.items()))


def _leg(case: Case, leg: Leg, about: Subject) -> LegFact:
    whole = _whole(case, leg)
    asked = [whole.attempts[n] for n in sorted(whole.attempts)]
    # What the warehouse answered was about the part that was held back.
    answers = [] if leg.is_rest else sorted((x for a in asked for x in a.answers), key=lambda x: x.version)
    final = next((x for x in answers if x.fact.level in FINAL), None)
    sent = next((a.sent for a in asked if a.sent), None)
    sent_at = sent.at if sent else _sent_by(answers)
    promise = next((x for x in answers if x.fact.level in POSITIVE), None)
    reached = _stages(leg, [a.sent for a in asked if a.sent], answers)
    age = _age(case)
    row = about.row() | {"fulfillment_type": str(leg.plan.fulfillment_type)}
    return LegFact(
        **row,
        leg_id=leg.plan.leg_id,
        warehouse=leg.plan.warehouse,
        partner=leg.plan.partner,
        received_at=case.received_at,
        requested_at=asked[0].requested.at if asked else "",
        sent_at=sent_at,
        answered_at=final.at if final else "",
        settled_at=leg.settled.at if leg.settled else "",
        answer_us=max(0, microseconds_between(sent_at, final.at)) if final and sent_at else None,
        outcome=str(leg.outcome or ""),
        sent=reached[0],
        accepted=reached[1],
        acknowledged=reached[2],
        stopped=reached[3],
        stopped_otherwise=leg.outcome in ENDS_WITHOUT_SHIPMENT and not reached[-1],
        lost_stage=_lost_stage(leg, reached),
        level=_level(sent, answers),
        silent=any(a.silence for a in asked),
        promised=promise is not None,
        false_ok=promise is not None and _contradicted(leg, promise),
        left_after_ok=promise is not None and _left_after(leg, promise),
        attempts=len(asked),
        order_age_us=age,
        order_age=age_band(age),
    )


def _whole(case: Case, leg: Leg) -> Leg:
    """Whose messages concerned the leg: its own, or those of the leg that it was part of when they went out."""
    if not leg.is_rest:
        return leg
    return next(x for x in case.legs.values() if not x.is_rest and x.planned.fact.leg_id == leg.planned.fact.leg_id)


def _sent_by(answers: list[At[e.AcknowledgementReceived]]) -> str:
    """An answer proves that the message had gone out, and no better moment is known than the answer's own."""
    return answers[0].at if answers else ""


def _stages(
    leg: Leg, sent: list[At[e.StopShipSent]], answers: list[At[e.AcknowledgementReceived]]
) -> tuple[bool, bool, bool, bool]:
    """Each with all before it. An answer proves what came before it: who stopped it has accepted it, and who answers was asked."""
    levels = {AckLevel(x.fact.level) for x in sent} | {AckLevel(x.fact.level) for x in answers}
    acknowledged = bool(levels & POSITIVE)
    accepted = acknowledged or AckLevel.ACCEPTED in levels
    out = bool(sent) or bool(answers)
    return out, out and accepted, acknowledged, acknowledged and leg.outcome in ENDS_WITHOUT_SHIPMENT


def _lost_stage(leg: Leg, reached: tuple[bool, ...]) -> str:
    if all(reached):
        return ""
    return STAGES[reached.index(False)] if leg.outcome else PENDING


def _level(sent: At[e.StopShipSent] | None, answers: list[At[e.AcknowledgementReceived]]) -> str:
    """The most that was said; rejected where that is the only answer."""
    said = [AckLevel(sent.fact.level)] if sent else []
    said += [AckLevel(x.fact.level) for x in answers]
    best = [x for x in _LEVELS if x in said]
    if AckLevel.REJECTED in said and not (set(best) & POSITIVE):
        return str(AckLevel.REJECTED)
    return str(best[-1]) if best else ""


def _contradicted(leg: Leg, promise: At[e.AcknowledgementReceived]) -> bool:
    """Read again, the warehouse says something else; or it left. Goods that a person held back may well have been picked."""
    wrong = DEPARTED if promise.fact.level == AckLevel.PHYSICALLY_STOPPED else DEPARTED | IN_WORK
    later = [x for x in leg.observations if x.version > promise.version]
    return any(x.fact.state in wrong for x in later) or _left_after(leg, promise)


def _left_after(leg: Leg, promise: At[e.AcknowledgementReceived]) -> bool:
    return leg.departure > promise.version and not leg.unscanned


def _age(case: Case) -> int | None:
    """The order's age when the wish was received."""
    placed = case.order.fact.placed_at if case.order else ""
    return max(0, microseconds_between(placed, case.received_at)) if placed else None


def age_band(age_us: int | None) -> str:
    """The band of an order's age: it includes its lower end, and not its upper one."""
    if age_us is None:
        return UNKNOWN_AGE
    return next((name for name, high in zip(AGES, AGE_BANDS, strict=True) if age_us < high * _MINUTE_US), OLDER)
