"""The whole desk of one stage, as one stack."""

from typing import Any

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import Alarms
from infra.business_dashboard import BusinessDashboard
from infra.data_key import DataKey
from infra.deadlines import ASK_AMAZON_EVERY, EXPORT_EVERY, PAYMENTS_EVERY, REPORT_EVERY, SWEEP_EVERY, Deadlines, Sweep
from infra.event_bus import IntakeBus
from infra.evidence_bucket import EvidenceBucket
from infra.facts_table import FactsTable
from infra.findings import acknowledge
from infra.form_key import FormKey
from infra.functions import Functions
from infra.grants import Resources
from infra.http_api import DeskHttpApi
from infra.identity import Identity
from infra.ledger_table import LedgerTable
from infra.mail_door import MailDoor
from infra.merchant_secrets import MerchantSecrets
from infra.notices_topic import NoticesTopic
from infra.passing_table import PassingTable
from infra.queues import Queues
from infra.reports_bucket import ReportsBucket
from infra.signing_key import SigningKey
from infra.stages import Stage
from infra.state_machine import CancelCase
from infra.technical_dashboard import TechnicalDashboard
from infra.traffic_table import TrafficTable
from stopship.contract import (
    PROJECT,
    function_name,
    merchant_parameter_name,
    merchant_secret_name,
    route_parameter_name,
    state_machine_name,
)

FACTS_WINDOW = Duration.seconds(10)


