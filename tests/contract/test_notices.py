"""People are told of exceptions that grow old: by the topic, and by a webhook whose address is a secret."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws

from stopship.adapters import http
from stopship.adapters.notices import DeskNotices
from stopship.application.ports import Notice
from stopship.domain.errors import PartnerBusy, PartnerRefused, PartnerUnavailable

URL = "https://hooks.example/services/T0/B0/secret"
NOTICE = Notice(
    merchant="acme",
    exception_id="exc-1",
    team="finance",
    level="lead",
    share=80,
    tier="P2",
    cause="money_failed",
    next_action="Pay.",
    deadline="2026-11-26T12:00:00.000000Z",
    link="https://desk.example/console/cases/case-1?merchant=acme",
)


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DeskNotices, list[httpx.Request], list[int]]]:
    requests, statuses = list[httpx.Request](), [200]

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(statuses[0], text="ok")

    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(http, "client", lambda: client)
    yield DeskNotices(None, "", lambda _: {"escalation_webhooks": {"finance": URL}}), requests, statuses
    client.close()


def test_a_webhook_is_told_in_the_form_that_chats_take(posted: Any) -> None:
    notices, requests, _ = posted
    notices.tell("webhook:finance", NOTICE)
    (request,) = requests
    told = json.loads(request.content)
    assert (str(request.url), list(told)) == (URL, ["text"])
    assert told["text"].startswith("P2 for finance: money failed, 80 % of its time are over")
    assert NOTICE.link in told["text"] and NOTICE.next_action in told["text"]


@pytest.mark.parametrize(
    ("status", "error"), [(404, PartnerRefused), (410, PartnerRefused), (429, PartnerBusy), (503, PartnerUnavailable)]
)
def test_a_webhook_that_does_not_take_it_is_known_and_its_address_is_not_told(
    posted: Any, status: int, error: type[Exception]
) -> None:
    notices, _, statuses = posted
    statuses[0] = status
    with pytest.raises(error) as refusal:
        notices.tell("webhook:finance", NOTICE)
    assert "secret" not in str(refusal.value)


def test_a_webhook_that_nobody_has_set_up_is_named(posted: Any) -> None:
    notices, requests, _ = posted
    with pytest.raises(PartnerRefused, match=r"escalation_webhooks\.ops"):
        notices.tell("webhook:ops", NOTICE)
    assert requests == []


def test_the_topic_is_told_with_what_subscribers_filter_by() -> None:
    with mock_aws():
        keys = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        sns: Any = boto3.client("sns", **keys)
        sqs: Any = boto3.client("sqs", **keys)
        topic, queue = sns.create_topic(Name="notices")["TopicArn"], sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": json.dumps({"level": ["lead"]})}
        )
        notices = DeskNotices(sns, topic, lambda _: {})
        notices.tell("sns", NOTICE)
        (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
        told = json.loads(message["Body"])
        assert told["Subject"] == "P2 for finance: money failed, 80 % of its time are over"
        assert {k: v["Value"] for k, v in told["MessageAttributes"].items()} == {
            "merchant": "acme",
            "team": "finance",
            "level": "lead",
            "tier": "P2",
        }
        with pytest.raises(PartnerRefused):
            DeskNotices(sns, topic + "x", lambda _: {}).tell("sns", NOTICE)
