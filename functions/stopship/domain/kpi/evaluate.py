"""The definitions worked out row by row, in memory. It is short, and it is what every faster way is held to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, fields
from typing import Any

from stopship.domain.instant import plus
from stopship.domain.kpi import measure as m
from stopship.domain.kpi.case_brief import CaseBrief
from stopship.domain.kpi.facts import CaseFact, CaseFacts, OrderFact, newest
from stopship.domain.kpi.figure import Group
from stopship.domain.kpi.weeks import Span
from stopship.frozen import frozen

type Row = Mapping[str, Any]


@frozen
class Memory:
    """``rows`` by table, each a mapping of its columns."""

    rows: Mapping[m.Table, Sequence[Row]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Iterable[CaseFacts], orders: Iterable[OrderFact] = ()) -> "Memory":
        """Of each case the newest version; of each order one."""
        kept = newest(facts)
        cases = [_columns(x.case) for x in kept]
        return cls(
            {
                "orders": [_columns(x) for x in sorted(set(orders), key=repr)],
                "cases": cases,
                "saves": list(_saves([x.case for x in kept])),
                "legs": [_columns(leg) for x in kept for leg in x.legs],
                "exceptions": [_columns(one) for x in kept for one in x.exceptions],
                "money": [_columns(one) for x in kept for one in x.money],
            }
        )

    def counted(
        self, tallies: Sequence[m.Tally], spans: Sequence[Span], by: tuple[str, ...], only: Mapping[str, str]
    ) -> list[dict[Group, int]]:
        """For each tally what it comes to, by week and dimensions. What comes to nothing is left out."""
        return [self._counted(tally, spans, by, only) for tally in tallies]

    def _counted(
        self, tally: m.Tally, spans: Sequence[Span], by: tuple[str, ...], only: Mapping[str, str]
    ) -> dict[Group, int]:
        groups: dict[Group, list[Row]] = defaultdict(list)
        for span, row in self._chosen(tally, spans, only):
            groups[span.week, tuple(str(row[name]) for name in by)].append(row)
        found = {group: _of(tally.of, rows) for group, rows in groups.items()}
        return {group: value for group, value in found.items() if value}

    def traced(self, tally: m.Tally, spans: Sequence[Span], only: Mapping[str, str]) -> list[tuple[str, str]]:
        """(merchant, case id) of all that was counted, or the order's reference where orders were; each once, in order."""
        name = "order_ref" if tally.table == "orders" else "case_id"
        return sorted({(row["merchant"], row[name]) for _, row in self._chosen(tally, spans, only)})

    def briefs(self, cases: Sequence[tuple[str, str]]) -> list[CaseBrief]:
        """Of (merchant, case id), in their order; what is unknown is left out."""
        known = {(row["merchant"], row["case_id"]): row for row in self.rows.get("cases", ())}
        return [CaseBrief(**{f.name: known[key][f.name] for f in fields(CaseBrief)}) for key in cases if key in known]

    def _chosen(self, tally: m.Tally, spans: Sequence[Span], only: Mapping[str, str]) -> Iterator[tuple[Span, Row]]:
        for span in spans:
            for row in self.rows.get(tally.table, ()):
                if (
                    row["merchant"] == span.merchant
                    and _in_time(tally.clock, row, span)
                    and all(str(row[name]) == value for name, value in only.items())
                    and all(passes(test, row, span) for test in tally.tests)
                ):
                    yield span, row


def _columns(fact: Any) -> dict[str, Any]:
    return {f.name: getattr(fact, f.name) for f in fields(fact)}


def _saves(cases: Sequence[CaseFact]) -> Iterator[Row]:
    """Saved cases, and whether it did not last."""
    last: dict[tuple[str, str, str], int] = {}
    for x in cases:
        order = x.merchant, x.channel, x.order_ref
        last[order] = max(last.get(order, 0), x.sequence)
    for x in cases:
        if x.outcome == "saved":
            again = last[x.merchant, x.channel, x.order_ref] > x.sequence
            yield {**_columns(x), "undone": x.returned_after_end or again}


def _in_time(clock: m.Clock, row: Row, span: Span) -> bool:
    match clock:
        case m.During(column):
            return bool(span.start <= row[column] < span.seen_end)
        case m.OnDay(column):
            return bool(span.first_day <= row[column] <= span.last_day)
        case m.LastDays(column, days):
            first, last = span.days_back(days)
            return bool(first <= row[column] <= last)
        case m.Standing(since, until, older_us):
            began, ended = row[since], row[until]
            old = bool(began) and plus(began, older_us / 1_000_000) <= span.seen_end
            return old and (not ended or ended > span.seen_end)


def passes(test: m.Test, row: Row, span: Span) -> bool:
    match test:
        case m.Is(column, values):
            return row[column] in values
        case m.IsNot(column, values):
            return row[column] not in values
        case m.Happened(column):
            return bool(row[column])
        case m.Unknown(column):
            return row[column] is None
        case m.Differ(column, other):
            return bool(row[column] != row[other])
        case m.Over(column, limit):
            return row[column] is not None and row[column] > limit
        case m.EarlierMonth(column, clock):
            return bool(row[column] < span.month_of(row[clock]))
        case m.AnyOf(tests):
            return any(passes(one, row, span) for one in tests)


def _of(of: m.Of, rows: Sequence[Row]) -> int | None:
    match of:
        case m.Rows():
            return len(rows)
        case m.Sum(column):
            return sum(row[column] or 0 for row in rows)
        case m.Distinct(column):
            return len({row[column] for row in rows})
        case m.Quantile(column):
            known = sorted(row[column] for row in rows if row[column] is not None)
            return known[of.place(len(known)) - 1] if known else None
