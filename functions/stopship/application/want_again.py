"""Legs that were let go, and that somebody asks for again: a newer wish outweighs an older word, as long as the goods have not left. A wish that was made
before the word and comes after it outweighs nothing, and is not lost either: a person is asked."""

from stopship.application.ports import NewEvent
from stopship.domain.case import Case, Goods, Leg, most, subtract, total
from stopship.domain.events import Event, LegReopened, LegSettled, LegSplit, RequestReceived
from stopship.domain.order import Quantities
from stopship.domain.outcome import Outcome
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.domain.resolution import LETS_GO, Resolution

type Wish = CancelRequest | RequestReceived
"""As it comes in, or as the desk records one of its own."""


def wanted_again(case: Case, request: Wish) -> list[NewEvent]:
    """What the wish changes about legs of the case that were let go. That an order was not paid in time changes nothing: nobody asked."""
    if (request.reason, request.requester) == (Reason.PAYMENT_TIMEOUT, Requester.SYSTEM):
        return []
    paid = [x for x, leg in case.legs.items() if leg.settled and leg.settled.fact.proof.get("kind") == "paid"]
    facts: list[Event] = [LegReopened(x, "somebody asks for it although it is paid") for x in paid]
    let_go = [
        x for x, leg in case.legs.items() if x not in paid and _let_go(leg) and not _said_since(case, leg, request)
    ]
    rest = _not_on_the_way(case, request, let_go)
    for same in case.goods:
        parts = []
        for leg in (x for x in same.legs if x.plan.leg_id in let_go):
            parts.append({line: min(quantity, rest.get(line, 0)) for line, quantity in leg.plan.lines.items()})
            facts += _begun_anew(case, leg, {line: quantity for line, quantity in parts[-1].items() if quantity > 0})
            rest = rest if same.copies else subtract(rest, parts[-1])
        if same.copies:
            # Wherever of these places the goods lie: each is asked for all of them, and they count once.
            rest = subtract(rest, most(parts))
    return [NewEvent(fact) for fact in facts]


def in_doubt(case: Case, request: Wish) -> list[Leg]:
    """Legs that were let go after the wish was made, and that it asks for: whether it stands, only its maker knows."""
    return [
        leg
        for leg in case.legs.values()
        if _let_go(leg)
        and _said_since(case, leg, request)
        and (not request.lines or set(request.lines) & set(leg.plan.lines))
    ]


def _said_since(case: Case, leg: Leg, request: Wish) -> bool:
    """Whether the word that let it go is newer than the wish, which only came later: the same wish may come by several ways."""
    word = leg.human or case.withdrawn or leg.settled
    return word is not None and request.requested_at <= word.at


def _let_go(leg: Leg) -> bool:
    """By a person's word about it or about the whole wish, whether or not the leg has ended on that yet."""
    if leg.gone:
        return False
    said = leg.human is not None and Resolution(leg.human.fact.resolution) in LETS_GO
    return said or leg.outcome in (Outcome.SAVED, Outcome.WITHDRAWN)


def _not_on_the_way(case: Case, request: Wish, let_go: list[str]) -> dict[str, int]:
    """What the wish asks for beyond what is stopped, or is being stopped, all the same."""
    if not request.lines:
        return total(case.legs[x].plan.lines for x in let_go)
    return subtract(request.lines, total(_to_be_stopped(same, let_go) for same in case.goods))


def _to_be_stopped(same: Goods, let_go: list[str]) -> dict[str, int]:
    legs = [leg for leg in same.legs if leg.plan.leg_id not in let_go]
    return subtract(
        total(leg.plan.lines for leg in legs if not leg.gone and leg.outcome is not Outcome.SHIPPED), same.copies
    )


def _begun_anew(case: Case, leg: Leg, lines: Quantities) -> list[Event]:
    """The leg, or the part of it that is asked for; the other part stays let go."""
    if not lines:
        return []
    name, rest = leg.plan.leg_id, subtract(leg.plan.lines, lines)
    split = _split_off(case, leg, lines, rest) if rest else []
    return [*split, LegReopened(name, "somebody asks for it again", anew=True)]


def _split_off(case: Case, leg: Leg, lines: Quantities, rest: Quantities) -> list[Event]:
    rest_id = case.free_leg_id(leg.plan.leg_id)
    ends = [LegSettled(rest_id, leg.settled.fact.outcome, rest, leg.settled.fact.proof)] if leg.settled else []
    return [LegSplit(leg.plan.leg_id, rest_id, lines, rest), *ends]
