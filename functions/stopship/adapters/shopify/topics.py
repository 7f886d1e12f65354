"""What every topic of Shopify's means to the desk: one row a topic, decided once, so that none is forgotten and none is dropped unseen.

The names are Shopify's (shopify.dev, "Webhooks", 2026-07). A topic that is not here was never decided about: its message is kept and
shown to a person.
"""

from collections.abc import Mapping
from enum import StrEnum

from stopship.frozen import frozen


class Meaning(StrEnum):
    WISH = "wish"
    """Somebody wants a cancel: a case is opened or joined."""
    SIGNAL = "signal"
    """Something that a case of the order must know."""
    COUNT = "count"
    """Counted, without who the customer is; never on the way of a cancel."""
    PRIVACY = "privacy"
    """A duty: what is held of somebody is named or erased."""
    NOTICE = "notice"
    """For a person: no order is behind it."""
    NOTHING = "nothing"
    """Concerns no cancel. It is answered, and nothing of it is kept."""


@frozen
class Topic:
    """``subscribe``: whether a merchant is to subscribe to it. A topic that would come for every order and adds nothing that is not read
    anyway is understood, and not asked for."""

    name: str
    meaning: Meaning
    subscribe: bool
    why: str


def _row(name: str, meaning: Meaning, why: str, *, subscribe: bool = False) -> Topic:
    return Topic(name, meaning, subscribe, why)


def _wanted(name: str, meaning: Meaning, why: str) -> Topic:
    return _row(name, meaning, why, subscribe=True)


