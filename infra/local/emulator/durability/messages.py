"""SQS: a message is journalled when it is accepted and forgotten when it is deleted.

Queues are filled by many hands: requests, event rules, state machines, dead-letter moves. All of them change the
queue's own list, so the list itself keeps the journal. What was in flight comes back visible; the count of receives
comes back too, so that a message that kills its reader still reaches the dead-letter queue.
"""

import copy
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from infra.local.emulator.durability.encoding import decode, encode
from infra.local.emulator.durability.journal import Journal, Statement
from infra.local.emulator.vendor import module, need, replace

queues = module("services.sqs")
AccountRegionScopedDict = need(module("core.responses"), "AccountRegionScopedDict")

MESSAGES = "messages"
DELETE = "DELETE FROM messages WHERE queue = ? AND id = ?"


def _insert(queue: str, message: dict[str, Any]) -> Statement:
    values = (queue, message["id"], encode(message), message.get("receive_count", 0))
    return "INSERT INTO messages (queue, id, message, received) VALUES (?, ?, ?, ?)", values


class Messages(list[dict[str, Any]]):
    """The messages of one queue, changed in place.

    MiniStack sweeps a queue by looking through its list and then putting a list of what stays in its place, while others
    add to it unlocked: what was added in between was lost. Here a look is a snapshot, and only what was seen in it can go.
    """

    journal: Journal

    def __init__(self, queue: str, messages: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(messages)
        self.queue = queue
        self._lock = threading.RLock()
        self._looked = threading.local()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._lock:
            seen = self[:]
        self._looked.ids = {message["id"] for message in seen}
        return iter(seen)

    def append(self, message: dict[str, Any]) -> None:
        queues._ensure_msg_fields(message)
        message.setdefault("id", queues.new_uuid())
        with self._lock:
            self.journal.write([_insert(self.queue, message)])
            super().append(message)

    def remove(self, message: dict[str, Any]) -> None:
        with self._lock:
            super().remove(message)
            self.journal.write([(DELETE, (self.queue, message["id"]))])

    def clear(self) -> None:
        with self._lock:
            super().clear()
            self.journal.write([("DELETE FROM messages WHERE queue = ?", (self.queue,))])

    def keep(self, kept: list[dict[str, Any]]) -> None:
        """``kept`` is what stays of what this thread saw when it last looked."""
        remaining = {message["id"] for message in kept}
        gone = self._looked.ids - remaining
        if not gone:
            return
        with self._lock:
            self.journal.write([(DELETE, (self.queue, identifier)) for identifier in gone])
            self[:] = [message for message in self[:] if message["id"] not in gone]

    def __deepcopy__(self, memo: dict[int, Any]) -> list[dict[str, Any]]:
        return copy.deepcopy(list(self), memo)


class Queue(dict[str, Any]):
    """One queue; it sees its list of messages being replaced."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name == MESSAGES and not isinstance(value, Messages):
            self[MESSAGES].keep(value)
        else:
            super().__setitem__(name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)


def _watched(queue: dict[str, Any], messages: Iterable[dict[str, Any]]) -> Queue:
    return Queue({**queue, MESSAGES: Messages(queue["attributes"]["QueueArn"], messages)})


class Queues(AccountRegionScopedDict):  # type: ignore[misc, valid-type]
    """All queues; a new one begins without the past of one of the same name."""

    __slots__ = ()

    def __setitem__(self, url: str, queue: dict[str, Any]) -> None:
        if not isinstance(queue, Queue):
            queue = _watched(queue, queue[MESSAGES])
            Messages.journal.write(
                [
                    ("DELETE FROM messages WHERE queue = ?", (queue[MESSAGES].queue,)),
                    *(_insert(queue[MESSAGES].queue, message) for message in queue[MESSAGES]),
                ]
            )
        super().__setitem__(url, queue)


def _collected(stock: Callable[..., Any]) -> Callable[..., Any]:
    def collect(queue: Queue, *rest: Any) -> Any:
        received: list[dict[str, Any]] = stock(queue, *rest)
        if received:
            update = "UPDATE messages SET received = ? WHERE queue = ? AND id = ?"
            arn = queue[MESSAGES].queue
            Messages.journal.write([(update, (each["receive_count"], arn, each["id"])) for each in received])
        return received

    return collect


def apply(journal: Journal) -> None:
    for name in ("_ensure_msg_fields", "new_uuid"):
        need(queues, name)
    Messages.journal = journal
    need(queues, "_queues").__class__ = Queues
    replace(queues, "_collect_msgs", _collected)


def _message(text: str, received: int) -> dict[str, Any]:
    message: dict[str, Any] = decode(text)
    visible = message["visible_at"] if received == 0 else time.time()
    return {**message, "receive_count": received, "receipt_handle": None, "visible_at": visible}


def restore(journal: Journal) -> None:
    store = queues._queues._data
    by_arn: dict[str, list[dict[str, Any]]] = {queue["attributes"]["QueueArn"]: [] for queue in store.values()}
    for arn, text, received in journal.read("SELECT queue, message, received FROM messages ORDER BY number"):
        by_arn.get(arn, []).append(_message(text, received))
    for key, queue in list(store.items()):
        messages = by_arn[queue["attributes"]["QueueArn"]]
        numbers = (int(message["seq"]) for message in messages if message.get("seq"))
        queue["fifo_seq"] = max((queue.get("fifo_seq", 0), *numbers))
        store[key] = _watched(queue, messages)
