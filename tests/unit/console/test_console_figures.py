"""The pages of figures: the numbers of the report, week by week, and the cases behind each."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from stopship.application.compute_kpis import compute, trace
from stopship.application.report.links import Links
from stopship.application.report.make import make_report
from stopship.application.report.model import Report
from stopship.application.report.wording import shown
from stopship.domain.instant import parse
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Slice
from stopship.domain.kpi.weeks import spans, trend
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.world import World
from tests.unit.kpi.week import AFTERWARDS, BERLIN, MERCHANT, WEEK, facts_of_week, orders, week_of

FACTS = Memory.of(facts_of_week(), orders())


@pytest.fixture
def told(world: World) -> FakeConsole:
    """On a desk whose facts are those of the week that is worked out by hand."""
    world.clock.moment = parse(AFTERWARDS)
    console = FakeConsole(world)
    console.facts, console.as_of = FACTS, AFTERWARDS
    return console


@pytest.fixture
def auditor(told: FakeConsole) -> Visitor:
    visitor = Visitor(told)
    visitor.sign_in("auditor")
    return visitor


@pytest.fixture(scope="module")
def report() -> Report:
    return make_report(FACTS, spans({MERCHANT: BERLIN}, list(trend(WEEK, 8)), AFTERWARDS), MERCHANT)


def figures_of(report: Report) -> Iterator[tuple[Figure, dict[str, str]]]:
    """Every number of the report that leads anywhere, with what its link is narrowed to."""
    for head in report.headlines:
        if head.now and head.now.upper:
            yield head.now, dict(head.only)
    for action in report.actions:
        yield action.figure, dict(action.only)
    for section in report.sections:
        for table in section.tables:
            for row in table.rows:
                yield from ((x, {}) for x in row.now.values() if x is not None and x.upper)


def linked(text: str) -> list[str]:
    """The cases that a page's list leads to, or the orders."""
    return [unescape(x) for x in re.findall(r'href="/console/(?:cases/([^"?]+)\?)', text)]


def data(text: str) -> list[tuple[str, str]]:
    """Exact values, and as people read them."""
    return [(a, unescape(b)) for a, b in re.findall(r'<data value="([^"]*)"[^>]*>([^<]*)</data>', text)]


def test_every_link_of_the_report_is_answered_by_the_cases_behind_its_number(auditor: Visitor, report: Report) -> None:
    links, seen = Links("", MERCHANT), 0
    for figure, only in figures_of(report):
        page = auditor.get(links.cases(figure, only))
        assert page.status == 200, page.text
        narrowed = {k: v for k, v in {**figure.slice, **only}.items() if not (figure.kpi.priced and k == "currency")}
        wanted = trace(FACTS, figure.kpi, [week_of()], narrowed)
        if figure.kpi.upper.table != "orders":
            assert linked(page.text) == [case for _, case in wanted], links.cases(figure, only)
        assert wanted and shown(figure) in [text for _, text in data(page.text)]
        seen += 1
    assert seen > 60


def test_a_report_over_all_merchants_leads_to_those_that_the_person_works_for(told: FakeConsole) -> None:
    visitor = Visitor(told)
    visitor.sign_in("both")
    page = visitor.get("/console/kpi/stop_success_rate/cases?week=2026-W47")
    assert len(linked(page.text)) == 4 and told.asked_figures_of[-1] == ("acme", "borealis")
    visitor.post("/console/merchant", merchant="borealis")
    assert len(linked(visitor.get("/console/kpi/stop_success_rate/cases?week=2026-W47").text)) == 4
    visitor.sign_in("stranger")
    assert linked(visitor.get("/console/kpi/stop_success_rate/cases?week=2026-W47").text) == []
    assert list(told.asked_figures_of[-1]) == ["borealis"]


def test_another_merchants_figures_are_not_there_and_are_not_read(told: FakeConsole) -> None:
    visitor = Visitor(told)
    visitor.sign_in("stranger")
    for path in ("", "/stop_success_rate", "/stop_success_rate/cases"):
        assert visitor.get(f"/console/kpi{path}?week=2026-W47&merchant={MERCHANT}").status == 404
    assert told.asked_figures_of == []


def test_nobody_sees_a_figure_without_a_session(told: FakeConsole) -> None:
    visitor = Visitor(told)
    away = visitor.get("/console/kpi/leakage/cases?week=2026-W47&merchant=acme")
    assert away.status == 303 and "next=%2Fconsole%2Fkpi%2Fleakage%2Fcases%3F" in away.location
    visitor.sign_in("nobody")
    assert visitor.get("/console/kpi").status == 403
    assert told.asked_figures_of == []


def test_the_list_shows_the_reports_numbers_for_each_measure(auditor: Visitor, report: Report) -> None:
    text = auditor.get("/console/kpi?week=2026-W47").text
    rows = {unescape(a): b for a, b in re.findall(r'<td><a href="[^"]+">([^<]+)</a></td>(.*?)</tr>', text, re.DOTALL)}
    for head in report.headlines:
        numbers = data(rows[head.label])
        assert (numbers[0][1] if numbers else "-") == shown(head.now), head.label
    computed = compute(FACTS, list(KPIS.values()), [week_of()])
    for name, found in computed.items():
        for figure in found.figures:
            if figure.value is not None and not figure.key:
                assert (f"{figure.value:f}", shown(figure)) in data(rows[KPIS[name].title]), name


