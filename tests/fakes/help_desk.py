"""A help desk that keeps what is told it, once per key."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopship.application.ports import TicketMessage

if TYPE_CHECKING:
    from tests.fakes.world import World


@dataclass
class FakeTickets:
    world: "World"
    told: dict[tuple[str, str], TicketMessage] = field(default_factory=dict)
    """By ticket and key."""

    def tell(self, ticket_ref: str, message: TicketMessage) -> None:
        self.world.call("tickets.tell", lambda: self._tell(ticket_ref, message))

    def _tell(self, ticket_ref: str, message: TicketMessage) -> None:
        if (ticket_ref, message.key) not in self.told:
            self.told[ticket_ref, message.key] = message
            self.world.did("ticket", ticket_ref, message, message.key)