_ROWS = (
    # Orders
    _wanted("orders/cancelled", Meaning.WISH, "somebody cancelled in the shop, or our own cancel comes back"),
    _wanted("orders/edited", Meaning.SIGNAL, "lines changed under an open case: the order is read again"),
    _row("orders/updated", Meaning.SIGNAL, "comes for every change of every order; a change of lines is read again"),
    _row("orders/delete", Meaning.SIGNAL, "the order of an open case is gone"),
    _row("orders/fulfilled", Meaning.SIGNAL, "what left, once more"),
    _row("orders/partially_fulfilled", Meaning.SIGNAL, "what left, once more"),
    _row("orders/paid", Meaning.SIGNAL, "comes for every order; order_transactions/create says it of less"),
    _wanted("orders/create", Meaning.COUNT, "how many orders there were, by which cancels are measured"),
    _row("orders/risk_assessment_changed", Meaning.SIGNAL, "a fraud block may rest on it: the order is read again"),
    _row("orders/link_requested", Meaning.NOTHING, "a customer asked for the link to his order"),
    _row(
        "orders/shopify_protect_eligibility_changed",
        Meaning.NOTHING,
        "who bears a chargeback, not whether there is one",
    ),
    # Fulfillment orders: the work at a place
    _wanted(
        "fulfillment_orders/cancellation_request_submitted", Meaning.WISH, "the merchant asks a fulfillment service"
    ),
    _wanted("fulfillment_orders/cancellation_request_accepted", Meaning.SIGNAL, "the service's yes to a stop"),
    _wanted("fulfillment_orders/cancellation_request_rejected", Meaning.SIGNAL, "the service's no to a stop"),
    _wanted("fulfillment_orders/moved", Meaning.SIGNAL, "the work is at another place now: that one is stopped too"),
    _wanted("fulfillment_orders/split", Meaning.SIGNAL, "one piece of work became several: all of them are stopped"),
    _wanted("fulfillment_orders/merged", Meaning.SIGNAL, "several pieces of work became one"),
    _wanted("fulfillment_orders/cancelled", Meaning.SIGNAL, "Shopify puts a new open piece of work in its place"),
    _wanted("fulfillment_orders/hold_released", Meaning.SIGNAL, "the last hold is gone: ours is placed again"),
    _wanted(
        "fulfillment_orders/fulfillment_service_failed_to_complete", Meaning.SIGNAL, "the work ended without goods"
    ),
    _row("fulfillment_orders/placed_on_hold", Meaning.SIGNAL, "a hold on a part splits the work"),
    _wanted("fulfillment_orders/progress_reported", Meaning.SIGNAL, "the work has begun"),
    _row("fulfillment_orders/manually_reported_progress_stopped", Meaning.SIGNAL, "the work is open again: read again"),
    _row("fulfillment_orders/fulfillment_request_rejected", Meaning.SIGNAL, "the work goes to another place"),
    _row(
        "fulfillment_orders/order_routing_complete", Meaning.SIGNAL, "comes for every order; its places are known now"
    ),
    _row("fulfillment_orders/line_items_prepared_for_pickup", Meaning.SIGNAL, "picked, and waiting for the customer"),
    _row("fulfillment_orders/line_items_prepared_for_local_delivery", Meaning.SIGNAL, "picked, and ready to leave"),
    _row(
        "fulfillment_orders/fulfillment_request_submitted",
        Meaning.NOTHING,
        "the pick state is asked for when it counts",
    ),
    _row(
        "fulfillment_orders/fulfillment_request_accepted", Meaning.NOTHING, "the pick state is asked for when it counts"
    ),
    _row("fulfillment_orders/rescheduled", Meaning.NOTHING, "another day is no other piece of work"),
    _row(
        "fulfillment_orders/scheduled_fulfillment_order_ready", Meaning.NOTHING, "another day is no other piece of work"
    ),
    _wanted("fulfillment_holds/released", Meaning.SIGNAL, "our own hold may be gone: it is placed again"),
    _row("fulfillment_holds/added", Meaning.NOTHING, "a hold proves nothing, and ours is answered at once"),
    # Goods
    _wanted("fulfillments/create", Meaning.SIGNAL, "goods leave, or carry a label"),
    _row("fulfillments/update", Meaning.SIGNAL, "the carrier has them now"),
    _row("fulfillment_events/create", Meaning.SIGNAL, "the carrier's own word"),
    _row(
        "fulfillment_events/delete",
        Meaning.NOTHING,
        "what was seen leaving is not undone by a correction of its tracking",
    ),
    # Money
    _wanted("refunds/create", Meaning.SIGNAL, "our refund comes back, or somebody else's is seen"),
    _wanted("order_transactions/create", Meaning.SIGNAL, "a capture after the reading; how a refund ended"),
    _wanted("disputes/create", Meaning.SIGNAL, "the bank decides about the money: nothing is paid back"),
    _wanted("disputes/update", Meaning.SIGNAL, "the bank has decided, or asks for more"),
    _row("tender_transactions/create", Meaning.NOTHING, "says by what means was paid, after order_transactions/create"),
    # Returns
    *(
        _wanted(f"returns/{step}", Meaning.SIGNAL, "an active return stands against the cancel, and claims its lines")
        for step in ("request", "approve", "decline", "cancel", "close", "reopen")
    ),
    _row("returns/update", Meaning.SIGNAL, "other lines are claimed"),
    _row("returns/process", Meaning.NOTHING, "carries nothing that names a return; its refund comes as refunds/create"),
    # Privacy: Shopify sends these to every app, whatever it subscribes to
    _row("customers/data_request", Meaning.PRIVACY, "a customer asks what is held of him"),
    _row("customers/redact", Meaning.PRIVACY, "what is held of a customer is erased"),
    _row("shop/redact", Meaning.PRIVACY, "what is held of a shop is erased"),
    # The app itself
    _row("app/uninstalled", Meaning.NOTICE, "the desk can no longer cancel in this shop"),
    _row("app/scopes_update", Meaning.NOTICE, "the desk may or may not do something that it did before"),
    # Not about an order that exists, or about nothing that a cancel asks for
    *(
        _row(f"customers/{step}", Meaning.NOTHING, "customers are none of the desk's business")
        for step in (
            "create",
            "delete",
            "disable",
            "email_marketing_consent_update",
            "enable",
            "marketing_consent_update",
            "merge",
            "purchasing_summary",
            "update",
            "whats_app_marketing_consent_update",
        )
    ),
    *(
        _row(f"draft_orders/{step}", Meaning.NOTHING, "a draft is no order yet")
        for step in ("create", "delete", "update")
    ),
    _row("shop/update", Meaning.NOTHING, "the shop's own settings"),
    _row("app_purchases_one_time/update", Meaning.NOTHING, "the app's own invoice"),
    _row("app_subscriptions/update", Meaning.NOTHING, "the app's own invoice"),
    _row("app_subscriptions/approaching_capped_amount", Meaning.NOTHING, "the app's own invoice"),
)

TOPICS: Mapping[str, Topic] = {row.name: row for row in _ROWS}
FAMILIES = frozenset(name.partition("/")[0] for name in TOPICS)
SUBSCRIBED = tuple(row.name for row in _ROWS if row.subscribe)
"""What a merchant subscribes to, in the order of the table."""


def meaning(topic: str) -> Meaning | None:
    """None for a topic that nobody has decided about."""
    row = TOPICS.get(topic)
    return row.meaning if row else None
