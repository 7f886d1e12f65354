"""What became of the parcels that a carrier was asked to bring back: its tracking tells, or a person does. Time alone ends nothing."""

from stopship.application.context import Desk
from stopship.application.next_step import Next, person, person_was_asked, wait
from stopship.application.parcels import carrier_of, parcels_of
from stopship.application.record import Step
from stopship.domain.carrier import CarrierState, together
from stopship.domain.case import Case, Leg
from stopship.domain.errors import PartnerRefused, PartnerUnavailable
from stopship.domain.events import CarrierRead, InterceptEnded
from stopship.domain.ids import action_key
from stopship.domain.instant import seconds_between
from stopship.domain.policy import Cause
from stopship.domain.resolution import Resolution

ENDS = {CarrierState.RETURNED: "returned", CarrierState.DELIVERED: "delivered"}
_WORDS = {Resolution.CAME_BACK: "returned", Resolution.IT_SHIPPED: "delivered"}


def watch_intercepts(desk: Desk, case: Case, step: str) -> tuple[Case, Next | None]:
    """The case as it then is, and where to go while something is still on its way back: wait, or person. ``step`` is the step that asks."""
    follow: list[Next] = []
    for leg_id in [leg.plan.leg_id for leg in case.on_their_way_back]:
        case, state = _look(desk, case, leg_id, step)
        if case.legs[leg_id].intercept_pending:
            follow.append(_patience(desk, case, case.legs[leg_id], state))
    first = [x for x in follow if x["next"] == "person"] or follow
    return case, first[0] if first else None


def _look(desk: Desk, case: Case, leg_id: str, step: str) -> tuple[Case, CarrierState]:
    since = max(x.requested.version for x in case.legs[leg_id].intercepts.values())
    human = case.case_human
    if (
        human
        and person_was_asked(case, step, since, tuple(_WORDS))
        and _was_about(case, human.fact.exception_id, leg_id)
    ):
        end = _WORDS[Resolution(human.fact.resolution)]
        return _ended(desk, case, leg_id, end, human.fact.by, human.version), CarrierState.UNKNOWN
    state, occurred = _state(desk, case, case.legs[leg_id])
    case = _seen(desk, case, leg_id, state, occurred)
    read = case.legs[leg_id].carrier
    if state in ENDS and read:
        return _ended(desk, case, leg_id, ENDS[state], read.fact.carrier, read.version), state
    return case, state


def _was_about(case: Case, exception_id: str, leg_id: str) -> bool:
    """Where several parcels are on their way back, a person says of one of them that it is there: the one that the question names."""
    return case.exceptions[exception_id].opened.fact.detail.startswith(_named(leg_id))


def _named(leg_id: str) -> str:
    return f"leg {leg_id}:"


def _state(desk: Desk, case: Case, leg: Leg) -> tuple[CarrierState, str]:
    """Unknown where nobody answers now: there will be another look."""
    asked = leg.intercepts
    try:
        found = {x.sha256: x for x in parcels_of(desk, case, leg).parcels}
        carriers = {x: carrier_of(desk, case, state.requested.fact.carrier) for x, state in asked.items()}
        readings = [c.track(found[x].number) for x, c in carriers.items() if c is not None and x in found]
    except (PartnerRefused, PartnerUnavailable):
        return CarrierState.UNKNOWN, ""
    if len(readings) < len(asked):
        return CarrierState.UNKNOWN, ""
    return together(x.state for x in readings), max(x.occurred_at for x in readings)


def _seen(desk: Desk, case: Case, leg_id: str, state: CarrierState, occurred: str) -> Case:
    """What is new is a fact; a parcel that has not moved, or that nobody could tell of, is none."""
    now = desk.clock.now()

    def build(current: Case) -> Step | None:
        read = current.legs[leg_id].carrier
        if read is None or state is CarrierState.UNKNOWN or read.fact.state == state:
            return None
        was, step = read.fact, Step()
        step.add(
            CarrierRead(
                leg_id,
                was.carrier,
                state,
                list(was.parcels),
                was.offer,
                was.reason,
                was.cost,
                was.currency,
                was.goods_value,
                was.goods_currency,
                now,
                occurred,
            )
        )
        return step

    return desk.cases.extend(case, build)


def _ended(desk: Desk, case: Case, leg_id: str, end: str, source: str, evidence: int) -> Case:
    key = action_key(case.case_id, leg_id, "intercept_ended")

    def build(_: Case) -> Step:
        step = Step()
        step.add(InterceptEnded(leg_id, end, source, [evidence]), key)
        return step

    return desk.cases.extend(case, build)


def _patience(desk: Desk, case: Case, leg: Leg, state: CarrierState) -> Next:
    rule = desk.policy_of(case).intercept
    answered = [x.answered for x in leg.intercepts.values() if x.answered]
    if any(carrier_of(desk, case, x.fact.carrier) is None for x in answered):
        return person(Cause.INTERCEPT_UNRESOLVED, f"{_named(leg.plan.leg_id)} only a person can follow this carrier")
    since = max(*(x.at for x in answered), case.case_human.at if case.case_human else "")
    waited = seconds_between(since, desk.clock.now())
    if waited > rule.wait_days * 86_400:
        days = int(waited // 86_400)
        return person(Cause.INTERCEPT_UNRESOLVED, f"{_named(leg.plan.leg_id)} {state} after {days} days")
    return wait(rule.look_seconds)
