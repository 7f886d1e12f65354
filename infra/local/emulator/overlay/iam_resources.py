"""What IAM checks a request against; stock MiniStack knows no resource for task tokens, mails, schedule groups and parameters by their
path, and asks for a permission of its own for a batch.

AWS's answers: the state machine that gave the token, the identity that the mail is from, the schedule in its group, the parameters'
path, what permits one message (Service Authorization Reference).
"""

import json
from collections.abc import Callable
from typing import Any

from infra.local.emulator.overlay import step_functions_tasks
from infra.local.emulator.vendor import module, replace

actions = module("core.iam_actions")

TARGET = "x-amz-target"
SEND_TASK = "AWSStepFunctions.SendTask"
SEND_MAIL = "/v2/email/outbound-emails"
SCHEDULES = "/schedules/"
BY_PATH = "AmazonSSM.GetParametersByPath"
PERMITTED_BY = {"sqs:SendMessageBatch": "sqs:SendMessage", "sqs:DeleteMessageBatch": "sqs:DeleteMessage"}
"""A batch has no permission of its own (Amazon SQS developer guide, API permissions)."""


def _resource(service: str, path: str, headers: dict[str, str], body: bytes, region: str, account: str) -> str:
    """ "" where MiniStack's own answer stands."""
    if service == "states" and headers.get(TARGET, "").startswith(SEND_TASK):
        return step_functions_tasks.machine_of(_field(body, "taskToken"))
    if service == "ses" and path == SEND_MAIL:
        return f"arn:aws:ses:{region}:{account}:identity/{_field(body, 'FromEmailAddress')}"
    if service == "scheduler" and path.startswith(SCHEDULES):
        group, name = _field(body, "GroupName") or "default", path.removeprefix(SCHEDULES)
        return f"arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}"
    if service == "ssm" and headers.get(TARGET) == BY_PATH:
        return f"arn:aws:ssm:{region}:{account}:parameter{_field(body, 'Path')}"
    return ""


def _field(body: bytes, name: str) -> str:
    """A text field of a JSON body."""
    try:
        return str(json.loads(body).get(name, ""))
    except ValueError:
        return ""


def _extract(stock: Callable[..., str]) -> Callable[..., str]:
    def extract(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        region: str,
        account: str,
    ) -> str:
        own = _resource(service, path, headers, body, region, account)
        return own or stock(service, method, path, headers, body, query, region, account)

    return extract


def _permission(stock: Callable[..., str | None]) -> Callable[..., str | None]:
    def action(*request: Any) -> str | None:
        asked = stock(*request)
        return PERMITTED_BY.get(asked or "", asked)

    return action


def apply() -> None:
    replace(actions, "extract_iam_action", _permission)
    replace(actions, "extract_resource_arn", _extract)
