"""The first dashboard: what the desk does for its merchants, and whether the machine under it is well."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.queues import Queues
from infra.stages import Stage
from stopship.contract import LEVELS, METRIC_NAMESPACE, METRICS, OUTCOMES, PROJECT, TIERS

PERIOD = Duration.minutes(5)
VALUES = {"outcome": OUTCOMES, "tier": TIERS, "level": LEVELS, "kind": ("void", "refund")}
WIDTH, HEIGHT = 8, 6


class DeskDashboard(Construct):
    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        queues: Queues,
        machine: sfn.StateMachine,
        functions: Mapping[str, lambda_.Function],
        alarms: list[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, id_)
        board = cloudwatch.Dashboard(self, "Board", dashboard_name=f"{PROJECT}-{stage.name}")
        board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=24, height=3))
        board.add_widgets(
            _graph("Cases opened, by merchant and channel", [_search("CasesOpened")]),
            _graph("Cases closed, by outcome", _by("CasesClosed")),
            _graph("Exceptions opened, by tier", _by("ExceptionsOpened")),
        )
        board.add_widgets(
            _graph("What warehouses answered", _by("StopShipAcknowledged")),
            _graph("Money moved, by kind", _by("MoneyMoved")),
            _graph("Shipped after a stop", [_search("ShippedAfterStop")]),
        )
        board.add_widgets(
            _graph("Days that credentials have left, by connection", [_search("CredentialDaysLeft", "Minimum")], 16),
            _graph("Days until the first one ends", [_search("FirstCredentialDaysLeft", "Minimum")]),
        )
        board.add_widgets(_graph("Partners that are down, by merchant", [_search("PartnersDown")], 24))
        board.add_widgets(_graph("Oldest open exception, seconds", _by("OldestException", "Maximum"), 24))
        ages = {"intake": queues.intake, **queues.exceptions}
        board.add_widgets(
            _graph(
                "Oldest message, seconds",
                [q.metric_approximate_age_of_oldest_message(label=n, period=PERIOD) for n, q in ages.items()],
            ),
            _graph(
                "Dead letters",
                [
                    q.metric_approximate_number_of_messages_visible(label=n, period=PERIOD)
                    for n, q in queues.dead.items()
                ],
            ),
            _graph(
                "Executions",
                [
                    machine.metric_started(period=PERIOD),
                    machine.metric_succeeded(period=PERIOD),
                    machine.metric_failed(period=PERIOD),
                    machine.metric_timed_out(period=PERIOD),
                ],
            ),
        )
        board.add_widgets(
            _graph("Function errors", [f.metric_errors(label=n, period=PERIOD) for n, f in functions.items()], 12),
            _graph(
                "Function time, p95",
                [f.metric_duration(label=n, statistic="p95", period=PERIOD) for n, f in functions.items()],
                12,
            ),
        )


def _graph(title: str, metrics: list[cloudwatch.IMetric], width: int = WIDTH) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=width, height=HEIGHT)


def _by(name: str, statistic: str = "Sum") -> list[cloudwatch.IMetric]:
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
        for value in VALUES[dimension]
    ]


def _search(name: str, statistic: str = "Sum") -> cloudwatch.IMetric:
    """One line for each combination of dimensions that has been seen: merchants come and go without a deployment."""
    schema = ",".join([METRIC_NAMESPACE, *METRICS[name]])
    expression = f"SEARCH('{{{schema}}} MetricName=\"{name}\"', '{statistic}', {PERIOD.to_seconds():.0f})"
    return cloudwatch.MathExpression(expression=expression, label="", using_metrics={}, period=PERIOD)
