"""Runs once an hour: what has changed of the facts goes to Parquet files, with the rules by which it is reported."""

import json

from stopship.adapters import policy_file
from stopship.adapters.clock import SystemClock
from stopship.application.export_facts import export_facts
from stopship.domain.policy import ReportingRule
from stopship.telemetry import logger
from stopship.wiring import facts, merchants, reports


def handler(_event: object, _context: object) -> dict[str, int]:
    began = SystemClock().now()
    weeks = export_facts(facts(), reports())
    # Last, so that files which say how old they are are whole.
    reports().write_rules(_rules(), began)
    logger().info("facts exported", extra={"weeks": weeks})
    return {"weeks": weeks}


def _rules() -> dict[str, ReportingRule]:
    """Of every merchant that has settings; the others are reported by the default."""
    told = {name: json.loads(text) for name, text in merchants().all_settings()}
    return {name: policy_file.effective(str(x.get("policy", "")))[1].reporting for name, x in told.items()}
