"""Raw messages as they came: encrypted, private, versioned, and erasable one by one."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.private_bucket import private_bucket
from infra.stages import Stage


class EvidenceBucket(Construct):
    """A version that was replaced or erased goes for good after a month: long enough for a mistake, short enough for a right."""

    def __init__(self, scope: Construct, id_: str, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        month = Duration.days(30)
        self.bucket = private_bucket(self, stage, key, versioned=True, noncurrent_version_expiration=month)
