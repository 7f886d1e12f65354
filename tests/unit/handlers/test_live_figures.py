"""The number on the dashboard is the number of the report, the command line and the console: for the same merchant and the same week."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from stopship.adapters.clock import SystemClock
from stopship.adapters.facts_copy import FactsCopy
from stopship.adapters.reports_s3 import S3Reports
from stopship.application.compute_kpis import compute
from stopship.application.live_figures import LIVE, metric_name
from stopship.application.report.wording import shown
from stopship.contract import METRIC_NAMESPACE, METRICS
from stopship.domain.instant import parse
from stopship.domain.kpi.definitions import KPIS
from stopship.handlers import export_facts, project_facts
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.one_thread import use_one_thread
from tests.statemachines.play import Play
from tests.unit.handlers.test_reporting_functions import BUCKET, record_the_week, s3, stream
from tests.unit.kpi.week import MERCHANT, WEEK

__all__ = ["s3"]

SUNDAY = "2026-11-22T18:00:00.000000Z"


@pytest.fixture
def exported(s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """On Sunday evening of the week; what was printed before is gone."""
    monkeypatch.setattr(SystemClock, "now", lambda _: SUNDAY)
    record_the_week()
    project_facts.handler(stream(), None)
    capsys.readouterr()
    return s3


def gauges(printed: str) -> Iterator[dict[str, Any]]:
    for line in printed.splitlines():
        if '"_aws"' in line:
            yield json.loads(line)


def values(line: dict[str, Any]) -> dict[str, float]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == (METRIC_NAMESPACE, [["merchant"]])
    assert all(METRICS[m["Name"]] == ("merchant",) for m in directive["Metrics"])
    return {m["Name"]: line[m["Name"]][0] for m in directive["Metrics"]}


def test_the_same_number_stands_on_the_dashboard_in_the_report_at_the_command_line_and_in_the_console(
    exported: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = export_facts.handler({}, None)
    (line,) = gauges(capsys.readouterr().out)
    metrics = values(line)
    assert (line["merchant"], line["week"], told["figures"]) == (MERCHANT, str(WEEK), len(metrics))
    figures = FactsCopy(S3Reports(exported, BUCKET), tmp_path / "copy", SystemClock())([MERCHANT], None)
    computed = compute(figures.facts, [KPIS[x] for x in LIVE], figures.spans([MERCHANT], [WEEK]))
    S3Reports(exported, BUCKET).fetch(tmp_path / "files", WEEK.plus(-20))
    visitor = at_the_console(figures, monkeypatch)
    page = unescape(visitor.get(f"/console/kpi?week={WEEK}").text)
    for name in LIVE:
        (figure,) = computed[name].figures
        number = metrics.get(metric_name(name))
        assert number == (None if figure.value is None else float(figure.value)), name
        assert at_the_command_line(name, tmp_path / "files") == (None if figure.value is None else f"{figure.value:f}")
        told_there = re.search(rf">{re.escape(KPIS[name].title)}</a></td><td [^>]+>(.*?)</td>", page, re.DOTALL)
        assert told_there
        if figure.value is not None:
            assert f'<data value="{figure.value:f}"' in told_there.group(1), name
            assert f">{shown(figure)}</data>" in told_there.group(1), name
        else:
            assert "<data" not in told_there.group(1), name
    assert len(metrics) > 12


def at_the_console(figures: Any, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    use_one_thread(monkeypatch)
    world = Play().world
    world.clock.moment = parse(SUNDAY)
    console = FakeConsole(world)
    console.facts, console.as_of = figures.facts, figures.as_of
    visitor = Visitor(console)
    visitor.sign_in("auditor")
    return visitor


def at_the_command_line(name: str, folder: Path) -> str | None:
    asked = ["kpi", name, "--week", str(WEEK), "--merchant", MERCHANT, "--facts", str(folder), "--json"]
    done = CliRunner().invoke(app, asked)
    (figure,) = json.loads(done.stdout)["figures"]
    found: str | None = figure["value"]
    return found


def test_what_nobody_knows_is_no_number(
    exported: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weeks later nobody has told of anything: not even a zero is published."""
    export_facts.handler({}, None)
    capsys.readouterr()
    monkeypatch.setattr(SystemClock, "now", lambda _: "2026-12-23T18:00:00.000000Z")
    assert export_facts.handler({}, None) == {"weeks": 0, "figures": 0}
    assert list(gauges(capsys.readouterr().out)) == []


def test_the_next_export_publishes_what_has_changed_meanwhile(
    exported: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    export_facts.handler({}, None)
    before = values(next(gauges(capsys.readouterr().out)))
    for table in ("cases", "legs"):
        exported.delete_object(Bucket=BUCKET, Key=f"facts/{table}/merchant={MERCHANT}/week=2026-W47/part.parquet")
    export_facts.handler({}, None)
    after = values(next(gauges(capsys.readouterr().out)))
    assert (before["StopSuccessRate"], before["CancellationRate"]) == (66.67, 20.0)
    assert "StopSuccessRate" not in after and after["CancellationRate"] == 0.0
