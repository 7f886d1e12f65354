"""The Stripe adapter against the Stripe sandbox, over HTTP."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters import http
from stopship.adapters.clock import SystemClock
from stopship.adapters.stripe.amounts import from_minor
from stopship.adapters.stripe.connection import API_VERSION, StripeConnection
from stopship.adapters.stripe.payments import StripePayments
from stopship.adapters.stripe.signature import verify
from stopship.application.ports import MoveAnswer
from stopship.domain.errors import NotAuthentic, PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.money import (
    BookedMove,
    MoneyMove,
    MoneyRefused,
    MoveKind,
    MoveState,
    RefundQuote,
    TransactionKind,
    TransactionStatus,
    allow,
)
from stopship.domain.order import Quantities
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
KEY = "rk_test_acme"
SECRETS = ["whsec_new", "whsec_old"]
_numbers = count(1)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"stripe": {"secret_key": KEY}}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


@pytest.fixture
def connection(sandboxes: Sandboxes) -> StripeConnection:
    return StripeConnection(MERCHANT, f"{sandboxes.endpoint}/stripe/{MERCHANT}", KEY, "shopify")


@pytest.fixture
def stripe(connection: StripeConnection) -> StripePayments:
    return StripePayments(connection, SystemClock())


class Paid:
    """An order that was paid at Stripe, and what Stripe holds of it. Amounts are in cents."""

    def __init__(self, sandboxes: Sandboxes, amount: int = 8500, **more: Any) -> None:
        self.sandboxes = sandboxes
        self.ref = f"order-{next(_numbers)}"
        self.intent, self.charge = self.pay(amount, **more)

    def pay(self, amount: int, **more: Any) -> tuple[str, str]:
        told = self.sandboxes.command(f"stripe/{MERCHANT}/pay", {"order_ref": self.ref, "amount": amount, **more})
        return told["intent"], told["charge"]

    def tell(self, command: str, **more: Any) -> Any:
        return self.sandboxes.command(f"stripe/{MERCHANT}/{command}", {"intent": self.intent, **more})

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        self.sandboxes.trap(self.ref, operation, kind, **more)

    def forget_keys(self) -> None:
        self.sandboxes.command(f"stripe/{MERCHANT}/forget-keys")

    def effects(self) -> list[tuple[str, int]]:
        return [
            (entry.operation, entry.detail.get("amount", 0))
            for entry in self.sandboxes.journal("stripe", MERCHANT, self.ref)
        ]

    def money_keys(self) -> list[str]:
        return [entry.key for entry in self.sandboxes.journal("stripe", MERCHANT, self.ref)]

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandboxes.command(f"stripe/{MERCHANT}/intents/{self.intent}", method="GET")
        return found

    def refund(self, amount: str = "25.00", *, lines: Quantities | None = None, key: str = "") -> MoneyMove:
        told = {"mug": 2} if lines is None else lines
        return MoneyMove(key or f"money-{self.ref}", MoveKind.REFUND, Decimal(amount), "USD", lines=told)

    def void(self, amount: str = "85.00") -> MoneyMove:
        return MoneyMove(f"money-void-{self.ref}", MoveKind.VOID, Decimal(amount), "USD", self.intent)


@pytest.fixture
def paid(sandboxes: Sandboxes) -> Paid:
    return Paid(sandboxes)


@pytest.fixture
def authorized(sandboxes: Sandboxes) -> Paid:
    return Paid(sandboxes, status="requires_capture")


def until_settled(stripe: StripePayments, paid: Paid, move: MoneyMove) -> MoveAnswer:
    """Asks under the same key, as the desk does, until the answer is final."""
    last = [MoveAnswer(MoveState.PENDING)]

    def ended() -> bool:
        last.append(stripe.move(paid.ref, move))
        return last[-1].state is not MoveState.PENDING

    assert until(ended, 20.0), "the move did not end"
    return last[-1]


# -------------------------------------------------------------------------------------------- reading


def test_a_paid_order_is_one_capture_of_all_its_money(stripe: StripePayments, paid: Paid) -> None:
    seen = stripe.read(paid.ref)
    (capture,) = seen.transactions
    assert (capture.transaction_id, capture.kind, capture.status) == (
        paid.charge,
        TransactionKind.CAPTURE,
        TransactionStatus.SUCCESS,
    )
    assert (seen.currency, seen.captured, seen.net_payment, seen.dispute_open) == (
        "USD",
        Decimal("85.00"),
        Decimal("85.00"),
        False,
    )


def test_an_uncaptured_payment_is_an_open_authorisation(stripe: StripePayments, authorized: Paid) -> None:
    seen = stripe.read(authorized.ref)
    assert [(t.transaction_id, t.amount) for t in seen.open_authorizations] == [(authorized.intent, Decimal("85.00"))]
    assert seen.captured == 0


def test_an_authorisation_that_expired_is_neither_open_nor_paid_back(stripe: StripePayments, authorized: Paid) -> None:
    authorized.tell("expire")
    seen = stripe.read(authorized.ref)
    assert (seen.open_authorizations, seen.captured, seen.paid_back, seen.net_payment) == ((), 0, 0, 0)


def test_what_was_not_captured_was_never_paid_and_is_not_counted_as_paid_back(
    stripe: StripePayments, authorized: Paid
) -> None:
    authorized.tell("capture", amount=6000)
    seen = stripe.read(authorized.ref)
    assert (seen.captured, seen.paid_back, seen.net_payment) == (Decimal("60.00"), 0, Decimal("60.00"))
    assert seen.open_authorizations == ()


def test_what_can_still_be_captured_beside_a_capture_stays_open(stripe: StripePayments, authorized: Paid) -> None:
    authorized.tell("capture", amount=6000, final=False)
    seen = stripe.read(authorized.ref)
    assert seen.captured == Decimal("60.00")
    assert [(t.transaction_id, t.amount) for t in seen.open_authorizations] == [(authorized.intent, Decimal("25.00"))]


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "requires_action"])
def test_a_payment_that_the_customer_has_not_finished_is_neither_open_nor_captured(
    sandboxes: Sandboxes, stripe: StripePayments, status: str
) -> None:
    seen = stripe.read(Paid(sandboxes, status=status).ref)
    assert (seen.open_authorizations, seen.captured, seen.under_way) == ((), 0, ())


def test_a_payment_under_way_is_never_read_as_nothing_paid(sandboxes: Sandboxes, stripe: StripePayments) -> None:
    """A bank debit takes days: to settle now would keep money that comes later."""
    with pytest.raises(PartnerUnavailable, match="under way") as caught:
        stripe.read(Paid(sandboxes, status="processing").ref)
    assert caught.value.in_doubt is False


def test_a_refund_by_somebody_else_is_seen_without_lines_or_key(stripe: StripePayments, paid: Paid) -> None:
    paid.tell("refund", amount=3000)
    seen = stripe.read(paid.ref)
    (refund,) = (t for t in seen.transactions if t.kind is TransactionKind.REFUND)
    assert (refund.amount, refund.parent_id, refund.key) == (Decimal("30.00"), paid.charge, "")
    assert (seen.net_payment, seen.refunded_lines) == (Decimal("55.00"), {})
    assert seen.unexplained({"ours"}) == Decimal("30.00")


@pytest.mark.parametrize(
    ("status", "left"), [("pending", "55"), ("requires_action", "55"), ("failed", "85"), ("canceled", "85")]
)
def test_a_refund_that_may_still_move_counts_as_paid_back_and_a_failed_one_does_not(
    stripe: StripePayments, paid: Paid, status: str, left: str
) -> None:
    paid.tell("refund", amount=3000, status=status)
    assert stripe.read(paid.ref).net_payment == Decimal(left)


def test_a_refund_in_a_status_that_nobody_knows_may_still_move_money(stripe: StripePayments, paid: Paid) -> None:
    paid.tell("refund", amount=3000, status="rerouted")
    (refund,) = (t for t in stripe.read(paid.ref).transactions if t.kind is TransactionKind.REFUND)
    assert refund.status is TransactionStatus.PENDING


def test_more_refunds_than_a_page_holds_are_all_counted(stripe: StripePayments, paid: Paid) -> None:
    for _ in range(105):
        paid.tell("refund", amount=10)
    assert stripe.read(paid.ref).net_payment == Decimal("74.50")


def test_every_payment_of_the_order_is_read(stripe: StripePayments, paid: Paid) -> None:
    second, _ = paid.pay(1500, status="requires_capture")
    seen = stripe.read(paid.ref)
    assert seen.captured == Decimal("85.00")
    assert [t.transaction_id for t in seen.open_authorizations] == [second]


def test_an_order_paid_in_two_currencies_has_no_sum(stripe: StripePayments, paid: Paid) -> None:
    paid.pay(1500, currency="eur")
    with pytest.raises(PartnerContractBroken, match="currency"):
        stripe.read(paid.ref)


@pytest.mark.parametrize(
    ("currency", "minor", "amount"), [("jpy", 8500, "8500"), ("kwd", 8500, "8.500"), ("isk", 8500, "85.00")]
)
def test_amounts_are_read_and_sent_in_the_currencys_own_smallest_unit(
    sandboxes: Sandboxes, stripe: StripePayments, currency: str, minor: int, amount: str
) -> None:
    paid = Paid(sandboxes, minor, currency=currency)
    assert stripe.read(paid.ref).captured == Decimal(amount)
    assert stripe.move(paid.ref, replace(paid.refund(amount), currency=currency.upper())).state is MoveState.DONE
    assert paid.effects() == [("refund", minor)]


@pytest.mark.parametrize("amount", ["25.001", "0.005"])
def test_an_amount_that_stripe_cannot_express_is_refused_and_not_rounded(
    stripe: StripePayments, paid: Paid, amount: str
) -> None:
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(paid.ref, paid.refund(amount))
    assert caught.value.code == "amount_form"
    assert paid.effects() == []


@pytest.mark.parametrize("odd", ["it's", 'a"b', "back\\slash", "#1001", "a' OR metadata['x']:'y"])
def test_an_order_reference_of_any_characters_finds_its_own_payment_only(
    sandboxes: Sandboxes, stripe: StripePayments, odd: str
) -> None:
    Paid(sandboxes)
    number = f"{odd}-{next(_numbers)}"
    told = sandboxes.command(f"stripe/{MERCHANT}/pay", {"order_ref": number, "amount": 100})
    assert [t.transaction_id for t in stripe.read(number).transactions] == [told["charge"]]


def test_an_order_that_no_payment_carries_is_not_an_order_without_money(stripe: StripePayments) -> None:
    with pytest.raises(PartnerRefused) as caught:
        stripe.read("never-seen")
    assert caught.value.code == "no_payment"


def test_a_payment_that_the_search_does_not_show_yet_is_not_taken_for_none(stripe: StripePayments, paid: Paid) -> None:
    paid.trap("search", "silent")
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(paid.ref, paid.refund())
    assert caught.value.code == "no_payment"
    assert paid.effects() == []
    assert stripe.read(paid.ref).captured == Decimal("85.00")


def test_what_the_search_tells_of_a_payment_is_not_believed(stripe: StripePayments, authorized: Paid) -> None:
    """It may be a minute old; the payment itself is read."""
    authorized.trap(
        "search", "false_ok", detail={"change": {"data.0.status": "succeeded", "data.0.amount_capturable": 0}}
    )
    assert [t.transaction_id for t in stripe.read(authorized.ref).open_authorizations] == [authorized.intent]


@pytest.mark.parametrize(
    ("operation", "place", "value"),
    [
        ("search", "data", "none"),
        ("search", "has_more", "(gone)"),
        ("search", "data.0.metadata", "(gone)"),
        ("read", "status", "paused"),
        ("read", "status", "(gone)"),
        ("read", "id", "pi_other"),
        ("read", "object", "charge"),
        ("read", "currency", "(gone)"),
        ("read", "amount", "8500"),
        ("read", "created", "today"),
        ("charges", "data.0.status", "refused"),
        ("charges", "data.0.amount_captured", 85.5),
        ("charges", "data.0.amount_captured", True),
        ("charges", "data.0.disputed", "(gone)"),
        ("charges", "data", []),
        ("refunds", "data", [{"id": 7}]),
        ("refunds", "data", [{"id": "re_1", "amount": 1}]),
        ("refunds", "has_more", "(gone)"),
    ],
)
def test_a_payment_of_a_shape_we_do_not_know_is_never_guessed_at(
    stripe: StripePayments, paid: Paid, operation: str, place: str, value: object
) -> None:
    paid.trap(operation, "false_ok", detail={"change": {place: value}})
    with pytest.raises(PartnerContractBroken) as caught:
        stripe.move(paid.ref, paid.refund())
    assert caught.value.evidence
    assert paid.effects() == []


def test_an_authorisation_that_does_not_say_how_much_it_holds_is_not_taken_for_nothing(
    stripe: StripePayments, authorized: Paid
) -> None:
    authorized.trap("read", "false_ok", detail={"change": {"amount_capturable": "(gone)"}})
    with pytest.raises(PartnerContractBroken, match="amount_capturable"):
        stripe.read(authorized.ref)


# -------------------------------------------------------------------------------------------- voiding


def test_a_void_cancels_the_uncaptured_payment(stripe: StripePayments, authorized: Paid) -> None:
    assert stripe.move(authorized.ref, authorized.void()) == MoveAnswer(MoveState.DONE, authorized.intent)
    assert (authorized.effects(), authorized.money_keys()) == ([("cancel", 0)], [f"money-void-{authorized.ref}"])
    assert authorized.shown()["cancellation_reason"] == ""
    seen = stripe.read(authorized.ref)
    assert (seen.open_authorizations, seen.paid_back, seen.net_payment) == ((), 0, 0)


def test_a_void_asked_again_acts_once(stripe: StripePayments, authorized: Paid) -> None:
    for _ in range(2):
        assert stripe.move(authorized.ref, authorized.void()).state is MoveState.DONE
        authorized.forget_keys()
    assert authorized.effects() == [("cancel", 0)]


def test_a_void_of_what_is_left_keeps_what_was_captured(stripe: StripePayments, authorized: Paid) -> None:
    authorized.tell("capture", amount=6000, final=False)
    assert stripe.move(authorized.ref, authorized.void("25.00")).state is MoveState.DONE
    seen = stripe.read(authorized.ref)
    assert (seen.open_authorizations, seen.captured, seen.net_payment) == ((), Decimal("60.00"), Decimal("60.00"))


def test_a_void_that_comes_after_the_capture_is_refused_in_stripes_own_word(
    stripe: StripePayments, authorized: Paid
) -> None:
    authorized.tell("capture", amount=8500)
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(authorized.ref, authorized.void())
    assert caught.value.code == "payment_intent_unexpected_state"
    assert authorized.effects() == []
    assert stripe.read(authorized.ref).open_authorizations == ()


def test_a_payment_of_another_order_is_never_voided(
    stripe: StripePayments, sandboxes: Sandboxes, authorized: Paid
) -> None:
    other = Paid(sandboxes, status="requires_capture")
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(authorized.ref, other.void())
    assert caught.value.code == "not_of_this_order"
    assert (authorized.effects(), other.effects()) == ([], [])


def test_a_customer_who_is_authorised_again_shows_up_as_a_new_open_authorisation(
    stripe: StripePayments, authorized: Paid
) -> None:
    authorized.trap("cancel", "recreate")
    assert stripe.move(authorized.ref, authorized.void()).state is MoveState.DONE
    (again,) = stripe.read(authorized.ref).open_authorizations
    assert again.transaction_id != authorized.intent


# -------------------------------------------------------------------------------------------- refunding


def test_a_refund_moves_its_amount_once_under_the_desks_key(stripe: StripePayments, paid: Paid) -> None:
    done = stripe.move(paid.ref, paid.refund())
    assert done.state is MoveState.DONE
    assert (paid.effects(), paid.money_keys()) == ([("refund", 2500)], [f"money-{paid.ref}"])
    (made,) = paid.shown()["refunds"]
    assert made["metadata"] == {
        "stopship_key": f"money-{paid.ref}",
        "stopship_order": paid.ref,
        "stopship_channel": "shopify",
        "stopship_lines": "mug=2",
    }
    assert done.reference == made["refund_id"]
    seen = stripe.read(paid.ref)
    assert (seen.net_payment, dict(seen.refunded_lines)) == (Decimal("60.00"), {"mug": 2})
    assert seen.unexplained(()) == 0


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_refund_asked_again_acts_once_even_when_stripe_forgot_the_key(
    stripe: StripePayments, paid: Paid, forgotten: bool
) -> None:
    first = stripe.move(paid.ref, paid.refund())
    if forgotten:
        paid.forget_keys()
    assert stripe.move(paid.ref, paid.refund()) == first
    assert paid.effects() == [("refund", 2500)]


def test_lines_that_do_not_fit_into_metadata_are_left_to_the_desks_own_book(stripe: StripePayments, paid: Paid) -> None:
    many = {f"gid-{n:030}": 1 for n in range(40)}
    assert stripe.move(paid.ref, paid.refund(lines=many)).state is MoveState.DONE
    assert "stopship_lines" not in paid.shown()["refunds"][0]["metadata"]


def test_one_move_over_two_payments_is_one_refund_of_each_and_its_lines_count_once(
    stripe: StripePayments, paid: Paid
) -> None:
    paid.pay(1500)
    done = stripe.move(paid.ref, paid.refund("90.00"))
    assert (done.state, len(done.reference.split(","))) == (MoveState.DONE, 2)
    assert sum(amount for _, amount in paid.effects()) == 9000
    assert stripe.move(paid.ref, paid.refund("90.00")).state is MoveState.DONE
    assert len(paid.effects()) == 2
    assert len(set(paid.money_keys())) == 2
    assert f"money-{paid.ref}" in paid.money_keys()
    assert dict(stripe.read(paid.ref).refunded_lines) == {"mug": 2}


def test_the_second_part_of_a_move_that_broke_off_is_made_up_for(stripe: StripePayments, paid: Paid) -> None:
    paid.pay(1500)
    paid.trap("refund", "slow", seconds=0.0)
    paid.trap("refund", "http_500")
    with pytest.raises(PartnerUnavailable):
        stripe.move(paid.ref, paid.refund("90.00"))
    assert len(paid.effects()) == 1
    paid.forget_keys()
    assert stripe.move(paid.ref, paid.refund("90.00")).state is MoveState.DONE
    assert sum(amount for _, amount in paid.effects()) == 9000
    assert len(paid.effects()) == 2


def test_a_move_of_which_a_part_was_refused_never_says_that_nothing_moved(stripe: StripePayments, paid: Paid) -> None:
    paid.pay(1500)
    paid.trap("refund", "slow", seconds=0.0)
    paid.trap("refund", "rejected", detail={"code": "insufficient_funds"})
    answer = stripe.move(paid.ref, paid.refund("90.00"))
    assert (answer.state, answer.code, answer.message) == (
        MoveState.PARTLY,
        "REFUND_PARTLY_FAILED",
        "insufficient_funds",
    )
    assert answer.reference
    assert [(kind, from_minor(amount, "USD")) for kind, amount in paid.effects()] == [("refund", answer.moved)]


def test_a_move_of_which_a_part_waits_and_another_was_refused_has_no_end_yet(
    stripe: StripePayments, paid: Paid
) -> None:
    second, _ = paid.pay(1500)
    paid.trap("refund", "silent")
    paid.trap("refund", "rejected", detail={"code": "insufficient_funds"})
    answer = stripe.move(paid.ref, paid.refund("90.00"))
    assert (answer.state, answer.moved) == (MoveState.PENDING, None)
    first = paid.intent if paid.shown()["refunds"] else second
    paid.tell("end-refund", intent=first, status="failed", reason="insufficient_funds")
    assert stripe.move(paid.ref, paid.refund("90.00")).state is MoveState.FAILED
    assert len(paid.effects()) == 1


@pytest.mark.parametrize("others", [0, 6500])
def test_more_than_the_net_payment_is_refused_without_a_call(stripe: StripePayments, paid: Paid, others: int) -> None:
    if others:
        paid.tell("refund", amount=others)
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(paid.ref, paid.refund("85.01" if not others else "20.01"))
    assert caught.value.code == "OVER_REFUND"
    assert paid.effects() == []


def test_a_refund_in_another_currency_is_refused(stripe: StripePayments, paid: Paid) -> None:
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(paid.ref, replace(paid.refund(), currency="EUR"))
    assert caught.value.code == "currency"
    assert paid.effects() == []


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ({"code": "charge_already_refunded"}, "charge_already_refunded"),
        ({"param": "amount"}, "invalid_request_error"),
        ({"type": "idempotency_error"}, "idempotency_error"),
        ({"status": 402, "type": "card_error", "code": "card_declined"}, "card_declined"),
        ({"status": 403}, "invalid_request_error"),
    ],
)
def test_a_refusal_is_told_in_stripes_own_words_and_moves_nothing(
    stripe: StripePayments, paid: Paid, detail: Mapping[str, Any], code: str
) -> None:
    paid.trap("refund", "rejected", detail=detail)
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(paid.ref, paid.refund())
    assert caught.value.code == code
    assert "by a trap" not in str(caught.value)
    assert paid.effects() == []


@pytest.mark.parametrize(
    "detail",
    [
        {"status": 409, "type": "idempotency_error", "code": "idempotency_key_in_use"},
        {"status": 409},
        {"status": 400, "code": "lock_timeout"},
    ],
)
def test_a_conflict_with_another_call_is_doubt_and_not_a_no(
    stripe: StripePayments, paid: Paid, detail: Mapping[str, Any]
) -> None:
    paid.trap("refund", "rejected", detail=detail)
    with pytest.raises(PartnerUnavailable) as caught:
        stripe.move(paid.ref, paid.refund())
    assert caught.value.in_doubt is True
    assert stripe.move(paid.ref, paid.refund()).state is MoveState.DONE
    assert paid.effects() == [("refund", 2500)]


def test_the_same_key_for_another_amount_is_refused_by_stripe(stripe: StripePayments, paid: Paid) -> None:
    """When the refund under the key cannot be seen: its own list has not caught up."""
    stripe.move(paid.ref, paid.refund())
    paid.trap("refunds", "false_ok", detail={"change": {"data": []}})
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(paid.ref, paid.refund("30.00"))
    assert caught.value.code == "idempotency_error"
    assert paid.effects() == [("refund", 2500)]


def test_less_than_was_refunded_under_a_key_breaks_the_contract(stripe: StripePayments, paid: Paid) -> None:
    stripe.move(paid.ref, paid.refund())
    with pytest.raises(PartnerContractBroken, match="amount"):
        stripe.move(paid.ref, paid.refund("20.00"))
    assert paid.effects() == [("refund", 2500)]


def test_a_wrong_key_is_refused_and_never_repeated_in_the_error(connection: StripeConnection, paid: Paid) -> None:
    with pytest.raises(PartnerRefused) as caught:
        StripePayments(replace(connection, secret_key="rk_wrong"), SystemClock()).read(paid.ref)
    assert "rk_wrong" not in f"{caught.value} {caught.value.evidence}"
    assert paid.effects() == []


# -------------------------------------------------------------------------------------------- what the answer proves


@pytest.mark.parametrize("status", ["pending", "requires_action", "rerouted"])
def test_a_refund_that_only_waits_is_pending_and_never_done(stripe: StripePayments, paid: Paid, status: str) -> None:
    paid.trap("refund", "silent", detail={"status": status})
    for _ in range(2):
        answer = stripe.move(paid.ref, paid.refund())
        assert (answer.state, answer.code) == (MoveState.PENDING, status)
    assert paid.effects() == [("refund", 2500)]


@pytest.mark.parametrize(("end", "state"), [("succeeded", MoveState.DONE), ("failed", MoveState.FAILED)])
def test_a_late_refund_is_waited_for_under_the_same_key(
    stripe: StripePayments, paid: Paid, end: str, state: MoveState
) -> None:
    paid.trap("refund", "late", seconds=0.2, detail={"end": end})
    assert stripe.move(paid.ref, paid.refund()).state is MoveState.PENDING
    assert until_settled(stripe, paid, paid.refund()).state is state
    assert paid.effects() == [("refund", 2500)]


def test_a_failed_refund_says_why_and_is_not_made_again_under_its_key(stripe: StripePayments, paid: Paid) -> None:
    paid.trap("refund", "silent")
    stripe.move(paid.ref, paid.refund())
    paid.tell("end-refund", status="failed", reason="insufficient_funds")
    for _ in range(2):
        failed = stripe.move(paid.ref, paid.refund())
        assert (failed.state, failed.code, failed.message) == (MoveState.FAILED, "REFUND_FAILED", "insufficient_funds")
    assert paid.effects() == [("refund", 2500)]
    assert stripe.move(paid.ref, paid.refund(key=f"money-{paid.ref}#1")).state is MoveState.DONE


def test_a_refund_that_fails_after_it_succeeded_shows_on_the_next_reading(stripe: StripePayments, paid: Paid) -> None:
    paid.trap("refund", "false_ok", seconds=0.05)
    assert stripe.move(paid.ref, paid.refund()).state is MoveState.DONE
    assert until(lambda: stripe.move(paid.ref, paid.refund()).state is MoveState.FAILED, 5.0)
    assert stripe.read(paid.ref).net_payment == Decimal("85.00")
    assert paid.effects() == [("refund", 2500)]


# -------------------------------------------------------------------------------------------- disputes


@pytest.mark.parametrize("status", ["needs_response", "under_review", "warning_needs_response", "lost"])
def test_while_a_dispute_is_open_or_lost_no_refund_is_asked_for(
    stripe: StripePayments, paid: Paid, status: str
) -> None:
    paid.tell("dispute", status=status)
    seen = stripe.read(paid.ref)
    assert seen.dispute_open
    with pytest.raises(MoneyRefused) as rule:
        allow(paid.refund(), seen, (), {"mug": 2})
    assert rule.value.rule == "no_open_dispute"
    with pytest.raises(PartnerRefused) as caught:
        stripe.move(paid.ref, paid.refund())
    assert caught.value.code == "charge_disputed"
    assert paid.effects() == []


@pytest.mark.parametrize("status", ["won", "warning_closed"])
def test_a_dispute_that_ended_for_the_merchant_is_not_open(stripe: StripePayments, paid: Paid, status: str) -> None:
    paid.tell("dispute", status=status)
    assert stripe.read(paid.ref).dispute_open is False


def test_a_dispute_in_a_status_that_nobody_knows_is_open(stripe: StripePayments, paid: Paid) -> None:
    paid.tell("dispute")
    paid.trap("dispute", "false_ok", detail={"change": {"status": "parked"}})
    assert stripe.read(paid.ref).dispute_open


# -------------------------------------------------------------------------------------------- money rules on a live reading


def test_a_second_payment_for_the_same_lines_is_refused_on_what_stripe_shows(
    stripe: StripePayments, paid: Paid
) -> None:
    move = paid.refund()
    stripe.move(paid.ref, move)
    again = replace(move, key="money-other")
    with pytest.raises(MoneyRefused) as caught:
        allow(again, stripe.read(paid.ref), [BookedMove(move, "case-1", MoveState.DONE)], {"mug": 2})
    assert caught.value.rule == "line_paid_once"


def test_after_a_full_refund_by_somebody_else_nothing_is_left_to_refund(stripe: StripePayments, paid: Paid) -> None:
    paid.tell("refund", amount=8500)
    with pytest.raises(MoneyRefused) as caught:
        allow(paid.refund(), stripe.read(paid.ref), (), {"mug": 2})
    assert caught.value.rule == "within_net_payment"


# -------------------------------------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    ("kind", "more", "in_doubt"),
    [
        ("http_429", {"seconds": 7}, False),
        ("http_500", {}, True),
        ("http_500_after", {}, True),
        ("reset", {}, True),
        ("reset", {"after": True}, True),
    ],
)
def test_after_trouble_with_a_refund_the_same_move_acts_once(
    stripe: StripePayments, paid: Paid, kind: str, more: Mapping[str, Any], in_doubt: bool
) -> None:
    paid.trap("refund", kind, **more)
    with pytest.raises(PartnerUnavailable) as caught:
        stripe.move(paid.ref, paid.refund())
    assert caught.value.in_doubt is in_doubt
    assert caught.value.retry_after == (7.0 if kind == "http_429" else None)
    paid.forget_keys()
    assert stripe.move(paid.ref, paid.refund()).state is MoveState.DONE
    assert paid.effects() == [("refund", 2500)]


@pytest.mark.parametrize("kind", ["http_429", "http_500", "http_500_after", "reset"])
def test_after_trouble_with_a_void_the_same_move_acts_once(stripe: StripePayments, authorized: Paid, kind: str) -> None:
    authorized.trap("cancel", kind)
    with pytest.raises(PartnerUnavailable):
        stripe.move(authorized.ref, authorized.void())
    authorized.forget_keys()
    assert stripe.move(authorized.ref, authorized.void()).state is MoveState.DONE
    assert authorized.effects() == [("cancel", 0)]


@pytest.mark.parametrize("operation", ["search", "read", "charges", "refunds"])
@pytest.mark.parametrize("kind", ["http_429", "http_500", "reset"])
def test_trouble_while_reading_moves_nothing(stripe: StripePayments, paid: Paid, operation: str, kind: str) -> None:
    paid.trap(operation, kind)
    with pytest.raises(PartnerUnavailable):
        stripe.move(paid.ref, paid.refund())
    assert paid.effects() == []


def test_a_slow_answer_is_an_answer(stripe: StripePayments, paid: Paid) -> None:
    paid.trap("refund", "slow", seconds=0.2)
    assert stripe.move(paid.ref, paid.refund()).state is MoveState.DONE


def test_a_failure_that_stripe_keeps_under_a_key_is_got_round_once_a_reading_shows_no_effect(
    stripe: StripePayments, paid: Paid
) -> None:
    paid.trap("refund", "http_500", detail={"stored": True})
    with pytest.raises(PartnerUnavailable):
        stripe.move(paid.ref, paid.refund())
    assert paid.effects() == []
    assert stripe.move(paid.ref, paid.refund()).state is MoveState.DONE
    assert paid.money_keys() == [f"money-{paid.ref}#2"]
    assert stripe.move(paid.ref, paid.refund()).state is MoveState.DONE
    assert paid.effects() == [("refund", 2500)]


def test_a_void_under_a_key_that_holds_a_failure_is_got_round_too(stripe: StripePayments, authorized: Paid) -> None:
    authorized.trap("cancel", "http_500", detail={"stored": True})
    with pytest.raises(PartnerUnavailable):
        stripe.move(authorized.ref, authorized.void())
    assert stripe.move(authorized.ref, authorized.void()).state is MoveState.DONE
    assert authorized.effects() == [("cancel", 0)]


# -------------------------------------------------------------------------------------------- pricing


class Priced:
    """An order system that says what lines are worth."""

    def quote(self, order_ref: str, lines: Quantities) -> RefundQuote:
        return RefundQuote(Decimal("12.34"), "USD", dict(lines))


def test_lines_are_priced_by_the_order_system_and_paid_back_by_stripe(connection: StripeConnection, paid: Paid) -> None:
    stripe = StripePayments(connection, SystemClock(), Priced())
    quote = stripe.quote(paid.ref, {"mug": 1})
    assert stripe.move(paid.ref, paid.refund(str(quote.amount), lines=quote.lines)).state is MoveState.DONE
    assert paid.effects() == [("refund", 1234)]


def test_without_an_order_system_that_prices_lines_there_is_no_quote(stripe: StripePayments, paid: Paid) -> None:
    with pytest.raises(PartnerRefused) as caught:
        stripe.quote(paid.ref, {"mug": 1})
    assert caught.value.code == "no_pricing"
    assert paid.effects() == []


# -------------------------------------------------------------------------------------------- on the wire


def test_the_key_and_the_pinned_version_are_on_the_wire(
    stripe: StripePayments, paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[httpx.Request] = []
    with httpx.Client(trust_env=False, event_hooks={"request": [sent.append]}) as client:
        monkeypatch.setattr(http, "client", lambda: client)
        stripe.move(paid.ref, paid.refund())
    assert {x.headers["stripe-version"] for x in sent} == {API_VERSION}
    assert [x.headers.get("idempotency-key") for x in sent if x.method == "POST"] == [f"money-{paid.ref}"]
    assert [x.headers.get("idempotency-key") for x in sent if x.method == "GET"] == [None] * (len(sent) - 1)


def test_the_desk_is_told_what_becomes_of_a_refund_and_can_prove_who_says_so(
    sandboxes: Sandboxes, connection: StripeConnection
) -> None:
    merchant = "borealis"
    with Inbox() as inbox:
        sandboxes.configure(
            desk_url=inbox.url, merchants={merchant: {"stripe": {"secret_key": KEY, "webhook_secrets": SECRETS}}}
        )
        there = replace(connection, merchant=merchant, endpoint=f"{sandboxes.endpoint}/stripe/{merchant}")
        sandboxes.command(f"stripe/{merchant}/pay", {"order_ref": "b-1", "amount": 5000})
        sandboxes.trap("b-1", "refund", "late", seconds=0.05, detail={"end": "failed"})
        move = MoneyMove("money-b-1", MoveKind.REFUND, Decimal("50.00"), "USD")
        assert StripePayments(there, SystemClock()).move("b-1", move).state is MoveState.PENDING
        came = inbox.wait(4)
    told = [json.loads(x.body) for x in came]
    assert sorted(x["type"] for x in told) == [
        "charge.refund.updated",
        "refund.created",
        "refund.failed",
        "refund.updated",
    ]
    now = SystemClock().now()
    for message in came:
        assert message.path == f"/webhooks/stripe?merchant={merchant}"
        header = message.headers["Stripe-Signature"]
        for secret in SECRETS:
            verify(message.body, header, [secret], now)
        with pytest.raises(NotAuthentic):
            verify(message.body, header, ["whsec_other"], now)
