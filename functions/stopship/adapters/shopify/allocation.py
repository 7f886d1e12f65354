"""Which payments a refund goes back to: the platform's suggestion first, never more than each payment still holds."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from stopship.domain.errors import PartnerRefused
from stopship.frozen import frozen


@frozen
class Part:
    """An amount that goes back to one capture or sale."""

    parent_id: str
    amount: Decimal


def allocate(amount: Decimal, suggested: Iterable[Part], left: Mapping[str, Decimal]) -> tuple[Part, ...]:
    """Spreads ``amount`` over payments (a gift card and a card, several captures). ``left`` is what each has not paid back.

    Raises PartnerRefused OVER_REFUND when the payments together hold less: a smaller refund is a decision, not a rounding.
    """
    rest, given = amount, dict.fromkeys(left, Decimal(0))
    wishes = [*suggested, *(Part(parent, most) for parent, most in left.items())]
    for wish in wishes:
        room = left.get(wish.parent_id, Decimal(0)) - given.get(wish.parent_id, Decimal(0))
        taken = min(wish.amount, room, rest)
        if taken > 0:
            given[wish.parent_id] += taken
            rest -= taken
    if rest > 0:
        raise PartnerRefused("shopify", "OVER_REFUND", f"{rest} of {amount} has no payment left to go back to")
    return tuple(Part(parent, part) for parent, part in given.items() if part > 0)
