"""Many exceptions at once, a portion at a time: what is still to do travels in the form, so that no request is long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Final

from stopship.application.bulk import MOST
from stopship.console import spoken
from stopship.console.asked import Asked
from stopship.domain.answering import ANSWERS, LINES
from stopship.domain.errors import InvalidInput
from stopship.domain.plan import PlannedMoney
from stopship.frozen import frozen

PREVIEWED_AT_ONCE: Final = 20
APPLIED_AT_ONCE: Final = 10
CHOICES: Final = {word: told for word, told in ANSWERS.items() if LINES not in told.needs}
"""The answers that need nothing of each exception's own."""


@frozen
class Pick:
    """``plan_hash`` is "" until its plan was seen."""

    merchant: str
    exception_id: str
    plan_hash: str = ""

    @property
    def text(self) -> str:
        return "/".join(x for x in (self.merchant, self.exception_id, self.plan_hash) if x)


@frozen
class Shown:
    """One row of the list. ``kind`` is good, warn or bad."""

    pick: Pick
    kind: str
    text: str


@dataclass(slots=True)
class Sums:
    """What all that has been looked at so far would do: numbers to be read, on which nothing rests."""

    calls: int = 0
    refused: int = 0
    money: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def add(self, calls: int, refused: int, money: Iterable[PlannedMoney]) -> None:
        self.calls, self.refused = self.calls + calls, self.refused + refused
        for m in money:
            key = (m.kind, m.currency)
            self.money[key] = self.money.get(key, Decimal(0)) + Decimal(m.amount)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """As the form carries them."""
        paid = [("money", f"{kind}/{currency}/{amount}") for (kind, currency), amount in sorted(self.money.items())]
        return [("calls", str(self.calls)), ("refused", str(self.refused)), *paid]

    @property
    def amounts(self) -> list[str]:
        return [
            f"{kind} {spoken.money(str(amount), currency)}" for (kind, currency), amount in sorted(self.money.items())
        ]


def read_picks(asked: Asked, name: str) -> list[Pick]:
    """Each once. Raises InvalidInput."""
    told = list(dict.fromkeys(asked.fields(name)))
    if len(told) > MOST:
        raise InvalidInput(name, f"names {len(told)} exceptions", f"at most {MOST} at once")
    parts = [x.split("/") for x in told]
    if any(len(p) not in (2, 3) or not all(p) for p in parts):
        raise InvalidInput(name, "cannot be read", "choose the exceptions from the queue")
    return [Pick(*p) for p in parts]


def read_sums(asked: Asked) -> Sums:
    sums = Sums(_number(asked.field("calls")), _number(asked.field("refused")))
    for text in asked.fields("money"):
        kind, _, rest = text.partition("/")
        currency, _, amount = rest.partition("/")
        try:
            sums.money[kind, currency] = Decimal(amount)
        except InvalidOperation as error:
            raise InvalidInput("money", "cannot be read", "begin again from the queue") from error
    return sums


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def by_merchant(picks: Sequence[Pick]) -> list[tuple[str, list[Pick]]]:
    ordered = sorted(picks, key=lambda p: p.merchant)
    return [(merchant, list(group)) for merchant, group in groupby(ordered, key=lambda p: p.merchant)]
