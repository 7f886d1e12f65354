"""The figures that are also numbers on a dashboard: of the week that runs, each merchant's alone, and never another number than a report would show."""

from collections.abc import Iterator

from stopship.application.compute_kpis import compute
from stopship.application.figures import Figures
from stopship.application.report.headlines import TOLD_BY, headlines, told_weeks
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.weeks import Week
from stopship.frozen import frozen

LIVE = (
    "cancellation_rate",
    "stop_success_rate",
    "time_to_cancel_p50",
    "time_to_cancel_p90",
    "time_to_cancel_p95",
    "save_rate_gross",
    "save_rate_net",
    "leakage_count",
    "double_cost_cases",
    "finance_drift",
    "exception_backlog",
    "sla_attainment",
    "reason_noise",
    "silent_rate",
    "false_ok_rate",
    "amazon_cancel_rate",
    "amazon_cancel_rate_next",
)
"""Measures that have one number for a merchant and a week: money has one for each currency, and stays with the report."""


@frozen
class LiveFigure:
    merchant: str
    figure: Figure

    @property
    def metric(self) -> str:
        return metric_name(self.figure.kpi.name)


def metric_name(measure: str) -> str:
    """``stop_success_rate`` as ``StopSuccessRate``."""
    return "".join(part.capitalize() for part in measure.split("_"))


def live_figures(figures: Figures, merchant: str) -> Iterator[LiveFigure]:
    """What nobody knows is left out, as is a week of which nobody told anything: neither is zero."""
    zone = figures.zones([merchant])[merchant]
    week = Week.at(figures.as_of, zone)
    kpis = [KPIS[name] for name in dict.fromkeys((*TOLD_BY, *LIVE))]
    found = compute(figures.facts, kpis, figures.spans([merchant], [week]))
    told = told_weeks(found)
    for name in LIVE:
        for headline in headlines(KPIS[name], found[name], [str(week)], told):
            if headline.now is not None and headline.now.value is not None:
                yield LiveFigure(merchant, headline.now)
