"""State machines for the probes, in JSONata."""

from typing import Any

LAMBDA = "arn:aws:states:::lambda:invoke"
LAMBDA_CALLBACK = f"{LAMBDA}.waitForTaskToken"
QUEUE_CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
TOKEN = "{% $states.context.Task.Token %}"
ERROR = "{% $states.errorOutput.Error %}"


def machine(states: dict[str, Any], start: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", "StartAt": start or next(iter(states)), "States": states, **fields}


def invoke(function: str, payload: dict[str, Any], **fields: Any) -> dict[str, Any]:
    arguments = {"FunctionName": function, "Payload": payload}
    return {"Type": "Task", "Resource": LAMBDA, "Arguments": arguments, "End": True, **fields}


def await_answer(queue: str, **fields: Any) -> dict[str, Any]:
    """A task that puts its token on a queue and waits."""
    arguments = {"QueueUrl": queue, "MessageBody": TOKEN}
    return {"Type": "Task", "Resource": QUEUE_CALLBACK, "Arguments": arguments, "End": True, **fields}


def caught(*names: str) -> dict[str, Any]:
    """A catch of these errors, and one of all others, each telling which error came."""
    told = {"Next": "Caught", "Output": {"error": ERROR, "cause": "{% $states.errorOutput.Cause %}"}}
    return {"Catch": [{"ErrorEquals": list(names), **told}]}


CAUGHT = {"Caught": {"Type": "Succeed"}}
