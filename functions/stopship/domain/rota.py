"""Whose week it is in a team."""

from collections.abc import Sequence
from datetime import date

from stopship.domain import instant
from stopship.frozen import frozen


@frozen
class Rota:
    """``people`` are ids of the identity provider, in turn, a week each from the Monday in ``first_week`` (an ISO date) on, in UTC."""

    people: Sequence[str]
    first_week: str


def on_duty(rota: Rota | None, now: str) -> str:
    """A person's id, "" where whoever is free picks up."""
    if rota is None or not rota.people:
        return ""
    days = (instant.parse(now).date() - date.fromisoformat(rota.first_week)).days
    return rota.people[(days // 7) % len(rota.people)]
