"""EventBridge Scheduler: the group of one-time deadline timers, the role that it acts with, and the schedules of what recurs."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.stages import Stage
from stopship.contract import PROJECT

SWEEP_EVERY = "rate(1 minute)"
PAYMENTS_EVERY = "rate(1 hour)"
EXPORT_EVERY = "rate(15 minutes)"
REPORT_EVERY = "cron(30 12 ? * MON *)"
"""Monday noon in UTC is when Sunday is over everywhere; half an hour for the last export."""
ASK_AMAZON_EVERY = "rate(5 minutes)"
"""About twice what Amazon allows for good: what is left over is there for many changes at once."""


class Deadlines(Construct):
    """Made before the functions, so what it names of them it names by their names."""

    def __init__(self, scope: Construct, id_: str, stage: Stage, escalate_arn: str) -> None:
        super().__init__(scope, id_)
        self.group = scheduler.ScheduleGroup(
            self,
            "Group",
            schedule_group_name=f"{PROJECT}-{stage.name}-deadlines",
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description="Calls the escalation function at an exception's deadline",
        )
        self.role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[escalate_arn]))


class Sweep(Construct):
    """Calls a function again and again: ``every`` is a schedule expression, ``about`` says for what. A call that fails for good is kept in ``lost``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        deadlines: Deadlines,
        function: lambda_.IFunction,
        lost: sqs.IQueue,
        every: str,
        about: str,
    ) -> None:
        super().__init__(scope, id_)
        may = [
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[lost.queue_arn]),
        ]
        policy = iam.Policy(self, "Policy", statements=may, roles=[deadlines.role])
        schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            description=about,
            group_name=deadlines.group.schedule_group_name,
            schedule_expression=every,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=deadlines.role.role_arn,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=lost.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_retry_attempts=2),
            ),
        )
        schedule.node.add_dependency(policy)
