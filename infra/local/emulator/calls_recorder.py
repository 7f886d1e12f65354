"""Write down who called what: functions by their requests, state machines by their own integrations.

A function's requests carry the session token that its environment was given, which names it. A state machine's
integrations run inside the emulator and are read from the task itself.
"""

import contextvars
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local.emulator.calls import Call, write_call
from infra.local.emulator.overlay.lambda_runtime import principals
from infra.local.emulator.requests import Answer, Request, iam_actions, observe, responses
from infra.local.emulator.vendor import module, replace

states = module("services.stepfunctions")

NAMED_IN = "x-amz-security-token"
NAMESPACES = {
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "lambda": "lambda",
    "sesv2": "ses",
    "sfn": "states",
}
OPERATIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
RESOURCES = (
    "FunctionName",
    "QueueUrl",
    "TableName",
    "SecretId",
    "StateMachineArn",
    "TopicArn",
    "Bucket",
    "Name",
    "KeyId",
)

_machine: contextvars.ContextVar[str] = contextvars.ContextVar("machine", default="")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{responses.get_region()}:{responses.get_account_id()}:{resource}"


def _resource_of(service: str, arguments: dict[str, Any]) -> str:
    named = next((str(arguments[key]) for key in RESOURCES if arguments.get(key)), "*")
    if named.startswith("arn:") or named == "*":
        return named
    shapes = {
        "lambda": f"function:{named}",
        "sqs": named.rsplit("/", 1)[-1],
        "dynamodb": f"table/{named}",
        "secretsmanager": f"secret:{named}",
    }
    if service == "s3":
        return f"arn:aws:s3:::{named}" + (f"/{arguments['Key']}" if arguments.get("Key") else "")
    return _arn(service, shapes[service]) if service in shapes else named


def task_calls(resource: str, arguments: Any) -> list[tuple[str, str]]:
    """What IAM checks for one Task state: (action, resource) pairs."""
    parts = resource.replace(".waitForTaskToken", "").split(":")
    if parts[2] == "lambda":
        return [("lambda:InvokeFunction", resource)]
    service, operation = parts[6:8] if parts[5] == "aws-sdk" else parts[5:7]
    namespace = NAMESPACES.get(service, service)
    action = f"{namespace}:{operation[:1].upper()}{operation[1:].partition('.')[0]}"
    action = OPERATIONS.get(action, action)
    written = arguments if isinstance(arguments, dict) else {}
    if service == "dynamodb" and "Transact" in action:
        body = json.dumps(written).encode()
        where = (responses.get_region(), responses.get_account_id())
        return [(str(one), str(arn)) for one, arn in iam_actions.dynamodb_transaction_checks(action, body, *where)]
    return [(action, _resource_of(namespace, written))]


def _invoked(file: Path) -> Callable[[Any], Any]:
    def wrap(stock: Callable[..., Any]) -> Callable[..., Any]:
        def invoke(resource: str, arguments: Any) -> Any:
            if machine := _machine.get():
                for action, on in task_calls(resource, arguments):
                    write_call(file, Call(f"statemachine:{machine}", action.partition(":")[0], action, on))
            return stock(resource, arguments)

        return invoke

    return wrap


def _run(stock: Callable[[str], None]) -> Callable[[str], None]:
    def run(arn: str) -> None:
        # arn:aws:states:region:account:execution:machine:name
        _machine.set(arn.split(":")[6])
        stock(arn)

    return run


def _requested(file: Path) -> Callable[[Request, Answer], None]:
    def record(request: Request, _: Answer) -> None:
        principal = principals.get(request.headers.get(NAMED_IN, ""))
        if principal is None:
            return
        for action, resource in request.elements() or [(request.action, request.resource())]:
            write_call(file, Call(principal, action.partition(":")[0], action, resource))

    return record


def apply(file: Path) -> None:
    observe(_requested(file))
    replace(states, "_invoke_resource", _invoked(file))
    replace(states, "_run_execution", _run)
