"""The definitions as SQL for DuckDB. Names come from the definitions and from nowhere else; what is asked for is bound as values."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from stopship.domain.kpi import measure as m
from stopship.domain.kpi.weeks import Span
from stopship.frozen import frozen

_MOMENT, _DATE = "TIMESTAMP", "DATE"
_SPAN = {
    "week": "VARCHAR",
    "start": _MOMENT,
    "seen_end": _MOMENT,
    "first_day": _DATE,
    "last_day": _DATE,
    "back_first": _DATE,
    "back_last": _DATE,
    "next_month": _MOMENT,
    "month": _MOMENT,
}


@frozen
class Query:
    sql: str
    values: dict[str, Any]


def counting(tallies: Sequence[m.Tally], spans: Sequence[Span], by: tuple[str, ...], only: Mapping[str, str]) -> Query:
    """Rows of (week, each of ``by``, each tally's number). The tallies share a table and a family of clocks."""
    chosen = _Chosen(min(tallies, key=_age), spans, only)
    keys = [f"{chosen.at('week')} AS week", *(f'f."{name}"' for name in by)]
    numbers = [f"{_number(tally, chosen.at)} AS n{i}" for i, tally in enumerate(tallies)]
    group = ", ".join(str(i + 1) for i in range(len(keys)))
    return chosen.query(f"SELECT {', '.join(keys + numbers)} {chosen.source} GROUP BY {group}")


def tracing(tally: m.Tally, spans: Sequence[Span], only: Mapping[str, str]) -> Query:
    """Rows of (merchant, case id or order reference)."""
    chosen = _Chosen(tally, spans, only)
    name = "order_ref" if tally.table == "orders" else "case_id"
    tests = " AND ".join(_test(test, chosen.at) for test in tally.tests) or "true"
    return chosen.query(f"SELECT DISTINCT f.merchant, f.{name} {chosen.source} AND {tests} ORDER BY 1, 2")


def listing(columns: Sequence[str], cases: Sequence[tuple[str, str]]) -> Query:
    """Rows of these columns of ``cases``, moments in the ledger's form; the first two columns are merchant and case id."""
    chosen = ", ".join(_as_text(name) if name.endswith("_at") else f"f.{name}" for name in columns)
    wanted = json.dumps([{"merchant": merchant, "case_id": case_id} for merchant, case_id in cases])
    kinds = json.dumps([{"merchant": "VARCHAR", "case_id": "VARCHAR"}])
    table = f"(SELECT unnest(from_json($wanted::JSON, '{kinds}'), recursive := true))"
    on = "f.merchant = w.merchant AND f.case_id = w.case_id"
    return Query(f"SELECT {chosen} FROM cases f JOIN {table} w ON {on}", {"wanted": wanted})


def _as_text(column: str) -> str:
    return f"coalesce(strftime(f.{column}, '%Y-%m-%dT%H:%M:%S.%fZ'), '')"


def family(clock: m.Clock) -> m.Clock:
    """Clocks of one family are counted together: what has stood for a day has stood for an hour."""
    return replace(clock, older_us=0) if isinstance(clock, m.Standing) else clock


def _age(tally: m.Tally) -> int:
    return tally.clock.older_us if isinstance(tally.clock, m.Standing) else 0


type At = Callable[[str], str]
"""Where a span's column stands: in the joined table, or bound as a value."""


class _Chosen:
    """The rows of a table that lie in a span, with the span. One week that begins at one moment for everybody needs no join."""

    def __init__(self, tally: m.Tally, spans: Sequence[Span], only: Mapping[str, str]) -> None:
        clock = tally.clock
        rows = [_span(span, clock) for span in spans]
        merchants = sorted({span.merchant for span in spans})
        alike = len({json.dumps(row) for row in rows}) == 1
        self.at: At = _bound if alike else _joined
        self.values: dict[str, Any] = {}
        where = [_in_time(clock, self.at)] if alike else _bounds(clock, spans, self.values)
        if alike:
            self.values |= rows[0] | {"merchants": merchants}
            where.append("f.merchant = ANY($merchants)")
            join = ""
        else:
            told = [{"merchant": span.merchant, **row} for span, row in zip(spans, rows, strict=True)]
            self.values["spans"] = json.dumps(told)
            kinds = json.dumps([{"merchant": "VARCHAR", **_SPAN}])
            table = f"(SELECT unnest(from_json($spans::JSON, '{kinds}'), recursive := true))"
            join = f"JOIN {table} s ON f.merchant = s.merchant AND {_in_time(clock, self.at)}"
        for i, (name, value) in enumerate(only.items()):
            where.append(f'f."{name}" = $only{i}')
            self.values[f"only{i}"] = value
        self.source = f"FROM {tally.table} f {join} WHERE {' AND '.join(where) or 'true'}"

    def query(self, sql: str) -> Query:
        """With the values that it speaks of, and no others: DuckDB refuses what it is not asked for."""
        asked = set(re.findall(r"\$(\w+)", sql))
        return Query(sql, {name: value for name, value in self.values.items() if name in asked})


def _bound(name: str) -> str:
    return f"${name}::{_SPAN[name]}"


def _joined(name: str) -> str:
    return f"s.{name}"


def _span(span: Span, clock: m.Clock) -> dict[str, str]:
    row = {k: v for k, v in asdict(span).items() if k in _SPAN} | {"seen_end": span.seen_end}
    if isinstance(clock, m.LastDays):
        row["back_first"], row["back_last"] = span.days_back(clock.days)
    return {name: value.removesuffix("Z") for name, value in row.items()}


def _in_time(clock: m.Clock, at: At) -> str:
    match clock:
        case m.During(column):
            return f"f.{column} >= {at('start')} AND f.{column} < {at('seen_end')}"
        case m.OnDay(column):
            return f"f.{column} BETWEEN {at('first_day')} AND {at('last_day')}"
        case m.LastDays(column):
            return f"f.{column} BETWEEN {at('back_first')} AND {at('back_last')}"
        case m.Standing(_, until):
            return f"{_older(clock, at)} AND (f.{until} IS NULL OR f.{until} > {at('seen_end')})"


def _older(clock: m.Standing, at: At) -> str:
    return f"f.{clock.since} <= {at('seen_end')} - to_microseconds({clock.older_us:d})"


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


def _number(tally: m.Tally, at: At) -> str:
    tests = " AND ".join([*_own_age(tally.clock, at), *(_test(test, at) for test in tally.tests)])
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


def _own_age(clock: m.Clock, at: At) -> list[str]:
    return [_older(clock, at)] if isinstance(clock, m.Standing) and clock.older_us else []


def _test(test: m.Test, at: At) -> str:
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
            month, next_month = at("month"), at("next_month")
            return f"f.{column} < CASE WHEN f.{clock} >= {next_month} THEN {next_month} ELSE {month} END"
        case m.AnyOf(tests):
            return f"({' OR '.join(_test(one, at) for one in tests)})"


def _literal(value: m.Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:d}"
    return "'" + value.replace("'", "''") + "'"
