"""The report's figures as Parquet, for whoever puts many weeks together."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from stopship.adapters.facts_duckdb import FactsDatabase, quoted
from stopship.adapters.report.rows import rows
from stopship.application.report.links import Links
from stopship.application.report.model import Report

COLUMNS = {
    "merchant": "VARCHAR",
    "section": "VARCHAR",
    "table": "VARCHAR",
    "kpi": "VARCHAR",
    "week": "VARCHAR",
    "slice": "JSON",
    "value": "DECIMAL(24,6)",
    "unit": "VARCHAR",
    "currency": "VARCHAR",
    "numerator": "BIGINT",
    "denominator": "BIGINT",
    "cases": "VARCHAR",
}


def render(report: Report, links: Links) -> bytes:
    database = FactsDatabase()
    try:
        with TemporaryDirectory() as folder:
            lines = Path(folder) / "rows.jsonl"
            told = ({"merchant": report.merchant, **row} for row in rows(report, links))
            lines.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told), encoding="utf-8")
            kinds = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in COLUMNS.items())
            source = f"read_json({quoted(str(lines))}, format = 'newline_delimited', columns = {{{kinds}}})"
            file = Path(folder) / "rows.parquet"
            database.connection.execute(f"COPY (SELECT * FROM {source}) TO {quoted(str(file))} (FORMAT parquet)")
            return file.read_bytes()
    finally:
        database.close()
