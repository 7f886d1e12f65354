"""What a marketplace counts against a seller, and how often it may be asked: the desk's own figures, in plain data."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from stopship.domain.instant import plus, seconds_between
from stopship.frozen import frozen

WINDOW_DAYS = 7
"""The pre-fulfilment cancel rate is over so many days (Seller Central help, cancellation rate)."""
SKU_DAYS = 30
"""A SKU that the seller cancels twice within so many days may lose its offer (Seller Central help)."""
PACKER_NOT_TOLD = "unknown"
"""The fulfillment type under which a marketplace's order is counted: its messages say that the seller ships, and not from where."""


@frozen
class SellerCancel:
    """A cancel that counts against the seller. ``day`` is when it was decided (YYYY-MM-DD); ``state`` is sent or refused."""

    channel: str
    order_ref: str
    case_id: str
    day: str
    skus: tuple[str, ...]
    state: str = "sent"


@frozen
class Projection:
    """The rate as it would be with one more cancel. ``cancels`` of the window before it; ``orders`` seen in the window. ``percent`` is ""
    where the desk has seen no order to set them against. ``excluded`` says why this cancel does not count, "" when it does."""

    cancels: int
    orders: int
    percent: str
    excluded: str
    above: bool
    repeated_skus: tuple[str, ...]


def project(
    *,
    order_ref: str,
    skus: Iterable[str],
    known: Sequence[SellerCancel],
    orders: int,
    today: str,
    limit: Decimal,
    excluded: str,
) -> Projection:
    """``known`` are the seller's cancels of the last SKU_DAYS; of an order, one counts however many items it had."""
    live = [c for c in known if c.state == "sent" and c.order_ref != order_ref]
    cancels = len({c.order_ref for c in live if c.day >= day_before(today, WINDOW_DAYS - 1)})
    once_more = set(skus) & {sku for c in live if c.day >= day_before(today, SKU_DAYS - 1) for sku in c.skus}
    with_this = cancels if excluded else cancels + 1
    rate = percent(with_this, orders)
    above = not excluded and rate is not None and rate > limit
    repeated = () if excluded else tuple(sorted(x for x in once_more if x))
    return Projection(cancels, orders, "" if rate is None else str(rate), excluded, above, repeated)


def percent(part: int, whole: int) -> Decimal | None:
    """With two decimals, rounded half up; None of nothing."""
    if whole <= 0:
        return None
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


def day_of(moment: str) -> str:
    return moment[:10]


def day_before(day: str, days: int) -> str:
    return day_of(plus(f"{day}T00:00:00.000000Z", -86_400.0 * days))


@frozen
class Allowance:
    """Requests that may be made: ``burst`` at once, and ``rate`` a second come back. ``full_at`` is when all will be there again, "" now.

    One moment holds the whole state, so that whoever writes it has spent, and two who write it have spent twice.
    """

    rate: float
    burst: int
    full_at: str = ""

    def spent(self, now: str) -> float:
        """How many of the burst are gone."""
        return max(0.0, seconds_between(now, self.full_at) * self.rate) if self.full_at else 0.0

    def spend(self, now: str) -> "Allowance | None":
        """With one request less; None when there is none to spend."""
        if self.spent(now) + 1 > self.burst + 1e-6:
            return None
        return replace(self, full_at=plus(max(now, self.full_at), 1 / self.rate))

    def at_rate(self, rate: float, now: str) -> "Allowance":
        """The same number spent, coming back at another rate."""
        return replace(self, rate=rate, full_at=plus(now, self.spent(now) / rate))

    def exhausted(self, now: str) -> "Allowance":
        """The partner says that nothing is left, whoever has spent it."""
        return replace(self, full_at=plus(now, self.burst / self.rate))


@frozen
class SweepState:
    """How far a sweep of a channel has got. All changes up to ``watermark`` are queued. A query that needs several pages goes on from
    ``token`` with the very bounds it began with. While ``busy_until`` is ahead another run is at work. ``version`` counts the writes."""

    channel: str
    allowance: Allowance
    watermark: str = ""
    token: str = ""
    after: str = ""
    before: str = ""
    busy_until: str = ""
    version: int = 0
