"""Killed without warning and started again, the account has everything that it answered for."""

import json
import os
import signal
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.emulator.deploy import deploy
from infra.local.emulator.process import Emulator
from tests.integration.emulator.harness import STACK, Probe, unique, until
from tests.integration.emulator.machines import await_answer, machine

ITEMS = 50


def overdue(probe: Probe, queue: str) -> dict[str, Any]:
    """A one-time schedule that fires in the next round and stays."""
    attributes = probe.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    return {
        "Name": unique("overdue"),
        "ScheduleExpression": "at(2020-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": attributes["QueueArn"], "RoleArn": probe.outputs["RoleArn"], "Input": "{}"},
    }


class Crashed:
    """One account before and after its end; what was done before is kept as attributes."""

    def __init__(self, state: Path, assembly: Path) -> None:
        self.state = state
        self.assembly = assembly
        emulator = Emulator.start(state_dir=state)
        self.probe = Probe(emulator, deploy(assembly, STACK, emulator))

    def crash(self) -> None:
        port = self.probe.emulator.port
        self.probe.emulator.kill()
        self.probe = Probe(Emulator.start(port, self.state), self.probe.outputs)

    def prepare(self) -> None:
        self._write_items()
        self._send_messages()
        self._change_the_control_plane()
        self._run_machines()

    def _write_items(self) -> None:
        dynamodb = self.probe.client("dynamodb")
        for number in range(ITEMS):
            dynamodb.put_item(TableName="probe", Item={"pk": {"S": f"item-{number}"}, "b": {"B": b"\x00\xff"}})
        dynamodb.delete_item(TableName="probe", Key={"pk": {"S": "item-0"}})
        self.probe.invoke({"do": "transact", "table": "probe", "pk": "moved"})

    def _send_messages(self) -> None:
        sqs = self.probe.client("sqs")
        self.queue = self.probe.new_queue()
        for body in ("kept", "deleted", "in flight"):
            sqs.send_message(QueueUrl=self.queue, MessageBody=body)
            if body == "deleted":
                received = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)["Messages"]
                handles = {message["Body"]: message["ReceiptHandle"] for message in received}
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=handles["deleted"])
        sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, VisibilityTimeout=600)
        self.purged = self.probe.new_queue()
        sqs.send_message(QueueUrl=self.purged, MessageBody="purged")
        sqs.purge_queue(QueueUrl=self.purged)

    def _change_the_control_plane(self) -> None:
        client, outputs = self.probe.client, self.probe.outputs
        client("s3").put_object(Bucket=outputs["Bucket"], Key="raw/1", Body=b"as it came")
        client("secretsmanager").put_secret_value(SecretId=outputs["Secret"], SecretString="rotated")
        client("ssm").put_parameter(Name="/probe/changed", Value="1", Type="String")
        client("cognito-idp").admin_create_user(UserPoolId=outputs["Pool"], Username="agent@example.com")
        client("ses").verify_email_identity(EmailAddress="desk@example.com")
        client("ses").send_email(
            Source="desk@example.com",
            Destination={"ToAddresses": ["desk@example.com"]},
            Message={"Subject": {"Data": "the truth"}, "Body": {"Text": {"Data": "received"}}},
        )
        self.timer, self.fired = unique("timer"), self.probe.new_queue()
        client("scheduler").create_schedule(**overdue(self.probe, self.fired))
        self.probe.next_body(self.fired)
        client("scheduler").create_schedule(
            Name=self.timer,
            ScheduleExpression=f"at({datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": outputs["SeenArn"], "RoleArn": outputs["RoleArn"], "Input": "{}"},
        )

    def _run_machines(self) -> None:
        self.finished = self.probe.start(machine({"P": {"Type": "Pass", "Output": {"done": True}, "End": True}}))
        self.probe.ended(self.finished)
        tokens = self.probe.new_queue()
        self.cut_short = self.probe.start(machine({"Wait": await_answer(tokens)}))
        self.probe.next_body(tokens)


@pytest.fixture(scope="module")
def crashed(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crashed]:
    account = Crashed(tmp_path_factory.mktemp("state"), assembly)
    try:
        account.prepare()
        account.crash()
        yield account
    finally:
        account.probe.emulator.stop()


def test_every_acknowledged_item_is_there_and_a_deleted_one_is_not(crashed: Crashed) -> None:
    found = crashed.probe.client("dynamodb").scan(TableName="probe", ConsistentRead=True)["Items"]
    keys = {item["pk"]["S"]: item for item in found}
    assert {f"item-{number}" for number in range(1, ITEMS)} <= keys.keys()
    assert keys["item-1"]["b"] == {"B": b"\x00\xff"}
    assert "item-0" not in keys
    assert {"moved", "moved-put"} <= keys.keys()


def test_messages_are_there_those_in_flight_visible_again_those_deleted_gone(crashed: Crashed) -> None:
    messages = crashed.probe.receive(crashed.queue)
    assert sorted(message["Body"] for message in messages) == ["in flight", "kept"]
    counts = {message["Body"]: message["Attributes"]["ApproximateReceiveCount"] for message in messages}
    assert counts == {"kept": "2", "in flight": "2"}
    assert crashed.probe.receive(crashed.purged) == []


