"""The key that seals the cancel form's tokens (HMAC-SHA-256). It never leaves KMS."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.stages import Stage


class FormKey(Construct):
    """A token is good for an hour: the key holds nothing that would be lost with it."""

    def __init__(self, scope: Construct, id_: str, stage: Stage) -> None:
        super().__init__(scope, id_)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Stopship {stage.name}: seals the cancel form's tokens",
            key_spec=kms.KeySpec.HMAC_256,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
            enable_key_rotation=False,
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
