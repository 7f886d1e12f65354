"""Executions start, end and are stopped as on AWS.

Stock MiniStack answers ExecutionAlreadyExists to a redelivered StartExecution with the same name and input, ignores
the state machine's TimeoutSeconds, and lets the branches of a stopped execution go on acting.
"""

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from infra.local.emulator.overlay import step_functions_tasks
from infra.local.emulator.vendor import module, need, replace

states = module("services.stepfunctions")
responses = module("core.responses")


def _same_running(request: dict[str, Any]) -> dict[str, Any] | None:
    """The execution that this request would start once more, if it runs with the same input."""
    machine = states._resolve_state_machine_arn(request.get("stateMachineArn", "").split("#")[0])
    record = states._state_machines.get(machine) if machine else None
    if not request.get("name") or record is None:
        return None
    account, region = responses.get_account_id(), responses.get_region()
    arn = f"arn:aws:states:{region}:{account}:execution:{record['name']}:{request['name']}"
    execution: dict[str, Any] | None = states._executions.get(arn)
    if execution and execution["status"] == "RUNNING" and execution["input"] == request.get("input", "{}"):
        return execution
    return None


def _start(stock: Callable[..., Any]) -> Callable[..., Any]:
    def start(request: dict[str, Any]) -> Any:
        if running := _same_running(request):
            return responses.json_response({"executionArn": running["executionArn"], "startDate": running["startDate"]})
        return stock(request)

    return start


def _time_out(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=responses.now_iso())
    states._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    states._emit_execution_status_event(execution)
    step_functions_tasks.abandon(execution)


def _limit(execution: dict[str, Any]) -> float | None:
    machine = states._state_machines.get(execution["stateMachineArn"])
    try:
        limit: float | None = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    except ValueError:
        return None
    return limit


def _run(stock: Callable[..., Any]) -> Callable[..., Any]:
    def run(arn: str) -> None:
        execution = states._executions.get(arn)
        limit = _limit(execution) if execution else None
        if limit is None:
            stock(arn)
            return
        context = contextvars.copy_context()
        timer = threading.Timer(limit, context.run, args=(_time_out, execution))
        timer.daemon = True
        timer.start()
        try:
            stock(arn)
        finally:
            timer.cancel()

    return run


def _fail(stock: Callable[..., Any]) -> Callable[..., Any]:
    def fail(execution: dict[str, Any], error: str, cause: str) -> None:
        # An execution that was stopped or timed out keeps that end.
        if execution["status"] == "RUNNING":
            stock(execution, error, cause)

    return fail


def _stop(stock: Callable[..., Any]) -> Callable[..., Any]:
    def stop(request: dict[str, Any]) -> Any:
        answer = stock(request)
        execution = states._executions.get(request.get("executionArn"))
        if execution and execution["status"] == "ABORTED":
            step_functions_tasks.abandon(execution)
        return answer

    return stop


def _task(stock: Callable[..., Any]) -> Callable[..., Any]:
    def task(state: dict[str, Any], data: Any, execution: dict[str, Any], context: dict[str, Any]) -> Any:
        if execution and execution.get("status") not in (None, "RUNNING"):
            raise states._ExecutionError("States.TaskFailed", "The execution was stopped")
        return stock(state, data, execution, context)

    return task


def apply() -> None:
    for name in ("_resolve_state_machine_arn", "_state_machines", "_executions", "_emit_execution_status_event"):
        need(states, name)
    replace(states, "_start_execution", _start)
    replace(states, "_run_execution", _run)
    replace(states, "_fail_execution", _fail)
    replace(states, "_stop_execution", _stop)
    replace(states, "_execute_task", _task)
