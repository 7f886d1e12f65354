"""Runs once a week, when it is over everywhere: each merchant's report and one over all of them, in every format, to the bucket of reports."""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stopship.adapters import reporting_rules
from stopship.adapters.clock import SystemClock
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.adapters.report import formats
from stopship.adapters.reports_s3 import REPORTS
from stopship.application.report.files import last_over, make_reports, oldest
from stopship.application.report.links import Links
from stopship.domain.kpi.calendar import Week
from stopship.telemetry import logger
from stopship.wiring import reports, settings

MEMORY_MB = 1536
"""Of the function's own, what is left to DuckDB; more goes to its temporary folder."""
ALL = "_all"


def handler(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """``event`` may name a week, to make its reports again: {"week": "2026-W47"}."""
    now = SystemClock().now()
    asked = str(event.get("week", ""))
    with TemporaryDirectory() as name:
        folder = Path(name)
        # Without merchants there are no zones: UTC's week says from where on to fetch.
        reports().fetch(folder, oldest(Week.parse(asked) if asked else Week.at(now, UTC)))
        database = FactsDatabase(memory_mb=MEMORY_MB, spill=folder / "spill")
        try:
            return {"files": _make(database, folder, asked, now)}
        finally:
            database.close()


def _make(database: FactsDatabase, folder: Path, asked: str, now: str) -> int:
    database.read_parquet(folder)
    rules, files = reporting_rules.read(folder), 0
    zones = reporting_rules.zones(database.merchants(), rules)
    if not zones:
        logger().warning("there are no facts to report")
        return files
    week = Week.parse(asked) if asked else last_over(zones, now)
    for report in make_reports(database, zones, week, now, reporting_rules.costs(rules)):
        links = Links(settings().public_url, report.merchant)
        for format_ in formats.FORMATS:
            key = f"{REPORTS}{report.merchant or ALL}/{week}.{format_.name}"
            reports().put(key, format_.render(report, links), format_.content_type)
            files += 1
    return files
