"""What the probes have in common: waiting, names, a hand-made cloud assembly, and the deployed probe stack."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local.emulator.process import Emulator
from tests.integration.emulator.template import CODE, LAYER, template

HANDLERS = Path(__file__).parent / "handlers"
STACK = "Probe"


def until[T](condition: Callable[[], T], seconds: float = 60, pause: float = 0.02) -> T:
    """The first true value that the condition gives; fails when there is none in time."""
    clock = threading.Event()
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"nothing came within {seconds} s: {condition}")
        clock.wait(pause)
    return value


def unique(prefix: str = "p") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def write_assembly(directory: Path, body: dict[str, Any] | None = None) -> Path:
    """A cloud assembly as CDK would write it: manifest, template, list of assets, the assets themselves."""
    layer = directory / "asset.layer" / "python"
    layer.mkdir(parents=True, exist_ok=True)
    (layer / "from_the_layer.py").write_text("VALUE = 'layer'\n")
    code = directory / "asset.code"
    code.mkdir(exist_ok=True)
    (code / "probe.py").write_text((HANDLERS / "probe.py").read_text())
    (directory / f"{STACK}.template.json").write_text(json.dumps(body or template()))
    files = {
        name: {
            "source": {"path": f"asset.{name}", "packaging": "zip"},
            "destinations": {"current": {"bucketName": place["S3Bucket"], "objectKey": place["S3Key"]}},
        }
        for name, place in (("code", CODE), ("layer", LAYER))
    }
    (directory / f"{STACK}.assets.json").write_text(json.dumps({"files": files}))
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{STACK}.template.json"}}
    (directory / "manifest.json").write_text(json.dumps({"artifacts": {STACK: stack}}))
    return directory


@dataclass
class Probe:
    """The emulator and the probe stack's outputs."""

    emulator: Emulator
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def invoke(self, event: dict[str, Any], function: str = "probe-work") -> tuple[str | None, Any]:
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def new_queue(self, **attributes: str) -> str:
        url: str = self.client("sqs").create_queue(QueueName=unique("q"), Attributes=attributes)["QueueUrl"]
        return url

    def receive(self, queue: str) -> list[dict[str, Any]]:
        got = self.client("sqs").receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        messages: list[dict[str, Any]] = got.get("Messages", [])
        for message in messages:
            self.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return messages

    def next_body(self, queue: str, seconds: float = 60) -> str:
        return str(until(lambda: self.receive(queue), seconds)[0]["Body"])

    def start(self, definition: dict[str, Any], data: Any = None, name: str | None = None) -> str:
        machine = self.client("stepfunctions").create_state_machine(
            name=unique("m"), definition=json.dumps(definition), roleArn=self.outputs["RoleArn"]
        )["stateMachineArn"]
        return self.execute(machine, data, name)

    def execute(self, machine: str, data: Any = None, name: str | None = None) -> str:
        arn: str = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, name=name or unique("x"), input=json.dumps(data or {})
        )["executionArn"]
        return arn

    def ended(self, execution: str, seconds: float = 60) -> dict[str, Any]:
        def over() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=execution)
            return None if found["status"] == "RUNNING" else found

        return until(over, seconds) or {}

    def run(self, definition: dict[str, Any], data: Any = None) -> dict[str, Any]:
        return self.ended(self.start(definition, data))

    def history(self, execution: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.client("stepfunctions").get_execution_history(
            executionArn=execution, maxResults=1000
        )["events"]
        return events
