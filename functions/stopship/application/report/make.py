"""Makes a merchant's weekly report, or one over several merchants, from facts."""

from collections.abc import Mapping, Sequence

from stopship.application.compute_kpis import NO_COSTS, Computed, Costs, Tallies, compute
from stopship.application.report.actions import recommend
from stopship.application.report.changes import what_changed
from stopship.application.report.headlines import headlines, told_weeks
from stopship.application.report.model import Breakdown, Headline, Report, Row, Section
from stopship.application.report.notes import notes
from stopship.application.report.plan import HEADLINES, SECTIONS, Table
from stopship.application.report.wording import shown
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Slice
from stopship.domain.kpi.weeks import Span
from stopship.frozen import frozen

TREND_WEEKS = 8


@frozen
class Period:
    """The spans of all merchants over the weeks of the trend; ``week`` is the last of them."""

    spans: Sequence[Span]
    week: str
    before: str

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "Period":
        weeks = sorted({span.week for span in spans})
        return cls(spans, weeks[-1], weeks[-2] if len(weeks) > 1 else "")

    @property
    def now(self) -> list[Span]:
        return [span for span in self.spans if span.week == self.week]

    @property
    def last_two(self) -> list[Span]:
        return [span for span in self.spans if span.week in (self.week, self.before)]


def make_report(facts: Tallies, spans: Sequence[Span], merchant: str, costs: Costs = NO_COSTS) -> Report:
    """``spans``: every merchant's weeks of the trend, the last one being the report's. ``merchant`` is "" for a report over all of them."""
    period = Period.of(spans)
    computed = compute(facts, [KPIS[name] for name in HEADLINES], period.spans, costs=costs)
    told = told_weeks(computed)
    weeks = sorted({span.week for span in spans})
    shown_first = [x for name in HEADLINES for x in headlines(KPIS[name], computed[name], weeks, told)]
    first = period.now[0]
    return Report(
        merchant=merchant,
        merchants=tuple(sorted({span.merchant for span in period.now})),
        week=period.week,
        first_day=first.first_day,
        last_day=first.last_day,
        as_of=max(span.as_of for span in period.now),
        over=all(span.as_of >= span.end for span in period.now),
        headlines=tuple(shown_first),
        changes=tuple(what_changed(facts, shown_first, period.last_two, period.week)),
        costs=tuple(_costs(shown_first, computed)),
        actions=tuple(recommend(facts, period.now)),
        sections=tuple(
            _section(facts, title, tables, period, costs) for title, tables in SECTIONS if _wanted(tables, merchant)
        ),
        notes=tuple(notes(facts, period.now, computed, sorted(set(weeks) - told))),
    )


def _wanted(tables: Sequence[Table], merchant: str) -> bool:
    """Merchants are set beside each other only where there are several."""
    return not merchant or all("merchant" not in table.by for table in tables)


def _costs(headlines: Sequence[Headline], computed: Mapping[str, Computed]) -> list[str]:
    """What the week cost, in a sentence for each part that is known, and one for each that is not."""
    said = []
    for x in headlines:
        if x.kpi.name in ("leakage", "double_cost") and x.now is not None and x.now.upper:
            what = (
                "paid back that was not owed"
                if x.kpi.name == "leakage"
                else "for goods that left all the same and come back"
            )
            said.append(f"{shown(x.now)} {what} ({shown(x.before)} the week before).")
    unpriced = sorted(computed["double_cost"].unpriced)
    if unpriced:
        said.append(
            f"What goods cost that left all the same is not known for {', '.join(unpriced)}: their policy names no costs."
        )
    return said or [
        "No money was paid back that was not owed, and nothing left that was to be stopped and was paid back."
    ]


# ---------------------------------------------------------------------------------------------- tables


def _section(facts: Tallies, title: str, tables: Sequence[Table], period: Period, costs: Costs) -> Section:
    return Section(title, tuple(_table(facts, table, period, costs) for table in tables))


def _table(facts: Tallies, table: Table, period: Period, costs: Costs) -> Breakdown:
    kpis = tuple(KPIS[name] for name in table.kpis)
    found = compute(facts, kpis, period.last_two, Slice(table.by, table.only), costs)
    cells: dict[tuple[str, ...], dict[str, dict[str, Figure]]] = {}
    by = table.by
    for name, computed in found.items():
        for figure in computed.figures:
            by = figure.by if len(figure.by) > len(by) else by
            cells.setdefault(figure.key, {}).setdefault(figure.week, {})[name] = figure
    rows = [
        Row(
            key,
            {x: weeks.get(period.week, {}).get(x) for x in table.kpis},
            {x: weeks.get(period.before, {}).get(x) for x in table.kpis},
        )
        for key, weeks in sorted(cells.items())
        if period.week in weeks
    ]
    return Breakdown(table.title, table.says, by, kpis, tuple(_ordered(rows, table)), table.drawn, table.matrix)


def _ordered(rows: list[Row], table: Table) -> list[Row]:
    """By the first measure, the largest first, unless the dimension has an order of its own."""
    if table.in_order:
        return rows
    return sorted(rows, key=lambda row: -_size(row.now.get(table.kpis[0])))


def _size(figure: Figure | None) -> float:
    return float(figure.value) if figure is not None and figure.value is not None else -1.0
