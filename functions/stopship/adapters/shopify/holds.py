"""Holds on a fulfillment order: ours are known by their handle, and nobody else's is ever touched."""

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import ShopifyClient, reading, refused
from stopship.adapters.shopify.gid import gid
from stopship.adapters.shopify.mapping import CHANNEL
from stopship.domain.ids import action_key
from stopship.domain.order import AckLevel, PlannedLeg, StopAnswer

_HANDLE_LIMIT = 64
# Shopify's own words for "that hold is there" (FulfillmentOrderHoldUserErrorCode).
_THERE_ALREADY = "DUPLICATE_FULFILLMENT_HOLD_HANDLE"


def case_of(key: str) -> str:
    """Every action key begins with its case."""
    return key.partition(":")[0]


def handle(key: str, leg_id: str) -> str:
    """The same for placing and releasing: from the case and the leg. Shopify keeps handles unique per app and
    fulfillment order, up to 64 characters (FulfillmentOrderHoldInput.handle)."""
    return action_key(case_of(key), leg_id, "hold")[:_HANDLE_LIMIT]


def place(client: ShopifyClient, leg: PlannedLeg, key: str) -> StopAnswer:
    """Shopify has no hold reason for a cancellation: OTHER, with the case in the notes and as external id.

    A hold proves nothing about the shelf: it is accepted, no more.
    """
    name, case = handle(key, leg.leg_id), case_of(key)
    hold = {
        "reason": "OTHER",
        "reasonNotes": f"Cancellation requested: {case}",
        "externalId": case,
        "handle": name,
        "notifyMerchant": False,
    }
    answer = client.run(documents.HOLD, {"id": _work_id(leg), "hold": hold})
    with reading("a hold"):
        errors = answer["fulfillmentOrderHold"]["userErrors"]
        if not errors or any(e["code"] == _THERE_ALREADY for e in errors):
            return StopAnswer(AckLevel.ACCEPTED, CHANNEL, reference=name)
        return StopAnswer(AckLevel.REJECTED, CHANNEL, reason=errors[0]["code"] or errors[0]["message"])


def release(client: ShopifyClient, leg: PlannedLeg, key: str) -> None:
    """Always by id: a release without ids would take everybody's holds away (fulfillmentOrderReleaseHold)."""
    name = handle(key, leg.leg_id)
    with reading("holds"):
        work = client.run(documents.HOLDS, {"id": _work_id(leg)})["fulfillmentOrder"]
        holds = work["fulfillmentHolds"] if work else []
        ours = [h["id"] for h in holds if h["handle"] == name and h["heldByRequestingApp"]]
    if not ours:
        return
    answer = client.run(documents.RELEASE_HOLD, {"id": _work_id(leg), "holds": ours})
    with reading("a release"):
        errors = answer["fulfillmentOrderReleaseHold"]["userErrors"]
    if errors:
        raise refused(errors, "HOLD_RELEASE_REFUSED")


def _work_id(leg: PlannedLeg) -> str:
    return leg.external_ref or gid("FulfillmentOrder", leg.leg_id)
