"""Sending to SQS. A send that returned is durable: only then may a door answer 2xx."""

import json
from collections.abc import Mapping
from typing import Any


class SqsQueue:
    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def send(self, message: Mapping[str, Any]) -> None:
        """The message as JSON. Raises botocore's ClientError when SQS did not take it."""
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(message, separators=(",", ":")))
