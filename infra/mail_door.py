"""Mail to the desk: SES keeps it in a bucket of its own and says so on a topic, which the mail queue hears.

Nothing is lost on the way: SES tries for four hours to hand a mail over (and an alarm tells when it gave up), SNS delivers to SQS for
days and leaves what it could not deliver in a dead-letter queue, and the queue has one of its own.
"""

from aws_cdk import Aws, CfnCondition, Duration, Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.private_bucket import private_bucket
from infra.queues import KEPT, Queues
from infra.stages import Stage
from stopship.contract import PROJECT

RECEIVING_REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
)
"""Where SES receives mail (AWS General Reference, "Amazon Simple Email Service endpoints and quotas", email receiving endpoints)."""
PREFIX = "mail/"


class MailDoor(Construct):
    """``rule_set_name`` names the rule set and the rule in it, "" where no mail is received. One rule set of an account is active in a region: a person makes it this one, or
    moves the rule into the one that is. ``expired`` counts mails that SES gave up on."""

    def __init__(self, scope: Construct, id_: str, stage: Stage, key: kms.IKey, queues: Queues) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.bucket = self._bucket(key)
        self._topic = sns.Topic(
            self, "Topic", topic_name=f"{PROJECT}-{stage.name}-mail", master_key=key, enforce_ssl=True
        )
        self._topic.add_subscription(
            subscriptions.SqsSubscription(
                queues.mail, raw_message_delivery=True, dead_letter_queue=queues.dead_letters("MailTopic")
            )
        )
        self.rule_set_name = f"{PROJECT}-{stage.name}" if stage.mail_recipients else ""
        self.expired = self._receive() if stage.mail_recipients else None

    def _bucket(self, key: kms.IKey) -> s3.Bucket:
        """What is received lies here until it can be nowhere on its way any more; what was taken in is evidence, and lies there."""
        return private_bucket(self, self._stage, key, expiration=Duration.days(2 * KEPT.to_days() + 2))

    def _receive(self) -> cloudwatch.Metric:
        self.bucket.add_to_resource_policy(self._let_ses("s3:PutObject", self.bucket.arn_for_objects(f"{PREFIX}*")))
        self._topic.add_to_resource_policy(self._let_ses("sns:Publish", self._topic.topic_arn))
        receives = CfnCondition(
            self,
            "SesReceivesHere",
            expression=Fn.condition_or(*(Fn.condition_equals(Aws.REGION, region) for region in RECEIVING_REGIONS)),
        )
        rules = ses.CfnReceiptRuleSet(self, "Rules", rule_set_name=self.rule_set_name)
        rule = ses.CfnReceiptRule(
            self,
            "Rule",
            rule_set_name=self.rule_set_name,
            rule=ses.CfnReceiptRule.RuleProperty(
                name=self.rule_set_name,
                enabled=True,
                scan_enabled=True,
                recipients=list(self._stage.mail_recipients),
                actions=[
                    ses.CfnReceiptRule.ActionProperty(
                        s3_action=ses.CfnReceiptRule.S3ActionProperty(
                            bucket_name=self.bucket.bucket_name,
                            object_key_prefix=PREFIX,
                            topic_arn=self._topic.topic_arn,
                        )
                    )
                ],
            ),
        )
        for resource in (rules, rule):
            resource.cfn_options.condition = receives
        # SES tries the rule's permissions when it is made.
        policies = [x for x in (self.bucket.policy, self._topic.node.try_find_child("Policy")) if x is not None]
        rule.node.add_dependency(rules, *policies)
        return cloudwatch.Metric(
            namespace="AWS/SES",
            metric_name="PublishExpired",
            dimensions_map={"RuleName": self.rule_set_name},
            statistic="Sum",
            period=Duration.minutes(5),
        )

    def _let_ses(self, action: str, resource: str) -> iam.PolicyStatement:
        """For this rule of this account only."""
        rule = f"receipt-rule-set/{self.rule_set_name}:receipt-rule/{self.rule_set_name}"
        return iam.PolicyStatement(
            actions=[action],
            principals=[iam.ServicePrincipal("ses.amazonaws.com")],
            resources=[resource],
            conditions={
                "StringEquals": {
                    "aws:SourceAccount": Aws.ACCOUNT_ID,
                    "aws:SourceArn": f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:{rule}",
                }
            },
        )
