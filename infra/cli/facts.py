"""Where a command's figures come from: a folder of exported facts, the desk on this machine, or a stage in AWS."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from infra.cli.output import fail
from infra.cli.target import Target
from infra.local.desk import STAGE, LocalDesk, NotRunning
from stopship.adapters import policy_file, reporting_rules
from stopship.adapters.clock import SystemClock
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.adapters.facts_table import DynamoFacts
from stopship.adapters.merchants import Merchants
from stopship.application.compute_kpis import Costs
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from stopship.domain.kpi.weeks import Span, Week, spans
from stopship.domain.policy import ReportingRule


@dataclass(frozen=True, slots=True)
class Facts:
    """``rules`` by merchant; who has none is counted by UTC, and its costs are not known. ``now`` is when the facts were true: of files, when
    they were exported."""

    database: FactsDatabase
    rules: dict[str, ReportingRule]
    now: str

    @property
    def costs(self) -> Costs:
        return reporting_rules.costs(self.rules)

    def merchants(self, only: str = "") -> list[str]:
        """Raises typer.Exit for a merchant of whom nothing is known."""
        known = self.database.merchants()
        if only and only not in known:
            raise fail(f"no facts about merchant {only}: there are {', '.join(known) or 'none'}")
        return [only] if only else known

    def spans(self, merchants: list[str], weeks: Sequence[Week]) -> list[Span]:
        return spans(reporting_rules.zones(merchants, self.rules), weeks, self.now)

    def last_week(self, merchants: list[str]) -> Week:
        """The newest that is over for all of them."""
        zones = reporting_rules.zones(merchants, self.rules).values()
        return min((Week.at(self.now, zone) for zone in zones), default=Week.parse("2026-W01")).plus(-1)


@contextmanager
def open_facts(folder: Path | None, stage: str) -> Iterator[Facts]:
    database = FactsDatabase()
    try:
        now = SystemClock().now()
        if folder is None:
            yield Facts(database, _from_desk(database, stage), now)
        elif not folder.is_dir():
            raise fail(f"--facts {folder}: there is no such folder")
        else:
            database.read_parquet(folder)
            exported = reporting_rules.read(folder)
            yield Facts(database, exported.rules, exported.at or now)
    finally:
        database.close()


def _from_desk(database: FactsDatabase, stage: str) -> dict[str, ReportingRule]:
    desk, book = fact_book(stage)
    found = list(book.everything())
    orders = [x for x in found if isinstance(x, OrderFact)]
    database.read_rows([x for x in found if isinstance(x, CaseFacts)], orders)
    return reporting(desk, database.merchants())


def fact_book(stage: str) -> tuple[Target, DynamoFacts]:
    """Of the desk on this machine, or of a stage. Raises typer.Exit where there is none."""
    try:
        desk = Target.find(stage)
    except NotRunning as error:
        raise fail(f"{error} Figures can also be had from a folder of exported facts: --facts DIR") from error
    return desk, DynamoFacts(_client(desk, "dynamodb"), desk.outputs["FactsTableName"])


def reporting(desk: Target, merchants: list[str]) -> dict[str, ReportingRule]:
    """By the policy that is in force for each of them."""
    settings = Merchants(STAGE if desk.name == "local" else desk.name, None, _client(desk, "ssm"))
    policies = {name: str(settings.settings(name).get("policy", "")) for name in merchants}
    return {name: policy_file.effective(override)[1].reporting for name, override in policies.items()}


def _client(desk: Target, service: str) -> Any:
    return LocalDesk.attach().emulator.client(service) if desk.name == "local" else boto3.client(service)
