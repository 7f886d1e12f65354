"""Which reason may be told to a marketplace. A reason is a statement to a third party: it is made only on evidence that the case holds."""

from collections.abc import Sequence

from stopship.domain.case import Case, total
from stopship.domain.order import Quantities
from stopship.domain.request import Reason, Requester
from stopship.frozen import frozen

BUYERS = frozenset({"BuyerCanceled", "CustomerExchange", "CustomerReturn"})
"""They say that the buyer wanted it, and are counted differently for it."""
STOCK, ADDRESS = "NoInventory", "ShippingAddressUndeliverable"


@frozen
class Grounds:
    """What the case has to show. ``official``: the buyer asked for all of these lines with the marketplace's own button. ``stock``: our own
    side said that there is none. ``address``: somebody gave the address as the reason."""

    official: bool = False
    stock: bool = False
    address: bool = False


@frozen
class Choice:
    """``reason`` is what may be told, "" when only a person can say. ``why`` says what it rests on, or what is missing."""

    reason: str
    why: str


def choose(mapped: str, neutral: str, grounds: Grounds) -> Choice:
    """``mapped`` is the policy's word for the case's reason; ``neutral`` the policy's word for what cannot be shown, "" to ask a person."""
    missing = _missing(mapped, grounds)
    if not missing:
        return Choice(mapped, "backed by the case" if mapped in {*BUYERS, STOCK, ADDRESS} else "claims nothing")
    if neutral and not _missing(neutral, Grounds()):
        return Choice(neutral, f"{mapped} is not backed: {missing}")
    return Choice("", f"{mapped} is not backed: {missing}")


def _missing(reason: str, grounds: Grounds) -> str:
    if reason in BUYERS and not grounds.official:
        return "the buyer did not ask for all of these lines with the marketplace's own button"
    if reason == STOCK and not grounds.stock:
        return "nobody of ours said that the goods are out of stock"
    if reason == ADDRESS and not grounds.address:
        return "nobody said that the address cannot be delivered to"
    return ""


def grounds_of(case: Case, lines: Quantities) -> Grounds:
    ours = [r.fact for r in case.requests if r.fact.requester in (Requester.OPS, Requester.SYSTEM)]
    return Grounds(
        official=officially_asked(case, lines),
        stock=any(fact.reason == Reason.STOCKOUT for fact in ours),
        address=any(r.fact.reason == Reason.ADDRESS for r in case.requests),
    )


def officially_asked(case: Case, lines: Quantities) -> bool:
    """Whether the buyer's own requests at the marketplace cover all of these line quantities."""
    asked: Sequence[Quantities] = [r.fact.lines for r in case.requests if r.fact.official]
    if any(not part for part in asked):
        return bool(lines)
    named = total(asked)
    return bool(lines) and all(named.get(line, 0) >= quantity for line, quantity in lines.items())
