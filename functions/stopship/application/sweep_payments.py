"""Orders that nobody pays: the desk asks for their cancel by itself, through the same queue as everybody else."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from stopship.application.ports import Clock, Evidence, PaymentWatch
from stopship.application.take_in import IntakeQueue, take_in
from stopship.domain.errors import PartnerError, PartnerUnavailable, StopshipError
from stopship.domain.instant import plus
from stopship.domain.payment_timeout import PaymentTimeout, Verdict, judge

SOURCE: Final = "payment-timeout"
TOPIC: Final = "unpaid"


class SweepIncomplete(StopshipError):
    """Some merchants could not be swept, and another sweep will not mend that. The others were."""


@dataclass(slots=True)
class SweptPayments:
    """``busy`` are merchants whose order system was away: the next sweep looks again. ``failed`` are those that need a person."""

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
) -> SweptPayments:
    """``rules`` by merchant. Safe to repeat: one attempt to pay makes one wish, however often it is found unpaid. Whether it still is,
    is asked again when the wish is worked."""
    swept = SweptPayments()
    for merchant, rule in rules.items():
        if not rule.hours:
            continue
        swept.merchants += 1
        try:
            _sweep(swept, merchant, rule, watch(merchant), evidence, queue, clock)
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
) -> None:
    now = clock.now()
    for payment in watch.unpaid_orders(plus(now, -rule.hours * 3600)):
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
        )
        swept.asked += 1


def _shown(rule: PaymentTimeout) -> dict[str, object]:
    return {name: sorted(x) if isinstance(x, frozenset) else x for name, x in asdict(rule).items()}
