"""Which reports are made of a week: one for each merchant, and one over all where there are several."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

from stopship.application.compute_kpis import Costs, Tallies
from stopship.application.report.make import TREND_WEEKS, make_report
from stopship.application.report.model import Report
from stopship.domain.kpi.weeks import Week, spans, trend

LOOK_BACK_WEEKS = 26
"""A case may be watched for 180 days: what ended now was opened within so many weeks."""


def last_over(zones: Mapping[str, tzinfo], now: str) -> Week:
    """The newest week that is over for every merchant. Raises ValueError without any."""
    return min(Week.at(now, zone) for zone in zones.values()).plus(-1)


def oldest(week: Week) -> Week:
    """The first week whose facts a report of ``week`` may need."""
    return week.plus(-TREND_WEEKS - LOOK_BACK_WEEKS)


def make_reports(facts: Tallies, zones: Mapping[str, tzinfo], week: Week, now: str, costs: Costs) -> Iterator[Report]:
    weeks: Sequence[Week] = list(trend(week, TREND_WEEKS))
    for merchant in sorted(zones):
        yield make_report(facts, spans({merchant: zones[merchant]}, weeks, now), merchant, costs)
    if len(zones) > 1:
        yield make_report(facts, spans(zones, weeks, now), "", costs)
