"""A role's policy held against the calls that were really made under it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from infra.local.desk import LocalDesk
from infra.local.emulator.calls import Call

WITHOUT_A_CALL = {
    "logs:CreateLogStream": "the Lambda service writes logs in the function's name",
    "logs:PutLogEvents": "the Lambda service writes logs in the function's name",
    "logs:*": "Step Functions delivers its log in the machine's name",
    "xray:*": "the X-Ray daemon sends what the runtime traced",
    "kms:GenerateDataKey": "S3 asks for the data key in the caller's name",
    "kms:Decrypt": "S3 and Secrets Manager use the data key in the caller's name",
    "s3:ListBucket": "only decides whether a missing object answers 404 or 403",
    "iam:PassRole": "checked when a schedule is made, not called",
    "sqs:ReceiveMessage": "the event source polls in the function's name",
    "sqs:DeleteMessage": "the event source polls in the function's name",
    "sqs:ChangeMessageVisibility": "the event source polls in the function's name",
    "sqs:GetQueueUrl": "the event source polls in the function's name",
    "sqs:GetQueueAttributes": "the event source polls in the function's name",
    "dynamodb:DescribeStream": "the event source reads the stream in the function's name",
    "dynamodb:GetRecords": "the event source reads the stream in the function's name",
    "dynamodb:GetShardIterator": "the event source reads the stream in the function's name",
    "dynamodb:ListStreams": "the event source reads the stream in the function's name",
}
"""Allowed actions that IAM checks without a call that the function itself makes (each service's user guide)."""


@dataclass(frozen=True, slots=True)
class Allowed:
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def covers(self, call: Call) -> bool:
        named = any(fnmatchcase(call.action, action) for action in self.actions)
        return named and (call.resource == "*" or any(fnmatchcase(call.resource, r) for r in self.resources))


def principals(desk: LocalDesk) -> dict[str, str]:
    """Principal, as calls are recorded, to its role's name."""
    functions = desk.emulator.client("lambda").get_paginator("list_functions").paginate()
    roles = {f"function:{f['FunctionName']}": f["Role"] for page in functions for f in page["Functions"]}
    machine = desk.outputs["StateMachineArn"]
    described = desk.emulator.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    roles[f"statemachine:{machine.rsplit(':', 1)[-1]}"] = described["roleArn"]
    return {principal: arn.rsplit("/", 1)[-1] for principal, arn in roles.items()}


def policy(desk: LocalDesk, role: str) -> list[Allowed]:
    """Everything that a role's inline policies allow."""
    iam = desk.emulator.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return [_allowed(s) for document in documents for s in document["Statement"] if s["Effect"] == "Allow"]


def _allowed(statement: Mapping[str, Any]) -> Allowed:
    return Allowed(_tuple(statement["Action"]), _tuple(statement["Resource"]))


def _tuple(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def missing(allowed: Iterable[Allowed], calls: Iterable[Call]) -> set[tuple[str, str]]:
    """Calls that no statement covers."""
    statements = list(allowed)
    return {(c.action, c.resource) for c in calls if not any(s.covers(c) for s in statements)}


def unused(allowed: Iterable[Allowed], calls: Iterable[Call]) -> set[str]:
    """Allowed actions that nobody called and that are not explained."""
    called = {c.action for c in calls}
    actions = {action for statement in allowed for action in statement.actions}
    return {a for a in actions - called if not any(fnmatchcase(a, known) for known in WITHOUT_A_CALL)}
