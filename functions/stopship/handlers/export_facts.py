"""Runs every quarter of an hour: what has changed of the facts goes to Parquet files, with the rules by which it is reported; and the figures of
the week that runs, counted from these files, go to the dashboard."""

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from stopship.adapters import policy_file
from stopship.adapters.clock import SystemClock
from stopship.application.export_facts import export_facts
from stopship.domain.policy import ReportingRule
from stopship.telemetry import logger
from stopship.wiring import facts, merchants, reports
from stopship.wiring.metrics import publish_figures

if TYPE_CHECKING:
    from stopship.adapters.facts_copy import FactsCopy

MEMORY_MB = 1024
"""Of the function's own, what is left to DuckDB."""


def handler(_event: object, _context: object) -> dict[str, int]:
    began = SystemClock().now()
    weeks = export_facts(facts(), reports())
    # Last, so that files which say how old they are are whole.
    reports().write_rules(_rules(), began)
    logger().info("facts exported", extra={"weeks": weeks})
    return {"weeks": weeks, "figures": _publish()}


def _rules() -> dict[str, ReportingRule]:
    """Of every merchant that has settings; the others are reported by the default."""
    told = {name: json.loads(text) for name, text in merchants().all_settings()}
    return {name: policy_file.effective(str(x.get("policy", "")))[1].reporting for name, x in told.items()}


def _publish() -> int:
    """Of every merchant that has facts. Gives how many figures there were."""
    from stopship.application.live_figures import live_figures

    count = 0
    for merchant in reports().merchants():
        found = list(live_figures(copy()([merchant], None), merchant))
        publish_figures(found)
        count += len(found)
    return count


@cache
def copy() -> "FactsCopy":
    """Lives as long as the process: the next run fetches what has changed since."""
    from stopship.adapters.facts_copy import FactsCopy

    return FactsCopy(reports(), Path(mkdtemp(prefix="facts-")), SystemClock(), MEMORY_MB, fresh_seconds=0)
