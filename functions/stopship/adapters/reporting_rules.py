"""By what rules each merchant's figures are reported, and how old the facts are, as one JSON file beside the exported facts, so
that they can be read without the desk."""

import json
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stopship.application.compute_kpis import Costs, ParcelCost
from stopship.domain.chain import canonical
from stopship.domain.policy import ParcelCosts, ReportingRule
from stopship.frozen import frozen

FILE = "reporting.json"
type Rules = Mapping[str, ReportingRule]


@frozen
class Exported:
    """``at`` is when the export began: what happened later is not in the files. "" where there is no such file."""

    rules: dict[str, ReportingRule] = field(default_factory=dict)
    at: str = ""


def dump(rules: Rules, exported_at: str) -> str:
    return canonical(
        {"exported_at": exported_at, "merchants": {merchant: _row(rule) for merchant, rule in rules.items()}}
    )


def _row(rule: ReportingRule) -> dict[str, Any]:
    costs = rule.costs
    parts = ("currency", "outbound", "return_shipping", "handling")
    told = {name: str(getattr(costs, name)) for name in parts} if costs else None
    return {"time_zone": rule.time_zone, "costs": told}


def load(text: str) -> Exported:
    """Raises ValueError or KeyError for what never was one."""
    told = json.loads(text)
    return Exported({merchant: _rule(row) for merchant, row in told["merchants"].items()}, told["exported_at"])


def _rule(row: Mapping[str, Any]) -> ReportingRule:
    costs = row["costs"]
    if not costs:
        return ReportingRule(row["time_zone"])
    parts = (Decimal(costs[name]) for name in ("outbound", "return_shipping", "handling"))
    return ReportingRule(row["time_zone"], ParcelCosts(costs["currency"], *parts))


def read(folder: Path) -> Exported:
    """Without a file weeks are UTC's, costs are not known, and nobody says how old the facts are."""
    file = folder / FILE
    return load(file.read_text(encoding="utf-8")) if file.exists() else Exported()


def zones(merchants: list[str], rules: Rules) -> dict[str, ZoneInfo]:
    """Each merchant's time zone. Raises ZoneInfoNotFoundError for one that this machine does not know."""
    return {name: ZoneInfo(rules.get(name, ReportingRule()).time_zone) for name in merchants}


def costs(rules: Rules) -> Costs:
    priced = {name: rule.costs for name, rule in rules.items() if rule.costs}
    return Costs({name: ParcelCost(x.currency, int(x.each * 1000)) for name, x in priced.items()})
