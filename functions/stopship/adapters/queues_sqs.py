"""SQS: what is sent and durable, so that a door may answer 2xx, and the exceptions that wait in a queue for somebody."""

import json
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

from stopship.application.ports import QueuedWork

_AT_ONCE = 10
"""Entries that SendMessageBatch takes (Amazon SQS API reference)."""
_TRIES = 3
_LONGEST_HIDDEN = 43_200
"""Seconds (Amazon SQS developer guide, visibility timeout)."""
_NOT_OURS = ("InvalidParameterValue", "InvalidParameterValueException")


class NotQueued(RuntimeError):
    """SQS did not take all of a batch."""


class SqsQueue:
    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def send(self, message: Mapping[str, Any]) -> None:
        """The message as JSON. Raises botocore's ClientError when SQS did not take it."""
        self._client.send_message(QueueUrl=self._url, MessageBody=_body(message))

    def send_all(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """All of them. Raises NotQueued when SQS goes on refusing some: those before are durable."""
        for batch in batched(messages, _AT_ONCE, strict=False):
            entries = [{"Id": str(n), "MessageBody": _body(message)} for n, message in enumerate(batch)]
            for _ in range(_TRIES):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
                failed = {x["Id"] for x in answer.get("Failed", [])}
                entries = [x for x in entries if x["Id"] in failed]
                if not entries:
                    break
            else:
                raise NotQueued(f"{len(entries)} of {len(batch)} messages were refused")


class SqsWork:
    """The exception queues, by tier (``ports.WorkQueues``)."""

    def __init__(self, client: Any, urls: Mapping[str, str]) -> None:
        self._client, self._urls = client, urls

    def receive(self, tier: str, seconds: int) -> Sequence[QueuedWork]:
        answer = self._client.receive_message(
            QueueUrl=self._urls[tier], MaxNumberOfMessages=_AT_ONCE, VisibilityTimeout=seconds
        )
        return [_work(message) for message in answer.get("Messages", [])]

    def hide(self, tier: str, handle: str, seconds: int) -> bool:
        """SQS hides nothing for longer than twelve hours from its first receipt: what is asked for beyond is cut off."""
        failures = self._client.exceptions
        try:
            self._client.change_message_visibility(
                QueueUrl=self._urls[tier], ReceiptHandle=handle, VisibilityTimeout=min(seconds, _LONGEST_HIDDEN)
            )
        except (failures.MessageNotInflight, failures.ReceiptHandleIsInvalid):
            return False
        except self._client.exceptions.ClientError as error:
            # A message that is gone, or whose twelve hours are over, is refused as a wrong parameter.
            if error.response["Error"]["Code"] not in _NOT_OURS:
                raise
            return False
        return True

    def drop(self, tier: str, handle: str) -> None:
        try:
            self._client.delete_message(QueueUrl=self._urls[tier], ReceiptHandle=handle)
        except self._client.exceptions.ReceiptHandleIsInvalid:
            return


def _work(message: Mapping[str, Any]) -> QueuedWork:
    told = json.loads(message["Body"])
    return QueuedWork(told["merchant"], told["exception_id"], message["ReceiptHandle"])


def _body(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
