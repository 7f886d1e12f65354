"""The addresses of the pages of figures. A function of their own serves them, which carries what counts."""

from functools import partial

from stopship.application.figures import FigureSource
from stopship.console.pages import kpi, kpi_cases, kpi_today, kpis
from stopship.console.route import Route


def figure_routes(source: FigureSource) -> tuple[Route, ...]:
    """All behind a session; whoever may read cases may read what they come to."""
    return (
        Route("GET", "kpi", partial(kpis.show_kpis, source)),
        Route("GET", "kpi/today", partial(kpi_today.show_today, source)),
        Route("GET", "kpi/{name}", partial(kpi.show_kpi, source)),
        Route("GET", "kpi/{name}/cases", partial(kpi_cases.show_cases, source)),
    )
