"""Each role allows what its function and the state machine really did in the day, and nothing that nobody needs."""

import pytest

from infra.local.emulator.calls import Call
from stopship.contract import FUNCTIONS, function_name
from tests.e2e.conftest import Day
from tests.e2e.permissions import missing, policy, principals, unused

pytestmark = pytest.mark.emulator

TOKENS = {
    "dynamodb:UpdateItem": "only by the worker that fetches an access token for all",
    "kms:Encrypt": "only by the worker that fetches an access token for all",
}
RARE = {
    "normalize-intake": TOKENS,
    "check-fulfillment-state": TOKENS,
    "cancel-in-order-system": {"s3:GetObject": "only when a person has given another address", **TOKENS},
    "update-netsuite": TOKENS,
    "close-loop": TOKENS,
    "take-payment-action": TOKENS,
    "receive-webhook": {"s3:GetObject": "only when the same delivery comes twice"},
    "cancel-form": {"s3:GetObject": "only when the same statement is confirmed twice"},
    "desk-api": {
        "s3:GetObject": "only when the same request comes twice",
        "scheduler:CreateSchedule": "only when an exception is moved or put off",
        "kms:Sign": "only by the worker that fetches an access token for all",
        **TOKENS,
    },
    "process-intake": {
        "s3:PutObject": "only when a message came over a bus",
        "ses:SendEmail": "only when a mail came",
        "kms:GenerateMac": "only when a message is kept that somebody wrote",
        **TOKENS,
    },
    "receive-mail": dict.fromkeys(
        ("s3:GetObject", "s3:PutObject", "sqs:SendMessage", "ssm:GetParameter"), "only when a mail came"
    ),
    "count-orders": {"ssm:GetParameter": "only when an order was told over a bus"},
    "erase-personal-data": {
        "dynamodb:GetItem": "only when a privacy duty comes",
        "dynamodb:PutItem": "only when a privacy duty comes",
        "dynamodb:Query": "only when a privacy duty comes",
        "s3:DeleteObject": "only when a privacy duty comes",
        "s3:DeleteObjectVersion": "only when a privacy duty comes",
        "s3:GetObject": "only when a privacy duty comes",
        "s3:ListBucketVersions": "only when a privacy duty comes",
        "s3:PutObject": "only when a privacy duty came over a bus",
        "ssm:GetParameter": "only when a privacy duty comes",
        "kms:GenerateMac": "only when a privacy duty comes",
    },
    "classify": {"dynamodb:GetItem": "only when another worker wrote first"},
    "apply-stop-ship-rule": {"states:SendTaskSuccess": "only when evidence ends an exception between two steps"},
    "execute-stop-ship": {
        "states:SendTaskSuccess": "only when the answer was there before the question",
        "ses:SendEmail": "only when a vendor is asked by mail",
        **TOKENS,
    },
    "await-submission": {"states:SendTaskSuccess": "only when the word was there before the wait"},
    "answer-vendor-page": {
        "s3:GetObject": "only when the same form comes twice in the same moment",
        "s3:PutObject": "only when a vendor answers",
        "dynamodb:GetItem": "only when a vendor opens a link",
        "dynamodb:Query": "only when a vendor opens a link",
        "dynamodb:PutItem": "only when a vendor answers",
        "secretsmanager:GetSecretValue": "only when a vendor opens a link",
        "states:SendTaskSuccess": "only when a vendor answers",
    },
    "verify-acknowledgment": {
        "states:SendTaskSuccess": "only when a leg ends that had waited for its warehouse's return",
        **TOKENS,
    },
    "raise-exception": {
        "states:SendTaskSuccess": "only when the reason has gone before a person is asked",
        "kms:Sign": "only by the worker that fetches an access token for all",
        **TOKENS,
    },
    "project-facts": {"sqs:SendMessage": "only when a batch of the stream has failed for good"},
    "export-facts": dict.fromkeys(
        (
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "s3:GetObject",
            "s3:PutObject",
            "sqs:SendMessage",
            "ssm:GetParametersByPath",
        ),
        "every quarter of an hour",
    ),
    "make-report": dict.fromkeys(
        (
            "s3:GetObject",
            "s3:PutObject",
            "secretsmanager:GetSecretValue",
            "ses:SendEmail",
            "sqs:SendMessage",
            "ssm:GetParameter",
        ),
        "once a week",
    ),
    "serve-console": dict.fromkeys(
        (
            *TOKENS,
            "kms:Sign",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:DeleteItem",
            "dynamodb:Query",
            "s3:GetObject",
            "s3:PutObject",
            "scheduler:CreateSchedule",
            "secretsmanager:GetSecretValue",
            "sqs:SendMessage",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "ssm:GetParameter",
            "states:SendTaskSuccess",
        ),
        "only when a person is at the console",
    ),
    "serve-figures": dict.fromkeys(
        (
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:DeleteItem",
            "kms:Encrypt",
            "kms:Decrypt",
            "s3:GetObject",
        ),
        "only when a person looks at figures",
    ),
    "check-credentials": {
        "secretsmanager:ListSecrets": "once a day",
        "secretsmanager:GetSecretValue": "once a day",
        "sqs:SendMessage": "only when a timer's call has failed for good",
    },
    "escalate-exception": {
        "dynamodb:GetItem": "only at a deadline",
        "dynamodb:Query": "only at a deadline",
        "dynamodb:PutItem": "only at a deadline",
        "scheduler:CreateSchedule": "only at a deadline",
        "sqs:SendMessage": "only when a timer's call has failed for good",
        "sns:Publish": "only when an exception grows old",
        "secretsmanager:GetSecretValue": "only when somebody is told by a webhook",
    },
    "sweep-amazon": dict.fromkeys(
        (
            *TOKENS,
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "s3:GetObject",
            "s3:PutObject",
            "secretsmanager:GetSecretValue",
            "sqs:SendMessage",
            "ssm:GetParametersByPath",
        ),
        "only every five minutes, and then only for what was not told",
    ),
    "sweep-payments": {
        "dynamodb:PutItem": "only when the store is busy or away",
        "s3:GetObject": "only when an order is found unpaid again",
        "s3:PutObject": "only when an order was not paid in time",
        "sqs:SendMessage": "only when an order was not paid in time, or a timer's call has failed for good",
    },
    "sweep-cases": {
        "dynamodb:GetItem": "only when a case has to be resumed or escalated",
        "dynamodb:PutItem": "only when a case has to be resumed or escalated",
        "scheduler:CreateSchedule": "only when a deadline's timer was lost",
        "sns:Publish": "only when a deadline's timer was lost",
        "sqs:SendMessage": "only when a timer's call has failed for good",
        "secretsmanager:GetSecretValue": "only when a vendor by mail says nothing, or somebody is told of an old exception by a webhook",
        "ses:SendEmail": "only when a vendor who is asked by mail says nothing",
        "states:DescribeExecution": "only when an execution is not among those that run",
        "states:StartExecution": "only when an execution has died",
        "states:SendTaskSuccess": "only when a process died between an answer and waking the wait",
    },
}
"""Calls that a day may or may not bring."""


