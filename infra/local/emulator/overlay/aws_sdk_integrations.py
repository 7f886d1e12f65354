"""An aws-sdk task that MiniStack's own dispatcher does not know goes through boto3, to this same emulator.

Scheduler, SES and most S3 operations are among them. What the dispatcher knows stays with it.
"""

import json
import os
from collections.abc import Callable
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from infra.local.emulator.vendor import module, replace

states = module("services.stepfunctions")
responses = module("core.responses")

UNKNOWN = ("not supported in MiniStack", "not yet implemented")
CLIENTS = {"sfn": "stepfunctions", "eventbridge": "events", "cloudwatchlogs": "logs"}
ERROR_PREFIXES = {"sesv2": "SesV2", "dynamodb": "DynamoDb", "sfn": "Sfn", "secretsmanager": "SecretsManager"}
BYTES = ("Body", "Payload")


def _request(arguments: dict[str, Any] | None) -> dict[str, Any]:
    return {
        name: json.dumps(value).encode() if name in BYTES and not isinstance(value, str | bytes) else value
        for name, value in (arguments or {}).items()
    }


def _plain(value: Any) -> str:
    return value.read().decode() if hasattr(value, "read") else str(value)


def _failure(service: str, code: str, message: str) -> Exception:
    name = code if code.endswith("Exception") else f"{code}Exception"
    prefix = ERROR_PREFIXES.get(service, service[:1].upper() + service[1:])
    failure: Exception = states._ExecutionError(f"{prefix}.{name}", message)
    return failure


def call(resource: str, arguments: dict[str, Any] | None) -> Any:
    import boto3  # slow to import, and most state machines never come here

    service, operation = resource.replace(".waitForTaskToken", "").split(":")[6:8]
    client = boto3.client(
        CLIENTS.get(service, service),
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        region_name=responses.get_region(),
        aws_access_key_id=responses.get_account_id(),
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    )
    try:
        answer = getattr(client, xform_name(operation))(**_request(arguments))
    except ParamValidationError as failure:
        raise _failure(service, "ValidationException", str(failure)) from failure
    except ClientError as failure:
        error = failure.response["Error"]
        raise _failure(service, error["Code"], error.get("Message", "")) from failure
    answer.pop("ResponseMetadata", None)
    return json.loads(json.dumps(answer, default=_plain))


def _integration(stock: Callable[..., Any]) -> Callable[..., Any]:
    def integrate(resource: str, arguments: Any) -> Any:
        try:
            return stock(resource, arguments)
        except states._ExecutionError as failure:
            if not any(words in failure.cause for words in UNKNOWN):
                raise
        return call(resource, arguments)

    return integrate


def apply() -> None:
    replace(states, "_invoke_aws_sdk_integration", _integration)
