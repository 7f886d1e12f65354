"""Which desk a command talks to: the one on this machine, or a stage in the AWS account whose credentials are at hand."""

from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.desk import LocalDesk
from stopship.adapters.ledger_dynamodb import DynamoLedger


@dataclass(frozen=True, slots=True)
class Target:
    """``name`` is "local" or the stage."""

    name: str
    ledger: DynamoLedger
    outputs: dict[str, str]

    @classmethod
    def find(cls, stage: str = "") -> "Target":
        """Without a stage: the local desk. Raises NotRunning, or boto3's errors for AWS."""
        if not stage:
            desk = LocalDesk.attach()
            client = desk.emulator.client("dynamodb")
            return cls("local", DynamoLedger(client, desk.outputs["TableName"]), dict(desk.outputs))
        outputs = _stack_outputs(f"Stopship-{stage}")
        return cls(stage, DynamoLedger(boto3.client("dynamodb"), outputs["TableName"]), outputs)

    def merchants(self) -> list[str]:
        """Every merchant that the ledger has anything about."""
        heads: Any = {item.pk.split("#")[1] for item in self.ledger.scan() if item.pk.startswith("M#")}
        return sorted(heads)


def _stack_outputs(name: str) -> dict[str, str]:
    stack = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
