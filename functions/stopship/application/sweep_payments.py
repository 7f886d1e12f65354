"""Orders that nobody pays: the desk asks for their cancel by itself, through the same queue as everybody else."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from stopship.application.ports import Clock, Evidence, PaymentWatch, UnpaidPage
from stopship.application.take_in import IntakeQueue, as_its_id, take_in
from stopship.domain.errors import (
    PartnerContractBroken,
    PartnerDown,
    PartnerError,
    PartnerUnavailable,
    StopshipError,
)
from stopship.domain.instant import plus
from stopship.domain.payment_timeout import OpenPayment, PaymentTimeout, Verdict, judge

SOURCE: Final = "payment-timeout"
TOPIC: Final = "unpaid"
PAUSES: Final = 6
"""So often a merchant's order system is given time in one sweep."""
LONGEST_PAUSE: Final = 10.0
SHORT_PAUSE: Final = 1.0
"""For one that failed without a word of how long."""
PAGE_LIMIT: Final = 100

type Pause = Callable[[float], object]


class SweepIncomplete(StopshipError):
    """Some merchants could not be swept, and another sweep will not mend that. The others were."""


@dataclass(slots=True)
class SweptPayments:
    """``busy`` are merchants whose order system was away or down: the next sweep looks again. ``failed`` are those that need a person."""

    merchants: int = 0
    seen: int = 0
    asked: int = 0
    busy: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def sweep_payments(
    rules: Mapping[str, PaymentTimeout],
    watch: Callable[[str], PaymentWatch],
    evidence: Evidence,
    queue: IntakeQueue,
    clock: Clock,
    pause: Pause,
) -> SweptPayments:
    """``rules`` by merchant. ``pause`` lets so many seconds pass: a page that is not given now is asked for again, and while it is waited for,
    the place at the partner is somebody else's. Safe to repeat: one attempt to pay makes one wish, however often it is found unpaid. Whether it still is,
    is asked again when the wish is worked."""
    swept = SweptPayments()
    for merchant, rule in rules.items():
        if not rule.hours:
            continue
        swept.merchants += 1
        try:
            _sweep(swept, merchant, rule, watch(merchant), evidence, queue, clock, pause)
        except PartnerUnavailable:
            swept.busy.append(merchant)
        except (PartnerError, StopshipError) as error:
            swept.failed[merchant] = f"{type(error).__name__}: {error}"[:200]
    return swept


def _sweep(
    swept: SweptPayments,
    merchant: str,
    rule: PaymentTimeout,
    watch: PaymentWatch,
    evidence: Evidence,
    queue: IntakeQueue,
    clock: Clock,
    pause: Pause,
) -> None:
    now = clock.now()
    for payment in _unpaid(watch, plus(now, -rule.hours * 3600), pause):
        swept.seen += 1
        if judge(payment, rule, now) is not Verdict.OVERDUE:
            continue
        told = {
            "order_ref": payment.order_ref,
            "attempt": payment.attempt,
            "state": payment.state,
            "since": payment.since,
        }
        take_in(
            evidence,
            queue,
            merchant=merchant,
            source=SOURCE,
            topic=TOPIC,
            delivery_id=payment.epoch,
            body=json.dumps({**told, "rule": _shown(rule)}, sort_keys=True).encode(),
            received_at=now,
            says=as_its_id,
        )
        swept.asked += 1


def _unpaid(watch: PaymentWatch, created_before: str, pause: Pause) -> Iterator[OpenPayment]:
    pauses = _Pauses(pause)
    after = ""
    for _ in range(PAGE_LIMIT):
        page = _patiently(watch, created_before, after, pauses)
        yield from page.orders
        if not page.after:
            return
        after = page.after
    raise PartnerContractBroken("order system", f"more than {PAGE_LIMIT} pages of unpaid orders", {"pages": PAGE_LIMIT})


@dataclass(slots=True)
class _Pauses:
    """What is left of the patience with one merchant's order system."""

    pause: Pause
    left: int = PAUSES

    def take(self, trouble: PartnerUnavailable) -> bool:
        """Waits as it asks; False when it is not waited for any more. Who is known to be down is not waited for at all."""
        seconds = trouble.retry_after or SHORT_PAUSE
        if isinstance(trouble, PartnerDown) or seconds > LONGEST_PAUSE or not self.left:
            return False
        self.left -= 1
        self.pause(seconds)
        return True


def _patiently(watch: PaymentWatch, created_before: str, after: str, pauses: _Pauses) -> UnpaidPage:
    """Raises PartnerUnavailable when the order system stays away."""
    while True:
        try:
            return watch.unpaid_page(created_before, after)
        except PartnerUnavailable as trouble:
            if not pauses.take(trouble):
                raise


def _shown(rule: PaymentTimeout) -> dict[str, object]:
    return {name: sorted(x) if isinstance(x, frozenset) else x for name, x in asdict(rule).items()}
