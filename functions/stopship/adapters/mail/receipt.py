"""What SES says of a mail that it has received: who it was for, where it lies, and what the checks found."""

import json
from collections.abc import Mapping
from typing import Any

from stopship.domain import instant
from stopship.domain.errors import InvalidInput
from stopship.frozen import frozen

PASS, FAIL = "PASS", "FAIL"
GRAY = "GRAY"
"""The check came to no conclusion; for SPF, DKIM and DMARC also: the domain publishes nothing."""
_VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")


@frozen
class Receipt:
    """``recipients`` are the envelope's, as far as a receipt rule wanted them. ``source`` is the envelope sender, "" for none. ``verdicts``
    by check: PASS, FAIL, GRAY, PROCESSING_FAILED or ``missing``."""

    message_id: str
    recipients: tuple[str, ...]
    source: str
    received_at: str
    bucket: str
    key: str
    verdicts: Mapping[str, str]


def parse(notification: str) -> Receipt:
    """From the JSON text of an S3 action's notification. Raises InvalidInput for anything else."""
    try:
        told = json.loads(notification)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("notification", "is not JSON") from error
    if not isinstance(told, dict) or told.get("notificationType") != "Received":
        raise InvalidInput("notificationType", "is not Received")
    receipt, mail = _object(told, "receipt"), _object(told, "mail")
    action = _object(receipt, "action")
    if action.get("type") != "S3":
        raise InvalidInput("receipt.action.type", "is not S3")
    return Receipt(
        message_id=_text(mail, "messageId"),
        recipients=_recipients(receipt),
        source=_optional(mail.get("source")).strip().strip("<>"),
        received_at=_moment(_text(mail, "timestamp")),
        bucket=_text(action, "bucketName"),
        key=_text(action, "objectKey"),
        verdicts={name: _verdict(receipt, name) for name in _VERDICTS},
    )


def route(address: str) -> str:
    """What the address is called among the routes: ``cancel+label@shop.example`` is ``shop.example/cancel``. Parameter Store knows neither
    "@" nor "+"."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{domain}/{local.partition('+')[0]}"


def _verdict(receipt: Mapping[str, Any], name: str) -> str:
    found = receipt.get(f"{name}Verdict")
    status = found.get("status") if isinstance(found, Mapping) else None
    return status if isinstance(status, str) and status in (PASS, FAIL, GRAY, "PROCESSING_FAILED") else "missing"


def _recipients(receipt: Mapping[str, Any]) -> tuple[str, ...]:
    found = receipt.get("recipients")
    if not isinstance(found, list) or not found or not all(isinstance(x, str) and x for x in found):
        raise InvalidInput("receipt.recipients", "names nobody")
    return tuple(dict.fromkeys(x.strip().lower() for x in found))


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    if not isinstance(found, Mapping):
        raise InvalidInput(name, "is missing or no object")
    return found


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        raise InvalidInput(name, "is missing or no text")
    return found


def _optional(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: str) -> str:
    try:
        return instant.normal(value)
    except ValueError as error:
        raise InvalidInput("mail.timestamp", "is no moment") from error
