"""Step Functions: an execution is journalled when it starts and when it ends, with its history."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.durability.encoding import decode, encode
from infra.local.emulator.durability.journal import Journal
from infra.local.emulator.vendor import module, need, replace

states = module("services.stepfunctions")
responses = module("core.responses")

LOST = {
    "status": "FAILED",
    "error": "States.ServiceRestart",
    "cause": "The account restarted while the execution was running",
}


def _status(journal: Journal) -> Callable[[Any], Any]:
    def wrap(stock: Callable[..., Any]) -> Callable[..., Any]:
        def status(execution: dict[str, Any]) -> Any:
            values = (responses.get_account_id(), responses.get_region(), execution["executionArn"], encode(execution))
            journal.write([("INSERT OR REPLACE INTO executions VALUES (?, ?, ?, ?)", values)])
            return stock(execution)

        return status

    return wrap


def apply(journal: Journal) -> None:
    replace(states, "_emit_execution_status_event", _status(journal))


def restore(journal: Journal) -> None:
    executions = need(states, "_executions")
    for account, region, arn, text in journal.read("SELECT * FROM executions"):
        execution = decode(text)
        if execution["status"] == "RUNNING":
            execution |= {**LOST, "stopDate": responses.now_iso()}
        executions.set_scoped(account, region, arn, execution)