class StopshipStack(Stack):
    """``platform``: which wheels the layer holds, ``arm64`` for AWS or ``host`` for this machine."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, platform: str, **more: Any) -> None:
        super().__init__(scope, id_, description=f"Stopship, the cancellation desk ({stage.name})", **more)
        self._stage = stage
        self._stores()
        self._deadlines = Deadlines(self, "Deadlines", stage, self._function_arn("escalate_exception"))
        self._functions = self._make_functions(platform)
        self._machine = CancelCase(self, "CancelCase", stage=stage, functions=self._by_module)
        self._api = DeskHttpApi(self, "DeskApi", stage=stage, functions=self._by_module, identity=self._identity)
        self._functions.tell("public_url", self._api.api.api_endpoint)
        self._connect()
        self._watch()
        self._tell()
        acknowledge(self, stage, self._evidence, self._mail.bucket, self._reports)

    @property
    def _by_module(self) -> dict[str, lambda_.Function]:
        return self._functions.functions

    def _stores(self) -> None:
        stage = self._stage
        self._data_key = DataKey(self, "DataKey", stage).key
        self._signing_key = SigningKey(self, "SigningKey", stage).key
        self._form_key = FormKey(self, "FormKey", stage).key
        self._ledger = LedgerTable(self, "Ledger", stage).table
        self._facts = FactsTable(self, "Facts", stage).table
        self._tokens = PassingTable(self, "Tokens").table
        self._sessions = PassingTable(self, "Sessions").table
        self._identity = Identity(self, "Identity", stage)
        self._traffic = TrafficTable(self, "Traffic", stage).table
        self._evidence = EvidenceBucket(self, "Evidence", stage, self._data_key).bucket
        self._reports = ReportsBucket(self, "Reports", stage, self._data_key).bucket
        self._queues = Queues(self, "Queues")
        self._mail = MailDoor(self, "MailDoor", stage, self._data_key, self._queues)
        self._notices = NoticesTopic(self, "Notices", stage, self._data_key).topic
        self._lost_calls = self._queues.dead_letters("Timers")
        self._bus = IntakeBus(self, "Intake", stage, self._queues).bus
        MerchantSecrets(self, "Merchants", stage, self._data_key)

    def _make_functions(self, platform: str) -> Functions:
        queues = self._queues
        settings = {
            "table_name": self._ledger.table_name,
            "facts_table_name": self._facts.table_name,
            "token_table_name": self._tokens.table_name,
            "token_key_arn": self._data_key.key_arn,
            "session_table_name": self._sessions.table_name,
            "user_pool_client_id": self._identity.client.user_pool_client_id,
            "traffic_table_name": self._traffic.table_name,
            "evidence_bucket": self._evidence.bucket_name,
            "mail_bucket": self._mail.bucket.bucket_name,
            "reports_bucket": self._reports.bucket_name,
            "intake_queue_url": queues.intake.queue_url,
            "form_key": self._form_key.key_arn,
            "counts_queue_url": queues.counts.queue_url,
            "privacy_queue_url": queues.privacy.queue_url,
            "state_machine_arn": self._machine_arn,
            "exception_queue_urls": " ".join(f"{tier}={q.queue_url}" for tier, q in queues.exceptions.items()),
            "notices_topic_arn": self._notices.topic_arn,
            "schedule_group": self._deadlines.group.schedule_group_name,
            "scheduler_role_arn": self._deadlines.role.role_arn,
            "escalate_function_arn": self._function_arn("escalate_exception"),
        }
        return Functions(
            self,
            "Functions",
            stage=self._stage,
            platform=platform,
            resources=self._resources(),
            settings=settings,
            lost=self._lost_calls,
        )

    def _resources(self) -> Resources:
        stage, machine = self._stage.name, state_machine_name(self._stage.name)
        return Resources(
            table=self._ledger.table_arn,
            facts=self._facts.table_arn,
            token_table=self._tokens.table_arn,
            session_table=self._sessions.table_arn,
            traffic=self._traffic.table_arn,
            bucket=self._evidence.bucket_arn,
            mail_bucket=self._mail.bucket.bucket_arn,
            reports_bucket=self._reports.bucket_arn,
            data_key=self._data_key.key_arn,
            signing_key=self._signing_key.key_arn,
            form_key=self._form_key.key_arn,
            intake_queue=self._queues.intake.queue_arn,
            counts_queue=self._queues.counts.queue_arn,
            privacy_queue=self._queues.privacy.queue_arn,
            exception_queues=tuple(q.queue_arn for q in self._queues.exceptions.values()),
            notices_topic=self._notices.topic_arn,
            state_machine=self._machine_arn,
            executions=_arn("states", f"execution:{machine}:*"),
            merchant_secrets=_arn("secretsmanager", f"secret:{merchant_secret_name(stage, '*')}"),
            merchant_parameters=_arn("ssm", f"parameter/{PROJECT}/{stage}/*"),
            merchant_routes=_arn("ssm", f"parameter{route_parameter_name(stage, 'amazon', '').rstrip('/')}"),
            merchant_list=_arn("ssm", f"parameter{merchant_parameter_name(stage, '').rstrip('/')}"),
            schedules=_arn("scheduler", f"schedule/{self._deadlines.group.schedule_group_name}/*"),
            scheduler_role=self._deadlines.role.role_arn,
            identities=_arn("ses", "identity/*"),
        )

    @property
    def _machine_arn(self) -> str:
        """By name: the machine calls functions that start the machine."""
        return _arn("states", f"stateMachine:{state_machine_name(self._stage.name)}")

    def _function_arn(self, module: str) -> str:
        return _arn("lambda", f"function:{function_name(self._stage.name, module)}")

    def _connect(self) -> None:
        dead = self._queues.dead_letters("Stream")
        streams = {
            "project_ledger": self._stream(dead, batch_size=50),
            # What happens to a case within a few seconds is read once.
            "project_facts": self._stream(dead, batch_size=500, max_batching_window=FACTS_WINDOW),
        }
        self._functions.consume(self._queues, streams)
        self._sweep(
            "Sweep", "sweep_cases", SWEEP_EVERY, "Finds cases that nobody works on, and deadlines whose timer was lost"
        )
        self._sweep("Credentials", "check_credentials", "rate(1 day)", "Counts the days that credentials have left")
        self._sweep("AmazonSweep", "sweep_amazon", ASK_AMAZON_EVERY, "Finds what Amazon did not tell by itself")
        self._sweep("Export", "export_facts", EXPORT_EVERY, "Writes what has changed of the facts to Parquet")
        self._sweep("Report", "make_report", REPORT_EVERY, "Makes the weekly reports")
        self._sweep("PaymentSweep", "sweep_payments", PAYMENTS_EVERY, "Asks for the cancel of orders that nobody pays")

    def _stream(self, dead: sqs.IQueue, **more: Any) -> sources.DynamoEventSource:
        return sources.DynamoEventSource(
            self._ledger,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=100,
            on_failure=sources.SqsDlq(dead),
            **more,
        )

    def _sweep(self, id_: str, module: str, every: str, about: str) -> None:
        Sweep(
            self,
            id_,
            deadlines=self._deadlines,
            function=self._by_module[module],
            lost=self._lost_calls,
            every=every,
            about=about,
        )

    def _watch(self) -> None:
        alarms = Alarms(self, "Alarms", self._stage, self._data_key, self._lost_calls)
        alarms.watch_leakage(self._stage)
        alarms.watch_credentials(self._stage)
        alarms.watch_partners(self._stage)
        alarms.watch_doors(self._api.api)
        alarms.watch_queues(self._queues)
        if self._mail.expired:
            alarms.watch_mail(self._mail.expired)
        alarms.watch_machine(self._machine.machine)
        alarms.watch_functions(self._by_module)
        alarms.watch_throttles()
        BusinessDashboard(self, "BusinessDashboard", stage=self._stage)
        TechnicalDashboard(
            self,
            "TechnicalDashboard",
            stage=self._stage,
            api=self._api.api,
            ledger=self._ledger,
            queues=self._queues,
            machine=self._machine.machine,
            functions=self._by_module,
            alarms=alarms.alarms,
        )

    def _tell(self) -> None:
        outputs = {
            "ApiId": self._api.api.api_id,
            "ApiUrl": self._api.api.api_endpoint,
            "TableName": self._ledger.table_name,
            "ReportsBucketName": self._reports.bucket_name,
            "FactsTableName": self._facts.table_name,
            "TrafficTableName": self._traffic.table_name,
            "StateMachineArn": self._machine.machine.state_machine_arn,
            "AmazonQueueArn": self._queues.amazon.queue_arn,
            "NoticesTopicArn": self._notices.topic_arn,
            "BusName": self._bus.event_bus_name,
            "UserPoolId": self._identity.pool.user_pool_id,
            "UserPoolClientId": self._identity.client.user_pool_client_id,
            "NetSuiteSigningKeyId": self._signing_key.key_id,
            "SweepFunctionName": self._by_module["sweep_cases"].function_name,
            "PaymentSweepFunctionName": self._by_module["sweep_payments"].function_name,
            "CredentialsFunctionName": self._by_module["check_credentials"].function_name,
            "AmazonSweepFunctionName": self._by_module["sweep_amazon"].function_name,
        }
        if self._mail.rule_set_name:
            outputs |= {"MailRuleSetName": self._mail.rule_set_name, "MailBucketName": self._mail.bucket.bucket_name}
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def _arn(service: str, resource: str) -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
