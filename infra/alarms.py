"""Alarms that somebody can act on, told through one topic. Each names the section of the run-book that says how."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.http_api import WEBHOOKS
from infra.queues import TIER_HOURS, Queues
from infra.stages import Stage
from stopship.contract import METRIC_NAMESPACE, PROJECT

FIVE_MINUTES = Duration.minutes(5)
INTAKE_MAX_AGE = Duration.minutes(5)
CREDENTIAL_DAYS = (30, 7)
STREAM_MAX_AGE = Duration.minutes(10)
REFUSED_SHARE = 0.05
"""One merchant of twenty whose secret is wrong. A stranger's knock now and then is not over it in three of six times five minutes."""
THROTTLES = 10
"""A few are tried again by whoever called."""


class Alarms(Construct):
    """``alarms`` in the order of their urgency, for the dashboard."""

    def __init__(self, scope: Construct, id_: str, stage: Stage, key: kms.IKey, lost: sqs.IQueue) -> None:
        super().__init__(scope, id_)
        self._runbook = stage.runbook_url
        self.topic = sns.Topic(
            self, "Topic", topic_name=f"{PROJECT}-{stage.name}-alarms", master_key=key, enforce_ssl=True
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
            )
        )
        if stage.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(stage.alarm_email, dead_letter_queue=lost))
        self.alarms: list[cloudwatch.Alarm] = []

    def watch_leakage(self, stage: Stage) -> None:
        """Goods left after a proven stop: money and goods may both be gone. Of any merchant, connected by a deployment or without."""
        metric = _of_stage(stage, "ShippedAfterStopAnywhere", "Sum", FIVE_MINUTES)
        what = "A stopped order was shipped: open its P1 exception."
        self._alarm("ShippedAfterStop", metric, 0, what, "shipped-after-a-stop")

    def watch_credentials(self, stage: Stage) -> None:
        """One measurement a day: between two of them the alarm stays as it is."""
        for days in CREDENTIAL_DAYS:
            metric = _of_stage(stage, "FirstCredentialDaysLeft", "Minimum", Duration.days(1))
            self._alarm(
                f"CredentialsEndIn{days}Days",
                metric,
                days,
                f"A credential ends within {days} days: CredentialDaysLeft says whose, check_credentials' log which.",
                "a-credential-ends-soon",
                cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
                cloudwatch.TreatMissingData.IGNORE,
            )

    def watch_partners(self, stage: Stage) -> None:
        """One alarm, however many cases wait for the partner; it ends by itself when the partner is back."""
        metric = _of_stage(stage, "PartnersDownAnywhere", "Maximum", FIVE_MINUTES)
        what = "A partner does not answer: GET /outages names it. Cases wait."
        self._alarm("PartnersDown", metric, 0, what, "a-partner-is-down")

    def watch_doors(self, api: apigateway.HttpApi) -> None:
        """A door answers 500 for what it did not expect, and its function does not fail by that: only the API sees it."""
        errors = api.metric_server_error(period=FIVE_MINUTES, statistic="Sum")
        self._alarm("DoorsFail", errors, 0, "A door answered 5xx: its function's log says why.", "a-door-fails")
        # The mean of 4xx is their share (CloudWatch, "Recommended alarms", API Gateway). By route, as detailed metrics are on.
        refused = api.metric(
            "4xx",
            dimensions_map={"ApiId": api.api_id, "Stage": "$default", "Method": "POST", "Resource": WEBHOOKS},
            statistic="Average",
            period=FIVE_MINUTES,
        )
        what = f"Over {REFUSED_SHARE:.0%} of the webhooks are refused: is a secret wrong?"
        self._alarm("WebhooksRefused", refused, REFUSED_SHARE, what, "webhooks-are-refused", within=(3, 6))

    def watch_throttles(self) -> None:
        """Of all functions in the account and region, which share what is throttled."""
        throttles = lambda_.Function.metric_all_throttles(period=FIVE_MINUTES, statistic="Sum")
        what = f"Lambda refused over {THROTTLES} calls: more is wanted at once than the account may have."
        self._alarm("FunctionsThrottled", throttles, THROTTLES, what, "functions-are-throttled")

    def watch_queues(self, queues: Queues) -> None:
        for name, dead in queues.dead.items():
            metric = dead.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="Maximum")
            self._alarm(
                f"{name}DeadLetters",
                metric,
                0,
                f"{name}: messages nobody could process. Read one, fix, redrive.",
                "dead-letters",
            )
        for tier, queue in queues.exceptions.items():
            age = queue.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="Maximum")
            limit = Duration.hours(TIER_HOURS[tier]).to_seconds()
            what = f"A message of {tier} is older than {TIER_HOURS[tier]} h."
            self._alarm(f"{tier}Age", age, limit, what, "exceptions-wait-too-long")
            # SQS leaves what was received three times out of its age (developer guide, "Available CloudWatch metrics for Amazon SQS"): an
            # exception that people look at and leave would never be old. The sweep measures the ledger.
            oldest = cloudwatch.Metric(
                namespace=METRIC_NAMESPACE,
                metric_name="OldestException",
                dimensions_map={"tier": tier},
                statistic="Maximum",
                period=FIVE_MINUTES,
            )
            what = f"An exception of {tier} is open for over {TIER_HOURS[tier]} h."
            self._alarm(f"{tier}Open", oldest, limit, what, "exceptions-wait-too-long")
        age = queues.intake.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="Maximum")
        what = "Requests wait: look at process_intake's errors."
        self._alarm("IntakeAge", age, INTAKE_MAX_AGE.to_seconds(), what, "requests-wait")

    def watch_mail(self, expired: cloudwatch.Metric) -> None:
        self._alarm(
            "MailExpired",
            expired,
            0,
            "SES gave up on mails that it could not hand over: look at the bucket's and topic's policies.",
            "mail-is-lost",
        )

    def watch_machine(self, machine: sfn.StateMachine) -> None:
        for name, metric in (
            ("Failed", machine.metric_failed(period=FIVE_MINUTES)),
            ("TimedOut", machine.metric_timed_out(period=FIVE_MINUTES)),
            ("Aborted", machine.metric_aborted(period=FIVE_MINUTES)),
        ):
            what = "The sweep resumes the case; find out why it ended."
            self._alarm(f"Executions{name}", metric, 0, what, "an-execution-ended-badly")

    def watch_functions(self, functions: Mapping[str, lambda_.Function]) -> None:
        for module, function in functions.items():
            errors = function.metric_errors(period=FIVE_MINUTES)
            self._alarm(f"Errors-{module}", errors, 0, f"{module} failed: its log says why.", "a-function-fails")
        for name, module in (("StreamAge", "project_ledger"), ("FactsAge", "project_facts")):
            age = functions[module].metric("IteratorAge", period=FIVE_MINUTES, statistic="Maximum")
            what = f"{module} lags behind the ledger."
            self._alarm(name, age, STREAM_MAX_AGE.to_milliseconds(), what, "projections-lag")

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.Metric,
        threshold: float,
        what: str,
        section: str,
        when: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
        within: tuple[int, int] = (1, 1),
    ) -> None:
        """``within``: how many periods, of how many, must be over the threshold."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            comparison_operator=when,
            evaluation_periods=within[1],
            datapoints_to_alarm=within[0],
            treat_missing_data=missing,
            alarm_description=f"{what} Run-book: {self._runbook}#{section}",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        self.alarms.append(alarm)


def _of_stage(stage: Stage, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
    """A figure of ours that is told once for the whole stage, whoever its merchants are."""
    return cloudwatch.Metric(
        namespace=METRIC_NAMESPACE,
        metric_name=name,
        dimensions_map={"stage": stage.name},
        statistic=statistic,
        period=period,
    )
