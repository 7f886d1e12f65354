"""The decision: for one leg, from the case's facts, the policy and the time, what happens next and on what evidence.

Pure and total: the same facts give the same decision, every state has one, and an unknown is never taken for a yes.
The rules are asked in order; the first that has an answer wins:

1. a person's word that is newer than everything that speaks against it,
2. a payment that came in time, where the want of it was the only reason,
3. evidence that the goods left, unless their carrier says that it never scanned them,
4. the answer to the current stop attempt, or its absence,
5. the pick state, by the policy's table; where no system can be read, what the policy says of that.
"""

from enum import StrEnum

from stopship.domain.capabilities import only_people_know
from stopship.domain.case import At, Case, Leg, StopAttempt, effective_state
from stopship.domain.contradiction import belies
from stopship.domain.events import AcknowledgementReceived, PickStateObserved
from stopship.domain.instant import plus, seconds_between
from stopship.domain.intercept import Move, Verdict, decide_intercept
from stopship.domain.order import IN_WORK, PRE_PICK, AckLevel, Payment, PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, PickRule, Policy
from stopship.domain.request import Reason
from stopship.domain.resolution import Resolution
from stopship.frozen import frozen

WHOLE_SECONDS = 1.0
"""Many partners tell moments in whole seconds: what they read after a moment may seem to be so much before it."""


class Action(StrEnum):
    STOP = "stop"
    STOP_PHYSICALLY = "stop_physically"
    VERIFY = "verify"
    """Read the warehouse again: its answer alone proves little."""
    WEIGH = "weigh"
    """It left: read what its carrier says, and what it would cost to have it back."""
    INTERCEPT = "intercept"
    """Ask its carrier to bring it back."""
    SETTLE = "settle"
    ASK = "ask"
    """A person is needed; ``cause`` says why."""
    NONE = "none"
    """The leg has ended and nothing speaks against it."""


@frozen
class Decision:
    """``reason`` is a short sentence for the audit trail; ``evidence`` the versions of the facts it rests on."""

    action: Action
    reason: str
    evidence: tuple[int, ...] = ()
    outcome: Outcome | None = None
    cause: Cause | None = None
    proof: str = ""


ASKED_BY_DECISION = frozenset(
    {
        Cause.PICK_STATE_UNKNOWN,
        Cause.NO_WAREHOUSE,
        Cause.SHIPPED_AFTER_STOP,
        Cause.CARRIER_INTERCEPT,
        Cause.SILENT_WAREHOUSE,
        Cause.STOP_PARTIAL,
        Cause.STOP_REJECTED,
        Cause.STOP_CONTRADICTED,
        Cause.STOP_UNPROVEN,
        Cause.FRAUD_WITHOUT_EVIDENCE,
    }
)
"""Every cause that a decision can give."""

_HUMAN_ENDS = {
    Resolution.IT_SHIPPED: Outcome.SHIPPED,
    Resolution.LET_IT_SHIP: Outcome.SHIPPED,
    Resolution.SAVED: Outcome.SAVED,
    Resolution.ADDRESS_FIXED: Outcome.SAVED,
    Resolution.STOPPED_IN_PART: Outcome.SHIPPED,
    Resolution.WITHDRAWN: Outcome.WITHDRAWN,
    Resolution.CAME_BACK: Outcome.SHIPPED,
}


def decide_leg(case: Case, leg: Leg, policy: Policy, now: str) -> Decision:
    """What to do about this leg now. That it left is evidence, which no policy overrules: "convert_to_return" says what happens then."""
    if leg.settled and (leg.outcome is Outcome.SHIPPED or leg.departure <= leg.settled.version):
        return Decision(Action.NONE, "the leg has ended", (leg.settled.version,))
    return (
        _by_person(case, leg, policy)
        or _by_payment(case, leg)
        or _by_departure(case, leg, policy)
        or _by_attempt(case, leg, policy, now)
        or _by_pick_state(leg, policy, now)
    )


def _by_person(case: Case, leg: Leg, policy: Policy) -> Decision | None:
    if leg.human is None or leg.human.version < leg.departure:
        return _withdrawn(case, leg)
    word = Resolution(leg.human.fact.resolution)
    if leg.answer and leg.answer.version > leg.human.version and belies(leg, leg.answer.fact, word):
        return _withdrawn(case, leg) or _asked_back(case, leg, word, leg.answer.version)
    evidence = (leg.human.version,)
    if word is Resolution.THEY_STOPPED_IT or (word is Resolution.STOPPED_IN_PART and not leg.is_out):
        return _stopped(case, policy, evidence, "a person vouches that the goods were held back", "human")
    proof = "human_returned" if word is Resolution.CAME_BACK else "human"
    return Decision(Action.SETTLE, f"a person decided: {word}", evidence, _HUMAN_ENDS[word], proof=proof)


