"""An exception as it is worked on: whose hands it is in, what may be answered, and what a form says."""

import re
from collections.abc import Mapping
from typing import Any, Final

from stopship.application.ports import ExceptionItem
from stopship.console import spoken
from stopship.console.asked import Asked
from stopship.domain.address import FIELDS, address_from
from stopship.domain.capabilities import CAPABILITIES
from stopship.domain.case import Case
from stopship.domain.command import Command
from stopship.domain.errors import InvalidInput
from stopship.domain.instant import plus
from stopship.domain.lease import Lease
from stopship.domain.policy import Team
from stopship.frozen import frozen

PUT_OFF: Final = {"1 hour": 3600, "4 hours": 14_400, "1 day": 86_400, "3 days": 259_200}
_LINE: Final = "line."
_ADDRESS: Final = "address."
_MOST_EVIDENCE = 50


ADDRESS_FIELDS: Final = {
    "name": "Name",
    "address1": "Street and number",
    "address2": "Second line",
    "zip": "Postal code",
    "city": "City",
    "province": "Province or state, as a code",
    "country_code": "Country, two letters",
}
"""In the order in which they are asked for."""


@frozen
class Hands:
    """``mine`` and ``others`` are false for an exception that nobody holds. ``until`` is spoken."""

    mine: bool
    others: bool
    until: str


def hands(lease: Lease | None, subject: str, now: str) -> Hands:
    if lease is None or lease.expires_at <= now:
        return Hands(mine=False, others=False, until="")
    mine = lease.holder == subject
    return Hands(mine=mine, others=not mine, until=spoken.day(lease.expires_at))


def item_values(item: ExceptionItem, case: Case, now: str) -> dict[str, Any]:
    state = case.exceptions[item.exception_id]
    return {
        "item": item,
        "detail": state.opened.fact.detail,
        "resolved": state.resolved,
        "left": spoken.left(now, item.deadline),
        "late": now > item.deadline,
        "snoozed": item.snoozed_until > now,
        "teams": list(Team),
        "put_off": PUT_OFF,
        "lines": leg_lines(item, case),
        "takes_address": _takes_address(item),
        "address_fields": ADDRESS_FIELDS,
    }


def _takes_address(item: ExceptionItem) -> bool:
    known = CAPABILITIES.get(item.channel)
    return bool(known and known.takes_addresses)


def leg_lines(item: ExceptionItem, case: Case) -> Mapping[str, int]:
    """What may be answered in part: the leg's lines, or none for the case as a whole."""
    return case.legs[item.leg_id].plan.lines if item.leg_id in case.legs else {}


def read_command(asked: Asked) -> Command:
    """Raises InvalidInput naming the field."""
    evidence = tuple(x for x in re.split(r"[\s,;]+", asked.field("evidence")) if x)
    if len(evidence) > _MOST_EVIDENCE:
        raise InvalidInput("evidence", f"names more than {_MOST_EVIDENCE} references", "name the main ones")
    return Command(
        asked.field("action"),
        asked.field("plan_hash"),
        asked.field("note"),
        evidence,
        {name.removeprefix(_LINE): n for name in asked.form if name.startswith(_LINE) if (n := _quantity(asked, name))},
        address_from({name: asked.field(_ADDRESS + name) for name in FIELDS}),
    )


def _quantity(asked: Asked, name: str) -> int:
    told = asked.field(name) or "0"
    if not told.isdecimal() or len(told) > 6:
        raise InvalidInput(name.removeprefix(_LINE), f"{told!r} is no quantity", "a whole number, 0 or more")
    return int(told)


def read_until(asked: Asked, now: str) -> str:
    """The end of the time that the form names."""
    seconds = PUT_OFF.get(asked.field("until"))
    if seconds is None:
        raise InvalidInput("until", "is none of the times offered", f"one of {', '.join(PUT_OFF)}")
    return plus(now, seconds)
