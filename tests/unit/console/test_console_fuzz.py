"""Whatever a browser sends, nobody gets an error of ours, and nothing is done that was not asked for properly."""

import re
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopship.console.asked import read_asked
from stopship.console.figure_routes import figure_routes
from stopship.console.pages.sign_in import safe_next
from stopship.console.route import Route
from stopship.console.routes import OPEN, SIGNED_IN
from stopship.domain.errors import InvalidInput
from tests.fakes.console import Visitor

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
NAMES = st.sampled_from(
    [
        "q",
        "after",
        "tier",
        "owner",
        "cursor",
        "merchant",
        "seen",
        "action",
        "answer",
        "note",
        "evidence",
        "line.L1",
        "pick",
        "plan",
        "plan_hash",
        "team",
        "until",
        "reason",
        "lines",
        "order_ref",
        "channel",
        "whole",
        "calls",
        "money",
        "name",
        "password",
        "kind",
        "reference",
        "word",
        "next",
        "theme",
        "request_id",
        "requester",
        "ticket_ref",
        "week",
        "by",
        "below",
        "page",
        "outcome",
    ]
)
FIELDS = st.dictionaries(NAMES, TEXT, max_size=6)
FIGURES = figure_routes(lambda *_: pytest.fail("only the paths are read here"))
ROUTES = [r for r in (*OPEN, *SIGNED_IN, *FIGURES) if r.path not in ("sign-out", "sign-in", "challenge")]


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
@settings(suppress_health_check=list(HealthCheck), max_examples=12)
@given(
    fields=FIELDS,
    part=st.sampled_from(["x", "stop_chance", "exc-x", "case-x", "acme", "..", "%00", "é"]),
    lively=st.booleans(),
)
def test_no_page_breaks_over_what_it_is_sent(
    lead: Visitor, route: Route, fields: dict[str, str], part: str, lively: bool
) -> None:
    path = "/console/" + re.sub(r"\{\w+\}", part, route.path)
    closed = [c.case_id for c in lead.console.world.cases if c.closed]
    if route.method == "GET":
        seen = lead.get(f"{path}?{urlencode(fields)}", **({"hx_request": "true"} if lively else {}))
    else:
        seen = lead.post(path, **fields)
    assert seen.status < 500, seen.text
    assert [c.case_id for c in lead.console.world.cases if c.closed] == closed


@given(path=TEXT, query=TEXT, cookie=TEXT, host=TEXT)
def test_any_request_is_read_or_refused(path: str, query: str, cookie: str, host: str) -> None:
    event = {
        "rawPath": path,
        "rawQueryString": query,
        "cookies": [cookie],
        "headers": {"host": host, "origin": f"https://{host}", "referer": query},
        "requestContext": {"http": {"method": "GET", "path": path}},
    }
    try:
        asked = read_asked(event)
    except InvalidInput:
        return
    assert isinstance(asked.on_this_machine, bool) and isinstance(asked.from_own_page, bool)


@given(TEXT)
def test_wherever_a_link_leads_it_stays_in_the_console(wanted: str) -> None:
    assert safe_next(wanted).startswith("/console")
    assert safe_next(f"/console/{wanted}").startswith("/console")
