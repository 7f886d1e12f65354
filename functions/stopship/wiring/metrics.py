"""Business metrics as embedded metric format: a log line that CloudWatch turns into numbers."""

from collections.abc import Iterable

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from stopship.application.project_ledger import Count
from stopship.contract import METRIC_NAMESPACE


def publish(counts: Iterable[Count]) -> None:
    for count in counts:
        with single_metric(
            name=count.name, unit=MetricUnit.Count, value=count.value, namespace=METRIC_NAMESPACE
        ) as metric:
            # The logger's service name would become a dimension that no alarm and no graph asks for.
            metric.service = ""
            for name, value in count.dimensions.items():
                metric.add_dimension(name=name, value=value)