def test_objects_secrets_parameters_users_and_schedules_are_there(crashed: Crashed) -> None:
    client, outputs = crashed.probe.client, crashed.probe.outputs
    assert client("s3").get_object(Bucket=outputs["Bucket"], Key="raw/1")["Body"].read() == b"as it came"
    assert client("secretsmanager").get_secret_value(SecretId=outputs["Secret"])["SecretString"] == "rotated"
    assert client("ssm").get_parameter(Name="/probe/changed")["Parameter"]["Value"] == "1"
    users = client("cognito-idp").list_users(UserPoolId=outputs["Pool"])["Users"]
    assert [user["Username"] for user in users] == ["agent@example.com"]
    assert client("scheduler").get_schedule(Name=crashed.timer)["State"] == "ENABLED"


def test_a_schedule_that_has_fired_does_not_fire_again(crashed: Crashed) -> None:
    another = crashed.probe.new_queue()
    crashed.probe.client("scheduler").create_schedule(**overdue(crashed.probe, another))
    crashed.probe.next_body(another)
    assert crashed.probe.receive(crashed.fired) == []


def test_mail_that_was_accepted_is_in_the_outbox(crashed: Crashed) -> None:
    url = f"{crashed.probe.emulator.endpoint}/_ministack/ses/messages"
    with urllib.request.urlopen(url) as answer:
        assert "the truth" in answer.read().decode()


def test_the_stack_is_there_and_need_not_be_deployed_again(crashed: Crashed) -> None:
    told: list[str] = []
    again = deploy(crashed.assembly, STACK, crashed.probe.emulator, progress=told.append)
    assert again == crashed.probe.outputs
    assert told == [f"{STACK} is unchanged"]


def test_whatever_was_answered_while_it_was_killed_is_there(crashed: Crashed) -> None:
    prefix, begun = unique("hot"), threading.Event()
    queue = crashed.probe.new_queue()

    def write(thread: int) -> list[str]:
        answered = []
        with suppress(BotoCoreError, ClientError):
            for number in range(100_000):
                name = f"{prefix}-{thread}-{number}"
                crashed.probe.client("dynamodb").put_item(TableName="probe", Item={"pk": {"S": name}})
                crashed.probe.client("sqs").send_message(QueueUrl=queue, MessageBody=name)
                answered.append(name)
                if number == 20:
                    begun.set()
        return answered

    # Made once, before threads race to make them.
    crashed.probe.client("dynamodb"), crashed.probe.client("sqs")
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, thread) for thread in range(3)]
        assert begun.wait(120)
        os.killpg(crashed.probe.emulator.pid, signal.SIGKILL)
        answered = {name for writer in writers for name in writer.result()}
    crashed.crash()
    paginator = crashed.probe.client("dynamodb").get_paginator("scan")
    items = {item["pk"]["S"] for page in paginator.paginate(TableName="probe") for item in page["Items"]}
    assert answered <= items
    bodies: set[str] = set()
    while messages := crashed.probe.receive(queue):
        bodies |= {message["Body"] for message in messages}
    assert answered <= bodies


def test_functions_mappings_rules_and_streams_work_on(crashed: Crashed) -> None:
    key = unique("event")
    assert crashed.probe.invoke({"do": "write item", "table": "probe", "pk": key}) == (None, {"written": key})
    until(lambda: [m for m in crashed.probe.receive(crashed.probe.outputs["Seen"]) if key in m["Body"]])


def test_a_finished_execution_is_remembered_and_a_running_one_has_failed(crashed: Crashed) -> None:
    assert json.loads(crashed.probe.ended(crashed.finished)["output"]) == {"done": True}
    assert crashed.probe.history(crashed.finished)[-1]["type"] == "ExecutionSucceeded"
    cut_short = crashed.probe.ended(crashed.cut_short)
    assert (cut_short["status"], cut_short["error"]) == ("FAILED", "States.ServiceRestart")


def test_stream_records_that_were_not_delivered_before_the_end_are_delivered_after_it(crashed: Crashed) -> None:
    client = crashed.probe.client
    mapping = next(
        each["UUID"]
        for each in client("lambda").list_event_source_mappings()["EventSourceMappings"]
        if "dynamodb" in each["EventSourceArn"]
    )
    client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    key = unique("event")
    client("dynamodb").put_item(TableName="probe", Item={"pk": {"S": key}})
    crashed.crash()
    crashed.probe.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    until(lambda: [m for m in crashed.probe.receive(crashed.probe.outputs["Seen"]) if key in m["Body"]])


def test_a_queue_of_the_same_name_begins_empty(crashed: Crashed) -> None:
    sqs, name = crashed.probe.client("sqs"), unique("again")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="of the first")
    sqs.delete_queue(QueueUrl=url)
    crashed.crash()
    sqs = crashed.probe.client("sqs")
    with pytest.raises(ClientError, match=r"QueueDoesNotExist|NonExistentQueue"):
        sqs.get_queue_url(QueueName=name)
    assert crashed.probe.receive(sqs.create_queue(QueueName=name)["QueueUrl"]) == []
