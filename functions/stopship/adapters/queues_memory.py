"""The exception queues in memory, for tests of use cases. ``now`` gives seconds since 1970."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from stopship.application.ports import QueuedWork

_AT_ONCE = 10


@dataclass
class _Message:
    merchant: str
    exception_id: str
    visible_at: float = 0.0
    handle: str = ""


class MemoryWork:
    """Behaves as SQS is promised to: a delivery has a handle of its own, and an old one stands for nothing once the message was given again."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._numbers = count(1)
        self.queued: dict[str, list[_Message]] = {}

    def send(self, tier: str, message: Mapping[str, str]) -> None:
        self.queued.setdefault(tier, []).append(_Message(message["merchant"], message["exception_id"]))

    def receive(self, tier: str, seconds: int) -> Sequence[QueuedWork]:
        found = [x for x in self.queued.get(tier, []) if x.visible_at <= self._now()][:_AT_ONCE]
        for message in found:
            message.visible_at = self._now() + seconds
            message.handle = f"delivery-{next(self._numbers)}"
        return [QueuedWork(x.merchant, x.exception_id, x.handle) for x in found]

    def hide(self, tier: str, handle: str, seconds: int) -> bool:
        for message in self.queued.get(tier, []):
            if message.handle == handle and message.visible_at > self._now():
                message.visible_at = self._now() + seconds
                return True
        return False

    def drop(self, tier: str, handle: str) -> None:
        self.queued[tier] = [x for x in self.queued.get(tier, []) if x.handle != handle]
