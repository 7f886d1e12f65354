"""Which unpaid orders run out of time, and which never do."""

from dataclasses import replace

import pytest

from stopship.domain.payment_timeout import OpenPayment, PaymentTimeout, Verdict, judge

SINCE, NOW = "2026-11-20T12:00:00.000000Z", "2026-11-22T12:00:00.000000Z"
OPEN = OpenPayment("5001", "pending", SINCE, "77", manual=False, terms=False, gateways=("shopify_payments",))
RULE = PaymentTimeout(48, frozenset({"Klarna"}), frozenset({"pre-order"}))


@pytest.mark.parametrize(
    ("payment", "verdict"),
    [
        (OPEN, Verdict.OVERDUE),
        (replace(OPEN, state="expired"), Verdict.OVERDUE),
        (replace(OPEN, state="reservation_expired"), Verdict.OVERDUE),
        (replace(OPEN, since="2026-11-20T12:00:00.000001Z"), Verdict.NOT_YET),
        (replace(OPEN, manual=True), Verdict.PAID_OUTSIDE),
        (replace(OPEN, terms=True), Verdict.ON_ACCOUNT),
        (replace(OPEN, attempt=""), Verdict.NEVER_TRIED),
        (replace(OPEN, sent=True), Verdict.SENT),
        (replace(OPEN, gateways=("shopify_payments", " klarna ")), Verdict.SPARED),
        (replace(OPEN, tags=("vip", "Pre-Order")), Verdict.SPARED),
        (replace(OPEN, tags=("pre-orders",)), Verdict.OVERDUE),
    ],
)
def test_an_unpaid_order_is(payment: OpenPayment, verdict: Verdict) -> None:
    assert judge(payment, RULE, NOW) is verdict


def test_without_a_limit_nothing_is_overdue() -> None:
    assert judge(OPEN, PaymentTimeout(), NOW) is Verdict.NO_LIMIT


@pytest.mark.parametrize("spared", [{"manual": True}, {"terms": True}])
def test_no_policy_gives_a_limit_to_what_is_paid_outside_or_on_account(spared: dict[str, bool]) -> None:
    for hours in (1, 48, 8760):
        assert judge(replace(OPEN, **spared), PaymentTimeout(hours), NOW) is not Verdict.OVERDUE  # type: ignore[arg-type]


def test_another_attempt_to_pay_is_another_wish_and_begins_the_time_again() -> None:
    again = replace(OPEN, attempt="78", since="2026-11-22T11:00:00.000000Z")
    assert OPEN.epoch != again.epoch
    assert judge(again, RULE, NOW) is Verdict.NOT_YET
