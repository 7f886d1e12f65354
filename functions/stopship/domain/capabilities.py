"""What each partner can do and what its answers prove, as data: the one table that the decision, the adapters and the documentation share."""

from collections.abc import Mapping
from enum import StrEnum

from stopship.domain.order import AckLevel
from stopship.frozen import frozen


class PickReading(StrEnum):
    """How the pick state is known."""

    LIVE = "live"
    """Asked for, and true at the moment of the answer."""
    EVENTS = "events"
    """Pieced together from what the partner tells about its work: a silence says nothing."""
    NONE = "none"


@frozen
class Capability:
    """One partner. ``proves`` is the most that its own answer to a stop can mean: whatever it says beyond that is taken for no more.

    ``holds`` is how long a hold stands and who can lift it, "" where there are none. ``partial`` says whether a part of a piece of
    work can be stopped. ``idempotency`` is what makes a repeated command act once. ``limit`` is the partner's own bound on calls.
    ``signature`` and ``deduplication`` are about its messages to us, "" where it sends none. ``notices_repeats`` is false where a repeated
    command acts again and nothing can be read back: then a doubt is written down before the command goes out once more. ``parcels`` says which
    tracking numbers it tells, for a label's void or a carrier's intercept, "" for none. ``takes_addresses``: where an order is to go can be
    written there.
    """

    partner: str
    stops_by: str
    proves: AckLevel
    pick_state: PickReading
    pick_state_from: str
    holds: str
    partial: bool
    idempotency: str
    limit: str
    signature: str
    deduplication: str
    trap: str
    notices_repeats: bool = True
    parcels: str = ""
    takes_addresses: bool = False


