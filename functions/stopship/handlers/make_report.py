"""Runs once a week, when it is over everywhere: each merchant's report and one over all of them, in every format, to the bucket of reports; and by mail to
whom the merchant names ("report_to" in its settings)."""

import json
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stopship.adapters import aws, reporting_rules
from stopship.adapters.clock import SystemClock
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.adapters.mailer_ses import SesMailer
from stopship.adapters.report import formats, html
from stopship.adapters.reports_s3 import REPORTS
from stopship.application.report.files import last_over, make_reports, oldest
from stopship.application.report.links import Links
from stopship.application.report.mail import mail_report
from stopship.application.report.model import Report
from stopship.domain.errors import StopshipError
from stopship.domain.instant import seconds_between
from stopship.domain.kpi.weeks import Week
from stopship.telemetry import logger
from stopship.wiring import merchants, reports, settings

MEMORY_MB = 1536
"""Of the function's own, what is left to DuckDB; more goes to its temporary folder."""
ALL = "_all"
STALE_SECONDS = 6 * 3600


class StaleFacts(StopshipError):
    """A report would show an old week as if it were all there is."""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """``event`` may name a week, to make its reports again: {"week": "2026-W47"}."""
    now = SystemClock().now()
    asked = str(event.get("week", ""))
    with TemporaryDirectory() as name:
        folder = Path(name)
        # Without merchants there are no zones: UTC's week says from where on to fetch.
        reports().fetch(folder, oldest(Week.parse(asked) if asked else Week.at(now, UTC)))
        exported = reporting_rules.read(folder)
        if not asked and exported.at and seconds_between(exported.at, now) > STALE_SECONDS:
            raise StaleFacts(f"the facts were last exported at {exported.at}: look at export_facts")
        database = FactsDatabase(memory_mb=MEMORY_MB, spill=folder / "spill")
        try:
            database.read_parquet(folder)
            return {"files": _make(database, exported, asked, exported.at or now)}
        finally:
            database.close()


def _make(database: FactsDatabase, exported: reporting_rules.Exported, asked: str, now: str) -> int:
    rules, files = exported.rules, 0
    zones = reporting_rules.zones(database.merchants(), rules)
    if not zones:
        logger().warning("there are no facts to report")
        return files
    week = Week.parse(asked) if asked else last_over(zones, now)
    for report in make_reports(database, zones, week, now, reporting_rules.costs(rules)):
        links = Links(settings().public_url, report.merchant)
        for format_ in formats.FORMATS:
            reports().put(_key(report, format_.name), format_.render(report, links), format_.content_type)
            files += 1
        if report.merchant and not asked:
            _mail(report, links)
    return files


def _key(report: Report, ending: str) -> str:
    return f"{REPORTS}{report.merchant or ALL}/{report.week}.{ending}"


def _mail(report: Report, links: Links) -> None:
    """To whom the merchant's settings name, once a week: a run that is repeated mails what was not mailed. One merchant's trouble with mail
    is no reason to leave the others without a report."""
    recipients = merchants().settings(report.merchant).get("report_to", [])
    mark = _key(report, "mailed")
    if not recipients or reports().has(mark):
        return
    page = html.render_mail(report, links, f"{settings().reports_bucket}/{_key(report, 'html')}")
    try:
        sender = str(merchants().connections(report.merchant).get("mail", {}).get("sender", ""))
        sent = mail_report(SesMailer(aws.client("sesv2")), sender, recipients, report, page)
    except StopshipError:
        logger().exception("the report could not be mailed", extra={"merchant": report.merchant})
        return
    reports().put(mark, json.dumps(sent).encode(), "application/json")
