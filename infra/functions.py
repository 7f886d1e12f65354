"""The functions of the contract: each with its own role, log group and environment, and nothing that it has no use for."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import packaging
from infra.grants import Resources, statements
from infra.log_retention import retention
from infra.queues import Queues
from infra.stages import Stage
from stopship.contract import FUNCTIONS, HANDLER_MODULE, PROJECT, Function, Grant, function_name
from stopship.settings import variable

COUNTED_AT_ONCE = 10
NEEDED_BY: Mapping[str, frozenset[Grant]] = {
    "table_name": frozenset({"ledger_read", "ledger_append"}),
    "facts_table_name": frozenset({"facts_write", "facts_read"}),
    "token_table_name": frozenset({"partner_tokens"}),
    "token_key_arn": frozenset({"partner_tokens", "sessions"}),
    "traffic_table_name": frozenset({"traffic", "outages"}),
    "evidence_bucket": frozenset({"evidence_write", "evidence_read"}),
    "mail_bucket": frozenset({"mail_read"}),
    "reports_bucket": frozenset({"reports_write", "reports_read"}),
    "intake_queue_url": frozenset({"intake_send"}),
    "counts_queue_url": frozenset({"counts_send"}),
    "privacy_queue_url": frozenset({"privacy_send"}),
    "state_machine_arn": frozenset({"start_execution", "look_at_executions"}),
    "exception_queue_urls": frozenset({"exception_send", "exception_take"}),
    "notices_topic_arn": frozenset({"notice_send"}),
    "form_key": frozenset({"form_mac"}),
    "session_table_name": frozenset({"sessions"}),
    "user_pool_client_id": frozenset({"sign_in"}),
    "schedule_group": frozenset({"timer_create"}),
    "scheduler_role_arn": frozenset({"timer_create"}),
    "escalate_function_arn": frozenset({"timer_create"}),
}
"""Which grant makes a setting useful."""
LINKED: frozenset[Grant] = frozenset({"notice_send", "exception_take"})


def writes_links(function: Function) -> bool:
    """Whether it tells somebody an address of the desk: in a report, in a notice, in what a step asks of a partner, or in a rehearsal of that."""
    return function.kind == "step" or function.module == "make_report" or bool(function.grants & LINKED)


class Functions(Construct):
    """``settings``: values of the settings' fields. ``functions`` by module."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        platform: str,
        resources: Resources,
        settings: Mapping[str, str],
        lost: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        self._stage, self._resources, self._settings, self._lost = stage, resources, settings, lost
        self._code = lambda_.Code.from_asset(str(packaging.code()))
        self._layer = self._dependencies("Dependencies", packaging.layer(platform), "Hash-pinned dependencies")
        self._reports = self._dependencies(
            "ReportDependencies", packaging.report_layer(platform), "What reckons and draws reports"
        )
        self.functions = {f.module: self._function(f) for f in FUNCTIONS}

    def _dependencies(self, id_: str, folder: Path, about: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            id_,
            code=lambda_.Code.from_asset(str(folder)),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description=about,
        )

    def _function(self, function: Function) -> lambda_.Function:
        name = function_name(self._stage.name, function.module)
        log_group = logs.LogGroup(
            self,
            f"{function.name}Log",
            log_group_name=f"/aws/lambda/{name}",
            retention=retention(self._stage),
            removal_policy=RemovalPolicy.RETAIN if self._stage.retain_data else RemovalPolicy.DESTROY,
        )
        return lambda_.Function(
            self,
            function.name,
            function_name=name,
            description=f"Stopship {function.kind}: {function.module.replace('_', ' ')}",
            code=self._code,
            layers=[self._layer, self._reports] if function.reports else [self._layer],
            handler=f"{HANDLER_MODULE}.{function.module}.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            role=self._role(function, log_group),
            timeout=Duration.seconds(function.timeout_seconds),
            memory_size=function.memory_mb,
            # Facts lie in the temporary folder while they are counted.
            ephemeral_storage_size=Size.gibibytes(4) if function.reports else None,
            environment=self._environment(function),
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            # Only a timer's call is asynchronous; what fails there must not be lost.
            on_failure=destinations.SqsDestination(self._lost) if function.kind == "timer" else None,
            retry_attempts=2 if function.kind == "timer" else None,
        )

    def _role(self, function: Function, log_group: logs.ILogGroup) -> iam.Role:
        role = iam.Role(
            self,
            f"{function.name}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {function.module} may do",
        )
        writes_log = ["logs:CreateLogStream", "logs:PutLogEvents"]
        role.add_to_policy(iam.PolicyStatement(actions=writes_log, resources=[log_group.log_group_arn]))
        for statement in statements(function.grants, self._resources):
            role.add_to_policy(statement)
        return role

    def _environment(self, function: Function) -> dict[str, str]:
        useful = {field for field, grants in NEEDED_BY.items() if grants & function.grants}
        return {
            variable("stage"): self._stage.name,
            **{variable(field): self._settings[field] for field in sorted(useful & set(self._settings))},
            "POWERTOOLS_SERVICE_NAME": PROJECT,
        }

    def tell(self, field: str, value: str) -> None:
        """A setting that is known only once the functions are there, such as the API's address."""
        for function in FUNCTIONS:
            if field == "public_url" and writes_links(function):
                self.functions[function.module].add_environment(variable(field), value)

    def consume(self, queues: Queues, streams: Mapping[str, sources.DynamoEventSource]) -> None:
        """Event sources: a message or record that fails goes back alone, and not for ever."""
        for queue in (queues.intake, queues.amazon):
            self.functions["process_intake"].add_event_source(
                sources.SqsEventSource(
                    queue,
                    batch_size=5,
                    report_batch_item_failures=True,
                    max_concurrency=self._stage.intake_concurrency,
                )
            )
        self.functions["receive_mail"].add_event_source(
            # A mail may be as large as half of the function's memory: one at a time.
            sources.SqsEventSource(queues.mail, batch_size=1, report_batch_item_failures=True)
        )
        for module, queue, batch in (
            ("count_orders", queues.counts, COUNTED_AT_ONCE),
            ("erase_personal_data", queues.privacy, 1),
        ):
            # Neither may take the place of cancels: two at a time are the least that can be asked for.
            self.functions[module].add_event_source(
                sources.SqsEventSource(queue, batch_size=batch, report_batch_item_failures=True, max_concurrency=2)
            )
        for module, stream in streams.items():
            self.functions[module].add_event_source(stream)
