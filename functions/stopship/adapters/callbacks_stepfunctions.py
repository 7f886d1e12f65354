"""Step Functions: starting executions named after their case, and ending waits by task token."""

import json
from collections.abc import Mapping
from typing import Any

from stopship.application.open_case import execution_name

_GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


class StepFunctionsExecutions:
    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client, self._machine = client, state_machine_arn

    def start(self, merchant: str, case_id: str, number: int) -> str:
        """The same name with the same input is one execution while it runs; a name that has run is left alone."""
        name = execution_name(case_id, number)
        payload = json.dumps({"merchant": merchant, "case_id": case_id, "number": number}, separators=(",", ":"))
        try:
            self._client.start_execution(stateMachineArn=self._machine, name=name, input=payload)
        except self._client.exceptions.ExecutionAlreadyExists:
            return name
        return name

    def running(self) -> frozenset[str]:
        """A thousand names a call, where asking for each would soon be throttled (Step Functions quotas: 15 DescribeExecution a second)."""
        pages = self._client.get_paginator("list_executions").paginate(
            stateMachineArn=self._machine, statusFilter="RUNNING"
        )
        return frozenset(x["name"] for page in pages for x in page["executions"])

    def alive(self, name: str) -> bool:
        """Running or about to; False also when there never was one."""
        arn = f"{self._machine.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            status = self._client.describe_execution(executionArn=arn)["status"]
        except self._client.exceptions.ExecutionDoesNotExist:
            return False
        return str(status) in ("RUNNING", "PENDING_REDRIVE")


class StepFunctionsTasks:
    def __init__(self, client: Any) -> None:
        self._client = client

    def wake(self, token: str, output: Mapping[str, str]) -> bool:
        """False when nobody waits on that token any more: the ledger holds the fact, and the machine reads the ledger."""
        if not token:
            return False
        try:
            self._client.send_task_success(taskToken=token, output=json.dumps(dict(output)))
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise
        return True
