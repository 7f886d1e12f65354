"""A desk on which nothing happens: the steps run as they are, on the case as it is, and what they would do outside is written down.

What is read is read live; what is written stays here. So a plan is made by the very code that will carry it out, and by no second
opinion about what that code does.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, cast

from stopship.application.context import Desk
from stopship.application.kept_address import address_key
from stopship.application.ports import (
    Append,
    Callback,
    CancelCommand,
    CancelProgress,
    Carrier,
    CarrierAnswer,
    Evidence,
    ExceptionItem,
    Ledger,
    MoveAnswer,
    OrderSystem,
    Partners,
    Payments,
    Recorded,
    StopCommand,
    VoidAnswer,
    VoidState,
    Warehouse,
)
from stopship.domain.address import ShippingAddress
from stopship.domain.case import Case
from stopship.domain.money import MoneyMove, MoveKind, MoveState, PaymentSnapshot
from stopship.domain.order import AckLevel, PlannedLeg, StopAnswer
from stopship.domain.plan import PlannedCall, PlannedMoney
from stopship.domain.request import Reason


class Reached(Exception):
    """A step has said all that it would do now. ``fact`` says what the rehearsal takes for granted next."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


CANCELLED = "cancelled"
ERP_UPDATED = "erp_updated"


@dataclass
class Script:
    """What would be done, in order."""

    calls: list[PlannedCall] = field(default_factory=list)
    money: list[PlannedMoney] = field(default_factory=list)
    voided: set[str] = field(default_factory=set)
    """Ids of authorisations."""

    def call(self, system: str, what: str, *, reversible: bool) -> None:
        self.calls.append(PlannedCall(system, what, reversible))


def rehearsing(desk: Desk, case: Case, recorded: Sequence[Recorded]) -> tuple[Desk, Script]:
    """``recorded`` are the case's events, of which ``case`` is the sum."""
    script = Script()
    partners = _Partners(desk.partners, script)
    copy = replace(
        desk,
        ledger=cast("Ledger", _Ledger(desk.ledger, case, list(recorded))),
        partners=cast("Partners", partners),
        tasks=_NobodyWaits(),
        timers=_NoTimer(),
        mailer=_Mailer(script),
        new_id=lambda: "rehearsal",
    )
    return copy, script


# ---------------------------------------------------------------------------------------------- the evidence


class _WithAddress:
    """The evidence, and in it the address that the answer will bring: it is kept when the answer is given, and no sooner."""

    def __init__(self, real: Evidence, key: str, address: ShippingAddress) -> None:
        self._real, self._key, self._address = real, key, address

    def load(self, key: str) -> bytes:
        return self._address.as_bytes if key == self._key else self._real.load(key)

    def key_of(self, merchant: str, source: str, delivery_id: str) -> str:
        return self._real.key_of(merchant, source, delivery_id)


def with_address(real: Evidence, item: ExceptionItem, address: ShippingAddress | None) -> Evidence:
    if address is None:
        return real
    key = address_key(real, item.merchant, item.exception_id, address.sha256)
    return cast("Evidence", _WithAddress(real, key, address))


# ---------------------------------------------------------------------------------------------- the ledger

_READS = frozenset(
    {
        "book",
        "callback",
        "delivery_case",
        "doors",
        "evidence_of",
        "exception",
        "lease",
        "lock_of",
        "market_orders",
        "orders_counted",
        "policy_text",
        "seller_cancels",
        "sweep_state",
    }
)


