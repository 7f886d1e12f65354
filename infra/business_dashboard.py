"""What the desk does for its merchants, as it happens. The week's figures, and the cases behind each, are the report's."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.graphs import HALF, by_any, by_value, graph
from infra.stages import Stage
from stopship.contract import PROJECT


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
            graph("Shipped after a stop, by merchant", [by_any("ShippedAfterStop")], HALF),
        )
        board.add_widgets(
            graph("Exceptions opened, by tier", by_value("ExceptionsOpened"), HALF),
            graph("Money moved, by kind", by_value("MoneyMoved"), HALF),
        )
        board.add_widgets(
            graph("Oldest open exception, seconds", by_value("OldestException", "Maximum"), HALF),
            graph("Partners that are down, by merchant", [by_any("PartnersDown", "Maximum")], HALF),
        )
