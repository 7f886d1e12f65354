"""The doors: an authentic message is kept, then queued, then answered. No partner and no state machine is on this path."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from stopship.application.ports import Evidence
from stopship.domain.errors import IdTaken
from stopship.frozen import frozen

UNROUTED = "_unrouted"
"""Stands for the merchant of a message whose sender or recipient nobody has connected."""
MAX_ID_BYTES = 500
"""Well under what a key of the ledger may be long (2,048 bytes in DynamoDB), with room for what stands before it."""


type Says = Callable[[bytes], object]
"""What a body says: of two under one id that say the same, the first stays, and the other is its repeat."""


def its_bytes(body: bytes) -> object:
    return body


def as_its_id(_body: bytes) -> object:
    """Where the desk has made the id of what a message says: whatever else is in the body, it is the same message."""
    return None


class IntakeQueue(Protocol):
    def send(self, message: dict[str, Any]) -> None:
        """Durable when it returns."""


class ListQueue(Protocol):
    def send_all(self, messages: Sequence[dict[str, Any]]) -> None:
        """Durable, all of them, when it returns; when it raises, some may be."""


@frozen
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
    says: Says = its_bytes,
    id_field: str = "",
) -> IntakeMessage:
    """Keeps the raw bytes, then queues the reference.

    A known id with a body that says something else is another message. With ``id_field``, the name of the field in which the sender
    chooses the id, IdTaken is raised, and nothing is queued: he is told. Without it the message gets an id of its own.
    """
    delivery = _recordable(delivery_id, body)
    key, digest = evidence.keep(merchant, source, delivery, body)
    own = hashlib.sha256(body).hexdigest()
    if digest != own and says(evidence.load(key)) != says(body):
        if id_field:
            raise IdTaken(id_field)
        delivery = _recordable(f"{delivery}:{own}", body)
        key, digest = evidence.keep(merchant, source, delivery, body)
    message = IntakeMessage(merchant, source, topic, delivery, key, digest, received_at, actor, why)
    queue.send(asdict(message))
    return message


def take_in_parts(
    evidence: Evidence,
    queue: ListQueue,
    *,
    merchant: str,
    source: str,
    parts: Sequence[tuple[str, str]],
    body: bytes,
    received_at: str,
    actor: str,
) -> None:
    """Keeps a body that holds several messages once, then queues a reference for each of its ``parts`` (topic, delivery id). Safe to
    repeat: what was queued before acts once."""
    key, digest = evidence.keep(merchant, source, hashlib.sha256(body).hexdigest(), body)
    queue.send_all(
        [
            asdict(IntakeMessage(merchant, source, topic, delivery, key, digest, received_at, actor))
            for topic, delivery in parts
        ]
    )


def _recordable(delivery_id: str, body: bytes) -> str:
    """The sender's id where it fits a key; else its hash, which is as good at telling repeats; without one the body's hash."""
    if not delivery_id:
        return hashlib.sha256(body).hexdigest()
    raw = delivery_id.encode("utf-8", "surrogatepass")
    fits = len(raw) <= MAX_ID_BYTES and delivery_id.isprintable()
    return delivery_id if fits else hashlib.sha256(raw).hexdigest()
