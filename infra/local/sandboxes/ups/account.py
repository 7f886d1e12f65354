"""One merchant's parcels at UPS."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.traps import Trap

PARTNER: Final = "ups"
TOKEN_SECONDS: Final = 14_399
SCANNED: Final = frozenset({"P", "I", "X", "O", "D", "RS"})
ENDED: Final = frozenset({"D", "RS", "MV"})


def moment() -> tuple[str, str]:
    """Date and time in GMT as the tracking answer has them: the time without its leading zeros."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d}", f"{now:%H%M%S}".lstrip("0") or "0"


@dataclass(slots=True)
class Parcel:
    """``activity`` is [type, code, date, time], oldest first. ``intercept`` is "", "taken" or "ignored" (taken, and never carried out)."""

    number: str
    order_ref: str
    cost: str = "21.00"
    currency: str = "USD"
    ours: bool = True
    intercept: str = ""
    activity: list[list[str]] = field(default_factory=list)

    @property
    def type(self) -> str:
        return self.activity[-1][0]

    @property
    def scanned(self) -> bool:
        return any(one[0] in SCANNED for one in self.activity)

    def scan(self, type_: str, code: str = "") -> None:
        self.activity.append([type_, code or type_, *moment()])


class Account:
    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.parcels: dict[str, Parcel] = {}
        self.tokens: dict[str, float] = {}
        self._last = 0

    def setting(self, name: str, default: Any = "") -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def write(self, operation: str, parcel: Parcel) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, parcel.order_ref, "", {"number": parcel.number})

    # ---------------------------------------------------------------------------------------- tokens

    def new_token(self) -> tuple[str, int]:
        token, seconds = secrets.token_urlsafe(24), int(self.setting("token_seconds", TOKEN_SECONDS))
        self.tokens[token] = time.time() + seconds
        return token, seconds

    def good(self, token: str) -> bool:
        return self.tokens.get(token, 0.0) > time.time()

    # ---------------------------------------------------------------------------------------- parcels

    def label(self, order_ref: str, **more: Any) -> Parcel:
        self._last += 1
        number = more.pop("number", "") or f"1Z{self.setting('account', 'A1B2C3')}03{self._last:08d}"
        made = Parcel(number, order_ref, **more)
        made.scan("M", "MP")
        self.parcels[number] = made
        return made

    def deliver(self, parcel: Parcel) -> None:
        """The day of delivery: what was asked for in time comes back, everything else arrives."""
        if parcel.intercept == "taken":
            parcel.scan("RS")
            self.write("returned", parcel)
            return
        parcel.scan("D", "KB")
        self.write("delivered", parcel)

    def void(self, parcel: Parcel, trap: Trap | None) -> bool:
        if trap and trap.kind == "rejected":
            return False
        if parcel.type == "MV":
            return True
        if parcel.scanned or not parcel.ours:
            return False
        parcel.scan("MV", "VP")
        self.write("void", parcel)
        return True

    # ---------------------------------------------------------------------------------------- intercepts

    def may_create(self, parcel: Parcel) -> bool:
        return not parcel.intercept and parcel.ours and parcel.type not in (*ENDED, "O")

    def may_cancel(self, parcel: Parcel) -> bool:
        return bool(parcel.intercept) and parcel.type not in ENDED

    def take(self, parcel: Parcel, trap: Trap | None) -> bool:
        if (trap and trap.kind == "rejected") or not self.may_create(parcel):
            return False
        parcel.intercept = "ignored" if trap and trap.kind == "false_ok" else "taken"
        self.write("intercept", parcel)
        return True

    def untake(self, parcel: Parcel, trap: Trap | None) -> bool:
        if (trap and trap.kind == "rejected") or not self.may_cancel(parcel):
            return False
        parcel.intercept = ""
        self.write("cancel", parcel)
        return True

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {
            "last": self._last,
            "tokens": self.tokens,
            "parcels": [asdict(parcel) for parcel in self.parcels.values()],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        self._last, self.tokens = saved["last"], dict(saved["tokens"])
        self.parcels = {raw["number"]: Parcel(**raw) for raw in saved["parcels"]}
