"""The sweep over all merchants: one that is away or broken keeps no other from being swept."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stopship.application.sweep_payments import SweptPayments, sweep_payments
from stopship.domain.errors import PartnerContractBroken, PartnerUnavailable
from stopship.domain.payment_timeout import OpenPayment, PaymentTimeout
from tests.fakes.agenda import VirtualClock
from tests.fakes.platform import KeptEvidence

OLD = OpenPayment("5001", "pending", "2026-02-01T00:00:00.000000Z", "77", manual=False, terms=False)


class Shop:
    def __init__(self, *payments: OpenPayment, error: Exception | None = None) -> None:
        self.payments, self.error, self.asked_before = payments, error, ""

    def unpaid_orders(self, created_before: str) -> Iterator[OpenPayment]:
        self.asked_before = created_before
        yield from self.payments
        if self.error:
            raise self.error

    def unpaid_order(self, order_ref: str) -> OpenPayment | None:
        raise AssertionError("only the worker asks for one order")


class Queue:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


def sweep(queue: Queue, evidence: KeptEvidence, rules: dict[str, PaymentTimeout], **shops: Shop) -> SweptPayments:
    return sweep_payments(rules, lambda merchant: shops[merchant], evidence, queue, VirtualClock())


def test_only_what_is_overdue_is_asked_for_and_the_shop_is_asked_only_for_what_is_old_enough() -> None:
    queue, evidence = Queue(), KeptEvidence()
    young = replace(OLD, order_ref="5002", since="2026-03-02T08:00:00.000000Z")
    shop = Shop(OLD, young, replace(OLD, order_ref="5003", manual=True), replace(OLD, order_ref="5004", terms=True))
    swept = sweep(queue, evidence, {"acme": PaymentTimeout(24)}, acme=shop)
    assert [(m["merchant"], m["source"], m["delivery_id"]) for m in queue.sent] == [
        ("acme", "payment-timeout", "5001:77")
    ]
    assert (swept.merchants, swept.seen, swept.asked) == (1, 4, 1)
    assert shop.asked_before.startswith("2026-03-01T09:00:00")


def test_a_merchant_without_a_limit_is_not_looked_at() -> None:
    queue = Queue()
    swept = sweep(queue, KeptEvidence(), {"acme": PaymentTimeout()}, acme=Shop(OLD, error=AssertionError("looked at")))
    assert (swept.merchants, queue.sent) == (0, [])


def test_an_order_that_is_found_again_is_the_same_delivery() -> None:
    queue, evidence = Queue(), KeptEvidence()
    for _ in range(2):
        sweep(queue, evidence, {"acme": PaymentTimeout(24)}, acme=Shop(OLD))
    assert len({(m["source"], m["delivery_id"]) for m in queue.sent}) == len(evidence.kept) == 1


def test_a_shop_that_is_away_is_left_to_the_next_sweep_and_a_broken_one_is_named_and_all_others_are_swept() -> None:
    queue = Queue()
    away = Shop(OLD, error=PartnerUnavailable("shopify", "throttled", in_doubt=False))
    broken = Shop(error=PartnerContractBroken("shopify", "odd"))
    rules = dict.fromkeys(("away", "broken", "good"), PaymentTimeout(24))
    swept = sweep(queue, KeptEvidence(), rules, away=away, broken=broken, good=Shop(OLD))
    assert (swept.busy, list(swept.failed)) == (["away"], ["broken"])
    assert [m["merchant"] for m in queue.sent] == ["away", "good"]