def calls_of(day: Day) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in day.desk.emulator.calls():
        found.setdefault(call.principal, []).append(call)
    return found


def test_every_call_of_the_day_is_allowed_by_its_callers_own_role(played: Day) -> None:
    calls = calls_of(played)
    roles = principals(played.desk)
    assert set(calls) <= set(roles)
    assert {p: missing(policy(played.desk, roles[p]), made) for p, made in calls.items()} == {p: set() for p in calls}


def test_nothing_is_allowed_that_no_call_of_the_day_needed(played: Day) -> None:
    calls = calls_of(played)
    broader: dict[str, set[str]] = {}
    for principal, role in principals(played.desk).items():
        rare = RARE.get(principal.removeprefix("function:stopship-dev-"), {})
        left = unused(policy(played.desk, role), calls.get(principal, [])) - set(rare)
        broader |= {principal: left} if left else {}
    assert broader == {}


def test_a_call_that_no_role_allows_is_noticed(played: Day) -> None:
    principal = f"function:{function_name('dev', 'close_loop')}"
    statements = policy(played.desk, principals(played.desk)[principal])
    stranger = Call(
        principal, "dynamodb", "dynamodb:DeleteItem", f"arn:aws:dynamodb:::table/{played.desk.outputs['TableName']}"
    )
    assert missing(statements, [stranger]) == {(stranger.action, stranger.resource)}


def test_every_function_has_a_role_of_its_own(played: Day) -> None:
    roles = principals(played.desk)
    assert len(set(roles.values())) == len(roles) == len(FUNCTIONS) + 1
