"""The emulator as a process: found again, ended whole, explained when it dies."""

import json
import os
import socket
import tempfile
from pathlib import Path

import pytest

from infra.local.emulator.deploy import DeploymentFailed, deploy
from infra.local.emulator.process import Emulator, EmulatorDied, NotTheEmulator
from tests.integration.emulator.harness import STACK, Probe, unique, until, write_assembly
from tests.integration.emulator.template import template


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_later_command_finds_it_stops_it_and_nothing_is_left(assembly: Path) -> None:
    before = set(Path(tempfile.gettempdir()).iterdir())
    started = Emulator.start()
    probe = Probe(started, deploy(assembly, STACK, started))
    function = probe.invoke({"do": "environment"})[1]["process"]
    found = Emulator.attach(started.port, started.pid)
    assert found.endpoint == started.endpoint
    assert found.client("sqs").list_queues()["QueueUrls"]
    found.stop()
    until(lambda: not alive(function))
    assert not started.running()
    started.stop()
    left = set(Path(tempfile.gettempdir()).iterdir()) - before
    assert not [path for path in left if "ministack" in path.name or "emulator" in path.name]


def test_it_listens_on_loopback_only(probe: Probe) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    port = f"{probe.emulator.port:04X}"
    assert {line[1].partition(":")[0] for line in listening if line[1].endswith(f":{port}") and line[3] == "0A"} == {
        "0100007F"
    }


def test_attaching_to_another_process_is_refused(probe: Probe) -> None:
    with pytest.raises(NotTheEmulator):
        Emulator.attach(probe.emulator.port, probe.emulator.pid + 1)


def test_a_port_that_is_taken_is_explained_with_the_log(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(EmulatorDied, match=r"(?i)address already in use"):
            Emulator.start(taken.getsockname()[1], log=tmp_path / "log")


def test_a_failed_deployment_names_the_resource_and_the_reason(probe: Probe, tmp_path: Path) -> None:
    body = {"Resources": {"Broken": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "x"}}}}
    assembly = write_assembly(tmp_path, body)
    manifest = json.loads((assembly / "manifest.json").read_text())
    manifest["artifacts"][STACK]["properties"]["stackName"] = "Failing"
    (assembly / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DeploymentFailed, match=r"Broken \(AWS::CloudWatch::Alarm\): .*required"):
        deploy(assembly, "Failing", probe.emulator)


def test_a_changed_template_is_an_update_and_an_unchanged_one_is_nothing(probe: Probe, tmp_path: Path) -> None:
    item = {"pk": {"S": unique("kept")}}
    probe.client("dynamodb").put_item(TableName="probe", Item=item)
    changed = template()
    changed["Resources"]["Added"] = {"Type": "AWS::SQS::Queue", "Properties": {}}
    changed["Outputs"]["Added"] = {"Value": {"Ref": "Added"}}
    told: list[str] = []
    outputs = deploy(write_assembly(tmp_path, changed), STACK, probe.emulator, progress=told.append)
    assert outputs.items() >= probe.outputs.items()
    probe.client("sqs").send_message(QueueUrl=outputs["Added"], MessageBody="there")
    assert probe.client("dynamodb").get_item(TableName="probe", Key=item)["Item"] == item
    told.clear()
    deploy(tmp_path, STACK, probe.emulator, progress=told.append)
    assert told == [f"{STACK} is unchanged"]