def _asked_back(case: Case, leg: Leg, word: Resolution, answered: int) -> Decision | None:
    """A return was opened for what a person called shipped: whoever sees to that decides whether it is paid for here."""
    opened = [x.version for x in case.returns if set(x.fact.lines) & set(leg.plan.lines)]
    if word is not Resolution.IT_SHIPPED or not opened:
        return None
    evidence, reason = (answered, opened[-1]), "it says held back, and a return was opened for it"
    return Decision(Action.ASK, reason, evidence, cause=Cause.STOP_CONTRADICTED)


def _withdrawn(case: Case, leg: Leg) -> Decision | None:
    if case.withdrawn is None or case.withdrawn.version < leg.departure:
        return None
    evidence = (case.withdrawn.version,)
    return Decision(Action.SETTLE, "the whole wish was taken back", evidence, Outcome.WITHDRAWN, proof="human")


def _by_departure(case: Case, leg: Leg, policy: Policy) -> Decision | None:
    if not leg.departure:
        return None
    if leg.unscanned:
        return _never_scanned(leg)
    left = (leg.departure,)
    if leg.was_stopped and leg.intercept_wanted is None:
        return Decision(Action.ASK, "it left after it was stopped", left, cause=Cause.SHIPPED_AFTER_STOP)
    found = decide_intercept(case, leg, policy)
    if found.move in _ACTIONS:
        cause = Cause.CARRIER_INTERCEPT if found.move is Move.ASK else None
        return Decision(_ACTIONS[found.move], found.reason, found.evidence or left, cause=cause)
    return _left(case, leg, found, left)


_ACTIONS = {Move.LOOK: Action.WEIGH, Move.ASK: Action.ASK, Move.INTERCEPT: Action.INTERCEPT}


def _left(case: Case, leg: Leg, found: Verdict, left: tuple[int, ...]) -> Decision:
    evidence = found.evidence or left
    if found.move is Move.LET_GO and case.shares_goods(leg):
        reason = "it left one of the places where the goods may lie, and nobody told what of it"
        return Decision(Action.ASK, reason, evidence, cause=Cause.STOP_PARTIAL)
    if found.move is Move.BACK:
        return Decision(Action.SETTLE, found.reason, evidence, Outcome.SHIPPED, proof="carrier_returned")
    if leg.was_stopped and found.move is Move.LET_GO:
        reason = f"it left after it was stopped; {found.reason}"
        return Decision(Action.ASK, reason, evidence, cause=Cause.SHIPPED_AFTER_STOP)
    return Decision(Action.SETTLE, f"the goods have left; {found.reason}", evidence, Outcome.SHIPPED, proof="departure")


def _never_scanned(leg: Leg) -> Decision | None:
    """A system says that it left, its carrier does not have it: it may stand at the dock, so that the stop is still worth sending."""
    if leg.current or leg.answer:
        return None
    evidence, reason = (leg.unscanned,), "its carrier has never scanned it"
    if not leg.plan.warehouse:
        return Decision(Action.ASK, reason, evidence, cause=Cause.PICK_STATE_UNKNOWN)
    return Decision(Action.STOP_PHYSICALLY, reason, evidence)


def _by_payment(case: Case, leg: Leg) -> Decision | None:
    """Only before a stop was asked for: what is stopped does not go on by itself."""
    if case.order is None or case.order.fact.payment != Payment.MADE or leg.attempts or not case.for_want_of_payment:
        return None
    return Decision(Action.SETTLE, "the order is paid", (case.order.version,), Outcome.WITHDRAWN, proof="paid")


def _by_attempt(case: Case, leg: Leg, policy: Policy, now: str) -> Decision | None:
    answer = leg.answer
    if answer is None:
        return _no_answer(leg.current) if leg.current else None
    level = AckLevel(answer.fact.level)
    evidence = (leg.attempts[answer.fact.attempt].requested.version, answer.version)
    if answer.fact.partial:
        return Decision(Action.ASK, "only part of the leg was stopped", evidence, cause=Cause.STOP_PARTIAL)
    if level is AckLevel.REJECTED:
        return Decision(Action.ASK, "the warehouse cannot stop it", evidence, cause=Cause.STOP_REJECTED)
    if leg.part_left:
        # Whatever was stopped, it was not these pieces.
        reason = "it says stopped, and counts part of the leg as shipped"
        return Decision(Action.ASK, reason, (*evidence, leg.part_left), cause=Cause.STOP_PARTIAL)
    if level is AckLevel.PHYSICALLY_STOPPED:
        return _stopped(case, policy, evidence, "the warehouse held the goods back", "physically_stopped")
    if answer.fact.state in IN_WORK:
        return Decision(
            Action.ASK, "it says cancelled, and that it was in work", evidence, cause=Cause.STOP_CONTRADICTED
        )
    return _by_system_cancel(case, leg, policy, answer, evidence, now)


