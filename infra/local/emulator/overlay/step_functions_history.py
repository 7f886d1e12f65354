"""The history tells which way an execution went, inside Map and Parallel too.

Stock MiniStack writes no event for the states of a branch, and no previousEventId, so the history of a Map cannot be
read back into transitions. Here every state of a branch is entered and exited in the history, each event names the one
before it in its own branch, and a task that ran out of time is TaskTimedOut.
"""

import contextvars
import copy
import json
import threading
from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, need, replace

states = module("services.stepfunctions")
responses = module("core.responses")

OUT_OF_TIME = ("States.Timeout", "States.HeartbeatTimeout")

# (execution, id of the last event of this branch); a branch starts with a copy of its parent's context.
_last: contextvars.ContextVar[tuple[str, int]] = contextvars.ContextVar("last_event", default=("", 0))
_writing = threading.Lock()


def _timed_out(details: dict[str, Any] | None) -> dict[str, Any] | None:
    failure = (details or {}).get("taskFailedEventDetails")
    return {"taskTimedOutEventDetails": failure} if failure and failure.get("error") in OUT_OF_TIME else None


def _add_event(stock: Callable[..., Any]) -> Callable[..., Any]:
    def add(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
        if kind == "TaskFailed" and (timed_out := _timed_out(details)):
            kind, details = "TaskTimedOut", timed_out
        arn = execution.get("executionArn", "")
        of, previous = _last.get()
        with _writing:
            event = stock(execution, kind, details)
        event["previousEventId"] = previous if of == arn else min(1, event["id"] - 1)
        _last.set((arn, event["id"]))
        return event

    return add


def _entered(execution: dict[str, Any], kind: str, name: str, data: Any) -> None:
    details = {"stateEnteredEventDetails": {"name": name, "input": json.dumps(data)}}
    states._add_event(execution, f"{kind}StateEntered", details)


def _exited(execution: dict[str, Any], kind: str, name: str, data: Any) -> None:
    details = {"stateExitedEventDetails": {"name": name, "output": json.dumps(data)}}
    states._add_event(execution, f"{kind}StateExited", details)


def _step(state: dict[str, Any], data: Any, execution: dict[str, Any], context: dict[str, Any]) -> tuple[Any, Any]:
    """One state of a branch: its output and the name of the next state, None at the end."""
    kind = state.get("Type")
    if kind == "Succeed":
        return states._apply_output_path(state, states._apply_input_path(state, data, context), context), None
    if kind == "Fail":
        raise states._ExecutionError(*states._fail_state_error(state, data, context))
    handler = getattr(states, f"_execute_{str(kind).lower()}", None)
    if handler is None:
        raise states._ExecutionError("States.Runtime", f"Unknown state type: {kind}")
    with_execution = (execution,) if kind in ("Task", "Parallel", "Map") else ()
    output, following = handler(state, data, *with_execution, context)
    return output, following


def run_branch(
    branch: dict[str, Any], start: str | None, data: Any, execution: dict[str, Any], context: dict[str, Any]
) -> Any:
    name, data = start, copy.deepcopy(data)
    while name:
        state = branch.get(name)
        if not state:
            raise states._ExecutionError("States.Runtime", f"State '{name}' not found")
        context["State"] = {"Name": name, "EnteredTime": responses.now_iso(), "RetryCount": 0}
        _entered(execution, state.get("Type", ""), name, data)
        data, following = _step(state, data, execution, context)
        _exited(execution, state.get("Type", ""), name, data)
        name = following
    return data


def apply() -> None:
    for kind in ("pass", "task", "choice", "wait", "parallel", "map"):
        need(states, f"_execute_{kind}")
    need(states, "_fail_state_error")
    replace(states, "_add_event", _add_event)
    replace(states, "_run_sub_machine", lambda _: run_branch)