class _Ledger:
    """The real one, with what the rehearsal adds on top of one case, in memory. Nothing reaches the store; a write that is not listed here does
    not exist."""

    def __init__(self, real: Ledger, case: Case, recorded: list[Recorded]) -> None:
        self._real, self._place, self._recorded = real, (case.merchant, case.case_id), recorded
        self._doors: list[Callback] = []

    def __getattr__(self, name: str) -> Any:
        if name not in _READS:
            raise AttributeError(name)
        return getattr(self._real, name)

    def append(self, step: Append) -> Sequence[Recorded]:
        if (step.merchant, step.case_id) != self._place or step.expected_version != len(self._recorded):
            raise ValueError("a rehearsal is of one case, in one thread of facts")
        added = [
            Recorded(step.expected_version + n, step.at, new.key, new.event)
            for n, new in enumerate(step.events, start=1)
        ]
        self._recorded += added
        self._doors += [x for x in step.callbacks if x.state == "open"]
        return added

    def load(self, merchant: str, case_id: str) -> Sequence[Recorded]:
        return list(self._recorded) if (merchant, case_id) == self._place else self._real.load(merchant, case_id)

    def waiting(self, merchant: str, case_id: str) -> Sequence[Callback]:
        """Doors that the rehearsal itself has opened: behind the real ones somebody waits who is not in it."""
        return self._doors

    def rearm(self, callback: Callback) -> None:
        """Nobody waits behind it."""

    def note_seller_cancel(self, merchant: str, cancel: object) -> None:
        """A figure of what has happened: nothing has."""

    def save_policy(self, merchant: str, policy_hash: str, text: str) -> None:
        """It is kept already, or a case could not have pinned it."""


class _NobodyWaits:
    def wake(self, token: str, output: Mapping[str, str]) -> bool:
        return False


class _NoTimer:
    def at(self, name: str, when: str, payload: Mapping[str, str]) -> None:
        """Nothing will be due."""


