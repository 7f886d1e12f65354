"""A task that waits for its token ends as on AWS.

Stock MiniStack swallows a failure of the call that carries the token and waits for the time limit; ignores
HeartbeatSeconds; accepts several answers to one token; gives a retried attempt the token of the one before; and calls
every token it does not know TaskDoesNotExist. Our acknowledgement step stands on each of these.
"""

import base64
import contextvars
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.local.emulator.vendor import module, need, replace

states = module("services.stepfunctions")
responses = module("core.responses")

WAITS = ".waitForTaskToken"

execution_of_task: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "execution_of_task", default=None
)
_answers = threading.Lock()
_ended: set[str] = set()


@dataclass
class Waiting:
    """One attempt that waits: who may end it, when it was last heard of, how it ended."""

    execution: dict[str, Any] | None
    since: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    failure: Exception | None = None

    def end(self, result: Any = None, failure: Exception | None = None) -> None:
        """The first end counts; to be called with the lock held."""
        if not self.ended.is_set():
            self.result, self.failure = result, failure
            self.ended.set()

    def overdue(self, limit: float | None, heartbeat: float | None) -> str | None:
        now = time.monotonic()
        if limit and now >= self.since + limit:
            return "States.Timeout"
        if heartbeat and now >= self.heard + heartbeat:
            return "States.HeartbeatTimeout"
        return None

    def patience(self, limit: float | None, heartbeat: float | None) -> float | None:
        deadlines = [start + seconds for start, seconds in ((self.since, limit), (self.heard, heartbeat)) if seconds]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None


_waiting: dict[str, Waiting] = {}


def _call(resource: str, arguments: Any, waiting: Waiting) -> None:
    """Make the call that carries the token; its failure is the task's failure, at once."""
    try:
        states._invoke_resource(resource.replace(WAITS, ""), arguments)
    except states._ExecutionError as failure:
        with _answers:
            waiting.end(failure=failure)


def _wait(waiting: Waiting, limit: float | None, heartbeat: float | None) -> None:
    while not waiting.ended.wait(waiting.patience(limit, heartbeat)):
        # A heartbeat may have moved the deadline that woke us.
        with _answers:
            if name := waiting.overdue(limit, heartbeat):
                waiting.end(failure=states._ExecutionError(name, ""))


def invoke_with_callback(resource: str, arguments: Any, token: str, state: dict[str, Any]) -> Any:
    waiting = Waiting(execution_of_task.get())
    _waiting[token] = waiting
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_call, resource, arguments, waiting), daemon=True).start()
    try:
        _wait(waiting, state.get("TimeoutSeconds"), state.get("HeartbeatSeconds"))
    finally:
        with _answers:
            _waiting.pop(token, None)
            _ended.add(token)
    if waiting.failure is not None:
        raise waiting.failure
    return waiting.result


def machine_of(token: str) -> str:
    """The ARN of the state machine that gave this token, "" for one that nobody gave."""
    try:
        return base64.urlsafe_b64decode(token.partition(".")[2]).decode()
    except ValueError:
        return ""


def _new_token() -> str:
    """It names its machine: who may answer is known of a token whose execution has died with the process, too."""
    machine = (execution_of_task.get() or {}).get("stateMachineArn", "")
    return f"{responses.new_uuid()}.{base64.urlsafe_b64encode(machine.encode()).decode()}"


def abandon(execution: dict[str, Any]) -> None:
    """End whatever waits for an execution that was stopped."""
    with _answers:
        for waiting in _waiting.values():
            if waiting.execution is execution:
                waiting.end(failure=states._ExecutionError("States.TaskFailed", "The execution was stopped"))


def _find(token: str | None) -> tuple[Waiting | None, Any]:
    waiting = _waiting.get(token or "")
    if token in _ended or (waiting and waiting.ended.is_set()):
        text = "Task Timed Out: 'Provided task does not exist anymore'"
        return None, responses.error_response_json("TaskTimedOut", text, 400)
    if waiting is None:
        return None, responses.error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)
    return waiting, None


def _answer(token: str | None, take: Callable[[Waiting], None]) -> Any:
    with _answers:
        waiting, refusal = _find(token)
        if waiting is None:
            return refusal
        take(waiting)
    return responses.json_response({})


def send_task_success(request: dict[str, Any]) -> Any:
    try:
        output = json.loads(request.get("output", ""))
    except ValueError:
        return responses.error_response_json("InvalidOutput", "Invalid Output: 'Invalid JSON'", 400)
    return _answer(request.get("taskToken"), lambda waiting: waiting.end(result=output))


def send_task_failure(request: dict[str, Any]) -> Any:
    failure = states._ExecutionError(request.get("error", ""), request.get("cause", ""))
    return _answer(request.get("taskToken"), lambda waiting: waiting.end(failure=failure))


def send_task_heartbeat(request: dict[str, Any]) -> Any:
    def heard(waiting: Waiting) -> None:
        waiting.heard = time.monotonic()

    return _answer(request.get("taskToken"), heard)


def _fresh_token(stock: Callable[..., Any]) -> Callable[..., Any]:
    """Each attempt evaluates its arguments anew; one that follows an ended attempt gets a token of its own. Stock MiniStack's tokens name
    nobody."""

    def evaluate(state: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> Any:
        token = ((context or {}).get("Task") or {}).get("Token")
        waits = WAITS in str(state.get("Resource", ""))
        if context is not None and token and waits and (token in _ended or not machine_of(token)):
            context["Task"] = {"Token": _new_token()}
        return stock(state, data, context)

    return evaluate


def _task(stock: Callable[..., Any]) -> Callable[..., Any]:
    def task(state: dict[str, Any], data: Any, execution: dict[str, Any], context: dict[str, Any]) -> Any:
        execution_of_task.set(execution)
        return stock(state, data, execution, context)

    return task


def apply() -> None:
    need(states, "_invoke_resource")
    need(states, "_ExecutionError")
    replace(states, "_invoke_with_callback", lambda _: invoke_with_callback)
    replace(states, "_send_task_success", lambda _: send_task_success)
    replace(states, "_send_task_failure", lambda _: send_task_failure)
    replace(states, "_send_task_heartbeat", lambda _: send_task_heartbeat)
    replace(states, "_apply_jsonata_arguments", _fresh_token)
    replace(states, "_apply_parameters", _fresh_token)
    replace(states, "_execute_task", _task)
