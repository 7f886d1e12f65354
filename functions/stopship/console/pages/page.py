"""A whole page of a signed-in person."""

from typing import Any, Final

from stopship.console.answers import Answer, html
from stopship.console.rendered import rendered
from stopship.console.visit import Visit
from stopship.domain.agent import Doing

_LINKS: Final = (
    ("queue", "/console", "Queue", Doing.READ),
    ("wall", "/console/wall", "Wall", Doing.READ),
    ("cases", "/console/cases", "Cases", Doing.READ),
    ("figures", "/console/kpi", "Figures", Doing.READ),
    ("search", "/console/search", "Search", Doing.READ),
    ("new", "/console/new", "New cancel", Doing.ASK),
)


def page(visit: Visit, template: str, here: str, *, status: int = 200, **values: Any) -> Answer:
    """``here`` is the name of the main link that the page belongs to, "" for none."""
    links = [(name, to, label) for name, to, label, doing in _LINKS if visit.may(doing)]
    shown = {"visit": visit, "theme": visit.theme, "now": visit.now, "here": here, "visit_links": links}
    return html(rendered(template, **shown, **values), status)


def part(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Answer:
    """A part of a page, for htmx to put in its place."""
    return html(rendered(template, visit=visit, now=visit.now, **values), status)
