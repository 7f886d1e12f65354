"""What dashboards are drawn with: graphs over our own metrics, found by their dimensions."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stopship.contract import LEVELS, METRIC_NAMESPACE, METRICS, OUTCOMES, TIERS

PERIOD = Duration.minutes(5)
THIRD, HALF, FULL = 8, 12, 24
_HEIGHT = 6
_VALUES = {"outcome": OUTCOMES, "tier": TIERS, "level": LEVELS, "kind": ("void", "refund")}


def graph(title: str, metrics: Sequence[cloudwatch.IMetric], width: int = THIRD) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title, left=list(metrics), width=width, height=_HEIGHT, left_y_axis=cloudwatch.YAxisProps(min=0)
    )


def by_value(name: str, statistic: str = "Sum") -> list[cloudwatch.IMetric]:
    """One line for each value that the metric's only dimension can have."""
    (dimension,) = METRICS[name]
    return [
        cloudwatch.Metric(
            namespace=METRIC_NAMESPACE,
            metric_name=name,
            dimensions_map={dimension: value},
            statistic=statistic,
            period=PERIOD,
            label=value,
        )
        for value in _VALUES[dimension]
    ]


def by_any(name: str, statistic: str = "Sum") -> cloudwatch.IMetric:
    """One line for each combination of dimensions that has been seen: merchants and partners come and go without a deployment."""
    return cloudwatch.MathExpression(expression=seen(name, statistic), label="", using_metrics={}, period=PERIOD)


def seen(name: str, statistic: str = "Sum") -> str:
    """The search for all of a metric's lines, to be used in an expression."""
    schema = ",".join([METRIC_NAMESPACE, *METRICS[name]])
    return f"SEARCH('{{{schema}}} MetricName=\"{name}\"', '{statistic}', {PERIOD.to_seconds():.0f})"


def per_case(title: str, units: Sequence[cloudwatch.IMetric]) -> cloudwatch.IMetric:
    """All of ``units`` over the cases that were closed in the same time; no case, no value."""
    names = {f"{title}{n}": unit for n, unit in enumerate(units)}
    expression = f"({' + '.join(names)}) / SUM({seen('CasesClosed')})"
    return cloudwatch.MathExpression(expression=expression, label=title, using_metrics=names, period=PERIOD)
