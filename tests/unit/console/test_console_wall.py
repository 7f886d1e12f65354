"""The wall: what is open by tier, what is due next, who does not answer, and how far today's stops have got."""

import re

import pytest

from stopship.application import view_wall as view
from stopship.application.view_wall import Count, view_wall
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.world import MERCHANT


def part_of(text: str) -> str:
    found = re.search(r'hx-get="(/console/wall/part[^"]+)"', text)
    assert found
    return found.group(1)


def funnel(text: str) -> dict[str, int]:
    found = re.findall(r'<span class="large">(\d+)</span> <span class="muted">(\w+)</span>', text)
    return {stage: int(number) for number, stage in found}


def test_each_tier_says_how_many_are_open_and_how_long_the_first_has(lead: Visitor) -> None:
    text = lead.get("/console/wall").text
    tiers = dict(re.findall(r'aria-label="(P\d)">.*?<p class="huge"><a [^>]+>(\d+)', text, re.DOTALL))
    items = lead.console.world.exceptions
    assert tiers == {tier: str(sum(x.tier == tier for x in items)) for tier in ("P1", "P2", "P3")}
    assert min(x.deadline for x in items) in text
    assert text.count("none past the deadline") == 2 and "netsuite" in text


def test_what_is_due_next_stands_in_the_order_of_its_deadline(lead: Visitor) -> None:
    text = lead.get("/console/wall").text
    shown = re.findall(r"/console/exceptions/([^?]+)\?", text)
    items = sorted(lead.console.world.exceptions, key=lambda x: x.deadline)
    assert shown == [x.exception_id for x in items]


def test_a_passed_deadline_changes_the_wall_and_nothing_else_is_sent_meanwhile(lead: Visitor) -> None:
    again = part_of(lead.get("/console/wall").text)
    assert lead.get(again, hx_request="true").status == 204
    for _ in range(4):
        lead.console.world.later(900)
        lead.get("/console")
    later = lead.get(again, hx_request="true")
    assert later.status == 200 and "<html" not in later.text and part_of(later.text) != again


def test_only_what_the_person_works_for_is_on_the_wall(console: FakeConsole) -> None:
    stranger = Visitor(console)
    stranger.sign_in("stranger")
    text = stranger.get("/console/wall").text
    assert text.count("nothing waits") == 3 and "all answer" in text and MERCHANT not in text


def test_a_wall_of_somebody_who_only_reads_is_a_sign_of_life_and_one_who_works_goes_when_the_chair_is_empty(
    console: FakeConsole,
) -> None:
    for who, stays in (("auditor", True), ("agent", False)):
        visitor = Visitor(console)
        visitor.sign_in(who)
        text = visitor.get("/console/wall").text
        told = {"x_refresh": "1"} if '"x-refresh"' in text[text.index('id="wall"') :] else {}
        assert bool(told) is not stays
        for _ in range(5):
            console.world.later(600)
            seen = visitor.get(part_of(text), hx_request="true", **told)
        assert ("hx-redirect" not in seen.headers) is stays


def test_the_days_funnel_counts_the_places_that_were_asked_to_stop(lead: Visitor) -> None:
    legs = [leg for case in lead.console.world.cases for leg in case.legs.values()]
    told = funnel(lead.get("/console/kpi/today").text)
    assert told["requested"] == len(legs) and list(told) == [
        "requested",
        "sent",
        "accepted",
        "acknowledged",
        "stopped",
    ]
    assert told["requested"] >= told["sent"] >= told["accepted"] >= told["acknowledged"] >= told["stopped"] > 0


def test_tomorrow_begins_with_an_empty_funnel(lead: Visitor) -> None:
    lead.console.as_of = "2026-03-03T09:00:00.000000Z"
    assert set(funnel(lead.get("/console/kpi/today").text).values()) == {0}


def test_the_funnel_is_sent_again_only_when_it_has_changed(lead: Visitor) -> None:
    lead.console.as_of = lead.console.world.clock.now()
    text = lead.get("/console/kpi/today", hx_request="true").text
    found = re.search(r'hx-get="([^"]+)"', text)
    assert found and "<html" not in text
    assert lead.get(found.group(1), hx_request="true").status == 204


def test_beyond_what_is_counted_a_wall_says_that_there_are_more(
    console: FakeConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "MOST", 1)
    world = console.world
    wall = view_wall(world.ledger, world.traffic, [MERCHANT], world.clock.now())
    assert wall.cases == Count(1, more=True)
    assert {x.tier: x.open for x in wall.tiers}["P2"] == Count(1, more=True)
