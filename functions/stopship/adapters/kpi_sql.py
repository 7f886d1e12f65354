"""The definitions as SQL for DuckDB. Names come from the definitions and from nowhere else; what is asked for is bound as values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stopship.domain.instant import plus
from stopship.domain.kpi import measure as m
from stopship.domain.kpi.calendar import Span

_MOMENT, _DATE = "TIMESTAMP", "DATE"
_SPAN = {
    "merchant": "VARCHAR",
    "week": "VARCHAR",
    "start": _MOMENT,
    "seen_end": _MOMENT,
    "first_day": _DATE,
    "last_day": _DATE,
    "back_first": _DATE,
    "back_last": _DATE,
    "older": _MOMENT,
    "next_month": _MOMENT,
    "month": _MOMENT,
}


@dataclass(frozen=True, slots=True)
class Query:
    sql: str
    values: dict[str, Any]


def counting(tallies: Sequence[m.Tally], spans: Sequence[Span], by: tuple[str, ...], only: Mapping[str, str]) -> Query:
    """Rows of (week, each of ``by``, each tally's number). The tallies share a table and a clock."""
    chosen = _Chosen(tallies[0], spans, only)
    keys = ["s.week", *(f'f."{name}"' for name in by)]
    numbers = [f"{_number(tally)} AS n{i}" for i, tally in enumerate(tallies)]
    group = ", ".join(str(i + 1) for i in range(len(keys)))
    sql = f"SELECT {', '.join(keys + numbers)} {chosen.source} GROUP BY {group}"
    return Query(sql, chosen.values)


def tracing(tally: m.Tally, spans: Sequence[Span], only: Mapping[str, str]) -> Query:
    """Rows of (merchant, case id or order reference)."""
    chosen = _Chosen(tally, spans, only)
    name = "order_ref" if tally.table == "orders" else "case_id"
    tests = " AND ".join(_test(test) for test in tally.tests) or "true"
    return Query(f"SELECT DISTINCT f.merchant, f.{name} {chosen.source} AND {tests} ORDER BY 1, 2", chosen.values)


class _Chosen:
    """The rows of a table that lie in a span, with the span."""

    def __init__(self, tally: m.Tally, spans: Sequence[Span], only: Mapping[str, str]) -> None:
        clock = tally.clock
        kinds = json.dumps([_SPAN])
        self.values: dict[str, Any] = {"spans": json.dumps([_span(x, clock) for x in spans])}
        wanted = []
        for i, (name, value) in enumerate(only.items()):
            wanted.append(f'f."{name}" = $only{i}')
            self.values[f"only{i}"] = value
        table = f"(SELECT unnest(from_json($spans::JSON, '{kinds}'), recursive := true))"
        where = " AND ".join([*_bounds(clock, spans, self.values), *wanted]) or "true"
        self.source = (
            f"FROM {tally.table} f JOIN {table} s ON f.merchant = s.merchant AND {_in_time(clock)} WHERE {where}"
        )


def _span(span: Span, clock: m.Clock) -> dict[str, str]:
    row = {k: v for k, v in asdict(span).items() if k in _SPAN} | {"seen_end": span.seen_end}
    if isinstance(clock, m.LastDays):
        row["back_first"], row["back_last"] = span.days_back(clock.days)
    if isinstance(clock, m.Standing):
        row["older"] = plus(span.seen_end, -clock.older_us / 1_000_000)
    return {name: value.removesuffix("Z") for name, value in row.items()}


def _in_time(clock: m.Clock) -> str:
    match clock:
        case m.During(column):
            return f"f.{column} >= s.start AND f.{column} < s.seen_end"
        case m.OnDay(column):
            return f"f.{column} BETWEEN s.first_day AND s.last_day"
        case m.LastDays(column):
            return f"f.{column} BETWEEN s.back_first AND s.back_last"
        case m.Standing(since, until):
            return f"f.{since} <= s.older AND (f.{until} IS NULL OR f.{until} > s.seen_end)"


def _bounds(clock: m.Clock, spans: Sequence[Span], values: dict[str, Any]) -> list[str]:
    """What no span reaches is not even read: files keep the least and the greatest value of their parts."""
    if not spans:
        return ["false"]
    match clock:
        case m.During(column):
            values["low"], values["high"] = min(x.start for x in spans)[:-1], max(x.seen_end for x in spans)[:-1]
            return [f"f.{column} >= $low::TIMESTAMP", f"f.{column} < $high::TIMESTAMP"]
        case m.OnDay(column):
            values["low"], values["high"] = min(x.first_day for x in spans), max(x.last_day for x in spans)
            return [f"f.{column} BETWEEN $low::DATE AND $high::DATE"]
        case m.LastDays(column, days):
            back = [x.days_back(days) for x in spans]
            values["low"], values["high"] = min(x for x, _ in back), max(x for _, x in back)
            return [f"f.{column} BETWEEN $low::DATE AND $high::DATE"]
        case m.Standing(since):
            values["high"] = max(x.seen_end for x in spans)[:-1]
            return [f"f.{since} <= $high::TIMESTAMP"]


def _number(tally: m.Tally) -> str:
    tests = " AND ".join(_test(test) for test in tally.tests)
    only = f" FILTER (WHERE {tests})" if tests else ""
    match tally.of:
        case m.Rows():
            return f"count(*){only}"
        case m.Sum(column):
            return f"coalesce(sum(f.{column}){only}, 0)"
        case m.Distinct(column):
            return f"count(DISTINCT f.{column}){only}"
        case m.Quantile(column, percent):
            return f"quantile_disc(f.{column}, {percent / 100:.2f}){only}"


def _test(test: m.Test) -> str:
    match test:
        case m.Is(column, values):
            return f"f.{column} IN ({', '.join(_literal(x) for x in values)})"
        case m.IsNot(column, values):
            return f"f.{column} NOT IN ({', '.join(_literal(x) for x in values)})"
        case m.Happened(column):
            return f"f.{column} IS NOT NULL"
        case m.Unknown(column):
            return f"f.{column} IS NULL"
        case m.Differ(column, other):
            return f"f.{column} <> f.{other}"
        case m.Over(column, limit):
            return f"coalesce(f.{column} > {limit:d}, false)"
        case m.EarlierMonth(column, clock):
            return f"f.{column} < CASE WHEN f.{clock} >= s.next_month THEN s.next_month ELSE s.month END"
        case m.AnyOf(tests):
            return f"({' OR '.join(_test(one) for one in tests)})"


def _literal(value: m.Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:d}"
    return "'" + value.replace("'", "''") + "'"
