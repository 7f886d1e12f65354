"""The report's figures as rows: for JSON, CSV and whoever reckons further. The same figures, in the definitions' own small units too."""

import csv
import io
import json
from collections.abc import Iterator

from stopship.application.report.links import Links
from stopship.application.report.model import Report
from stopship.domain.kpi.figure import Figure
from stopship.frozen import frozen

COLUMNS = ("section", "table", "kpi", "week", "slice", "value", "unit", "currency", "numerator", "denominator", "cases")


@frozen
class _Place:
    section: str
    table: str


def rows(report: Report, links: Links) -> Iterator[dict[str, object]]:
    """Every figure that the report shows, once for each place."""
    first = _Place("headlines", "")
    for x in report.headlines:
        for figure in x.trend:
            if figure is not None:
                yield _row(first, figure, links)
    for section in report.sections:
        for table in section.tables:
            for row in table.rows:
                for figure in (*row.before.values(), *row.now.values()):
                    if figure is not None:
                        yield _row(_Place(section.title, table.title), figure, links)


def _row(place: _Place, figure: Figure, links: Links) -> dict[str, object]:
    told = figure.row()
    where = {k: v for k, v in figure.slice.items() if k != "currency"}
    return {
        "section": place.section,
        "table": place.table,
        "kpi": told["kpi"],
        "week": told["week"],
        "slice": where,
        "value": told["value"],
        "unit": told["unit"],
        "currency": figure.slice.get("currency", ""),
        "numerator": told["numerator"],
        "denominator": told["denominator"],
        "cases": links.cases(figure),
    }


def as_csv(report: Report, links: Links) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows(report, links):
        slice_ = row["slice"]
        text = " ".join(f"{k}={v}" for k, v in slice_.items()) if isinstance(slice_, dict) else ""
        writer.writerow({**row, "slice": text})
    return out.getvalue()


def as_json(report: Report, links: Links) -> str:
    document = {
        "merchant": report.merchant or None,
        "merchants": list(report.merchants),
        "week": report.week,
        "first_day": report.first_day,
        "last_day": report.last_day,
        "as_of": report.as_of,
        "over": report.over,
        "costs": list(report.costs),
        "notes": list(report.notes),
        "changes": [
            {
                "kpi": x.headline.kpi.name,
                "slice": dict(x.headline.only),
                "tone": x.headline.tone,
                "most_by": x.by,
                "most_in": x.part,
            }
            for x in report.changes
        ],
        "actions": [
            {
                "title": x.title,
                "why": x.why,
                "count": x.figure.upper,
                "cases": links.cases(x.figure, x.only),
                "first_cases": [{"merchant": m, "case": c} for m, c in x.cases],
            }
            for x in report.actions
        ],
        "figures": list(rows(report, links)),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
