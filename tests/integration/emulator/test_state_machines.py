"""Retry, Catch, Map, Wait, Output and the life of an execution as on AWS."""

import json

import pytest
from botocore.exceptions import ClientError

from infra.local.emulator.retrying import retry_delay
from tests.integration.emulator.harness import Probe, unique, until
from tests.integration.emulator.machines import CAUGHT, await_answer, caught, invoke, machine


def test_a_catch_matches_the_class_of_a_lambda_exception(probe: Probe) -> None:
    state = invoke("probe-work", {"do": "refuse", "id": 3}, **caught("OrderRefused"))
    assert json.loads(probe.run(machine({"Rule": state, **CAUGHT}))["output"])["error"] == "OrderRefused"


def test_a_lambda_timeout_is_caught_as_sandbox_timedout(probe: Probe) -> None:
    state = invoke("probe-slow", {"do": "sleep", "seconds": 5}, **caught("Sandbox.Timedout"))
    assert json.loads(probe.run(machine({"Rule": state, **CAUGHT}))["output"])["error"] == "Sandbox.Timedout"


def test_a_retry_repeats_until_the_task_succeeds(probe: Probe) -> None:
    retry = [{"ErrorEquals": ["PartnerUnavailable"], "IntervalSeconds": 1, "MaxAttempts": 3, "MaxDelaySeconds": 1}]
    payload = {"do": "fail twice", "id": unique(), "queue": probe.new_queue()}
    state = invoke("probe-work", payload, Retry=retry, Output="{% $states.result.Payload %}")
    assert json.loads(probe.run(machine({"Read": state}))["output"]) == {"attempts": 3}


@pytest.mark.parametrize(("attempts", "longest"), [(0, 2), (1, 4), (2, 8), (6, 30)])
def test_a_retry_waits_no_longer_than_its_ceiling_and_full_jitter_wait_less(attempts: int, longest: float) -> None:
    retry = {"IntervalSeconds": 2, "BackoffRate": 2.0, "MaxDelaySeconds": 30}
    assert retry_delay(retry, attempts) == longest
    assert all(0 <= retry_delay({**retry, "JitterStrategy": "FULL"}, attempts) <= longest for _ in range(50))


def test_a_map_runs_one_branch_per_item_with_variables_and_context(probe: Probe) -> None:
    branch = {
        "Plan": {"Type": "Pass", "Output": "{% {'leg': $states.input.leg, 'merchant': $merchant} %}", "Next": "Done"},
        "Done": {"Type": "Succeed", "Output": "{% $states.input.merchant & '/' & $states.input.leg %}"},
    }
    states = {
        "Begin": {"Type": "Pass", "Assign": {"merchant": "acme"}, "Next": "Each"},
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input.legs %}",
            "ItemSelector": {"leg": "{% $states.context.Map.Item.Value %}"},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Plan", "States": branch},
            "End": True,
        },
    }
    execution = probe.start(machine(states), {"legs": ["a", "b"]})
    assert json.loads(probe.ended(execution)["output"]) == ["acme/a", "acme/b"]


def test_the_history_of_a_map_reads_back_as_the_transitions_that_were_taken(probe: Probe) -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input = 1 %}", "Next": "One"}],
        "Default": "Other",
    }
    branch = {"Which": choice, "One": {"Type": "Succeed"}, "Other": {"Type": "Pass", "Next": "One"}}
    each = {"Type": "Map", "Items": [1, 2], "ItemProcessor": {"StartAt": "Which", "States": branch}, "Next": "End"}
    execution = probe.start(machine({"Each": each, "End": {"Type": "Succeed"}}))
    probe.ended(execution)
    events = {event["id"]: event for event in probe.history(execution)}
    taken = set()
    for event in events.values():
        previous = events.get(event.get("previousEventId", 0), {})
        if "stateEnteredEventDetails" in event and previous.get("type", "").endswith("StateExited"):
            exited = previous["stateExitedEventDetails"]["name"]
            taken.add((exited, event["stateEnteredEventDetails"]["name"]))
    assert taken == {("Which", "One"), ("Which", "Other"), ("Other", "One"), ("Each", "End")}


