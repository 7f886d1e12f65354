"""The topic by which people are told of exceptions that grow old. They subscribe by mail, with a filter on team, level, tier or merchant."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.stages import Stage
from stopship.contract import PROJECT


class NoticesTopic(Construct):
    def __init__(self, scope: Construct, id_: str, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(
            self, "Topic", topic_name=f"{PROJECT}-{stage.name}-notices", master_key=key, enforce_ssl=True
        )
