"""Every call of a function or a state machine is written down as IAM would check it."""

from infra.local.emulator.calls import Call
from tests.integration.emulator.harness import Probe, unique
from tests.integration.emulator.machines import invoke, machine

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/probe"


def made_since(probe: Probe, before: int, principal: str) -> list[Call]:
    return [call for call in probe.emulator.calls()[before:] if call.principal == principal]


def test_a_transaction_is_written_down_as_the_single_actions_it_performs(probe: Probe) -> None:
    before = len(probe.emulator.calls())
    error, told = probe.invoke({"do": "transact", "table": "probe", "pk": unique()})
    assert error is None, told
    calls = made_since(probe, before, "function:probe-work")
    assert [(call.action, call.resource) for call in calls] == [
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:UpdateItem", TABLE),
        ("dynamodb:DeleteItem", TABLE),
        ("dynamodb:ConditionCheckItem", TABLE),
    ]


def test_calls_to_several_services_name_what_they_touch(probe: Probe) -> None:
    before = len(probe.emulator.calls())
    event = {"bucket": probe.outputs["Bucket"], "queue": probe.outputs["Seen"], "secret": probe.outputs["Secret"]}
    error, told = probe.invoke({"do": "several services", **event})
    assert error is None, told
    assert made_since(probe, before, "function:probe-work") == [
        Call("function:probe-work", "s3", "s3:PutObject", f"arn:aws:s3:::{probe.outputs['Bucket']}/a/b"),
        Call("function:probe-work", "sqs", "sqs:SendMessage", probe.outputs["SeenArn"]),
        Call("function:probe-work", "secretsmanager", "secretsmanager:GetSecretValue", probe.outputs["Secret"]),
        Call(
            "function:probe-work",
            "events",
            "events:PutEvents",
            "arn:aws:events:us-east-1:000000000000:event-bus/default",
        ),
    ]


def test_a_state_machine_s_own_integrations_are_its_calls(probe: Probe) -> None:
    before = len(probe.emulator.calls())
    query = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
        "Arguments": {"TableName": "probe", "Key": {"pk": {"S": "none"}}},
        "Next": "Work",
    }
    execution = probe.start(machine({"Look": query, "Work": invoke(probe.outputs["WorkArn"], {})}))
    assert probe.ended(execution)["status"] == "SUCCEEDED"
    calls = made_since(probe, before, f"statemachine:{execution.split(':')[6]}")
    assert [(call.action, call.resource) for call in calls] == [
        ("dynamodb:GetItem", TABLE),
        ("lambda:InvokeFunction", probe.outputs["WorkArn"]),
    ]


def test_the_tests_own_calls_are_nobody_s(probe: Probe) -> None:
    before = len(probe.emulator.calls())
    probe.client("dynamodb").get_item(TableName="probe", Key={"pk": {"S": "none"}})
    assert "dynamodb:GetItem" not in [call.action for call in probe.emulator.calls()[before:]]
