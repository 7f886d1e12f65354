"""Queues, streams, rules and schedules deliver as on AWS."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.integration.emulator.harness import Probe, unique, until

BURST = 300


def bodies(probe: Probe, queue: str, wanted: str) -> list[str]:
    """Bodies on the queue that hold this text, once there is one."""

    def found() -> list[str]:
        return [message["Body"] for message in probe.receive(queue) if wanted in message["Body"]]

    return until(found)


def test_a_batch_keeps_its_good_messages_and_its_poison_ends_on_the_dead_letter_queue(probe: Probe) -> None:
    good, bad = unique("good"), unique("poison")
    entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate((good, bad))]
    probe.client("sqs").send_message_batch(QueueUrl=probe.outputs["Intake"], Entries=entries)
    assert bodies(probe, probe.outputs["Seen"], good) == [good]
    assert bodies(probe, probe.outputs["Dead"], bad) == [bad]


def test_no_message_is_lost_that_is_sent_while_the_queue_is_being_emptied(probe: Probe) -> None:
    run = unique("burst")
    sent = {f"{run}-{number}" for number in range(BURST)}
    sqs, seen = probe.client("sqs"), set[str]()

    def all_seen() -> bool:
        seen.update(m["Body"] for m in probe.receive(probe.outputs["Seen"]) if m["Body"] in sent)
        return seen == sent

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda body: sqs.send_message(QueueUrl=probe.outputs["Intake"], MessageBody=body), sorted(sent)))
    until(all_seen)
    assert seen == sent


def test_a_stream_record_that_matches_the_filter_reaches_its_function_once(probe: Probe) -> None:
    matching, other = unique("event"), unique("other")
    for key in (other, matching):
        probe.client("dynamodb").put_item(TableName="probe", Item={"pk": {"S": key}, "n": {"N": "1"}})
    record = json.loads(bodies(probe, probe.outputs["Seen"], matching)[0])
    assert record["NewImage"] == {"pk": {"S": matching}, "n": {"N": "1"}}


def test_of_forty_conditional_writes_at_once_exactly_one_wins(probe: Probe) -> None:
    item = {"pk": {"S": unique("lock")}}

    def write(_: int) -> bool:
        condition = "attribute_not_exists(pk)"
        try:
            probe.client("dynamodb").put_item(TableName="probe", Item=item, ConditionExpression=condition)
        except ClientError as failure:
            assert failure.response["Error"]["Code"] == "ConditionalCheckFailedException"
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(write, range(40))) == 1


def put_event(probe: Probe, source: str, detail: dict[str, str]) -> None:
    entry = {"Source": source, "DetailType": "Order changed", "Detail": json.dumps(detail)}
    assert probe.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_a_rule_hands_the_chosen_part_of_an_event_to_a_queue(probe: Probe) -> None:
    order = unique("order")
    put_event(probe, "partner.orders", {"order": order})
    put_event(probe, "someone.else", {"order": order})
    assert [json.loads(body) for body in bodies(probe, probe.outputs["Ruled"], order)] == [{"order": order}]


def test_a_rule_invokes_a_function(probe: Probe) -> None:
    order = unique("order")
    put_event(probe, "partner.calls", {"order": order})
    assert json.loads(bodies(probe, probe.outputs["Seen"], order)[0]) == {"order": order}


def timer(probe: Probe, name: str, **fields: str) -> dict[str, Any]:
    """A one-time schedule, due within a second, that puts its name on the queue."""
    target = {"Arn": probe.outputs["SeenArn"], "RoleArn": probe.outputs["RoleArn"]}
    return {
        "Name": name,
        "ScheduleExpression": f"at({datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {**target, "Input": json.dumps({"timer": name})},
        **fields,
    }


def test_a_one_time_schedule_that_is_changed_fires_again(probe: Probe) -> None:
    name = unique("timer")
    probe.client("scheduler").create_schedule(**timer(probe, name))
    bodies(probe, probe.outputs["Seen"], name)
    probe.client("scheduler").update_schedule(**timer(probe, name))
    bodies(probe, probe.outputs["Seen"], name)
    probe.client("scheduler").delete_schedule(Name=name)


def test_a_one_time_schedule_fires_at_its_second_and_is_gone(probe: Probe) -> None:
    name = unique("timer")
    probe.client("scheduler").create_schedule(**timer(probe, name, ActionAfterCompletion="DELETE"))
    assert json.loads(bodies(probe, probe.outputs["Seen"], name)[0]) == {"timer": name}
    until(lambda: name not in [each["Name"] for each in probe.client("scheduler").list_schedules()["Schedules"]])
