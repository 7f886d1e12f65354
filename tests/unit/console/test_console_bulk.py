"""Many exceptions at once: the sum first, then each on its own, in portions, and again without a second effect."""

import re

import pytest

from stopship.application.bulk import MOST
from tests.fakes.console import FakeConsole, Seen, Visitor
from tests.fakes.partners import Manner, captured
from tests.fakes.world import MERCHANT


def silent_orders(console: FakeConsole, number: int) -> list[str]:
    world = console.world
    world.warehouses["north"].manner = Manner.SILENT
    for n in range(number):
        captured(world.order(f"20{n:02}"))
        world.ask(f"20{n:02}", f"d-20{n:02}")
    world.settle()
    world.warehouses["north"].manner = Manner.PROMPT
    return [f"{MERCHANT}/{x.exception_id}" for x in world.exceptions if x.order_ref.startswith("20")]


def fields_of(seen: Seen) -> dict[str, list[str]]:
    """What the next portion's form would send."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', seen.text):
        found.setdefault(name, []).append(value)
    found.pop("csrf", None)
    return found


def address_of(seen: Seen) -> str:
    found = re.search(r'hx-post="([^"]+)"', seen.text)
    return found.group(1) if found else ""


def previewed(lead: Visitor, picks: list[str], action: str, **more: str) -> Seen:
    seen = lead.post("/console/bulk/preview", pick=picks, whole=str(len(picks)), action=action, **more)
    while address_of(seen) == "/console/bulk/preview":
        seen = lead.post("/console/bulk/preview", **fields_of(seen))
    return seen


def applied(lead: Visitor, plan: Seen) -> list[Seen]:
    seen = [lead.post("/console/bulk/apply", **fields_of(plan))]
    while address_of(seen[-1]):
        seen.append(lead.post("/console/bulk/apply", **fields_of(seen[-1])))
    return seen


def words(console: FakeConsole) -> list[str]:
    cases = [c for c in console.world.cases if c.order_ref.startswith("20")]
    return [x.resolved.fact.resolution for c in cases for x in c.exceptions.values() if x.resolved]


def test_many_are_previewed_in_portions_summed_and_answered_once(lead: Visitor) -> None:
    console = lead.console
    picks = silent_orders(console, 23)
    assert "23 exceptions" in lead.post("/console/bulk", pick=picks).text
    plan = previewed(lead, picks, "let_it_ship")
    assert len(fields_of(plan)["plan"]) == 23 and "<dt>Exceptions</dt><dd>23" in plan.text
    assert words(console) == []
    seen = applied(lead, plan)
    assert len(seen) == 3 and sum(x.text.count('class="tag good"') for x in seen) == 23
    console.world.settle()
    assert words(console) == ["let_it_ship"] * 23
    again = applied(lead, plan)
    assert all("bad" not in re.findall(r'class="tag (\w+)"', x.text) for x in again)
    assert words(console) == ["let_it_ship"] * 23


def test_money_is_summed_over_all_of_them(lead: Visitor) -> None:
    picks = silent_orders(lead.console, 3)
    plan = previewed(lead, picks, "they_stopped_it", note="all three are on the shelf")
    assert "refund 60.00 EUR" in plan.text


def test_what_does_not_take_the_answer_is_left_out_and_said(lead: Visitor) -> None:
    picks = silent_orders(lead.console, 2)
    other = next(x for x in lead.console.world.exceptions if x.order_ref == "1002")
    plan = previewed(lead, [*picks, f"{MERCHANT}/{other.exception_id}"], "let_it_ship")
    assert "1 left out" in plan.text and len(fields_of(plan)["plan"]) == 2
    applied(lead, plan)
    assert words(lead.console) == ["let_it_ship"] * 2


@pytest.mark.parametrize(
    "fields",
    [
        {"pick": []},
        {"pick": ["nonsense"]},
        {"pick": ["a/b/c/d"]},
        {"pick": [f"{MERCHANT}/exc-{n}" for n in range(MOST + 1)]},
    ],
)
def test_a_list_that_cannot_be_worked_is_refused(lead: Visitor, fields: dict[str, list[str]]) -> None:
    assert lead.post("/console/bulk", **fields).status == 400


def test_an_answer_that_needs_each_ones_own_lines_is_not_for_many(lead: Visitor) -> None:
    picks = silent_orders(lead.console, 1)
    seen = lead.post("/console/bulk/preview", pick=picks, whole="1", action="stopped_in_part")
    assert seen.status == 400 and words(lead.console) == []


@pytest.mark.parametrize("role", ["agent", "auditor"])
def test_who_may_not_is_refused_and_nothing_is_done(console: FakeConsole, role: str) -> None:
    picks = silent_orders(console, 1)
    visitor = Visitor(console)
    visitor.sign_in(role)
    visitor.get("/console")
    for path in ("", "/preview", "/apply"):
        assert visitor.post(f"/console/bulk{path}", pick=picks, plan=picks, action="let_it_ship").status == 403
    assert words(console) == []


def test_another_merchants_exceptions_are_not_found(console: FakeConsole) -> None:
    picks = silent_orders(console, 1)
    visitor = Visitor(console)
    visitor.sign_in("stranger")
    visitor.get("/console")
    seen = visitor.post("/console/bulk/preview", pick=picks, whole="1", action="let_it_ship")
    assert seen.status == 404 and words(console) == []
