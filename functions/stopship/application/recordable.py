"""Whether a normalised message can be written down: a message that no ledger takes would go round in the queue for ever."""

from dataclasses import asdict

from stopship.application.take_in import MAX_ID_BYTES
from stopship.domain.chain import canonical
from stopship.domain.errors import InvalidInput
from stopship.domain.request import CancelRequest
from stopship.domain.signal import Signal, SubmissionEnd

MAX_BYTES = 200_000
"""Half of what one item may hold (400 KB in DynamoDB)."""
_IN_KEYS = ("channel", "order_ref", "delivery_id", "source", "reference")


def check_recordable(normal: CancelRequest | Signal | SubmissionEnd) -> None:
    """Raises InvalidInput for text that is not Unicode, and for what is too long. Never repeats the value."""
    facts = asdict(normal)
    for name in _IN_KEYS:
        if _size(name, facts.get(name, "")) > MAX_ID_BYTES:
            raise InvalidInput(name, f"is over {MAX_ID_BYTES} bytes", "send a shorter one")
    if sum(_size(name, value) for name, value in facts.items()) > MAX_BYTES:
        raise InvalidInput("message", f"names more than {MAX_BYTES} bytes of facts", "send it in parts")


def _size(name: str, value: object) -> int:
    try:
        return len(canonical(value).encode())
    except UnicodeEncodeError as error:
        raise InvalidInput(name, "holds what is not Unicode text", "send UTF-8") from error
