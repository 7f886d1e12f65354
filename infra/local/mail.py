"""Mail from outside comes in as SES would bring it: by the active receipt rules, into their bucket, and told on their topic.

What only SES knows (who was let in, what the checks found) is said here as it says it: Amazon SES developer guide, "Contents of notifications
for Amazon SES email receiving".
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any, Protocol

PASSED = {"spam": "PASS", "virus": "PASS", "spf": "PASS", "dkim": "PASS", "dmarc": "PASS"}


class Account(Protocol):
    """What is needed of the emulator."""

    def client(self, service: str) -> Any: ...


class NobodyReceives(LookupError):
    """No active receipt rule wants mail for these addresses: SES would refuse it at the door."""


def deliver(
    account: Account, raw: bytes, source: str, recipients: Sequence[str], verdicts: Mapping[str, str] = PASSED
) -> str:
    """``source`` and ``recipients`` are the envelope's. Gives the id that SES gives the mail. Raises NobodyReceives."""
    action, wanted = _matching(account, recipients)
    message_id = secrets.token_hex(20)
    key = f"{action.get('ObjectKeyPrefix', '')}{message_id}"
    account.client("s3").put_object(Bucket=action["BucketName"], Key=key, Body=raw)
    told = notification(raw, message_id, source, wanted, verdicts, action, key)
    account.client("sns").publish(
        TopicArn=action["TopicArn"], Message=json.dumps(told), Subject="Amazon SES Email Receipt Notification"
    )
    return message_id


def notification(
    raw: bytes,
    message_id: str,
    source: str,
    recipients: Sequence[str],
    verdicts: Mapping[str, str],
    action: Mapping[str, str],
    key: str,
) -> dict[str, Any]:
    """What SES publishes for an S3 action."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    headers = [{"name": name, "value": str(value)} for name, value in message_from_bytes(raw).items()]
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": now,
            "source": source,
            "messageId": message_id,
            "destination": list(recipients),
            "headersTruncated": False,
            "headers": headers,
            "commonHeaders": {},
        },
        "receipt": {
            "timestamp": now,
            "processingTimeMillis": 431,
            "recipients": list(recipients),
            **{f"{name}Verdict": {"status": status} for name, status in verdicts.items()},
            "action": {
                "type": "S3",
                "topicArn": action["TopicArn"],
                "bucketName": action["BucketName"],
                "objectKeyPrefix": action.get("ObjectKeyPrefix", ""),
                "objectKey": key,
            },
        },
    }


def _matching(account: Account, recipients: Sequence[str]) -> tuple[Mapping[str, str], list[str]]:
    """The S3 action of the first active rule that wants any of the addresses, and those that it wants."""
    active = account.client("ses").describe_active_receipt_rule_set()
    for rule in active.get("Rules", []):
        wanted = [x for x in recipients if rule.get("Enabled") and _wants(rule.get("Recipients", []), x)]
        actions = [action["S3Action"] for action in rule.get("Actions", []) if "S3Action" in action]
        if wanted and actions:
            return actions[0], wanted
    raise NobodyReceives(", ".join(recipients))


def _wants(conditions: Sequence[str], address: str) -> bool:
    """An address stands for itself with any label, a domain for all its addresses; without conditions everything is wanted."""
    local, _, domain = address.lower().rpartition("@")
    return not conditions or bool(
        {domain, f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"} & set(conditions)
    )