def test_a_measure_says_what_it_means_and_has_a_column_for_each_week_that_is_known(auditor: Visitor) -> None:
    text = auditor.get("/console/kpi/stop_success_rate?week=2026-W48&by=channel").text
    plot = text[text.index('<svg class="plot"') : text.index("</svg>")]
    assert plot.count("<rect") == 2 and plot.count(">\N{EN DASH}<") == 6
    assert "cases that ended as stopped, blocked or shipped" in text
    assert ("66.67", "66.7 %") in data(text) and ("100.00", "100.0 %") in data(text)
    assert "style=" not in text


def test_parts_add_up_to_the_whole_and_each_leads_to_its_cases(auditor: Visitor) -> None:
    text = auditor.get("/console/kpi/cases_ended?week=2026-W47&by=reason").text
    parts = re.findall(r'href="(/console/kpi/cases_ended/cases\?[^"]*reason=[^"]+)"', text)
    cases = [case for x in parts for case in linked(auditor.get(unescape(x)).text)]
    assert sorted(cases) == sorted(case for _, case in trace(FACTS, KPIS["cases_ended"], [week_of()], {}))


def test_what_a_page_is_narrowed_to_narrows_the_cases(auditor: Visitor) -> None:
    figure = compute(FACTS, [KPIS["cases_ended"]], [week_of()], Slice(only={"channel": "amazon"}))["cases_ended"]
    text = auditor.get("/console/kpi/cases_ended?week=2026-W47&channel=amazon").text
    assert (f"{figure.figures[0].value:f}", "1") in data(text) and "without channel: amazon" in text
    assert linked(auditor.get("/console/kpi/cases_ended/cases?week=2026-W47&channel=amazon").text) == ["case-d"]


def test_an_empty_value_is_what_has_none(auditor: Visitor) -> None:
    assert linked(auditor.get("/console/kpi/cases_received/cases?week=2026-W47&outcome=").text) == ["case-g"]


def test_below_the_line_is_what_was_divided_by(auditor: Visitor) -> None:
    page = auditor.get("/console/kpi/stop_success_rate/cases?week=2026-W47&below=1")
    assert len(linked(page.text)) == 6
    assert "/console/search?q=s1" in auditor.get("/console/kpi/orders_placed/cases?week=2026-W47&merchant=acme").text


def test_a_long_list_is_shown_in_pages_without_gap_or_repeat(auditor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stopship.console.pages.kpi_cases.ROWS", 4)
    whole, path = list[str](), "/console/kpi/cases_received/cases?week=2026-W47"
    while path:
        text = auditor.get(path).text
        whole += linked(text)
        onward = re.search(r'href="([^"]+)" rel="next"', text)
        path = unescape(onward.group(1)) if onward else ""
    assert whole == [case for _, case in trace(FACTS, KPIS["cases_received"], [week_of()], {})]
    assert len(whole) == 9


def test_the_week_that_is_shown_by_itself_is_the_last_one_that_is_over_and_a_running_one_says_so(
    told: FakeConsole, auditor: Visitor
) -> None:
    assert "Week 2026-W48" in auditor.get("/console/kpi").text
    assert "not over" not in auditor.get("/console/kpi").text
    assert "The week is not over" in auditor.get("/console/kpi?week=2026-W49").text


def test_a_merchant_that_was_chosen_stays_chosen_and_is_named_by_every_link(told: FakeConsole) -> None:
    visitor = Visitor(told)
    visitor.sign_in("both")
    visitor.get("/console")
    visitor.post("/console/merchant", merchant=MERCHANT)
    text = visitor.get("/console/kpi?week=2026-W47").text
    assert told.asked_figures_of[-1] == (MERCHANT,)
    links = re.findall(r'href="(/console/kpi/[^"]+)"', text)
    assert links and all("merchant=acme" in x for x in links)


def test_a_wish_that_no_address_can_have_is_refused_with_the_fields_name(told: FakeConsole, auditor: Visitor) -> None:
    wrong = {
        "stop_success_rate?week=2026-47": "week",
        "stop_success_rate?week=2031-W01": "week",
        "stop_success_rate?week=2026-W50": "has not begun",
        "stop_success_rate?week=1026-W10": "too far",
        "stop_success_rate?colour=red": "colour",
        "stop_success_rate?by=colour": "by",
        "stop_success_rate/cases?week=2026-W47&lost_stage=sent": "lost_stage",
        "stop_success_rate/cases?week=2026-W47&page=99": "page",
        "orders_placed/cases?week=2026-W47&below=1": "not divided",
        "stop_success_rate/cases?week=2026-W47&below=yes": "below",
    }
    for path, says in wrong.items():
        page = auditor.get(f"/console/kpi/{path}")
        assert page.status == 400 and says in page.text, path
    assert auditor.get("/console/kpi/no_such_measure").status == 404
    assert auditor.get("/console/kpi?colour=red").status == 400
    assert auditor.post("/console/kpi/leakage").status in (403, 404)
