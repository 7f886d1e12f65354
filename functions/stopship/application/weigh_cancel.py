"""Before a marketplace is told of a cancel: is the reason backed, and what does it do to the seller's cancel rate?

Both are recorded before the call. An unbacked reason is never sent; a rate above the policy's limit warns, or asks a person.
"""

from stopship.application.context import Desk
from stopship.application.next_step import Next, person
from stopship.application.record import Demand, Step
from stopship.application.tell_buyer import ask_official
from stopship.domain.cancel_reason import BUYERS, choose, grounds_of, officially_asked
from stopship.domain.case import At, Case
from stopship.domain.errors import Conflict
from stopship.domain.events import CancelWeighed
from stopship.domain.market import SKU_DAYS, WINDOW_DAYS, Projection, SellerCancel, day_before, day_of, project
from stopship.domain.order import OrderSnapshot, Quantities
from stopship.domain.policy import Cause, Policy
from stopship.domain.resolution import Resolution

MARKETPLACES = frozenset({"amazon"})


def weigh_cancel(desk: Desk, case: Case, order: OrderSnapshot) -> tuple[Case, Next | None]:
    """The case, and what must happen first; None where the marketplace may be told. What was weighed and found good stands for as long as
    it is about these lines: a repeat after a crash counts nothing twice."""
    if case.channel not in MARKETPLACES:
        return case, None
    case = desk.cases.extend(case, lambda c: _weigh(desk, c, order))
    told = case.weighed[-1]
    if not told.fact.reason:
        asked = ask_official(desk, case, still_proven(case.stopped_lines)) if told.fact.mapped in BUYERS else None
        note = f"; the buyer was asked for the official request: {asked.status}" if asked else ""
        return asked.case if asked else case, person(Cause.CANCEL_REASON_UNBACKED, f"{told.fact.why}{note}")
    if _too_many(desk.policy_of(case), case, told):
        return case, person(Cause.CANCEL_RATE_HIGH, sentence(told.fact))
    if not told.fact.excluded:
        desk.ledger.note_seller_cancel(case.merchant, _counted(case, order, "sent"))
    return case, None


def still_proven(lines: Quantities) -> Demand:
    """These lines, all of them, are what is proven by now not to ship, and nobody has asked for more."""

    def demand(case: Case) -> None:
        if not case.all_settled or case.wishes_unread or case.stopped_lines != lines:
            raise Conflict("a leg speaks up again, or more was asked for")

    return demand


def _weigh(desk: Desk, case: Case, order: OrderSnapshot) -> Step | None:
    if case.weighed and _stands(case, case.weighed[-1]):
        return None
    policy, lines = desk.policy_of(case), case.stopped_lines
    mapped = policy.reasons[case.reason].amazon_reason
    choice = choose(mapped, policy.amazon.neutral_reason, grounds_of(case, lines))
    rate = _project(desk, case, order, policy)
    fact = CancelWeighed(
        lines=lines,
        mapped=mapped,
        reason=choice.reason,
        why=choice.why,
        cancels=rate.cancels,
        orders=rate.orders,
        percent=rate.percent,
        limit=str(policy.amazon.cancel_rate_limit),
        above=rate.above,
        excluded=rate.excluded,
        repeated_skus=list(rate.repeated_skus),
    )
    step = Step()
    step.add(fact)
    return step


def _stands(case: Case, told: At[CancelWeighed]) -> bool:
    """Weighed on the same lines, and nobody has asked or refused since."""
    refused = case.cancel_refused.version if case.cancel_refused else 0
    newest = max(case.requests[-1].version, refused)
    return bool(told.fact.reason) and dict(told.fact.lines) == case.stopped_lines and newest < told.version


def _project(desk: Desk, case: Case, order: OrderSnapshot, policy: Policy) -> Projection:
    today = day_of(desk.clock.now())
    return project(
        order_ref=case.order_ref,
        skus=_skus(case, order),
        known=desk.ledger.seller_cancels(case.merchant, case.channel, day_before(today, SKU_DAYS - 1)),
        orders=desk.ledger.market_orders(case.merchant, case.channel, day_before(today, WINDOW_DAYS - 1), today),
        today=today,
        limit=policy.amazon.cancel_rate_limit,
        excluded=_excluded(case, order),
    )


def _excluded(case: Case, order: OrderSnapshot) -> str:
    """Cancels that the marketplace does not hold against the seller."""
    if officially_asked(case, case.stopped_lines):
        return "official_buyer_request"
    return "pending_order" if order.payment_pending else ""


def _skus(case: Case, order: OrderSnapshot) -> tuple[str, ...]:
    return tuple(sorted({x.sku for x in order.lines if x.line_id in case.stopped_lines and x.sku}))


def _too_many(policy: Policy, case: Case, told: At[CancelWeighed]) -> bool:
    return policy.amazon.above_limit == "ask" and told.fact.above and not _person_insists(case)


def _person_insists(case: Case) -> bool:
    """A person was shown the numbers for this very cancel, and said to go on."""
    human = case.case_human
    if human is None or human.fact.resolution != Resolution.RETRY:
        return False
    since = case.cancel_requested.version if case.cancel_requested else 0
    opened = case.exceptions[human.fact.exception_id].opened.fact
    return human.version > since and opened.cause == Cause.CANCEL_RATE_HIGH


def _counted(case: Case, order: OrderSnapshot, state: str) -> SellerCancel:
    """On the day on which it was first weighed, so that a repeat on the next day is the same one."""
    return SellerCancel(
        case.channel, case.order_ref, case.case_id, day_of(case.weighed[0].at), _skus(case, order), state
    )


def take_back(desk: Desk, case: Case) -> None:
    """The marketplace refused: nothing was cancelled, and nothing counts."""
    if case.channel not in MARKETPLACES or not case.weighed:
        return
    day = day_of(case.weighed[0].at)
    for known in desk.ledger.seller_cancels(case.merchant, case.channel, day):
        if known.case_id == case.case_id:
            refused = SellerCancel(known.channel, known.order_ref, known.case_id, known.day, known.skus, "refused")
            desk.ledger.note_seller_cancel(case.merchant, refused)


def told_reason(case: Case) -> str:
    """What this case may tell the marketplace now; "" where nothing was weighed."""
    return case.weighed[-1].fact.reason if case.weighed else ""


def sentence(fact: CancelWeighed) -> str:
    """The numbers, for a person."""
    of = f"{fact.cancels} cancels of {fact.orders} orders in {WINDOW_DAYS} days"
    rate = f"with this one {fact.percent} % (limit {fact.limit} %)" if fact.percent else "no order was seen to compare"
    if fact.excluded:
        return f"{of}; this one does not count: {fact.excluded}"
    skus = f"; cancelled before within {SKU_DAYS} days: {', '.join(fact.repeated_skus)}" if fact.repeated_skus else ""
    return f"{of}; {rate}{skus}"
