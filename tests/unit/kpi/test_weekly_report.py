"""The weekly report says what the measures say, leads to their cases, names what is missing, and goes by mail as it is."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest
from typer.testing import CliRunner

from infra.bench import generated_facts
from infra.cli.main import app
from stopship.adapters import reporting_rules
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.adapters.report import html, pdf, rows
from stopship.application.compute_kpis import NO_COSTS, compute, trace
from stopship.application.report.links import Links
from stopship.application.report.mail import as_text
from stopship.application.report.make import make_report
from stopship.application.report.model import Report
from stopship.application.report.scale import top
from stopship.application.report.wording import difference, plain, span
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Slice
from stopship.domain.kpi.weeks import Span, Week, spans, trend
from tests.unit.kpi.week import BERLIN, MERCHANT, WEEK, facts_of_week, orders

LINKS = Links("https://desk.example/", "")
NOW = "2026-12-01T00:00:00.000000Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("facts")
    generated_facts.write(found, 4_000)
    return found


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[FactsDatabase]:
    found = FactsDatabase()
    found.read_parquet(folder)
    yield found
    found.close()


@pytest.fixture(scope="module")
def weeks(folder: Path) -> list[Span]:
    rules = reporting_rules.read(folder).rules
    return spans(reporting_rules.zones(generated_facts.merchants(), rules), list(trend(WEEK, 8)), NOW)


@pytest.fixture(scope="module")
def report(database: FactsDatabase, weeks: list[Span], folder: Path) -> Report:
    return make_report(database, weeks, "", reporting_rules.costs(reporting_rules.read(folder).rules))


def small(now: str = NOW, *, merchant: str = MERCHANT) -> Report:
    """Of the week that is worked out by hand."""
    memory = Memory.of(facts_of_week(), orders())
    return make_report(memory, spans({merchant: BERLIN}, list(trend(WEEK, 8)), now), merchant, NO_COSTS)


# ---------------------------------------------------------------------------------------------- what it says


def test_every_figure_is_that_of_its_measure_for_the_same_slice(
    report: Report, database: FactsDatabase, weeks: list[Span]
) -> None:
    told = [
        f
        for section in report.sections
        for t in section.tables
        for row in t.rows
        for f in row.now.values()
        if f is not None
    ]
    assert len(told) > 150
    for figure in told[::7]:
        by = tuple(x for x in figure.by if x not in figure.kpi.always_by)
        chosen = [x for x in weeks if x.week == figure.week]
        again = compute(database, [figure.kpi], chosen, Slice(by))[figure.kpi.name].figures
        assert figure in again


def test_the_headlines_are_the_weeks_own_numbers() -> None:
    found = {x.kpi.name: x.now.value for x in small().headlines if x.now}
    assert found["stop_success_rate"] == Decimal("66.67")
    assert found["leakage"] == 50
    assert found["cancellation_rate"] == Decimal("22.50")


def test_a_change_is_attributed_to_a_part_that_went_the_same_way(report: Report) -> None:
    parts = [x for x in report.changes if x.by]
    assert parts
    for x in parts:
        assert (
            x.headline.now
            and x.headline.before
            and x.headline.now.value is not None
            and x.headline.before.value is not None
        )
        went = x.headline.now.value - x.headline.before.value
        now, before = (y.upper if y and y.upper else 0 for y in (x.now, x.before))
        assert went != 0 and (now != before or x.headline.kpi.unit == "percent")


def test_each_recommendation_rests_on_the_cases_that_it_counts(
    report: Report, database: FactsDatabase, weeks: list[Span]
) -> None:
    assert len(report.actions) == 3
    assert len({x.figure.kpi.name for x in report.actions}) == 3
    for action in report.actions:
        cases = trace(database, action.figure.kpi, [x for x in weeks if x.week == str(WEEK)], action.only)
        assert tuple(cases[: len(action.cases)]) == action.cases
        assert f"{action.figure.upper:,}" in action.why


def test_what_is_not_known_is_said() -> None:
    notes = " ".join(small().notes)
    assert "acme names no costs" in notes
    assert "20 of 40 orders nobody told the fulfillment type" in notes
    assert "Open cases that came in this week: 1." in notes
    assert "Legs of which nobody told when the order was placed: 3." in notes
    assert any("acme" in x and "not known" in x for x in small().costs)


def test_a_week_of_which_nobody_told_is_not_a_week_of_nothing() -> None:
    report = small()
    assert all(x.before is None and x.trend[:-1] == (None,) * 7 and not x.tone for x in report.headlines)
    assert "Nobody told of any order or case in 2026-W40, 2026-W41" in " ".join(report.notes)
    assert "2026-W47:" not in " ".join(report.notes)


def test_a_week_that_is_not_over_says_so() -> None:
    running = small("2026-11-18T12:00:00.000000Z")
    assert not running.over
    assert running.notes[0].startswith("The week is not over: what is shown is as of 2026-11-18 12:00")
    assert "(not over)" in html.render(running, LINKS)


def test_a_merchant_of_whom_nothing_is_known_has_an_empty_report_and_no_guess() -> None:
    empty = small(merchant="nobody")
    assert (empty.changes, empty.actions) == ((), ())
    assert all(x.now is None or not x.now.upper for x in empty.headlines if not x.kpi.plus)
    assert pdf.render(empty, LINKS)[:4].decode() == "%PDF"
    assert "Nothing of the kind in this week" in html.render(empty, LINKS)


def test_other_merchants_are_not_in_a_merchants_report(database: FactsDatabase, weeks: list[Span]) -> None:
    own = make_report(database, [x for x in weeks if x.merchant == "merchant-1"], "merchant-1")
    text = html.render(own, Links("", "merchant-1")) + rows.as_json(own, Links("", "merchant-1"))
    assert "merchant-1" in text
    assert not re.search(r"merchant-[02-9]", text)


# ---------------------------------------------------------------------------------------------- how it is drawn


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(report: Report) -> Page:
    found = Page()
    found.feed(html.render(report, LINKS))
    assert found.open == []
    return found


def test_the_page_goes_by_mail_as_it_is(page: Page) -> None:
    """Nothing that mail programs take away or that has to be fetched."""
    assert not {"script", "style", "link", "img", "svg", "iframe", "form", "object"} & set(page.tags)
    assert not {"class", "onclick", "src", "background"} & page.attributes


def test_a_mail_is_the_first_page_and_short_enough_not_to_be_cut(report: Report) -> None:
    text = html.render_mail(report, LINKS, "s3/reports/all.html")
    assert len(text.encode()) < 100_000
    assert "Recommended for next week" in text and "What each measure means" not in text
    assert "s3/reports/all.html" in text


def test_who_cannot_see_the_page_reads_the_same(report: Report) -> None:
    text = as_text(report)
    assert all(action.title in text for action in report.actions)
    assert all(note in text for note in report.notes)
    assert "Stop-ship success: " in text and "<" not in text


def test_every_link_leads_to_the_cases_of_a_measure(page: Page) -> None:
    assert len(page.links) > 200
    for link in page.links:
        parts = urlsplit(link)
        assert parts.netloc == "desk.example"
        _, console, kpi, name, cases = parts.path.split("/")
        assert (console, kpi, cases) == ("console", "kpi", "cases")
        asked = {k: v for k, (v,) in parse_qs(parts.query, keep_blank_values=True).items()}
        assert Week.parse(asked.pop("week"))
        assert set(asked) <= {*KPIS[name].dimensions}, link


def test_names_from_outside_are_shown_and_never_run() -> None:
    evil = small()
    evil = replace(evil, merchant="<script>alert(1)</script>", notes=("a <b>note</b>",))
    text = html.render(evil, LINKS)
    assert "<script" not in text and "a &lt;b&gt;note&lt;/b&gt;" in text


def test_the_same_report_is_the_same_file(report: Report) -> None:
    assert pdf.render(report, LINKS) == pdf.render(report, LINKS)
    assert html.render(report, LINKS) == html.render(report, LINKS)


def test_a_pdf_shows_names_that_its_fonts_lack() -> None:
    named = replace(small(), merchant="Käse & 商店")
    assert len(pdf.render(named, LINKS)) > 10_000


def test_csv_and_json_hold_the_same_figures(report: Report) -> None:
    document = json.loads(rows.as_json(report, LINKS))
    table = list(csv.DictReader(io.StringIO(rows.as_csv(report, LINKS), newline="")))
    assert [(x["kpi"], x["week"], x["value"] or None) for x in table] == [
        (x["kpi"], x["week"], x["value"]) for x in document["figures"]
    ]
    assert document["actions"][0]["first_cases"][0]["merchant"].startswith("merchant-")


def test_the_command_writes_every_format(folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app,
        [
            "report",
            "--facts",
            str(folder),
            "--week",
            "2026-W47",
            "--merchant",
            "merchant-1",
            "--format",
            "all",
            "--out",
            str(tmp_path),
        ],
    )
    assert done.exit_code == 0, done.output
    assert sorted(x.name for x in tmp_path.iterdir()) == [
        f"2026-W47-merchant-1.{x}" for x in ("csv", "html", "json", "parquet", "pdf")
    ]
    document = json.loads((tmp_path / "2026-W47-merchant-1.json").read_text())
    (count,) = duckdb.sql(f"SELECT count(*) FROM '{tmp_path / '2026-W47-merchant-1.parquet'}'").fetchall()
    assert count == (len(document["figures"]),)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "docx"], "html, pdf, csv, parquet, json"),
        (["--week", "2026-W99"], "2026 has no week 99"),
        (["--week", "2031-W01"], "has not begun"),
        (["--merchant", "nobody"], "merchant-0"),
    ],
)
def test_a_report_that_cannot_be_made_is_refused_and_writes_nothing(
    arguments: list[str], says: str, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["report", "--facts", str(folder), "--out", str(out), *arguments])
    assert done.exit_code == 2
    assert says in " ".join(done.output.split())
    assert not out.exists()


# ---------------------------------------------------------------------------------------------- axes and words


def figure(name: str, upper: int, lower: int | None = None) -> Figure:
    return Figure(KPIS[name], "2026-W47", (), (), upper, lower)


@pytest.mark.parametrize(
    ("figures", "end"),
    [
        ([figure("cases_received", 87)], 100),
        ([figure("cases_received", 100)], 100),
        ([figure("cases_received", 101)], 120),
        ([figure("cases_received", 0)], 1),
        ([], 1),
        ([None], 1),
        ([figure("stop_success_rate", 60, 100)], 100),
        ([figure("stop_success_rate", 3, 100)], 3),
        ([figure("time_to_cancel_p50", 5_500 * 1_000_000)], 7_200),
        ([figure("leakage", 12_217_500)], 15_000),
    ],
)
def test_an_axis_ends_at_a_round_number_that_nothing_exceeds(figures: list[Figure | None], end: int) -> None:
    assert top(figures) == end


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1.0 min"), (3_600, "1.0 h"), (5_400, "1.5 h"), (200_000, "2.3 d")],
)
def test_time_is_written_as_people_say_it(seconds: int, text: str) -> None:
    assert span(Decimal(seconds)) == text


def test_a_change_that_cannot_be_seen_is_none() -> None:
    assert (
        difference(figure("stop_success_rate", 50_000, 100_000), figure("stop_success_rate", 50_001, 100_000)) == "same"
    )
    assert difference(figure("stop_success_rate", 3, 4), figure("stop_success_rate", 2, 4)) == "+25.0 pts"
    assert difference(figure("cases_received", 3), None) == ""
    assert difference(figure("stop_success_rate", 3, 0), figure("stop_success_rate", 2, 4)) == ""


def test_codes_are_written_as_words() -> None:
    assert [plain(x) for x in ("", "late_cancel", "0015-0030 min")] == ["(none)", "late cancel", "15 to 30 min"]
