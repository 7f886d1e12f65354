"""What a departed leg's carrier says, and what it would cost against what the goods are worth: facts for the decision."""

from collections.abc import Sequence
from decimal import Decimal

from stopship.application.context import Desk
from stopship.application.parcels import Sent, carrier_of, hashes, parcels_of
from stopship.application.ports import Carrier
from stopship.application.record import Step
from stopship.domain.carrier import UNSCANNED, CarrierState, InterceptOffer, Offer, Parcel, together
from stopship.domain.case import Case, Leg
from stopship.domain.errors import PartnerRefused
from stopship.domain.events import CarrierRead
from stopship.domain.instant import plus
from stopship.domain.intercept import TOO_LATE

_WORST_FIRST = (Offer.NO, Offer.UNKNOWN, Offer.BY_HAND, Offer.YES, Offer.PENDING)
"""Of several parcels: one that cannot come back speaks for all of them."""


def weigh_intercept(desk: Desk, case: Case, leg: Leg) -> Case:
    """Reads only. A carrier or store that cannot be reached raises, so that the state machine tries again."""
    fact = _read(desk, case, leg, parcels_of(desk, case, leg))

    def build(_: Case) -> Step:
        step = Step()
        step.add(fact)
        return step

    return desk.cases.extend(case, build)


def _read(desk: Desk, case: Case, leg: Leg, sent: Sent) -> CarrierRead:
    now = desk.clock.now()
    state, occurred, offer = CarrierState.UNKNOWN, "", InterceptOffer(Offer.NO, reason=sent.why)
    if sent.parcels:
        carrier = carrier_of(desk, case, sent.carrier)
        if carrier is None:
            state = together(x.state for x in sent.parcels)
            offer = _by_hand(sent.parcels, plus(now, -86_400 * desk.policy_of(case).intercept.wait_days))
        else:
            readings = [carrier.track(x.number) for x in sent.parcels]
            state, occurred = together(x.state for x in readings), max(x.occurred_at for x in readings)
            offer = _offer(carrier, state, [x.number for x in sent.parcels])
    value, currency = _value(desk, case, leg) if sent.parcels and state not in TOO_LATE else ("", "")
    return CarrierRead(
        leg_id=leg.plan.leg_id,
        carrier=sent.carrier,
        state=state,
        parcels=hashes(sent.parcels),
        offer=offer.offer,
        reason=offer.reason,
        cost="" if offer.cost is None else str(offer.cost),
        currency=offer.currency,
        goods_value=value,
        goods_currency=currency,
        observed_at=now,
        occurred_at=occurred,
    )


def _by_hand(parcels: Sequence[Parcel], long_ago: str) -> InterceptOffer:
    """A person is not troubled for what must have arrived by now."""
    if any(x.sent_at and x.sent_at < long_ago for x in parcels):
        return InterceptOffer(Offer.NO, reason="sent_long_ago")
    return InterceptOffer(Offer.BY_HAND)


def _offer(carrier: Carrier, state: CarrierState, numbers: Sequence[str]) -> InterceptOffer:
    """Of all parcels as one: their prices add up, and a price that is missing leaves the sum unknown."""
    if state in TOO_LATE or state in UNSCANNED or state is CarrierState.RETURNED:
        return InterceptOffer(Offer.NO, reason=state)
    offers = [carrier.offer(number) for number in numbers]
    worst = min(offers, key=lambda x: _WORST_FIRST.index(x.offer))
    costs, currencies = [x.cost for x in offers if x.cost is not None], {x.currency for x in offers}
    if len(costs) < len(offers) or len(currencies) > 1:
        return InterceptOffer(worst.offer, reason=worst.reason)
    return InterceptOffer(worst.offer, sum(costs, Decimal(0)), currencies.pop(), worst.reason)


def _value(desk: Desk, case: Case, leg: Leg) -> tuple[str, str]:
    """What the payment system would pay back for the leg's lines. Where nobody can say it is unknown, never a share of the total."""
    payments = desk.partners_of(case).payments(case.merchant, case.channel)
    if payments is None:
        return "", ""
    try:
        quote = payments.quote(case.order_ref, leg.plan.lines)
    except PartnerRefused:
        return "", ""
    return str(quote.amount), quote.currency
