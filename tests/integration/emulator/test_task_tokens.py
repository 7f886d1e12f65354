"""Tasks that wait for an answer end as on AWS."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from tests.integration.emulator.harness import Probe, unique, until
from tests.integration.emulator.machines import CAUGHT, LAMBDA_CALLBACK, TOKEN, await_answer, caught, machine


def refusal(probe: Probe, token: str, output: str = "{}") -> str:
    try:
        probe.client("stepfunctions").send_task_success(taskToken=token, output=output)
    except ClientError as failure:
        return str(failure.response["Error"]["Code"])
    return "accepted"


def waiting(probe: Probe, **fields: object) -> tuple[str, str]:
    """An execution that waits, and its token."""
    queue = probe.new_queue()
    definition = machine({"Wait": await_answer(queue, **fields, **caught("States.ALL")), **CAUGHT})
    return probe.start(definition), probe.next_body(queue)


def error_of(probe: Probe, execution: str) -> str:
    return str(json.loads(probe.ended(execution)["output"])["error"])


def test_an_answer_ends_the_task_with_its_output(probe: Probe) -> None:
    execution, token = waiting(probe)
    assert refusal(probe, token, '{"level": "physically_stopped"}') == "accepted"
    assert json.loads(probe.ended(execution)["output"]) == {"level": "physically_stopped"}


def test_a_failure_answer_is_caught_by_its_name(probe: Probe) -> None:
    execution, token = waiting(probe)
    probe.client("stepfunctions").send_task_failure(taskToken=token, error="Rejected", cause="already packed")
    assert json.loads(probe.ended(execution)["output"]) == {"error": "Rejected", "cause": "already packed"}


def test_a_lambda_failure_inside_wait_for_task_token_fails_at_once(probe: Probe) -> None:
    state = {
        "Type": "Task",
        "Resource": LAMBDA_CALLBACK,
        "Arguments": {"FunctionName": "probe-work", "Payload": {"do": "refuse", "id": 1, "token": TOKEN}},
        "TimeoutSeconds": 600,
        "End": True,
        **caught("OrderRefused"),
    }
    outcome = json.loads(probe.run(machine({"Stop": state, **CAUGHT}))["output"])
    assert outcome["error"] == "OrderRefused"
    assert json.loads(outcome["cause"])["errorMessage"] == "refused 1"


def test_a_retried_attempt_gets_a_token_of_its_own(probe: Probe) -> None:
    queue = probe.new_queue()
    payload = {"do": "fail twice", "id": unique(), "queue": queue, "token": TOKEN}
    state = {
        "Type": "Task",
        "Resource": LAMBDA_CALLBACK,
        "Arguments": {"FunctionName": "probe-work", "Payload": payload},
        "TimeoutSeconds": 30,
        "Retry": [
            {"ErrorEquals": ["PartnerUnavailable"], "IntervalSeconds": 1, "MaxAttempts": 3, "MaxDelaySeconds": 1}
        ],
        "End": True,
    }
    execution = probe.start(machine({"Stop": state}))
    tokens = [probe.next_body(queue) for _ in range(3)]
    assert len(set(tokens)) == 3
    assert refusal(probe, tokens[0]) == "TaskTimedOut"
    assert refusal(probe, tokens[2]) == "accepted"
    assert probe.ended(execution)["status"] == "SUCCEEDED"


def test_exactly_one_of_eight_racing_answers_is_accepted(probe: Probe) -> None:
    execution, token = waiting(probe)
    start = threading.Barrier(8)

    def answer(number: int) -> str:
        start.wait()
        return refusal(probe, token, json.dumps(number))

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(answer, range(8)))
    assert sorted(outcomes) == ["TaskTimedOut"] * 7 + ["accepted"]
    assert json.loads(probe.ended(execution)["output"]) == outcomes.index("accepted")


def test_an_unknown_token_a_late_answer_and_bad_json_are_told_apart(probe: Probe) -> None:
    execution, token = waiting(probe)
    assert refusal(probe, "never given out") == "InvalidToken"
    assert refusal(probe, token, "{not json") == "InvalidOutput"
    assert refusal(probe, token) == "accepted"
    probe.ended(execution)
    assert refusal(probe, token) == "TaskTimedOut"


def test_silence_ends_in_states_timeout_also_when_the_limit_is_an_expression(probe: Probe) -> None:
    execution, _ = waiting(probe, TimeoutSeconds="{% 2 - 1 %}")
    assert error_of(probe, execution) == "States.Timeout"
    assert "TaskTimedOut" in [event["type"] for event in probe.history(execution)]


def test_a_missed_heartbeat_is_a_heartbeat_timeout(probe: Probe) -> None:
    execution, _ = waiting(probe, HeartbeatSeconds=1, TimeoutSeconds=30)
    assert error_of(probe, execution) == "States.HeartbeatTimeout"


def test_heartbeats_keep_a_task_alive_past_its_heartbeat_limit(probe: Probe) -> None:
    execution, token = waiting(probe, HeartbeatSeconds=5, TimeoutSeconds=60)
    pause, past_the_limit = threading.Event(), time.monotonic() + 6
    while time.monotonic() < past_the_limit:
        probe.client("stepfunctions").send_task_heartbeat(taskToken=token)
        pause.wait(0.25)
    assert refusal(probe, token) == "accepted"
    assert probe.ended(execution)["status"] == "SUCCEEDED"


def test_stopping_an_execution_ends_its_wait_and_its_token(probe: Probe) -> None:
    execution, token = waiting(probe)
    probe.client("stepfunctions").stop_execution(executionArn=execution)
    assert until(lambda: refusal(probe, token)) == "TaskTimedOut"
    assert probe.ended(execution)["status"] == "ABORTED"
