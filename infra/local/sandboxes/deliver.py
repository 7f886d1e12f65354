"""What partners send of their own accord: webhooks, callbacks, bus events. A queue and a worker that behave like a sender's outbox."""

import asyncio
import base64
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
WAIT_SECONDS = (*RETRY_SECONDS, 4.0, 8.0, 8.0, 8.0, 8.0)
"""For a desk that does not answer at all: it may be starting again."""
FINAL = frozenset({409, 410})
"""Answers that no repeat would change."""
ANSWER_SECONDS = 10.0

type Signer = Callable[["Message"], Mapping[str, str]]
"""Headers that depend on the moment of sending (a signature with its time stamp)."""


@dataclass(slots=True)
class Message:
    """One thing to deliver. ``url`` is absolute, or a path that is joined to the desk's address when it is sent.

    ``attempts`` are the status codes it got, 0 for "no answer". ``bus`` names a partner's event source, and so the bus of that name, instead of a URL; the body is
    then the detail and ``topic`` the detail type.
    """

    partner: str
    merchant: str
    topic: str
    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    bus: str = ""
    message_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    attempts: list[int] = field(default_factory=list)
    done: bool = False

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "body": base64.b64encode(self.body).decode()}


def message_from(raw: Mapping[str, Any]) -> Message:
    return Message(**{**raw, "body": base64.b64decode(raw["body"])})


class Deliver:
    """The outbox. ``desk_url`` and ``aws_endpoint`` come by the control endpoint; nothing is ever sent beyond this machine."""

    def __init__(self) -> None:
        self.desk_url = ""
        self.aws_endpoint = ""
        self.paused = False
        self.duplicates = 0
        self.signers: dict[str, Signer] = {}
        self.messages: list[Message] = []
        self._held: list[Message] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._http = httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False)

    def send(self, message: Message) -> str:
        """Queues it and gives its id. While the outbox is paused it waits for ``release``."""
        self.messages.append(message)
        if self.paused:
            self._held.append(message)
        else:
            self._start(message)
        return message.message_id

    def release(self, *, reverse: bool = False) -> None:
        """Ends the pause and sends what waited, the newest first when ``reverse``: messages then arrive out of order."""
        self.paused = False
        held, self._held = self._held, []
        if held:
            self._run(self._one_by_one(held[::-1] if reverse else held))

    def again(self, message_id: str) -> None:
        """The same message once more, as senders do that lost the first answer. Raises KeyError for an unknown id."""
        found = next((m for m in self.messages if m.message_id == message_id), None)
        if found is None:
            raise KeyError(message_id)
        self._start(found)

    def _start(self, message: Message) -> None:
        copies, self.duplicates = 1 + self.duplicates, 0
        for _ in range(copies):
            self._run(self._carry(message))

    def _run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _one_by_one(self, messages: list[Message]) -> None:
        for message in messages:
            await self._carry(message)

    async def _carry(self, message: Message) -> None:
        await asyncio.sleep(message.delay)
        # Each trouble has its own patience: a desk that is up again after a long silence may refuse the first message.
        refused, unanswered = iter(RETRY_SECONDS), iter(WAIT_SECONDS)
        while True:
            status = await (self._put(message) if message.bus else self._post(message))
            message.attempts.append(status)
            if 200 <= status < 300 or status in FINAL:
                break
            pause = next(refused if status else unanswered, None)
            if pause is None:
                break
            await asyncio.sleep(pause)
        message.done = True

    async def _post(self, message: Message) -> int:
        url = message.url if "://" in message.url else self.desk_url.rstrip("/") + message.url
        if urlsplit(url).hostname not in LOOPBACK:
            return 0
        sign = self.signers.get(message.partner)
        headers = {"Content-Type": "application/json", **message.headers, **(sign(message) if sign else {})}
        try:
            answer = await self._http.post(url, content=message.body, headers=headers)
        except httpx.TransportError:
            return 0
        return answer.status_code

    async def _put(self, message: Message) -> int:
        """A partner's event to the emulated account."""
        if urlsplit(self.aws_endpoint).hostname not in LOOPBACK:
            return 0
        return await asyncio.to_thread(self._put_event, message)

    def _put_event(self, message: Message) -> int:
        events = boto3.client(
            "events",
            endpoint_url=self.aws_endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator checks none
        )
        entry = {"Source": message.bus, "DetailType": message.topic, "Detail": message.body.decode()}
        try:
            return 200 if events.put_partner_events(Entries=[entry])["FailedEntryCount"] == 0 else 500
        except (BotoCoreError, ClientError):
            return 0

    async def close(self) -> None:
        """Ends the worker. What is not delivered stays in ``messages`` with ``done`` false."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    def save(self) -> dict[str, Any]:
        return {
            "desk_url": self.desk_url,
            "aws_endpoint": self.aws_endpoint,
            "messages": [m.as_json() for m in self.messages],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Takes up where the last process stopped: what was not delivered goes out again."""
        self.desk_url, self.aws_endpoint = saved["desk_url"], saved["aws_endpoint"]
        self.messages = [message_from(raw) for raw in saved["messages"]]
        for message in self.messages:
            if not message.done:
                self._start(message)


def json_body(value: Any) -> bytes:
    """The bytes that are signed are the bytes that are sent."""
    return json.dumps(value, separators=(",", ":")).encode()
