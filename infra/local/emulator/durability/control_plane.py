"""What a template or a control-plane call makes is saved whole before the answer leaves.

CloudFormation works after its answer: everything is saved before a stack is first described as settled.
"""

import logging
import os
import threading
from pathlib import Path
from typing import Any

from infra.local.emulator.durability.encoding import encode
from infra.local.emulator.requests import Answer, Request, observe
from infra.local.emulator.vendor import module, need

app = module("app")
persistence = module("core.persistence")

READS = ("BatchGet", "Describe", "Get", "Head", "List", "Search", "Select", "Simulate", "Test", "Validate")
# Written through elsewhere, or nothing that lasts.
DATA_PLANE = frozenset(
    {
        "cloudwatch:PutMetricData",
        "dynamodb:BatchExecuteStatement",
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:ExecuteStatement",
        "dynamodb:ExecuteTransaction",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:TransactGetItems",
        "dynamodb:TransactWriteItems",
        "dynamodb:UpdateItem",
        "events:PutEvents",
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "lambda:InvokeFunction",
        "logs:PutLogEvents",
        "s3:DeleteObject",
        "s3:PutObject",
        "scheduler:CreateSchedule",
        "scheduler:DeleteSchedule",
        "scheduler:UpdateSchedule",
        "ses:SendEmail",
        "ses:SendRawEmail",
        "sns:Publish",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        "states:SendTaskFailure",
        "states:SendTaskHeartbeat",
        "states:SendTaskSuccess",
        "states:StartExecution",
        "states:StopExecution",
    }
)
SETTLES_LATER = "cloudformation"
OBSERVATIONS = ("cloudwatch", "cloudwatch_logs")
OBSERVATIONS_EVERY_SECONDS = 15.0
ATTEMPTS = 20

logger = logging.getLogger("emulator.durability")

_saving = threading.Lock()
_unsettled = threading.Event()


def _state(get_state: Any) -> Any:
    """A copy of a service's state; other threads may be changing it, then once more."""
    for _ in range(ATTEMPTS):
        try:
            return get_state()
        except RuntimeError as changed:
            failure = changed
    raise failure


def save(*keys: str) -> None:
    """Save these services, each in one move."""
    services = app._build_persistence_save_dict()
    with _saving:
        for key in keys:
            state = _state(services[key]) if key in services else None
            if state is None:
                continue
            text = encode({"__ministack_format__": persistence._state_format_version(key), "payload": state})
            file = Path(persistence.STATE_DIR) / f"{key}.json"
            written = file.with_suffix(".written")
            written.write_text(text)
            written.replace(file)


def save_everything() -> None:
    save(*app._build_persistence_save_dict())


def _keys_of(service: str) -> list[str]:
    registered = app.SERVICE_REGISTRY.get(service)
    if registered is None:
        return []
    return [registered.get("state_key", registered["module"]), *registered.get("sub_modules", ())]


def _settled() -> bool:
    stacks = module("services.cloudformation")._stacks.all_values()
    return not any(str(stack.get("StackStatus", "")).endswith("IN_PROGRESS") for stack in stacks)


def _account_for(request: Request, answer: Answer) -> None:
    if request.service == SETTLES_LATER and _unsettled.is_set() and _settled():
        _unsettled.clear()
        save_everything()
        return
    if answer[0] >= 400 or request.action in DATA_PLANE or request.operation.startswith(READS):
        return
    if request.service == SETTLES_LATER:
        _unsettled.set()
    save(*_keys_of(request.service))


def _save_observations() -> None:
    pause = threading.Event()
    while not pause.wait(OBSERVATIONS_EVERY_SECONDS):
        try:
            save(*OBSERVATIONS)
        except (OSError, RuntimeError, TypeError, ValueError):
            logger.exception("metrics and logs of this round are not saved")


def apply(state_directory: Path) -> None:
    for name in ("_build_persistence_save_dict", "SERVICE_REGISTRY"):
        need(app, name)
    need(persistence, "_state_format_version")
    state_directory.mkdir(parents=True, exist_ok=True)
    if Path(persistence.STATE_DIR) != state_directory or os.environ["PERSIST_STATE"] != "1":
        raise RuntimeError("the environment must name the state directory before MiniStack is imported")
    observe(_account_for)
    threading.Thread(target=_save_observations, daemon=True, name="save-observations").start()