def test_a_wait_takes_its_seconds_from_an_expression(probe: Probe) -> None:
    execution = probe.start(
        machine({"Later": {"Type": "Wait", "Seconds": "{% $states.input.s %}", "End": True}}), {"s": 1}
    )
    found = probe.ended(execution)
    assert (found["stopDate"] - found["startDate"]).total_seconds() >= 1


def test_succeed_and_parallel_honour_output(probe: Probe) -> None:
    one = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Output": 1, "End": True}}}
    both = {"Type": "Parallel", "Branches": [one, one], "Output": "{% {'sum': $sum($states.result)} %}", "Next": "End"}
    ended = probe.run(machine({"Both": both, "End": {"Type": "Succeed", "Output": "{% {'out': $states.input} %}"}}))
    assert json.loads(ended["output"]) == {"out": {"sum": 2}}


def test_starting_again_with_the_same_name_and_input_is_the_same_execution(probe: Probe) -> None:
    queue, name = probe.new_queue(), unique("case")
    first = probe.start(machine({"Wait": await_answer(queue)}), {"case": 1}, name)
    arn = probe.client("stepfunctions").describe_execution(executionArn=first)["stateMachineArn"]
    assert probe.execute(arn, {"case": 1}, name) == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        probe.execute(arn, {"case": 2}, name)
    probe.client("stepfunctions").stop_execution(executionArn=first)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        probe.execute(arn, {"case": 1}, name)


def test_a_state_machine_past_its_own_limit_is_timed_out(probe: Probe) -> None:
    queue = probe.new_queue()
    assert probe.run(machine({"Wait": await_answer(queue)}, TimeoutSeconds=1))["status"] == "TIMED_OUT"


def test_an_execution_s_end_is_an_event_on_the_default_bus(probe: Probe) -> None:
    queue = probe.new_queue()
    arn = probe.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    rule = unique("rule")
    pattern = {"source": ["aws.states"], "detail": {"status": ["SUCCEEDED"]}}
    probe.client("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    probe.client("events").put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arn}])
    execution = probe.start(machine({"P": {"Type": "Pass", "End": True}}))
    until(lambda: execution in [json.loads(m["Body"])["detail"]["executionArn"] for m in probe.receive(queue)])
    probe.client("events").remove_targets(Rule=rule, Ids=["q"])


def test_sdk_integrations_reach_services_that_the_stock_dispatcher_does_not_know(probe: Probe) -> None:
    name = unique("timer")
    arguments = {
        "Name": name,
        "ScheduleExpression": "at(2030-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": probe.outputs["WorkArn"], "RoleArn": probe.outputs["RoleArn"]},
    }
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:scheduler:createSchedule",
        "Arguments": arguments,
        "End": True,
        **caught("Scheduler.ConflictException"),
    }
    definition = machine({"Timer": task, **CAUGHT})
    assert "ScheduleArn" in json.loads(probe.run(definition)["output"])
    assert json.loads(probe.run(definition)["output"])["error"] == "Scheduler.ConflictException"
    probe.client("scheduler").delete_schedule(Name=name)


def test_an_sdk_integration_sends_mail(probe: Probe) -> None:
    for address in ("desk@example.com", "customer@example.com"):
        probe.client("ses").verify_email_identity(EmailAddress=address)
    arguments = {
        "FromEmailAddress": "desk@example.com",
        "Destination": {"ToAddresses": ["customer@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "received"}, "Body": {"Text": {"Data": "we have it"}}}},
    }
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sesv2:sendEmail", "Arguments": arguments, "End": True}
    assert json.loads(probe.run(machine({"Mail": task}))["output"])["MessageId"]
