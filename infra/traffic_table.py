"""What all workers together know about the calls to each partner. It may be lost: a worker that knows nothing asks, and finds out."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.stages import Stage
from stopship.contract import OUTAGES_INDEX


class TrafficTable(Construct):
    """Without a stream: each place that a call takes is a write."""

    def __init__(self, scope: Construct, id_: str, stage: Stage) -> None:
        super().__init__(scope, id_)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text("merchant"),
            sort_key=_text("partner"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        self.table.add_global_secondary_index(
            index_name=OUTAGES_INDEX, partition_key=_text("banner"), sort_key=_text("merchant")
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
