"""Credentials that end by themselves: how many days each connection has left, as far as its merchant has said.

A connection says it where its credentials stand: {"netsuite": {..., "expires_at": {"certificate": "2028-01-31T00:00:00Z"}}}. A partner's
own word is not asked for: none of them tells over its API when a secret of ours will end.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from stopship.application.project_ledger import Count
from stopship.domain.instant import normal, seconds_between
from stopship.frozen import frozen

FIELD: Final = "expires_at"
DAY_SECONDS: Final = 86_400


@frozen
class Expiry:
    """``connection`` is its place in the merchant's secret ("netsuite", "warehouses.east"). ``ends_at`` is in the ledger's form, "" when
    what was told is no moment."""

    merchant: str
    connection: str
    credential: str
    ends_at: str

    def days_left(self, now: str) -> float:
        """Below 0 when it has ended. What cannot be read counts as ending now: somebody must look."""
        return round(seconds_between(now, self.ends_at) / DAY_SECONDS, 2) if self.ends_at else 0.0


def expiries(merchant: str, connections: Mapping[str, Any], path: str = "") -> Iterator[Expiry]:
    """Every ``expires_at`` of the merchant's secret: one moment, or moments by the credential's name."""
    for name, value in connections.items():
        if name == FIELD:
            told = value if isinstance(value, Mapping) else {"": value}
            yield from (Expiry(merchant, path, str(one), _moment(at)) for one, at in told.items())
        elif isinstance(value, Mapping):
            yield from expiries(merchant, value, f"{path}.{name}" if path else name)


def _moment(told: Any) -> str:
    try:
        return normal(told)
    except (TypeError, ValueError):
        return ""


def counts(found: Iterable[Expiry], now: str, stage: str) -> list[Count]:
    """The fewest days of each connection; and the fewest of all in the stage, which is what an alarm can watch without knowing who is connected."""
    by_connection: dict[tuple[str, str], float] = {}
    for one in found:
        place = (one.merchant, one.connection)
        by_connection[place] = min(one.days_left(now), by_connection.get(place, float("inf")))
    each = [
        Count("CredentialDaysLeft", {"merchant": merchant, "connection": connection}, days)
        for (merchant, connection), days in sorted(by_connection.items())
    ]
    first = [Count("FirstCredentialDaysLeft", {"stage": stage}, min(by_connection.values()))] if by_connection else []
    return [*each, *first]
