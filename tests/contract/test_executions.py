"""Which executions run, as Step Functions tells it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stopship.adapters.callbacks_stepfunctions import StepFunctionsExecutions
from stopship.application.open_case import execution_name

ROLE = "arn:aws:iam::123456789012:role/machine"
MACHINE = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("stepfunctions", region_name="eu-central-1")


@pytest.fixture
def executions(client: Any) -> StepFunctionsExecutions:
    machine = client.create_state_machine(name="cancel", definition=json.dumps(MACHINE), roleArn=ROLE)
    return StepFunctionsExecutions(client, machine["stateMachineArn"])


def arn_of(client: Any, name: str) -> str:
    (machine,) = client.list_state_machines()["stateMachines"]
    return f"{machine['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{name}"


def test_who_runs_is_listed_and_who_was_stopped_is_not(client: Any, executions: StepFunctionsExecutions) -> None:
    first, second = (executions.start("acme", f"case-{n}", 1) for n in (1, 2))
    assert set(executions.running()) == {first, second}
    client.stop_execution(executionArn=arn_of(client, first))
    assert set(executions.running()) == {second}
    assert (executions.alive(first), executions.alive(second)) == (False, True)


def test_more_than_a_page_of_them_are_all_listed(executions: StepFunctionsExecutions, client: Any) -> None:
    started = {executions.start("acme", f"case-{n}", 1) for n in range(1005)}
    assert executions.running() == started


def test_who_never_ran_is_neither_listed_nor_alive(executions: StepFunctionsExecutions) -> None:
    assert execution_name("case-9", 1) not in executions.running()
    assert not executions.alive(execution_name("case-9", 1))
