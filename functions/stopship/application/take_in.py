"""The doors: an authentic message is kept, then queued, then answered. No partner and no state machine is on this path."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from stopship.application.ports import Evidence


class IntakeQueue(Protocol):
    def send(self, message: dict[str, Any]) -> None:
        """Durable when it returns."""


@dataclass(frozen=True, slots=True)
class IntakeMessage:
    """What waits in the intake queue: where the raw message lies, never the message itself.

    ``why`` is "" for a message to be normalised, else the reason why a person must look at it.
    """

    merchant: str
    source: str
    topic: str
    delivery_id: str
    evidence_key: str
    raw_sha256: str
    received_at: str
    actor: str = ""
    why: str = ""


def take_in(
    evidence: Evidence,
    queue: IntakeQueue,
    *,
    merchant: str,
    source: str,
    topic: str,
    delivery_id: str,
    body: bytes,
    received_at: str,
    actor: str = "",
    why: str = "",
) -> IntakeMessage:
    """Keeps the raw bytes, then queues the reference. ``delivery_id`` "" falls back to the hash of the body."""
    delivery = delivery_id or hashlib.sha256(body).hexdigest()
    key, digest = evidence.keep(merchant, source, delivery, body)
    message = IntakeMessage(merchant, source, topic, delivery, key, digest, received_at, actor, why)
    queue.send(asdict(message))
    return message
