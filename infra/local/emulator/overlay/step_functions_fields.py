"""State fields that stock MiniStack passes over.

TimeoutSeconds and HeartbeatSeconds written as JSONata or as a path; Output of a Succeed and of a Parallel state in
JSONata; MaxDelaySeconds and JitterStrategy of a Retry.
"""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.retrying import retry_delay
from infra.local.emulator.vendor import module, need, replace

states = module("services.stepfunctions")

LIMITS = ("TimeoutSeconds", "HeartbeatSeconds")
JSONATA = "JSONata"


def _limits(state: dict[str, Any], data: Any, context: dict[str, Any]) -> dict[str, Any]:
    """The time limits of a task as numbers."""
    found: dict[str, Any] = {}
    jsonata = states._state_query_language(state, context) == JSONATA
    for name in LIMITS:
        if jsonata and isinstance(state.get(name), str):
            found[name] = states._jsonata_state_field(state, name, "number", data, context)
        elif f"{name}Path" in state:
            found[name] = states._resolve_path_or_ctx(state[f"{name}Path"], data, context)
    return found


def _task(stock: Callable[..., Any]) -> Callable[..., Any]:
    def task(state: dict[str, Any], data: Any, execution: dict[str, Any], context: dict[str, Any]) -> Any:
        return stock({**state, **_limits(state, data, context)}, data, execution, context)

    return task


def _output(stock: Callable[..., Any]) -> Callable[..., Any]:
    def output(state: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> Any:
        jsonata = states._state_query_language(state, context) == JSONATA
        if jsonata and state.get("Type") == "Succeed" and "Output" in state:
            return states._apply_jsonata_output(state, data, context, default=data)
        return stock(state, data, context)

    return output


def _parallel(stock: Callable[..., Any]) -> Callable[..., Any]:
    def parallel(state: dict[str, Any], data: Any, execution: dict[str, Any], context: dict[str, Any]) -> Any:
        if states._state_query_language(state, context) != JSONATA:
            return stock(state, data, execution, context)
        bare = {name: value for name, value in state.items() if name not in ("Arguments", "Output", "Assign")}
        arguments = states._apply_jsonata_arguments(state, data, context)
        results, following = stock(bare, arguments, execution, context)
        output = states._apply_jsonata_output(state, data, context, result=results, default=results)
        states._apply_state_assign(state, data, context, result=results)
        return output, following

    return parallel


def _retrier(stock: Callable[..., Any]) -> Callable[..., Any]:
    """The caller computes Interval * Backoff ** attempts; hand it the delay as an interval that does not grow."""

    def find(retriers: list[dict[str, Any]], error: str, counts: dict[int, int]) -> Any:
        retrier, index = stock(retriers, error, counts)
        if retrier is None:
            return retrier, index
        delay = retry_delay(retrier, counts.get(index, 0))
        return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1.0}, index

    return find


def apply() -> None:
    for name in ("_state_query_language", "_jsonata_state_field", "_apply_jsonata_output", "_apply_state_assign"):
        need(states, name)
    replace(states, "_execute_task", _task)
    replace(states, "_apply_output_path", _output)
    replace(states, "_run_parallel_branches", _parallel)
    replace(states, "_find_matching_retrier", _retrier)
