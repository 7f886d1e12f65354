"""The platform's side: ledger with crash points, evidence, timers, mail, policies."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from stopship.adapters.ledger_memory import MemoryLedger
from stopship.adapters.policy_file import effective, from_canonical
from stopship.application.escalate_exception import escalate_exception
from stopship.application.ports import Append, Callback, Ledger, Notice, Recorded
from stopship.domain import instant
from stopship.domain.errors import NotFound
from stopship.domain.policy import Policy

if TYPE_CHECKING:
    from tests.fakes.world import World


class CrashingLedger(MemoryLedger):
    """The ledger in memory, with a point at which the process may die before and after every write."""

    def __init__(self, point: Callable[[], None]) -> None:
        super().__init__()
        self._point = point

    def append(self, step: Append) -> Sequence[Recorded]:
        self._point()
        recorded = super().append(step)
        self._point()
        return recorded

    def rearm(self, callback: Callback) -> None:
        self._point()
        super().rearm(callback)
        self._point()


@dataclass
class KeptEvidence:
    kept: dict[str, bytes] = field(default_factory=dict)

    def key_of(self, merchant: str, source: str, delivery_id: str) -> str:
        return f"{merchant}/{source}/{delivery_id}"

    def keep(self, merchant: str, source: str, delivery_id: str, body: bytes) -> tuple[str, str]:
        key = self.key_of(merchant, source, delivery_id)
        return key, hashlib.sha256(self.kept.setdefault(key, body)).hexdigest()

    def load(self, key: str) -> bytes:
        if key not in self.kept:
            raise NotFound(f"evidence {key}")
        return self.kept[key]

    def erase(self, key: str) -> int:
        return 1 if self.kept.pop(key, None) is not None else 0

    def erase_source(self, merchant: str, source: str, but: str) -> int:
        return sum(self.erase(key) for key in list(self.kept) if key.startswith(f"{merchant}/{source}/") and key != but)


@dataclass
class AgendaTimers:
    """A timer is a background event of the agenda; ``lost`` ones never ring."""

    world: "World"
    lost: bool = False
    names: set[str] = field(default_factory=set)

    def at(self, name: str, when: str, payload: Mapping[str, str]) -> None:
        if name in self.names:
            return
        self.names.add(name)
        if self.lost:
            return

        def ring() -> None:
            escalate_exception(self.world.desk, payload["merchant"], payload["exception_id"])

        self.world.agenda.at(instant.parse(when), lambda: self.world.door(ring), background=True)


@dataclass(frozen=True)
class Told:
    at: str
    way: str
    notice: Notice


@dataclass
class ToldPeople:
    """Who was told that an exception grows old, in order; each way may be out of order."""

    world: "World"
    told: list[Told] = field(default_factory=list)

    def tell(self, way: str, notice: Notice) -> None:
        def run() -> None:
            self.told.append(Told(self.world.clock.now(), way, notice))

        self.world.call(f"notice.{way}", run)


@dataclass(frozen=True)
class Mail:
    sender: str
    to: str
    subject: str
    text: str
    template: str
    headers: Mapping[str, str]
    message_id: str


@dataclass
class SentMail:
    world: "World"
    sent: list[Mail] = field(default_factory=list)

    def send(
        self,
        sender: str,
        to: str,
        subject: str,
        text: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        def run() -> str:
            self.world.did("mail", tags["case"], tags["template"], subject)
            message_id = f"mail-{len(self.world.effects)}"
            self.sent.append(Mail(sender, to, subject, text, tags["template"], headers or {}, message_id))
            return message_id

        return self.world.call("mail.send", run)


@dataclass
class KeptPolicies:
    """A merchant's policy is the packaged default with ``override`` on top, and is kept in the ledger when a case may pin it."""

    ledger: Ledger
    override: str = ""

    def current(self, merchant: str) -> Policy:
        text, policy = effective(self.override)
        self.ledger.save_policy(merchant, policy.hash, text)
        return policy

    def pinned(self, merchant: str, policy_hash: str) -> Policy:
        return _kept(self.ledger.policy_text(merchant, policy_hash))


_kept = cache(from_canonical)
