"""The access scopes that the app needs, and what the desk cannot do without each of them: one row a scope.

Sources: shopify.dev, Admin GraphQL 2026-07: ``WebhookSubscriptionTopic`` says of each topic which scopes let an app subscribe to it, each
object and mutation which scope it requires; "Access scopes": who may write may read as well.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from stopship.frozen import frozen


@frozen
class Scope:
    """``without`` goes on "without it ...". ``needs`` are the types, fields and mutations that require it; ``topics`` those that nothing else
    that we ask for opens, as GraphQL writes them."""

    name: str
    without: str
    needs: tuple[str, ...]
    topics: tuple[str, ...] = ()


_ROWS: Final = (
    Scope(
        "write_orders",
        "no order is read, cancelled, voided, refunded or given another address",
        ("Order", "orderCancel", "orderUpdate", "refundCreate", "transactionVoid", "metafieldsSet"),
        ("ORDERS_CANCELLED", "ORDERS_CREATE", "ORDERS_EDITED", "ORDER_TRANSACTIONS_CREATE", "REFUNDS_CREATE"),
    ),
    Scope(
        "read_all_orders",
        "orders older than 60 days are not there: their cancels fail, and unpaid ones are not found",
        ("Order",),
    ),
    Scope(
        "write_order_edits",
        "a cancel of some lines or quantities fails",
        ("orderEditBegin", "orderEditSetQuantity", "orderEditCommit"),
    ),
    Scope(
        "write_returns",
        "no return is opened for what ships anyway, and returns of others are not seen",
        ("Return", "returnCreate", "returnableFulfillments"),
        ("RETURNS_APPROVE", "RETURNS_DECLINE", "RETURNS_REQUEST"),
    ),
    Scope(
        "write_merchant_managed_fulfillment_orders",
        "work at the merchant's own places is not seen and not held",
        ("FulfillmentOrder", "fulfillmentOrderHold", "fulfillmentOrderReleaseHold"),
    ),
    Scope(
        "write_third_party_fulfillment_orders",
        "work at fulfillment services is not seen, not held and not asked back",
        ("FulfillmentOrder", "fulfillmentOrderHold", "fulfillmentOrderSubmitCancellationRequest"),
    ),
    Scope(
        "read_fulfillments",
        "the shop does not tell that goods leave, after a stop least of all",
        (),
        ("FULFILLMENTS_CREATE",),
    ),
    Scope(
        "read_shopify_payments_disputes",
        "the shop does not tell of a chargeback that comes after the payment was read",
        (),
        ("DISPUTES_CREATE", "DISPUTES_UPDATE"),
    ),
    Scope(
        "read_payment_terms",
        "an order that is sold on account cannot be told from one that nobody pays",
        ("PaymentTerms",),
    ),
    Scope(
        "read_customers",
        "customers of the policy's VIP tags are not known, nor is the address of one who ordered without an e-mail",
        ("Customer",),
    ),
    Scope("read_locations", "nobody knows which warehouse a piece of work is at", ("Location",)),
)

SCOPES: Final[Mapping[str, Scope]] = {row.name: row for row in _ROWS}


def with_reading(given: Iterable[str]) -> set[str]:
    """What these scopes open: who may write may read as well."""
    told = set(given)
    return told | {f"read_{name.removeprefix('write_')}" for name in told if name.startswith("write_")}
