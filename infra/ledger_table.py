"""The ledger's table. Its items are the truth; everything else can be made again from them."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.stages import Stage

INDEXES = ("gsi1", "gsi2", "gsi3")


class LedgerTable(Construct):
    """``table`` is what the desk works with: the stack's own, or the one that was restored from it. The stack's own stays in any case."""

    def __init__(self, scope: Construct, id_: str, stage: Stage) -> None:
        super().__init__(scope, id_)
        own = self._own(stage)
        self.table: dynamodb.ITable = self._restored(stage.restored_ledger) if stage.restored_ledger else own

    def _restored(self, stream_arn: str) -> dynamodb.ITable:
        """A stream's ARN begins with its table's."""
        return dynamodb.Table.from_table_attributes(
            self,
            "Restored",
            table_arn=stream_arn.partition("/stream/")[0],
            table_stream_arn=stream_arn,
            global_indexes=list(INDEXES),
        )

    def _own(self, stage: Stage) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute="ttl",
            deletion_protection=stage.retain_data,
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        for name in INDEXES:
            table.add_global_secondary_index(
                index_name=name, partition_key=_text(f"{name}pk"), sort_key=_text(f"{name}sk")
            )
        return table


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
