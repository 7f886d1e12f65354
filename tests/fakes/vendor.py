"""A drop shipper with a mailbox: the desk's own mail adapter writes to him, and his people open links and send forms."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stopship.adapters.email_vendor.warehouse import EmailVendorConnection, EmailVendorWarehouse
from stopship.application.ports import StopCommand
from stopship.domain.carrier import Parcel
from stopship.domain.order import PickObservation, PickState, StopAnswer
from tests.fakes.order_book import Order, Work

if TYPE_CHECKING:
    from tests.fakes.world import World

SECRET = "links-1"
_LINK = re.compile(r"https://\S+/vendor-answers/(\S+\.(\w+)\.\d+\.\S+)")


class Habit(StrEnum):
    """What his people do with a mail."""

    STOPPED = "stopped"
    TOO_LATE = "too_late"
    CARRIER = "carrier"
    """Too late, and they tick that a carrier has the goods."""
    PARTLY = "partly"
    """One piece of every line is held back."""
    SILENT = "silent"


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str

    @property
    def tokens(self) -> dict[str, str]:
        """By the answer that they stand for."""
        return {answer: token for token, answer in _LINK.findall(self.text)}


@dataclass
class Vendor:
    """``browse`` opens (method, token, form) at the desk and gives the status. ``scanned``: something opens every link before him."""

    world: "World"
    browse: Callable[[str, str, Mapping[str, str]], int]
    name: str = "atelier"
    habit: Habit = Habit.STOPPED
    answers_after: float = 60
    scanned: bool = False
    mails: list[Mail] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        connection = EmailVendorConnection("acme", self.name, "stock@atelier.example", "desk@example.com", [SECRET])
        self._warehouse = EmailVendorWarehouse(connection, self, self.world.clock)

    # ------------------------------------------------------------------------------------------ as the desk sees him

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:
        return self._warehouse.place_hold(case_id, order_ref, key)

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        self._warehouse.release_hold(case_id, order_ref, key)

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:
        return self._warehouse.read_pick_state(order_ref, leg_id)

    @property
    def tells(self) -> list[Parcel]:
        """What he tells of his parcels."""
        return []

    def parcels(self, order_ref: str, leg_id: str) -> list[Parcel]:
        return list(self._warehouse.parcels(order_ref, leg_id))

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        return self.world.call(f"{self.name}.stop_ship", lambda: self._warehouse.stop_ship(command))

    def send(
        self,
        sender: str,
        to: str,
        subject: str,
        text: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """The mailer that his mail goes through."""
        mail = Mail(subject, text)
        self.mails.append(mail)
        self.world.did(f"{self.name}.mail", tags["case"], subject, tags["template"])
        self.world.agenda.after(1, lambda: self._arrives(mail))
        return f"mail-{len(self.mails)}"

    # ------------------------------------------------------------------------------------------ his people

    def _arrives(self, mail: Mail) -> None:
        for method in ("HEAD", "GET", "GET") if self.scanned else ():
            for token in mail.tokens.values():
                self.browse(method, token, {})
        if self.habit is not Habit.SILENT:
            self.world.agenda.after(self.answers_after, lambda: self.world.door(lambda: self.answer(mail)))

    def answer(self, mail: Mail, habit: Habit | None = None) -> int:
        """They look at the goods, then send the form behind the link that says what they found."""
        habit = habit or self.habit
        form: dict[str, Any] = {"actor": "Jo", "confirm": "yes"}
        work, token = self._work(mail), mail.tokens["too_late" if habit is Habit.CARRIER else habit]
        if habit is Habit.STOPPED and work:
            work.keep()
        if habit is Habit.CARRIER and work:
            form["handed_over"] = "yes"
            self.world.pick(self._order(mail), PickState.SHIPPED, work.leg_id)
        if habit is Habit.PARTLY and work:
            work.keep(dict.fromkeys(work.lines, 1))
            form |= {f"quantity.{line}": "1" for line in work.lines}
        status = self.browse("POST", token, form)
        self.statuses.append(status)
        return status

    def _order(self, mail: Mail) -> Order:
        return next(order for order in self.world.orders.values() if f"#{order.ref}" in mail.subject)

    def _work(self, mail: Mail) -> Work | None:
        return next((work for work in self._order(mail).works if work.warehouse == self.name), None)
