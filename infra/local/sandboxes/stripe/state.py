"""What Stripe keeps for one account: PaymentIntents with their one charge, refunds, and answers under idempotency keys."""

import secrets
import time
from dataclasses import dataclass, field


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def now() -> int:
    return int(time.time())


@dataclass(slots=True)
class Refund:
    """``release`` is of an authorisation: nothing was taken, and nothing goes over the balance."""

    amount: int
    status: str
    metadata: dict[str, str] = field(default_factory=dict)
    failure_reason: str = ""
    reason: str = ""
    release: bool = False
    refund_id: str = field(default_factory=lambda: new_id("re"))
    created: int = field(default_factory=now)


@dataclass(slots=True)
class Intent:
    """``authorized`` is what the charge reserved, ``captured`` what of it was taken; ``final`` says that no more of it can be.
    ``dispute`` is the dispute's status, "" without one."""

    amount: int
    currency: str
    metadata: dict[str, str]
    status: str
    authorized: int = 0
    captured: int = 0
    final: bool = False
    cancellation_reason: str = ""
    dispute: str = ""
    refunds: list[Refund] = field(default_factory=list)
    intent_id: str = field(default_factory=lambda: new_id("pi"))
    charge_id: str = field(default_factory=lambda: new_id("ch"))
    created: int = field(default_factory=now)

    @property
    def order_ref(self) -> str:
        return self.metadata.get("order_ref", "")

    @property
    def capturable(self) -> int:
        return self.authorized - self.captured if self.status == "requires_capture" else 0

    @property
    def refunded(self) -> int:
        return sum(r.amount for r in self.refunds if r.status not in ("failed", "canceled"))

    @property
    def refundable(self) -> int:
        paid_back = sum(r.amount for r in self.refunds if not r.release and r.status not in ("failed", "canceled"))
        return self.captured - paid_back


@dataclass(slots=True)
class Kept:
    """The answer that a key gives from now on, and to which request only."""

    path: str
    form: dict[str, str]
    status: int
    body: str
