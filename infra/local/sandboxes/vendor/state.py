"""What a vendor has: orders, the goods that he keeps of them, and the mail about them."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Habit = Literal["stopped", "too_late", "carrier", "partly", "silent"]
HABITS: tuple[str, ...] = get_args(Habit)


@dataclass(slots=True)
class Order:
    """``legs`` are line quantities by leg; ``held`` what was taken out of the work; ``keeps`` how much of each line a partial stop saves."""

    order_ref: str
    legs: dict[str, dict[str, int]]
    display_ref: str = ""
    habit: str = "stopped"
    scanned: bool = False
    answer_seconds: float | None = None
    keeps: int = 1
    held: dict[str, int] = field(default_factory=dict)
    shipped: bool = False

    def __post_init__(self) -> None:
        self.display_ref = self.display_ref or f"#{self.order_ref}"
        if self.habit not in HABITS:
            raise ValueError(f"habit is one of {', '.join(HABITS)}")

    @property
    def lines(self) -> dict[str, int]:
        added: dict[str, int] = {}
        for leg in self.legs.values():
            for line, quantity in leg.items():
                added[line] = added.get(line, 0) + quantity
        return added

    def open(self, leg_id: str) -> dict[str, int]:
        left = {line: quantity - self.held.get(line, 0) for line, quantity in self.legs[leg_id].items()}
        return {line: quantity for line, quantity in left.items() if quantity > 0}


@dataclass(slots=True)
class Mail:
    """``opened`` are "METHOD status" of everything that was fetched, ``sent`` the statuses of forms. ``done`` when nobody will look again."""

    message_id: str
    subject: str
    text: str
    order_ref: str = ""
    opened: list[str] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    done: bool = False
