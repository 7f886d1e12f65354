"""The console's pages of figures, behind the same sessions: apart from the others, because what counts is large."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from stopship.adapters.clock import SystemClock
from stopship.wiring import desk, entrance, intake_queue, merchants, reports

MEMORY_MB = 1024
"""Of the function's own, what is left to DuckDB."""


@cache
def pages() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Loaded by the first request, not by a function that starts. The copy of the facts lives as long as the process. The office is the one of
    the other pages, for the same sessions; of its desk these pages use the clock, and this function may use no more."""
    from stopship.adapters.facts_copy import FactsCopy
    from stopship.console.figure_routes import figure_routes
    from stopship.console.office import Office
    from stopship.console.serve import serve

    copy = FactsCopy(reports(), Path(mkdtemp(prefix="facts-")), SystemClock(), MEMORY_MB)
    office = Office(entrance(), desk(), intake_queue(), merchants().settings)
    routes = figure_routes(copy)
    return lambda event: serve(event, office, routes)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    return pages()(event)
