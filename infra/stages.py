"""The one table of differences between stages: ``stopship:stages`` in cdk.json."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

CDK_JSON = Path(__file__).parents[1] / "cdk.json"


class BadStage(ValueError):
    """The table has no such stage, or a stage is not complete."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What may differ. ``retain_data``: table, evidence and keys outlive the stack, and are protected against deletion.

    ``merchants`` get an empty secret made by the stack, to be filled when they are connected; others may be connected without
    a deployment. ``mail_recipients`` are addresses and domains whose mail SES receives for the desk, "cancel@shop.example" or "shop.example";
    without any it receives none. ``runbook_url`` is where whoever gets an alarm reads what to do. ``partner_buses`` are event buses of partners (Amazon's and Shopify's have their event source's name) to listen to. ``restored_ledger`` is the ARN of the
    stream of a table that was restored from the ledger, to be worked with instead of it; "" for the stack's own.
    """

    name: str
    retain_data: bool
    log_retention_days: int
    requests_per_second: int
    request_burst: int
    intake_concurrency: int
    require_mfa: bool
    alarm_email: str
    runbook_url: str
    merchants: tuple[str, ...]
    partner_buses: tuple[str, ...]
    mail_recipients: tuple[str, ...]
    restored_ledger: str


def context() -> dict[str, Any]:
    """cdk.json's context, as the CDK command would pass it."""
    found: dict[str, Any] = json.loads(CDK_JSON.read_text())["context"]
    return found


def stages() -> dict[str, Stage]:
    """All stages by name. Raises BadStage that names the stage and the field."""
    return {name: _stage(name, row) for name, row in context()["stopship:stages"].items()}


def stage(name: str) -> Stage:
    known = stages()
    if name not in known:
        raise BadStage(f"stage {name!r} is not in cdk.json; it has {', '.join(sorted(known))}")
    return known[name]


def check_deployable(stage: Stage) -> None:
    """Whether it may be deployed as it stands in the table; a template can be made of it anyhow. Raises BadStage."""
    if stage.retain_data and not stage.alarm_email:
        raise BadStage(
            f"cdk.json, stage {stage.name}: alarm_email is empty, and nobody would hear its alarms; name who does"
        )


def _stage(name: str, row: dict[str, Any]) -> Stage:
    wanted = {f.name for f in fields(Stage)} - {"name"}
    if odd := wanted.symmetric_difference(row):
        raise BadStage(f"cdk.json, stage {name}: {', '.join(sorted(odd))} is missing or unknown")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Stage(name=name, **values)