@dataclass
class _Mailer:
    script: Script

    def send(
        self,
        sender: str,
        to: str,
        subject: str,
        text: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        self.script.call("mail", f"tell the customer: {tags['template'].replace('_', ' ')}", reversible=False)
        return "rehearsal"


# ---------------------------------------------------------------------------------------------- partners


class _Partners:
    """Every connection as it is, but for what it would change."""

    def __init__(self, real: Partners, script: Script) -> None:
        self._real, self._script = real, script

    def __getattr__(self, name: str) -> Any:
        """places, hold_first and sender only tell."""
        if name not in ("places", "hold_first", "sender"):
            raise AttributeError(name)
        return getattr(self._real, name)

    def on_lane(self, *, urgent: bool) -> "_Partners":
        return _Partners(self._real.on_lane(urgent=urgent), self._script)

    def turn(self, merchant: str, name: str) -> AbstractContextManager[None]:
        """A turn is for who acts; reading has its own."""
        return nullcontext()

    def order_system(self, merchant: str, channel: str) -> Any:
        return _OrderSystem(self._real.order_system(merchant, channel), channel, self._script)

    def warehouses(self, merchant: str) -> Mapping[str, Any]:
        return {name: _Warehouse(x, name, self._script) for name, x in self._real.warehouses(merchant).items()}

    def erp(self, merchant: str) -> Any:
        real = self._real.erp(merchant)
        return _Writes(real, {"update": self._erp_update}) if real else None

    def _erp_update(self, *_: object) -> None:
        self._script.call("netsuite", "close the stopped lines, and write why", reversible=False)
        raise Reached(ERP_UPDATED)

    def payments(self, merchant: str, channel: str) -> Any:
        real = self._real.payments(merchant, channel)
        return _Payments(real, self._script) if real else None

    def refunds_by_person(self, merchant: str, channel: str) -> Any:
        real = self._real.refunds_by_person(merchant, channel)
        return _Payments(real, self._script) if real else None

    def tickets(self, merchant: str, source: str) -> Any:
        real = self._real.tickets(merchant, source)
        return _Writes(real, {"tell": self._note(source, "answer the ticket", None)}) if real else None

    def buyer_messages(self, merchant: str, channel: str) -> Any:
        real = self._real.buyer_messages(merchant, channel)
        return _Writes(real, {"send": self._note(channel, "tell the buyer the outcome", "sent")}) if real else None

    def carrier(self, merchant: str, name: str) -> Any:
        real = self._real.carrier(merchant, name)
        return _Carrier(real, name, self._script) if real else None

    def _note(self, system: str, what: str, answer: object) -> Callable[..., object]:
        def write(*_: object) -> object:
            self._script.call(system, what, reversible=False)
            return answer

        return write


class _Writes:
    """A partner whose named writes are written down; all else is the partner's own answer."""

    def __init__(self, real: object, writes: Mapping[str, Callable[..., object]]) -> None:
        self._real, self._writes = real, writes

    def __getattr__(self, name: str) -> Any:
        return self._writes[name] if name in self._writes else getattr(self._real, name)


class _OrderSystem:
    def __init__(self, real: OrderSystem, channel: str, script: Script) -> None:
        self._real, self._channel, self._script = real, channel, script

    def __getattr__(self, name: str) -> Any:
        if name not in ("read_order", "read_cancel", "expected_work", "parcels"):
            raise AttributeError(name)
        return getattr(self._real, name)

    def place_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> StopAnswer:
        self._script.call(self._channel, f"hold {leg.leg_id}", reversible=True)
        return StopAnswer(AckLevel.ACCEPTED, self._channel)

    def release_hold(self, order_ref: str, leg: PlannedLeg, key: str) -> None:
        self._script.call(self._channel, f"release the hold on {leg.leg_id}", reversible=True)

    def change_address(self, order_ref: str, address: ShippingAddress, key: str) -> None:
        self._script.call(self._channel, "write the shipping address", reversible=True)

    def cancel(self, command: CancelCommand) -> CancelProgress:
        what = "the whole order" if command.full else f"lines {_listed(command.lines)}"
        self._script.call(self._channel, f"cancel {what}", reversible=False)
        raise Reached(CANCELLED)

    def open_return(self, order_ref: str, lines: Mapping[str, int], key: str) -> str:
        self._script.call(self._channel, f"open a return for {_listed(lines)}", reversible=True)
        return "rehearsal"

    def contact(self, order_ref: str) -> str:
        """Who it is does not matter to a plan, so nobody asks."""
        return "customer@example.invalid"


class _Warehouse:
    def __init__(self, real: Warehouse, name: str, script: Script) -> None:
        self._real, self._name, self._script = real, name, script

    def __getattr__(self, name: str) -> Any:
        """``read_answer`` too, of those that have it."""
        if name not in ("read_pick_state", "parcels", "read_answer"):
            raise AttributeError(name)
        return getattr(self._real, name)

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:
        self._script.call(self._name, "hold the order's work", reversible=True)
        return StopAnswer(AckLevel.ACCEPTED, self._name)

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        self._script.call(self._name, "release the hold on the order's work", reversible=True)

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        how = "hold the goods back by hand" if command.physical else "cancel the work"
        self._script.call(self._name, f"ask to {how}: {_listed(command.lines)}", reversible=False)
        return StopAnswer(AckLevel.ACCEPTED, self._name)


class _Carrier:
    def __init__(self, real: Carrier, name: str, script: Script) -> None:
        self._real, self._name, self._script = real, name, script

    def __getattr__(self, name: str) -> Any:
        if name not in ("owns", "track", "offer"):
            raise AttributeError(name)
        return getattr(self._real, name)

    def void(self, number: str) -> VoidAnswer:
        self._script.call(self._name, "void a label", reversible=False)
        return VoidAnswer(VoidState.VOIDED)

    def intercept(self, number: str, reason: Reason) -> CarrierAnswer:
        self._script.call(self._name, "bring a parcel back", reversible=True)
        return CarrierAnswer(accepted=True)

    def cancel_intercept(self, number: str) -> CarrierAnswer:
        self._script.call(self._name, "let a parcel go on", reversible=True)
        return CarrierAnswer(accepted=True)


class _Payments:
    """What was moved in the rehearsal is gone from the readings that follow."""

    def __init__(self, real: Payments, script: Script) -> None:
        self._real, self._script = real, script
        self._voided = script.voided

    def __getattr__(self, name: str) -> Any:
        if name != "quote":
            raise AttributeError(name)
        return getattr(self._real, name)

    def read(self, order_ref: str) -> PaymentSnapshot:
        snapshot = self._real.read(order_ref)
        after = tuple(
            replace(x, expired=True) if x.transaction_id in self._voided else x for x in snapshot.transactions
        )
        return replace(snapshot, transactions=after)

    def move(self, order_ref: str, move: MoneyMove) -> MoveAnswer:
        why = f"for {_listed(move.lines)}" if move.lines else "nothing was captured of it"
        self._script.call("payments", f"{move.kind} {move.amount} {move.currency}", reversible=False)
        self._script.money.append(PlannedMoney(str(move.kind), str(move.amount), move.currency, why))
        if move.kind is MoveKind.VOID:
            self._voided.add(move.parent_id)
        return MoveAnswer(MoveState.DONE, "rehearsal")


def _listed(lines: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} x {line}" for line, quantity in sorted(lines.items()))
