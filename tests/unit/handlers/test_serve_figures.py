"""The function that serves the pages of figures: reads the exported files of whom it is asked about, and no more than has changed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stopship import wiring
from stopship.adapters.facts_copy import FRESH_SECONDS, FactsCopy
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.adapters.reports_s3 import S3Reports
from stopship.application.compute_kpis import compute
from stopship.application.figures import Figures
from stopship.domain.instant import plus
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.weeks import Week, trend
from stopship.domain.policy import ReportingRule
from stopship.handlers import export_facts, project_facts, serve_figures
from tests.unit.handlers.test_reporting_functions import BUCKET, NOW, record_the_week, s3, stream
from tests.unit.kpi.week import MERCHANT, WEEK, facts_of_week, orders, week_of

__all__ = ["s3"]

W47 = Week(2026, 47)


@dataclass
class Clock:
    moment: str = NOW

    def now(self) -> str:
        return self.moment


@dataclass
class Counted:
    """A client that counts what it is asked."""

    client: Any
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self.client, name)

    def fetched(self) -> int:
        count = self.asked.count("get_object")
        self.asked.clear()
        return count


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(s3: Any) -> Counted:
    record_the_week()
    project_facts.handler(stream(), None)
    export_facts.handler({}, None)
    return Counted(s3)


@pytest.fixture
def copy(client: Counted, clock: Clock, tmp_path: Path) -> FactsCopy:
    return FactsCopy(S3Reports(client, BUCKET), tmp_path, clock)


def value(figures: Figures, name: str = "stop_success_rate", week: Week = W47) -> str:
    (found,) = compute(figures.facts, [KPIS[name]], figures.spans([MERCHANT], [week]))[name].figures
    return str(found.value)


def test_figures_are_counted_from_the_exported_files_by_the_merchants_own_clock(copy: FactsCopy) -> None:
    figures = copy([MERCHANT], WEEK)
    by_hand = compute(Memory.of(facts_of_week(), orders()), list(KPIS.values()), [week_of()])
    found = compute(figures.facts, list(KPIS.values()), figures.spans([MERCHANT], [WEEK]))
    assert {k: x.figures for k, x in found.items()} == {k: x.figures for k, x in by_hand.items()}
    assert figures.as_of == NOW


def test_what_has_not_changed_is_not_fetched_again_and_what_has_is_seen(
    copy: FactsCopy, client: Counted, clock: Clock
) -> None:
    copy([MERCHANT], None)
    assert client.fetched() > 3
    copy([MERCHANT], None)
    assert client.asked == [], "the bucket was asked a moment ago"
    clock.moment = plus(clock.moment, FRESH_SECONDS + 1)
    copy([MERCHANT], None)
    assert client.fetched() == 1, "the rules alone"
    left = [x for x in facts_of_week() if x.case.case_id != "case-a"]
    S3Reports(client.client, BUCKET).write(MERCHANT, "2026-W47", left, orders())
    clock.moment = plus(clock.moment, FRESH_SECONDS + 1)
    assert value(copy([MERCHANT], None)) == "60.00"


def test_an_older_week_brings_its_files_and_another_merchants_stay_where_they_are(
    copy: FactsCopy, client: Counted, tmp_path: Path
) -> None:
    store = S3Reports(client.client, BUCKET)
    store.write("borealis", "2026-W47", facts_of_week(), ())
    store.write(MERCHANT, "2024-W10", facts_of_week(), ())
    copy([MERCHANT], None)
    names = {str(x.relative_to(tmp_path)) for x in tmp_path.rglob("*.parquet")}
    assert names and not [x for x in names if "borealis" in x or "2024" in x]
    copy([MERCHANT], Week(2024, 12))
    assert [x for x in tmp_path.rglob("*.parquet") if "2024-W10" in str(x)]
    assert copy([MERCHANT], None).facts.briefs([("borealis", "case-a")]) == []


def test_a_fetch_that_fails_leaves_what_was_there_and_is_made_up_for(
    copy: FactsCopy, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(S3Reports, "fetch_one", away)
        with pytest.raises(ConnectionError):
            copy([MERCHANT], None)
    assert value(copy([MERCHANT], None)) == "66.67"


def test_a_merchant_without_facts_has_none(copy: FactsCopy) -> None:
    figures = copy(["borealis"], None)
    spans = figures.spans(["borealis"], list(trend(WEEK, 8)))
    assert not any(x.upper for x in compute(figures.facts, [KPIS["cases_received"]], spans)["cases_received"].figures)


def test_rules_and_zones_are_those_of_the_export(s3: Any, clock: Clock, tmp_path: Path) -> None:
    store = S3Reports(s3, BUCKET)
    copy = FactsCopy(store, tmp_path, clock)
    assert copy([MERCHANT], None).as_of == NOW, "nobody has exported anything"
    store.write_rules({MERCHANT: ReportingRule("Asia/Tokyo")}, "2026-11-23T12:00:00.000000Z")
    clock.moment = plus(clock.moment, FRESH_SECONDS + 1)
    figures = copy([MERCHANT], None)
    assert str(figures.zones([MERCHANT])[MERCHANT]) == "Asia/Tokyo"
    assert figures.as_of == "2026-11-23T12:00:00.000000Z"


def test_without_a_session_nobody_is_told_anything_and_no_facts_are_read(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOPSHIP_USER_POOL_CLIENT_ID", "client")
    monkeypatch.setattr(FactsDatabase, "__init__", lambda *_, **__: pytest.fail("facts were opened"))
    for made in (serve_figures.pages, wiring.entrance, wiring.desk):
        made.cache_clear()
    event = {
        "rawPath": "/console/kpi/leakage/cases",
        "rawQueryString": "week=2026-W47",
        "headers": {"host": "desk.example"},
        "requestContext": {"http": {"method": "GET"}},
    }
    told = serve_figures.handler(event, None)
    assert told["statusCode"] == 303 and told["headers"]["location"].startswith(
        "/console/sign-in?next=%2Fconsole%2Fkpi"
    )
    for made in (serve_figures.pages, wiring.entrance, wiring.desk):
        made.cache_clear()
