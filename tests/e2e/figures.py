"""The figures of the day: waits until the functions have followed it, and calls those that a schedule calls."""

import json
import time
from pathlib import Path
from typing import Any

from stopship.adapters import facts_json, ledger_items
from stopship.adapters.clock import SystemClock
from stopship.adapters.facts_copy import FactsCopy
from stopship.adapters.facts_table import DynamoFacts
from stopship.adapters.reports_s3 import S3Reports
from stopship.application.live_figures import LiveFigure, live_figures
from stopship.application.project_facts import rebuild
from stopship.contract import function_name
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from tests.e2e.conftest import Day

PATIENCE_SECONDS = 90.0


def dumped(facts: list[CaseFacts | OrderFact]) -> list[str]:
    return sorted(facts_json.dump(x) if isinstance(x, CaseFacts) else repr(x) for x in facts)


def book(day: Day) -> DynamoFacts:
    return DynamoFacts(day.desk.emulator.client("dynamodb"), day.desk.outputs["FactsTableName"])


def invoke(day: Day, module: str, event: dict[str, str]) -> Any:
    answer = day.desk.emulator.client("lambda").invoke(
        FunctionName=function_name("dev", module), Payload=json.dumps(event).encode()
    )
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def follow(day: Day) -> list[str]:
    """The facts, when the stream has brought all of them."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        wanted = dumped(list(rebuild(day.stage.ledger.scan(), ledger_items.recorded)))
        found = dumped(list(book(day).everything()))
        if found == wanted or time.monotonic() > until:
            return found
        time.sleep(1)


def exported_figures(day: Day, folder: Path) -> list[LiveFigure]:
    """Of every merchant, counted here from the files that the desk has exported."""
    reports = S3Reports(day.desk.emulator.client("s3"), day.desk.outputs["ReportsBucketName"])
    copy = FactsCopy(reports, folder, SystemClock())
    try:
        return [x for merchant in reports.merchants() for x in live_figures(copy([merchant], None), merchant)]
    finally:
        copy.close()
