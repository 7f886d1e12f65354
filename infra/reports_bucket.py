"""Exported facts and the reports made from them. Facts can be exported again; a report that was made is a document."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.private_bucket import private_bucket
from infra.stages import Stage


class ReportsBucket(Construct):
    """Versioned: a report that is made again does not take the place of the one that people have read."""

    def __init__(self, scope: Construct, id_: str, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        self.bucket = private_bucket(self, stage, key, versioned=True, noncurrent_version_expiration=Duration.days(400))
