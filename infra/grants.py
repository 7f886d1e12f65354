"""What each grant of the contract means to IAM: the narrowest statement that the calls behind it need."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aws_cdk import aws_iam as iam

from stopship.contract import OUTAGES_INDEX, Grant


@dataclass(frozen=True, slots=True)
class Resources:
    """ARNs, as the template has them."""

    table: str
    facts: str
    token_table: str
    session_table: str
    traffic: str
    bucket: str
    mail_bucket: str
    reports_bucket: str
    data_key: str
    signing_key: str
    form_key: str
    intake_queue: str
    counts_queue: str
    privacy_queue: str
    exception_queues: tuple[str, ...]
    notices_topic: str
    state_machine: str
    executions: str
    merchant_secrets: str
    merchant_parameters: str
    merchant_routes: str
    merchant_list: str
    schedules: str
    scheduler_role: str
    identities: str


def statements(grants: Iterable[Grant], r: Resources) -> Iterator[iam.PolicyStatement]:
    for grant in sorted(grants):
        yield from _STATEMENTS[grant](r)


def _allow(*actions: str, on: Iterable[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(on))


def _encrypt(r: Resources) -> iam.PolicyStatement:
    """S3 asks for the data key in the caller's name (Amazon S3 user guide, SSE-KMS permissions)."""
    return _allow("kms:GenerateDataKey", "kms:Decrypt", on=[r.data_key])


def _scheduler(r: Resources) -> list[iam.PolicyStatement]:
    to_scheduler = iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[r.scheduler_role],
        conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
    )
    return [_allow("scheduler:CreateSchedule", on=[r.schedules]), to_scheduler]


_STATEMENTS: dict[Grant, Callable[[Resources], list[iam.PolicyStatement]]] = {
    "ledger_read": lambda r: [_allow("dynamodb:GetItem", "dynamodb:Query", on=[r.table])],
    "ledger_list": lambda r: [_allow("dynamodb:Query", on=[f"{r.table}/index/gsi1", f"{r.table}/index/gsi2"])],
    "ledger_open_cases": lambda r: [_allow("dynamodb:Query", on=[f"{r.table}/index/gsi3"])],
    "ledger_append": lambda r: [_allow("dynamodb:PutItem", on=[r.table])],
    "traffic": lambda r: [_allow("dynamodb:GetItem", "dynamodb:PutItem", on=[r.traffic])],
    "outages": lambda r: [_allow("dynamodb:Query", on=[f"{r.traffic}/index/{OUTAGES_INDEX}"])],
    "evidence_write": lambda r: [_allow("s3:PutObject", "s3:GetObject", on=[f"{r.bucket}/*"]), _encrypt(r)],
    # Without ListBucket an erased object answers 403 and could not be told from a forbidden one.
    "evidence_read": lambda r: [
        _allow("s3:GetObject", on=[f"{r.bucket}/*"]),
        _allow("s3:ListBucket", on=[r.bucket]),
        _allow("kms:Decrypt", on=[r.data_key]),
    ],
    "mail_read": lambda r: [
        _allow("s3:GetObject", on=[f"{r.mail_bucket}/*"]),
        _allow("s3:ListBucket", on=[r.mail_bucket]),
        _allow("kms:Decrypt", on=[r.data_key]),
    ],
    # Names alone, and of no service but this one's: the action knows no resource.
    "merchant_names": lambda _: [_allow("secretsmanager:ListSecrets", on=["*"])],
    # The bucket is versioned: only who may erase versions erases, and only who may list them finds them. DeleteObjects asks for the
    # plain permission always, and for the versions' beside it (Amazon S3 API reference, DeleteObjects).
    "evidence_erase": lambda r: [
        _allow("s3:DeleteObject", "s3:DeleteObjectVersion", on=[f"{r.bucket}/*"]),
        _allow("s3:ListBucketVersions", on=[r.bucket]),
    ],
    "merchant_secrets": lambda r: [
        _allow("secretsmanager:GetSecretValue", on=[r.merchant_secrets]),
        _allow("kms:Decrypt", on=[r.data_key]),
    ],
    # Each token is encrypted before it is written, so that the table's grant alone opens nothing.
    "partner_tokens": lambda r: [
        _allow("dynamodb:GetItem", "dynamodb:UpdateItem", on=[r.token_table]),
        _allow("kms:Encrypt", "kms:Decrypt", on=[r.data_key]),
    ],
    "sessions": lambda r: [
        _allow("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", on=[r.session_table]),
        _allow("kms:Encrypt", "kms:Decrypt", on=[r.data_key]),
    ],
    # Who signs in has no AWS identity yet: Cognito's calls for that are unsigned, and know no policy.
    "sign_in": lambda _: [],
    "merchant_parameters": lambda r: [_allow("ssm:GetParameter", on=[r.merchant_parameters])],
    "merchant_routes": lambda r: [_allow("ssm:GetParametersByPath", on=[r.merchant_routes])],
    "merchant_list": lambda r: [_allow("ssm:GetParametersByPath", on=[r.merchant_list])],
    "intake_send": lambda r: [_allow("sqs:SendMessage", on=[r.intake_queue])],
    # The event sources grant what Lambda needs to read them.
    "intake_consume": lambda _: [],
    "mail_consume": lambda _: [],
    "counts_send": lambda r: [_allow("sqs:SendMessage", on=[r.counts_queue])],
    "counts_consume": lambda _: [],
    "privacy_send": lambda r: [_allow("sqs:SendMessage", on=[r.privacy_queue])],
    "privacy_consume": lambda _: [],
    "stream_read": lambda _: [],
    "facts_write": lambda r: [_allow("dynamodb:GetItem", "dynamodb:PutItem", on=[r.facts])],
    "reports_write": lambda r: [_allow("s3:PutObject", on=[f"{r.reports_bucket}/*"]), _encrypt(r)],
    "reports_read": lambda r: [
        _allow("s3:GetObject", on=[f"{r.reports_bucket}/*"]),
        _allow("s3:ListBucket", on=[r.reports_bucket]),
        _allow("kms:Decrypt", on=[r.data_key]),
    ],
    "facts_read": lambda r: [_allow("dynamodb:Query", on=[r.facts])],
    "exception_send": lambda r: [_allow("sqs:SendMessage", on=r.exception_queues)],
    "exception_take": lambda r: [
        _allow("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", on=r.exception_queues)
    ],
    # Whoever publishes to an encrypted topic needs its key (SNS developer guide, "Managing encryption keys").
    "notice_send": lambda r: [_allow("sns:Publish", on=[r.notices_topic]), _encrypt(r)],
    "start_execution": lambda r: [_allow("states:StartExecution", on=[r.state_machine])],
    "look_at_executions": lambda r: [
        _allow("states:ListExecutions", on=[r.state_machine]),
        _allow("states:DescribeExecution", on=[r.executions]),
    ],
    "wake_task": lambda r: [_allow("states:SendTaskSuccess", on=[r.state_machine])],
    "send_mail": lambda r: [_allow("ses:SendEmail", on=[r.identities])],
    "timer_create": _scheduler,
    "form_mac": lambda r: [_allow("kms:GenerateMac", on=[r.form_key])],
    "kms_sign": lambda r: [_allow("kms:Sign", on=[r.signing_key])],
}