def _no_answer(attempt: StopAttempt) -> Decision:
    if attempt.silence:
        return Decision(
            Action.ASK, "the warehouse did not answer in time", (attempt.silence.version,), cause=Cause.SILENT_WAREHOUSE
        )
    action = Action.STOP_PHYSICALLY if attempt.requested.fact.physical else Action.STOP
    return Decision(action, "a stop is under way", (attempt.requested.version,))


def _by_system_cancel(
    case: Case, leg: Leg, policy: Policy, answer: At[AcknowledgementReceived], evidence: tuple[int, ...], now: str
) -> Decision:
    """A system's cancel proves a stop only together with a fresh reading, newer than that answer, that nothing was picked."""
    after = [o for o in leg.observations if o.version > answer.version]
    if not after:
        return Decision(Action.VERIFY, "a system cancel needs a reading after it", evidence)
    last = after[-1]
    evidence = (*evidence, last.version)
    if leg.in_work:
        return Decision(
            Action.ASK,
            "it says cancelled, but the goods are in work",
            (*evidence, leg.in_work),
            cause=Cause.STOP_CONTRADICTED,
        )
    limit = policy.freshness(leg.plan.warehouse)
    behind = is_behind(last.fact, answer.at)
    if last.fact.state in PRE_PICK and behind and now <= plus(answer.at, limit):
        return Decision(Action.VERIFY, "the reading is of a moment before the cancel", evidence)
    if last.fact.state in PRE_PICK and not behind and seconds_between(last.fact.observed_at, last.at) <= limit:
        return _stopped(case, policy, evidence, "cancelled in the system before picking, read back", "system_cancelled")
    return Decision(
        Action.ASK,
        "it says cancelled, and nobody can show that nothing was picked",
        evidence,
        cause=Cause.STOP_UNPROVEN,
    )


def is_behind(seen: PickStateObserved, answered_at: str) -> bool:
    """Whether a reading is of a moment before the answer that it is to prove: some warehouses are read from a copy."""
    return plus(seen.observed_at, WHOLE_SECONDS) < answered_at


def _by_pick_state(leg: Leg, policy: Policy, now: str) -> Decision:
    if not leg.plan.warehouse:
        return Decision(Action.ASK, "no connection covers this place", (leg.planned.version,), cause=Cause.NO_WAREHOUSE)
    state, version = effective_state(leg, now, policy.freshness(leg.plan.warehouse))
    evidence = (version,) if version else ()
    if state is PickState.UNKNOWN and only_people_know(leg.plan.partner):
        return _unreadable(leg, policy, evidence)
    rule = policy.pick_rules[state]
    if rule is PickRule.STOP:
        return Decision(Action.STOP, f"{state}: a system cancel can be proven", evidence)
    if rule is PickRule.STOP_PHYSICALLY:
        return Decision(Action.STOP_PHYSICALLY, f"{state}: only the goods held back are proof", evidence)
    return Decision(Action.ASK, f"pick state is {state}", evidence, cause=Cause.PICK_STATE_UNKNOWN)


def _unreadable(leg: Leg, policy: Policy, evidence: tuple[int, ...]) -> Decision:
    """There is no system that could know more tomorrow: what the partner is, is part of the evidence."""
    evidence = (leg.planned.version, *evidence)
    if policy.unreadable is PickRule.STOP_PHYSICALLY:
        return Decision(
            Action.STOP_PHYSICALLY, "no system there can be read: its people are asked to hold the goods back", evidence
        )
    return Decision(Action.ASK, "no system there can be read", evidence, cause=Cause.PICK_STATE_UNKNOWN)


def _stopped(case: Case, policy: Policy, evidence: tuple[int, ...], reason: str, proof: str) -> Decision:
    outcome = Outcome(policy.reasons[case.reason].outcome)
    if outcome is Outcome.BLOCKED and not case.documents and not _risk(case):
        return Decision(
            Action.ASK,
            "a block needs documented evidence",
            evidence,
            cause=Cause.FRAUD_WITHOUT_EVIDENCE,
        )
    return Decision(Action.SETTLE, reason, evidence, outcome, proof=proof)


def _risk(case: Case) -> bool:
    return case.order is not None and case.order.fact.risk == "high" and case.reason is Reason.FRAUD
