"""Business metrics as embedded metric format: a log line that CloudWatch turns into numbers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit, single_metric

from stopship.application.project_ledger import Count
from stopship.contract import METRIC_NAMESPACE

if TYPE_CHECKING:
    from stopship.application.live_figures import LiveFigure

_UNITS = {"percent": MetricUnit.Percent, "seconds": MetricUnit.Seconds, "count": MetricUnit.Count}


def publish(counts: Iterable[Count]) -> None:
    for count in counts:
        with single_metric(
            name=count.name, unit=MetricUnit.Count, value=count.value, namespace=METRIC_NAMESPACE
        ) as metric:
            # The logger's service name would become a dimension that no alarm and no graph asks for.
            metric.service = ""
            for name, value in count.dimensions.items():
                metric.add_dimension(name=name, value=value)


def partner_called(merchant: str, partner: str, seconds: float, trouble: bool) -> None:  # noqa: FBT001
    """Implements gate.Meter: one line for the three numbers of a call."""
    line = EphemeralMetrics(namespace=METRIC_NAMESPACE)
    line.service = ""
    line.add_dimension(name="merchant", value=merchant)
    line.add_dimension(name="partner", value=partner)
    line.add_metric(name="PartnerCalls", unit=MetricUnit.Count, value=1)
    line.add_metric(name="PartnerTroubles", unit=MetricUnit.Count, value=float(trouble))
    line.add_metric(name="PartnerSeconds", unit=MetricUnit.Seconds, value=seconds)
    line.flush_metrics()


def publish_figures(found: "Iterable[LiveFigure]") -> None:
    """Gauges of one merchant, in one line, which also says the week. Nothing for no figure."""
    line = EphemeralMetrics(namespace=METRIC_NAMESPACE)
    line.service = ""
    for x in found:
        if x.figure.value is not None:
            line.add_dimension(name="merchant", value=x.merchant)
            line.add_metadata(key="week", value=x.figure.week)
            line.add_metric(name=x.metric, unit=_UNITS[x.figure.kpi.unit], value=float(x.figure.value))
    if line.metric_set:
        line.flush_metrics()
