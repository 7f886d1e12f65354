"""The exception queues, by every implementation: a delivery is one person's for a while, and comes back when nobody ends it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stopship.adapters.queues_memory import MemoryWork
from stopship.adapters.queues_sqs import SqsQueue, SqsWork
from stopship.application.ports import WorkQueues

MESSAGE = {"merchant": "acme", "exception_id": "exc-1"}


@dataclass
class Desk:
    queues: WorkQueues
    send: Callable[[dict[str, str]], None]
    pass_time: Callable[[float], None]


def _memory() -> Desk:
    now = [1_000.0]
    queues = MemoryWork(lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds

    return Desk(queues, lambda m: queues.send("P1", m), later)


def _sqs(monkeypatch: pytest.MonkeyPatch) -> Desk:
    client: Any = boto3.client("sqs", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    url = client.create_queue(QueueName="p1")["QueueUrl"]
    offset = [0.0]
    real = __import__("moto.sqs.models", fromlist=["models"])
    before = real.unix_time_millis
    monkeypatch.setattr(real, "unix_time_millis", lambda *a: before(*a) + offset[0] * 1000)

    def later(seconds: float) -> None:
        offset[0] += seconds

    return Desk(SqsWork(client, {"P1": url}), SqsQueue(client, url).send, later)


@pytest.fixture(params=["memory", "sqs"])
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    if request.param == "memory":
        yield _memory()
        return
    with mock_aws():
        yield _sqs(monkeypatch)


def test_a_delivery_is_nobody_elses_for_as_long_as_was_asked(desk: Desk) -> None:
    desk.send(MESSAGE)
    (work,) = desk.queues.receive("P1", 300)
    assert (work.merchant, work.exception_id) == ("acme", "exc-1")
    assert desk.queues.receive("P1", 300) == []
    desk.pass_time(301)
    (again,) = desk.queues.receive("P1", 300)
    assert again.exception_id == "exc-1"


def test_what_is_given_back_is_there_at_once(desk: Desk) -> None:
    desk.send(MESSAGE)
    (work,) = desk.queues.receive("P1", 300)
    assert desk.queues.hide("P1", work.handle, 0)
    assert len(desk.queues.receive("P1", 300)) == 1


def test_who_renews_keeps_it(desk: Desk) -> None:
    desk.send(MESSAGE)
    (work,) = desk.queues.receive("P1", 300)
    desk.pass_time(200)
    assert desk.queues.hide("P1", work.handle, 300)
    desk.pass_time(200)
    assert desk.queues.receive("P1", 300) == []


def test_what_is_done_does_not_come_back_and_is_done_once(desk: Desk) -> None:
    desk.send(MESSAGE)
    (work,) = desk.queues.receive("P1", 300)
    desk.queues.drop("P1", work.handle)
    desk.queues.drop("P1", work.handle)
    desk.pass_time(301)
    assert desk.queues.receive("P1", 300) == []
    assert not desk.queues.hide("P1", work.handle, 300)


def test_at_most_ten_come_at_a_time_and_none_is_lost(desk: Desk) -> None:
    for n in range(23):
        desk.send({"merchant": "acme", "exception_id": f"exc-{n}"})
    found = []
    while got := desk.queues.receive("P1", 300):
        assert len(got) <= 10
        found += [x.exception_id for x in got]
    assert sorted(found) == sorted(f"exc-{n}" for n in range(23))


def test_the_projections_message_is_one_that_can_be_read(desk: Desk) -> None:
    from stopship.application.project_ledger import project

    fact = {
        "tier": "P1",
        "exception_id": "exc-9",
        "leg_id": "",
        "cause": "money_failed",
        "owner": "finance",
        "next_action": "pay",
        "deadline": "d",
    }
    item = {"sk": "E#1", "merchant": "acme", "case_id": "c", "type": "ExceptionOpened", "data": json.dumps(fact)}
    ((tier, message),) = project(item, "dev").queued
    desk.send(message)
    (work,) = desk.queues.receive(tier, 300)
    assert (work.merchant, work.exception_id) == ("acme", "exc-9")
