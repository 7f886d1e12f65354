"""One secret a merchant that the stage knows: made empty, filled when the merchant is connected."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.stages import Stage
from stopship.contract import merchant_secret_name


class MerchantSecrets(Construct):
    def __init__(self, scope: Construct, id_: str, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        self.secrets = {
            merchant: secretsmanager.Secret(
                self,
                merchant,
                secret_name=merchant_secret_name(stage.name, merchant),
                description=f"Connections and credentials of {merchant}",
                encryption_key=key,
                removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
            )
            for merchant in stage.merchants
        }
