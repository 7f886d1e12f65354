"""A partner is down, and then it is back: one case looks whether it is, and when it is, all that wait for it go on by themselves."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from stopship.application.context import Desk
from stopship.application.end_exception import close_door
from stopship.application.project_ledger import Count
from stopship.application.record import Step
from stopship.domain import instant, traffic
from stopship.domain.case import Case
from stopship.domain.errors import Conflict
from stopship.domain.events import ExceptionResolved, PartnerReturned
from stopship.domain.traffic import Traffic
from stopship.frozen import frozen

AT_ONCE = 50
"""So many cases of one partner go on in one sweep: who comes back is not run over."""
_TRIES = 8


@frozen
class Waiting:
    """An exception that ends when its partner is back."""

    merchant: str
    partner: str
    outage: str
    tier: str
    opened_at: str
    case_id: str
    exception_id: str


@frozen
class Followed:
    """``down`` counts partners, by merchant."""

    released: int
    down: Sequence[Count]


def waiting_for_partners(case: Case) -> list[Waiting]:
    return [
        Waiting(
            case.merchant,
            fact.evidence["partner"],
            fact.evidence["outage"],
            fact.tier,
            state.opened.at,
            case.case_id,
            fact.exception_id,
        )
        for state in case.open_exceptions
        if (fact := state.opened.fact).evidence.get("outage")
    ]


def follow_outages(desk: Desk, waiting: Iterable[Waiting], merchants: Iterable[str] = ()) -> Followed:
    """``merchants`` have cases in work: that none of their partners is down is told too. Safe to run at any time and twice: what is known of a partner changes by one writer at a time, and an exception ends once."""
    released = 0
    by_partner = sorted(waiting, key=lambda x: (x.merchant, x.partner, x.tier, x.opened_at, x.case_id))
    groups = {key: list(group) for key, group in groupby(by_partner, key=lambda x: (x.merchant, x.partner))}
    for merchant, partner in groups.keys() | {(x.merchant, x.partner) for x in desk.traffic.outages()}:
        released += _follow(desk, merchant, partner, groups.get((merchant, partner), []))
    down = dict.fromkeys(merchants, 0)
    for known in desk.traffic.outages():
        down[known.merchant] = down.get(known.merchant, 0) + bool(known.traffic.outage)
    return Followed(released, [Count("PartnersDown", {"merchant": m}, n) for m, n in sorted(down.items())])


def _follow(desk: Desk, merchant: str, partner: str, waiting: list[Waiting]) -> int:
    """The most urgent first, of those the oldest."""
    now = instant.epoch(desk.clock.now())
    state, _ = desk.traffic.load(merchant, partner)
    if state.failing:
        if waiting and _change(desk, merchant, partner, lambda t: traffic.send_canary(t, now)):
            _send_one(desk, waiting)
        _change(desk, merchant, partner, lambda t: traffic.waited_for(t, len(waiting)))
        return 0
    released = sum(_release(desk, x, state) for x in waiting[:AT_ONCE])
    rest = len(waiting) - released
    _change(desk, merchant, partner, lambda t: traffic.waited_for(t, rest) if rest else traffic.mended(t))
    return released


def _change(desk: Desk, merchant: str, partner: str, change: Callable[[Traffic], Traffic | None]) -> bool:
    """Whether this process made the change. When others keep writing it is left to the next sweep."""
    for _ in range(_TRIES):
        state, version = desk.traffic.load(merchant, partner)
        after = change(state)
        if after is None or after == state:
            return False
        try:
            desk.traffic.save(merchant, partner, after, version)
        except Conflict:
            continue
        return True
    return False


def _send_one(desk: Desk, waiting: Sequence[Waiting]) -> None:
    """One case goes on to its step, whose call is the look whether the partner is back. Its exception stays open until it is."""
    for one in waiting:
        for door in desk.ledger.waiting(one.merchant, one.case_id):
            if door.subject == one.exception_id and desk.tasks.wake(door.token, {"why": "look for the partner"}):
                return


def _release(desk: Desk, one: Waiting, state: Traffic) -> bool:
    """The exception ends by the evidence that the partner answers, on record, and the case goes on at the step that could not be done."""
    tokens: list[str] = []
    returned_at = instant.from_epoch(state.returned_at) if state.returned == one.outage else ""

    def build(case: Case) -> Step | None:
        tokens.clear()
        if not case.exceptions[one.exception_id].open:
            return None
        step = Step()
        step.add(PartnerReturned(one.partner, one.outage, returned_at), f"returned:{one.exception_id}")
        evidence = f"evidence:{case.version + 1}"
        step.add(ExceptionResolved(one.exception_id, "evidence", evidence, "", ""), f"resolved:{one.exception_id}")
        close_door(desk, case, one.exception_id, step, tokens)
        return step

    desk.cases.record(one.merchant, one.case_id, build)
    for token in tokens:
        desk.tasks.wake(token, {"why": "the partner is back"})
    return True


def look_at_once(desk: Desk, merchant: str, partner: str) -> None:
    """A person says that the partner is back: the next call may find out."""
    now = instant.epoch(desk.clock.now())
    _change(desk, merchant, partner, lambda t: traffic.look_now(t, now))
