"""FEED_PROCESSING_FINISHED: Amazon is through with a feed. It ends a wait; what became of each item, the processing report says.

Shape: FeedProcessingFinishedNotification (draft-07 schema of the SP-API models). A seller's other software submits feeds too, and their
ends are told as well: what is not of a type that the desk submits concerns it not.
"""

from collections.abc import Mapping
from typing import Any

from stopship.adapters.amazon import fields
from stopship.adapters.amazon.client import PARTNER
from stopship.adapters.amazon.feeds import OURS
from stopship.adapters.amazon.notifications import delivery_of
from stopship.application.take_in import IntakeMessage
from stopship.domain.signal import SubmissionEnd

TYPE = "FEED_PROCESSING_FINISHED"
ENDS = ("CANCELLED", "DONE", "FATAL")
_BODY = "payload.feedProcessingFinishedNotification"
_SELLER = "amzn1.merchant.o."


def normalise(message: IntakeMessage, detail: Mapping[str, Any]) -> SubmissionEnd | None:
    """None for another's feed. Raises InvalidInput naming the place."""
    ended = fields.get(detail, _BODY, dict)
    if fields.get(ended, "feedType", str, _BODY) not in OURS:
        return None
    return SubmissionEnd(
        merchant=message.merchant,
        channel=PARTNER,
        source=PARTNER,
        topic=TYPE,
        delivery_id=delivery_of(message, fields.get(detail, "notificationMetadata.notificationId", str)),
        reference=fields.get(ended, "feedId", str, _BODY),
        status=fields.one_of(ended, "processingStatus", ENDS, _BODY),
        received_at=message.received_at,
        raw_sha256=message.raw_sha256,
    )


def seller_of(detail: Mapping[str, Any]) -> str:
    """The seller that the feed was submitted for, "" when the notification names none (a vendor group). The account id holds it too."""
    payload = detail.get("payload")
    ended = payload.get("feedProcessingFinishedNotification") if isinstance(payload, Mapping) else None
    if not isinstance(ended, Mapping):
        return ""
    seller, account = ended.get("sellerId"), str(ended.get("accountId") or "")
    return str(seller) if seller else account.removeprefix(_SELLER) if account.startswith(_SELLER) else ""
