"""Whether the machine under the desk is well: what people and partners wait for, what fails, what is full, and what a case costs."""

from collections.abc import Mapping

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.graphs import HALF, PERIOD, by_any, graph, per_case
from infra.queues import Queues
from infra.stages import Stage
from stopship.contract import PROJECT


class TechnicalDashboard(Construct):
    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        api: apigateway.HttpApi,
        ledger: dynamodb.ITable,
        queues: Queues,
        machine: sfn.StateMachine,
        functions: Mapping[str, lambda_.Function],
        alarms: list[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, id_)
        self._board = cloudwatch.Dashboard(self, "Board", dashboard_name=f"{PROJECT}-{stage.name}-technical")
        self._board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=24, height=3))
        self._doors(api)
        self._functions(functions)
        self._queues(queues)
        self._machine(machine)
        self._partners()
        self._costs(ledger, functions, machine)

    def _doors(self, api: apigateway.HttpApi) -> None:
        times = [api.metric_latency(statistic=p, label=p, period=PERIOD) for p in ("p50", "p95", "p99")]
        self._board.add_widgets(
            graph("Doors: time to answer, ms", times),
            graph("Doors: requests", [api.metric_count(period=PERIOD)]),
            graph("Doors: errors", [api.metric_client_error(period=PERIOD), api.metric_server_error(period=PERIOD)]),
        )

    def _functions(self, functions: Mapping[str, lambda_.Function]) -> None:
        self._board.add_widgets(
            graph("Function errors", [f.metric_errors(label=n, period=PERIOD) for n, f in functions.items()]),
            graph("Function throttles", [f.metric_throttles(label=n, period=PERIOD) for n, f in functions.items()]),
            graph(
                "Function time, p95 ms",
                [f.metric_duration(label=n, statistic="p95", period=PERIOD) for n, f in functions.items()],
            ),
        )

    def _queues(self, queues: Queues) -> None:
        ages = {"intake": queues.intake, **queues.exceptions}
        self._board.add_widgets(
            graph(
                "Oldest message, seconds",
                [q.metric_approximate_age_of_oldest_message(label=n, period=PERIOD) for n, q in ages.items()],
                HALF,
            ),
            graph(
                "Dead letters",
                [
                    q.metric_approximate_number_of_messages_visible(label=n, period=PERIOD)
                    for n, q in queues.dead.items()
                ],
                HALF,
            ),
        )

    def _machine(self, machine: sfn.StateMachine) -> None:
        ends = [machine.metric_started, machine.metric_succeeded, machine.metric_failed, machine.metric_timed_out]
        self._board.add_widgets(
            graph("Executions", [metric(period=PERIOD) for metric in ends], HALF),
            graph("Executions throttled", [machine.metric_throttled(period=PERIOD)], HALF),
        )

    def _partners(self) -> None:
        self._board.add_widgets(
            graph("Partners: calls", [by_any("PartnerCalls")]),
            graph("Partners: calls that they could not answer", [by_any("PartnerTroubles")]),
            graph("Partners: time of a call, p95 s", [by_any("PartnerSeconds", "p95")]),
        )
        self._board.add_widgets(
            graph("Partners that are down, by merchant", [by_any("PartnersDown", "Maximum")]),
            graph("Days that credentials have left, by connection", [by_any("CredentialDaysLeft", "Minimum")]),
            graph("Days until the first one ends", [by_any("FirstCredentialDaysLeft", "Minimum")]),
        )

    def _costs(
        self, ledger: dynamodb.ITable, functions: Mapping[str, lambda_.Function], machine: sfn.StateMachine
    ) -> None:
        """The units that AWS bills a case by. A sweep has its share in each: with few cases in the time, a case looks dear."""
        calls = [f.metric_invocations(period=PERIOD) for f in functions.values()]
        self._board.add_widgets(
            graph("Lambda invocations per case closed", [per_case("invocations", calls)]),
            graph(
                "Ledger units per case closed",
                [
                    per_case("writes", [ledger.metric_consumed_write_capacity_units(period=PERIOD)]),
                    per_case("reads", [ledger.metric_consumed_read_capacity_units(period=PERIOD)]),
                ],
            ),
            graph("Executions per case closed", [per_case("executions", [machine.metric_started(period=PERIOD)])]),
        )
