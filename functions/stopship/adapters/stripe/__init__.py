"""Stripe as a payment system of its own, for merchants whose order system does not hold the money.

What the merchant must do: every PaymentIntent of an order carries the order's reference in its metadata, under ``order_ref`` unless the
connection names another field, from the moment it is made. Without it an order's money cannot be found, and a person is asked.
The desk's own refunds carry ``stopship_key``, so that they are found again when Stripe has forgotten the idempotency key.

Stripe prices no lines: the order system that knows them does (``pricing`` in payments.py).

Sources: Stripe's OpenAPI (refunds, payment_intents, charges); docs.stripe.com: /api/idempotent_requests, /search, /currencies,
/webhooks/signature, /refunds, /error-low-level.
"""
