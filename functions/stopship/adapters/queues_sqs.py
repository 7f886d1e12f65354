"""Sending to SQS. A send that returned is durable: only then may a door answer 2xx."""

import json
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

_AT_ONCE = 10
"""Entries that SendMessageBatch takes (Amazon SQS API reference)."""
_TRIES = 3


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


def _body(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
