"""Bundles: several lines that were sold as one thing, at one price. Part of one is cancelled only when a person says so."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from stopship.domain.case import Case


def in_part(case: Case) -> list[str]:
    """The bundles of which the wish takes some lines and leaves others, or takes them in other proportions; empty before the order is
    read."""
    asked: dict[str, set[Fraction]] = {}
    for row in case.order.fact.lines if case.order else ():
        if row.get("bundle"):
            asked.setdefault(row["bundle"], set()).add(_bundles_wanted(case, row))
    return sorted(name for name, wanted in asked.items() if len(wanted) > 1 or next(iter(wanted)).denominator > 1)


def _bundles_wanted(case: Case, row: Mapping[str, Any]) -> Fraction:
    """How many bundles' worth of this line are to be cancelled. Of what others had cancelled nobody can ask again."""
    rest = row["ordered"] - case.cancelled_before.get(row["line_id"], 0)
    return Fraction(case.wants(row["line_id"], rest) * row["bundles"], row["ordered"])
