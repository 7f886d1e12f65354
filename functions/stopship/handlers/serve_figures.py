"""The console's pages of figures, behind the same sessions: apart from the others, because what counts is large."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from stopship.adapters.clock import SystemClock
from stopship.console.office import Office
from stopship.console.route import Route
from stopship.console.serve import serve
from stopship.wiring import desk, entrance, intake_queue, merchants, reports

MEMORY_MB = 1024
"""Of the function's own, what is left to DuckDB."""


@cache
def office() -> Office:
    """The same as the other pages', for the same sessions; of the desk these pages use the clock, and this function may use no more."""
    return Office(entrance(), desk(), intake_queue(), merchants().settings)


@cache
def routes() -> tuple[Route, ...]:
    """The copy of the facts lives as long as the process. What counts is loaded by the first request, not by a function that starts."""
    from stopship.adapters.facts_copy import FactsCopy
    from stopship.console.figure_routes import figure_routes

    return figure_routes(FactsCopy(reports(), Path(mkdtemp(prefix="facts-")), SystemClock(), MEMORY_MB))


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    return serve(event, office(), routes())
