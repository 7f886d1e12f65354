"""What the desk does for its merchants, as it happens, and the figures of the week that runs: the report's own, as of the last export. The cases
behind each are in the console."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.graphs import FULL, HALF, by_any, by_value, graph
from infra.stages import Stage
from stopship.contract import PROJECT

FIGURES = (
    (
        ("Stop-ship success, %", ("StopSuccessRate",)),
        ("Cancellation rate, %", ("CancellationRate",)),
        ("Time to cancel, seconds: 50, 90, 95 of 100", ("TimeToCancelP50", "TimeToCancelP90", "TimeToCancelP95")),
    ),
    (
        ("Save rate, gross and net, %", ("SaveRateGross", "SaveRateNet")),
        ("Refund leakage and double cost, cases", ("LeakageCount", "DoubleCostCases")),
        ("Money settled late or in another month, %", ("FinanceDrift",)),
    ),
    (
        ("Exceptions open for a day or more", ("ExceptionBacklog",)),
        ("Exceptions ended in time, %", ("SlaAttainment",)),
        ("Stated reason is not the cause, %", ("ReasonNoise",)),
    ),
    (
        ("Warehouse silent, and its OK false, %", ("SilentRate", "FalseOkRate")),
        ("Amazon cancel rate, %: now, and with one more", ("AmazonCancelRate", "AmazonCancelRateNext")),
    ),
)
"""A row for each line, a graph for each pair of title and metrics."""


class BusinessDashboard(Construct):
    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        board = cloudwatch.Dashboard(self, "Board", dashboard_name=f"{PROJECT}-{stage.name}-business")
        board.add_widgets(
            graph("Cases opened, by merchant and channel", [by_any("CasesOpened")], HALF),
            graph("Cases closed, by outcome", by_value("CasesClosed"), HALF),
        )
        board.add_widgets(
            graph("What warehouses answered", by_value("StopShipAcknowledged"), HALF),
            graph("Shipped after a stop: by merchant, in all", _each_and_all("ShippedAfterStop"), HALF),
        )
        board.add_widgets(
            graph("Exceptions opened, by tier", by_value("ExceptionsOpened"), HALF),
            graph("Money moved, by kind", by_value("MoneyMoved"), HALF),
        )
        board.add_widgets(
            graph("Oldest open exception, seconds", by_value("OldestException", "Maximum"), HALF),
            graph("Partners that are down: by merchant, in all", _each_and_all("PartnersDown", "Maximum"), HALF),
        )
        self._figures(board)

    def _figures(self, board: cloudwatch.Dashboard) -> None:
        board.add_widgets(
            cloudwatch.TextWidget(
                markdown="## The week so far, by merchant\nThe report's figures; the console shows what each means, and its cases.",
                width=FULL,
                height=2,
            )
        )
        for row in FIGURES:
            board.add_widgets(*(graph(title, [by_any(x, "Maximum") for x in names]) for title, names in row))


def _each_and_all(name: str, statistic: str = "Sum") -> list[cloudwatch.IMetric]:
    return [by_any(name, statistic), by_any(f"{name}Anywhere", statistic)]
