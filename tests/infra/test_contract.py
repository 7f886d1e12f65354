"""The names that code and infrastructure share are the names that the code really uses."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

import stopship.handlers
from infra.functions import NEEDED_BY
from stopship.application.expiring_credentials import Expiry, counts
from stopship.application.live_figures import LIVE, metric_name
from stopship.application.project_ledger import project
from stopship.contract import FUNCTIONS, LEVELS, LIVE_FIGURES, METRICS, OUTCOMES, ROLES, TEAMS, TIERS
from stopship.domain.agent import Role
from stopship.domain.contradiction import LEFT
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.order import AckLevel
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Team, Tier
from stopship.settings import Settings
from stopship.wiring.metrics import partner_called

EVENTS = {
    "CaseOpened": {"channel": "shopify"},
    "CaseClosed": {"outcome": "stopped"},
    "ExceptionOpened": {
        "tier": "P2",
        "exception_id": "x",
        "leg_id": "1",
        "cause": "silent_warehouse",
        "owner": "warehouse",
        "next_action": "call",
        "deadline": "2026-11-24T12:00:00Z",
    },
    "AcknowledgementReceived": {"level": "physically_stopped"},
    "LegReopened": {"leg_id": "fo-1", "why": LEFT},
    "MoneyMoved": {"status": "done", "kind": "refund"},
}


def test_every_handler_is_a_function_of_the_contract() -> None:
    (folder,) = stopship.handlers.__path__
    modules = {p.stem for p in Path(folder).glob("*.py")} - {"__init__"}
    assert modules == {f.module for f in FUNCTIONS}


def test_tiers_outcomes_levels_roles_and_teams_are_the_domains() -> None:
    assert (set(TIERS), set(OUTCOMES), set(LEVELS)) == (set(Tier), set(Outcome), set(AckLevel))
    assert (set(ROLES), set(TEAMS)) == (set(Role), set(Team))


def test_each_metric_is_emitted_with_its_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    emitted = {}
    for type_, data in EVENTS.items():
        item = {"sk": "E#1", "merchant": "acme", "case_id": "c", "type": type_, "data": json.dumps(data)}
        emitted.update({c.name: tuple(c.dimensions) for c in project(item, "dev").metrics})
    expiry = Expiry("acme", "netsuite", "certificate", "2028-01-31T00:00:00.000000Z")
    emitted.update({c.name: tuple(c.dimensions) for c in counts([expiry], "2026-11-24T12:00:00.000000Z", "dev")})
    partner_called("acme", "netsuite", 0.2, trouble=False)
    (directive,) = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"]
    emitted |= {m["Name"]: tuple(directive["Dimensions"][0]) for m in directive["Metrics"]}
    emitted |= {metric_name(name): ("merchant",) for name in LIVE}
    # The sweep counts the partners that are down, and measures the oldest exception.
    swept = {"PartnersDown": ("merchant",), "PartnersDownAnywhere": ("stage",), "OldestException": ("tier",)}
    assert emitted | swept == dict(METRICS)


def test_the_live_figures_are_measures_with_one_number_each() -> None:
    assert tuple(metric_name(name) for name in LIVE) == LIVE_FIGURES
    assert not [name for name in LIVE if KPIS[name].unit == "money" or KPIS[name].always_by or KPIS[name].priced]


def test_every_setting_reaches_the_functions_that_use_it() -> None:
    assert {f.name for f in fields(Settings)} == set(NEEDED_BY) | {"stage", "public_url"}