CAPABILITIES: Mapping[str, Capability] = {
    c.partner: c
    for c in (
        Capability(
            partner="generic_3pl",
            stops_by="POST /stop-ship, answered at once or through the callback",
            proves=AckLevel.PHYSICALLY_STOPPED,
            pick_state=PickReading.LIVE,
            pick_state_from="GET /orders/{ref}/pick-state, with the time at which it was true",
            holds="until the given deadline or released; by us or by the warehouse, which says so",
            partial=True,
            idempotency="Idempotency-Key, for ever",
            limit="429 with Retry-After",
            signature="HMAC-SHA256 with the time, over the raw body",
            deduplication="X-Stopship-Delivery",
            parcels="of each leg, with its lines",
            trap="a cancel in the system says nothing about the shelf",
        ),
        Capability(
            partner="amazon",
            stops_by="acknowledgement feed; the order itself, read back, is the answer",
            proves=AckLevel.ACCEPTED,
            pick_state=PickReading.NONE,
            pick_state_from="the seller's own warehouse",
            holds="",
            partial=False,
            idempotency="none: items that are cancelled already end a repeat",
            limit="x-amzn-RateLimit-Limit and 429, per operation and seller",
            signature="none: events come over the seller's EventBridge partner bus, or from Amazon's account into a queue of its own",
            deduplication="notificationId; a status by what it says",
            parcels="of each package that the seller has confirmed, with its items",
            trap="a feed that is DONE may have refused every item: only its processing report tells",
        ),
        Capability(
            partner="shopify",
            stops_by="fulfillment order hold; the order's cancel after proof",
            proves=AckLevel.ACCEPTED,
            pick_state=PickReading.NONE,
            pick_state_from="the warehouse; a fulfillment order's progress is its word at second hand",
            holds="until released; by whoever placed it, by the merchant, or by any app without a hold id",
            partial=True,
            idempotency="hold handle; @idempotent on refunds; cancel by reading first",
            limit="query cost with a restore rate, per shop",
            signature="HMAC-SHA256 over the raw body, two secrets during rotation",
            deduplication="X-Shopify-Webhook-Id",
            parcels="of each fulfillment, with its lines and work",
            trap="a cancelled order says nothing about a warehouse that has imported it",
            takes_addresses=True,
        ),
        Capability(
            partner="fulfillment-service",
            stops_by="the shop's cancellation request to the service, never twice; its answer by webhook, or read back in the shop",
            proves=AckLevel.SYSTEM_CANCELLED,
            pick_state=PickReading.EVENTS,
            pick_state_from="the fulfillment order's request status, and progress where the service is known to report it",
            holds="those of the shop, on each fulfillment order",
            partial=False,
            idempotency="none: merchant requests are looked at first, for the request status stays as it was",
            limit="the shop's",
            signature="the shop's",
            deduplication="the shop's; and one answer an attempt",
            trap="after a request its status is what it was before; a yes says nothing of the shelf",
        ),
        Capability(
            partner="netsuite",
            stops_by="sales order lines closed by line id, after proof",
            proves=AckLevel.ACCEPTED,
            pick_state=PickReading.NONE,
            pick_state_from="quantities fulfilled and billed, by line",
            holds="until released; by anybody with the role",
            partial=True,
            idempotency="reads first: a closed line stays closed",
            limit="concurrent requests per account, 429",
            signature="",
            deduplication="",
            trap="a PATCH without line ids replaces the lines",
        ),
        Capability(
            partner="shiphero",
            stops_by="order_cancel, without force and without void_on_platform; the order itself, read back, is the answer",
            proves=AckLevel.SYSTEM_CANCELLED,
            pick_state=PickReading.LIVE,
            pick_state_from="tote_picks, labels and pick-ups of the order; packed by Order Packed Out only",
            holds="client hold, until released; by the merchant's side only, and without a message that says so",
            partial=False,
            idempotency="none: reads first, and a cancelled order is not cancelled again",
            limit="credits (4,004, 60 a second back), error 30 with the time to wait; 429 over 7,000 requests in 5 minutes",
            signature="HMAC-SHA256 over the raw body, one secret per webhook",
            deduplication="X-Shiphero-Message-ID",
            parcels="of labels that were not given back, with the lines of their shipment",
            trap="force cancels an order that is labelled or shipped; void_on_platform cancels in the store as well",
        ),
        Capability(
            partner="shipbob",
            stops_by="POST /shipment:batchCancel, one result for each shipment, read back",
            proves=AckLevel.SYSTEM_CANCELLED,
            pick_state=PickReading.LIVE,
            pick_state_from="GET /shipment/{id}/timeline: picked, packed, labelled, taken by the carrier",
            holds="",
            partial=False,
            idempotency="none: shipments that are cancelled already are not asked for again",
            limit="150 requests a minute, 429 with x-retry-after",
            signature="Standard Webhooks: HMAC-SHA256 over id, time and raw body",
            deduplication="webhook-id",
            parcels="of each box, with its goods by SKU; the labels are on its own carrier accounts",
            trap="order.shipped and Completed mean a printed label, not a departure",
        ),
        Capability(
            partner="stripe",
            stops_by="",
            proves=AckLevel.SENT,
            pick_state=PickReading.NONE,
            pick_state_from="it holds the money and knows nothing of goods",
            holds="",
            partial=False,
            idempotency="Idempotency-Key for a day or more, then the refund's own metadata; a kept 5xx is repeated under its key",
            limit="429 with Retry-After, per account and object",
            signature="HMAC-SHA256 over the time and the raw body, several secrets while one is rolled",
            deduplication="event id",
            trap="a refund that succeeded can fail days later, and a pending one has not failed",
        ),
        Capability(
            partner="zendesk",
            stops_by="nothing: wishes come from its tickets, and their end is told there",
            proves=AckLevel.SENT,
            pick_state=PickReading.NONE,
            pick_state_from="the warehouse; a ticket knows nothing of the goods",
            holds="",
            partial=False,
            idempotency="none: a reference at the end of each comment is looked for first; adding a tag twice adds one",
            limit="200 to 2,500 requests a minute by plan, 30 updates of a ticket in 10 minutes; 429 with Retry-After",
            signature="base64 HMAC-SHA256 over the time and the raw body",
            deduplication="the ticket's fields; X-Zendesk-Webhook-Invocation-Id",
            trap="its trigger hears the desk's own comments; tags in a ticket update replace all others",
        ),
        Capability(
            partner="shipstation",
            stops_by="PUT /labels/{id}/void for each label, then PUT /shipments/{id}/cancel, read back",
            proves=AckLevel.SYSTEM_CANCELLED,
            pick_state=PickReading.NONE,
            pick_state_from="the warehouse that packs: a label tool knows labels and no shelves",
            holds="",
            partial=False,
            idempotency="none: what is voided or cancelled already is not asked for again",
            limit="429 with Retry-After, per account",
            signature="RSA-SHA256 over the time and the raw body, the vendor's published keys",
            deduplication="the hash of the body, for its messages carry no id",
            parcels="of labels that stand, with the lines of their shipment",
            trap="a void can be refused inside a 200, and a voided label puts the order back to work",
        ),
        Capability(
            partner="ups",
            stops_by="void of a label that was never scanned; a return to the sender asked of the carrier (Delivery Intercept v2)",
            proves=AckLevel.ACCEPTED,
            pick_state=PickReading.NONE,
            pick_state_from="none: it knows parcels from their first scan, which is the proof that they left",
            holds="",
            partial=False,
            idempotency="none: tracking and eligibility are read first, and what is voided or asked for is not asked for again",
            limit="429, per operation and client",
            signature="",
            deduplication="",
            trap="a void and a request can fail inside a 200, and a request that was taken may never be carried out",
        ),
        Capability(
            partner="email_vendor",
            stops_by="one mail with three signed links, and one reminder; the page behind a link takes a named person's answer",
            proves=AckLevel.PHYSICALLY_STOPPED,
            pick_state=PickReading.NONE,
            pick_state_from="nobody but the people there",
            holds="",
            partial=True,
            idempotency="none: a send in doubt is recorded, and the same links go out again",
            limit="the SES account's sending rate and quota",
            signature="HMAC-SHA256 over merchant, callback, answer and expiry, in each link",
            deduplication="the one-time callback behind all three links",
            trap="mail scanners open every link: only a form that somebody fills in and sends is an answer",
            notices_repeats=False,
        ),
    )
}


def only_people_know(partner: str) -> bool:
    """Whether no system of the partner's tells how far the work is, and the answer to a stop can be a person's word all the same."""
    row = CAPABILITIES.get(partner)
    return row is not None and row.pick_state is PickReading.NONE and row.proves is AckLevel.PHYSICALLY_STOPPED


def notices_repeats(partner: str) -> bool:
    row = CAPABILITIES.get(partner)
    return row is None or row.notices_repeats
