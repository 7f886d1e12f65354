"""Stripe as the system of record for the order's money."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Protocol

from stopship.adapters.stripe import mapping
from stopship.adapters.stripe.amounts import to_minor
from stopship.adapters.stripe.client import (
    NEW_KEYS_AT_MOST,
    PARTNER,
    Data,
    StoredFailure,
    StripeClient,
    reading,
)
from stopship.adapters.stripe.connection import StripeConnection
from stopship.adapters.stripe.mapping import Payment, Refund
from stopship.application.ports import Clock, MoveAnswer
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.money import MoneyMove, MoveKind, MoveState, PaymentSnapshot, RefundQuote
from stopship.domain.order import Quantities

INTENTS: Final = "/v1/payment_intents"
REFUNDS: Final = "/v1/refunds"


class Pricing(Protocol):
    """The order system's arithmetic: what these lines are worth."""

    def quote(self, order_ref: str, lines: Quantities) -> RefundQuote: ...


class StripePayments:
    """Implements ports.Payments for one merchant and channel."""

    def __init__(self, connection: StripeConnection, clock: Clock, pricing: Pricing | None = None) -> None:
        self._connection, self._clock, self._pricing = connection, clock, pricing
        self._client = StripeClient(connection)

    def read(self, order_ref: str) -> PaymentSnapshot:
        """Raises PartnerRefused "no_payment" when no PaymentIntent carries the order's reference: that is not "nothing was paid"."""
        observed_at = self._clock.now()
        return mapping.snapshot(self._payments(order_ref), observed_at)

    def quote(self, order_ref: str, lines: Quantities) -> RefundQuote:
        """What the order system would pay back. Raises PartnerRefused "no_pricing" where none is connected that prices lines."""
        if self._pricing is None:
            raise PartnerRefused(PARTNER, "no_pricing", "Stripe prices no lines, and no order system does")
        return self._pricing.quote(order_ref, lines)

    def move(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        """Reads before it acts, whatever the key: Stripe forgets keys after a day, and repeats a failure that it kept under one."""
        if move.kind is MoveKind.VOID:
            return self._void(order_ref, move)
        return self._refund(order_ref, move)

    def order_of(self, intent_id: str) -> str:
        """The order's reference on a PaymentIntent, "" when it carries none or is not of this account."""
        try:
            intent = self._intent(intent_id)
        except PartnerRefused as refusal:
            if refusal.code == "resource_missing":
                return ""
            raise
        with reading("a PaymentIntent"):
            return str((intent.get("metadata") or {}).get(self._connection.order_field, ""))

    # ------------------------------------------------------------------------------------------ reading

    def _payments(self, order_ref: str) -> list[Payment]:
        """The order's payments, the oldest first. The search only finds them: it lags behind, so that each is read by itself
        (docs.stripe.com/search, "data freshness")."""
        found = self._client.pages(
            f"{INTENTS}/search", {"query": f"metadata['{self._connection.order_field}']:{_quoted(order_ref)}"}
        )
        with reading("payments"):
            ours = [x["id"] for x in found if x["metadata"].get(self._connection.order_field) == order_ref]
            if not ours:
                raise PartnerRefused(PARTNER, "no_payment", "no PaymentIntent carries the order's reference")
            return sorted((self._payment(self._intent(name)) for name in ours), key=lambda p: (p.created, p.intent_id))

    def _intent(self, intent_id: str) -> Data:
        intent = self._client.get(f"{INTENTS}/{intent_id}")
        if intent.get("object") != "payment_intent" or intent.get("id") != intent_id:
            raise PartnerContractBroken(PARTNER, "id: not the PaymentIntent that was asked for", {"field": "id"})
        return intent

    def _payment(self, intent: Data) -> Payment:
        of_it = {"payment_intent": intent["id"]}
        charges = self._client.pages("/v1/charges", of_it)
        refunds = self._client.pages(REFUNDS, of_it)
        disputes = [self._client.get(f"/v1/charges/{c['id']}/dispute") for c in charges if c["disputed"]]
        return mapping.payment(intent, charges, refunds, disputes)

    # ------------------------------------------------------------------------------------------ moving

    def _void(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        """Cancels the PaymentIntent, or what of it can still be captured. No reason is given: Stripe's are claims about the customer."""
        if move.parent_id not in {p.intent_id for p in self._payments(order_ref)}:
            raise PartnerRefused(PARTNER, "not_of_this_order", "the PaymentIntent does not carry the order's reference")

        def done() -> MoveAnswer | None:
            with reading("a PaymentIntent"):
                canceled = self._intent(move.parent_id)["status"] == "canceled"
            return MoveAnswer(MoveState.DONE, move.parent_id) if canceled else None

        before = done()
        if before:
            return before
        told = self._once(f"{INTENTS}/{move.parent_id}/cancel", {}, move.key, done)
        if isinstance(told, MoveAnswer):
            return told
        with reading("a cancelled PaymentIntent"):
            status, capturable = str(told["status"]), told.get("amount_capturable")
        # What was captured in part stays captured; the rest of its authorisation is over.
        if status == "canceled" or (status == "succeeded" and capturable == 0):
            return MoveAnswer(MoveState.DONE, move.parent_id)
        return MoveAnswer(MoveState.PENDING, move.parent_id, code=mapping.word(status))

    def _refund(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        payments = self._payments(order_ref)
        ours = _ours(payments, move)
        if any(r.state is MoveState.FAILED for r in ours):
            return mapping.answer(ours)
        rest = move.amount - Payment.sum_of(ours)
        if rest < 0:
            raise PartnerContractBroken(PARTNER, "amount: more was refunded under this key", {"field": "amount"})
        self._check(payments, move, rest)
        for number, (payment, amount) in enumerate(_parts(payments, {r.intent_id for r in ours}, rest)):
            key = move.key if not ours and number == 0 else f"{move.key}:{payment.intent_id}"
            try:
                ours.append(self._refund_of(order_ref, payment, amount, move, key))
            except PartnerRefused as refusal:
                if not ours:
                    raise
                told = mapping.answer(ours)
                # A part has moved: a plain no would say that nothing did. While that part may still fail, there is no end of the move.
                return told if told.state is not MoveState.DONE else mapping.partly(ours, told.reference, refusal.code)
        return mapping.answer(ours)

    @staticmethod
    def _check(payments: list[Payment], move: MoneyMove, rest: Decimal) -> None:
        if rest and any(p.disputed for p in payments):
            raise PartnerRefused(PARTNER, "charge_disputed", "a dispute is open: the money is the bank's to decide")
        if any(p.currency != move.currency for p in payments):
            raise PartnerRefused(PARTNER, "currency", f"the order was not paid in {move.currency}")
        if rest > sum((max(p.left, Decimal(0)) for p in payments), Decimal(0)):
            raise PartnerRefused(PARTNER, "OVER_REFUND", f"{move.amount} is more than the net payment")

    def _refund_of(self, order_ref: str, payment: Payment, amount: Decimal, move: MoneyMove, key: str) -> Refund:
        form = {
            "payment_intent": payment.intent_id,
            "amount": str(to_minor(amount, payment.currency)),
            f"metadata[{mapping.KEY_FIELD}]": move.key,
            f"metadata[{mapping.ORDER_FIELD}]": order_ref,
            f"metadata[{mapping.CHANNEL_FIELD}]": self._connection.channel,
        }
        if lines := mapping.text_of(move.lines):
            form[f"metadata[{mapping.LINES_FIELD}]"] = lines

        def there() -> Data | None:
            listed = self._client.pages(REFUNDS, {"payment_intent": payment.intent_id})
            return next((x for x in listed if _key(x) == move.key), None)

        told = self._once(REFUNDS, form, key, there)
        with reading("a refund"):
            made = mapping.refund(told, {})
            if made.intent_id != payment.intent_id or made.amount != amount:
                raise PartnerContractBroken(PARTNER, "amount: not the refund that was asked for", {"field": "amount"})
        return made

    def _once[T](self, path: str, form: Mapping[str, str], key: str, there: Callable[[], T | None]) -> T | Data:
        """Under the key; where that holds an earlier failure for ever, under the next one, once a reading shows no effect of it."""
        trouble: PartnerUnavailable | None = None
        for number in range(1, NEW_KEYS_AT_MOST + 1):
            try:
                return self._client.post(path, form, key if number == 1 else f"{key}#{number}")
            except StoredFailure as stored:
                trouble = stored
            found = there()
            if found is not None:
                return found
        raise trouble or PartnerUnavailable(PARTNER, "no key is left", in_doubt=True)


def _quoted(text: str) -> str:
    """A string of the search language (docs.stripe.com/search, "query language"): quotes within it are escaped."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _key(told: Data) -> str:
    with reading("a refund"):
        return str((told.get("metadata") or {}).get(mapping.KEY_FIELD, ""))


def _ours(payments: list[Payment], move: MoneyMove) -> list[Refund]:
    return [r for p in payments for r in p.refunds if r.key == move.key]


def _parts(payments: list[Payment], done: set[str], rest: Decimal) -> list[tuple[Payment, Decimal]]:
    """The oldest payment first; one that this move has a refund of already gives no more."""
    parts = []
    for payment in payments:
        part = Decimal(0) if payment.intent_id in done else min(rest, payment.left)
        if part > 0:
            parts.append((payment, part))
            rest -= part
    if rest:
        raise PartnerRefused(PARTNER, "OVER_REFUND", "what is left of the payments does not cover it")
    return parts
