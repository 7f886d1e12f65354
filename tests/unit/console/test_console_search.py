"""Search: what a person has in hand leads to the case, and to nobody else's."""

import pytest

from stopship.application.note_terms import note_fact, note_writer
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.world import MERCHANT, World


def project(world: World) -> None:
    """As the ledger's stream would hand the items over."""
    for item in list(world.ledger.scan()):
        note_fact(world.ledger, {"pk": item.pk, "sk": item.sk, **item.attributes})


@pytest.mark.parametrize("typed", ["1003", "%231003", "ZD-4713", "zd-4713", "ann%40Example.com"])
def test_one_case_that_fits_is_opened_at_once(lead: Visitor, typed: str) -> None:
    project(lead.console.world)
    case = lead.console.world.case_of("1003")
    note_writer(lead.console.world.ledger, MERCHANT, case.case_id, "ann@example.com")
    seen = lead.get(f"/console/search?q={typed}")
    assert (seen.status, seen.location) == (303, f"/console/cases/{case.case_id}?merchant={MERCHANT}")


def test_several_cases_are_listed(lead: Visitor) -> None:
    world = lead.console.world
    for number in ("1001", "1003"):
        note_writer(world.ledger, MERCHANT, world.case_of(number).case_id, "ann@example.com")
    text = lead.get("/console/search?q=ann@example.com").text
    assert "2 cases fit" in text and "1001" in text and "1003" in text


def test_what_fits_nothing_is_told(lead: Visitor) -> None:
    assert "Nothing found" in lead.get("/console/search?q=nobody@example.com").text


def test_a_single_letter_is_refused_and_shown_as_it_was_typed(lead: Visitor) -> None:
    seen = lead.get("/console/search?q=%3C")
    assert seen.status == 400 and "“&lt;” is too short" in seen.text


def test_another_merchants_case_is_not_found(console: FakeConsole) -> None:
    project(console.world)
    stranger = Visitor(console)
    stranger.sign_in("stranger")
    assert "Nothing found" in stranger.get("/console/search?q=1003").text
    assert "Nothing found" in stranger.get("/console/search?q=ZD-4713").text


def test_what_is_typed_stands_nowhere_in_the_ledger(lead: Visitor) -> None:
    project(lead.console.world)
    note_writer(lead.console.world.ledger, MERCHANT, "case-1", "ann@example.com")
    assert not [x for x in lead.console.world.ledger.scan() if "ann@example" in repr(x)]
