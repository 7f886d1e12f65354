"""How long a webhook waits for its answer, over a function that does nothing but queue, on the same stack in the same run."""

import base64
import hashlib
import hmac
import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

import httpx

from infra.bench.number import Number
from infra.local.day.director import Stage
from infra.local.merchants import MERCHANTS
from stopship.contract import function_name

ROUNDS = 200
WARM_UP = 10
MOST_OVER_BARE = 3.0
NAME = "bare-enqueue"
BARE = """\
import json
import botocore.session

sqs = botocore.session.get_session().create_client("sqs")


def handler(event, _context):
    sqs.send_message(QueueUrl="{queue}", MessageBody=json.dumps({{"body": event.get("body")}}))
    return {{"statusCode": 200, "body": "{{}}"}}
"""
"""Proves nothing, keeps nothing."""
ALLOWED = frozenset({"s3:PutObject", "sqs:SendMessage", "secretsmanager:GetSecretValue", "ssm:GetParameter"})
"""What a webhook's answer may depend on."""


def webhook(stage: Stage) -> list[Number]:
    """p99 and median over the bare function's, and what was called on the path that should not have been."""
    calls_before = len(stage.desk.emulator.calls())
    with _intake_paused(stage):
        _add_bare(stage)
        ours, bare = _measure(stage)
    door = f"function:{function_name('dev', 'receive_webhook')}"
    made = [c.action for c in stage.desk.emulator.calls()[calls_before:] if c.principal == door]
    return [
        Number("webhook answer p99 / bare enqueue p99", _p99(ours) / _p99(bare), MOST_OVER_BARE, "x"),
        Number("webhook answer median / bare enqueue median", median(ours) / median(bare), None, "x"),
        Number("calls on the webhook's path other than keep and queue", sum(a not in ALLOWED for a in made), 0.0, ""),
    ]


def _measure(stage: Stage) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    for number in range(WARM_UP + ROUNDS):
        body, headers = _shopify_message(stage, number)
        for seconds, path in ((ours, "/webhooks/shopify"), (bare, f"/{NAME}")):
            started = time.perf_counter()
            answer = stage.http.post(path, content=body, headers=headers)
            seconds.append(time.perf_counter() - started)
            if answer.status_code != httpx.codes.OK:
                raise RuntimeError(f"{path}: {answer.status_code} {answer.text}")
    return ours[WARM_UP:], bare[WARM_UP:]


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def _shopify_message(stage: Stage, number: int) -> tuple[bytes, Mapping[str, str]]:
    config = stage.config(MERCHANTS[0])["shopify"]
    body = json.dumps({"id": 10_000 + number, "note": "x" * 2000}).encode()
    digest = hmac.new(config["webhook_secrets"][0].encode(), body, hashlib.sha256).digest()
    return body, {
        "content-type": "application/json",
        "X-Shopify-Shop-Domain": config["shop"],
        "X-Shopify-Topic": "orders/cancelled",
        "X-Shopify-Webhook-Id": f"bench-{number}",
        "X-Shopify-Event-Id": f"bench-event-{number}",
        "X-Shopify-Triggered-At": "2026-11-24T12:00:00Z",
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Hmac-SHA256": base64.b64encode(digest).decode(),
    }


@contextmanager
def _intake_paused(stage: Stage) -> Iterator[None]:
    """What is queued stays queued: working it would slow both down, and prove nothing."""
    client = stage.desk.emulator.client("lambda")
    worker = function_name("dev", "process_intake")
    sources = [x["UUID"] for x in client.list_event_source_mappings(FunctionName=worker)["EventSourceMappings"]]
    for source in sources:
        client.update_event_source_mapping(UUID=source, Enabled=False)
    try:
        yield
    finally:
        for source in sources:
            client.update_event_source_mapping(UUID=source, Enabled=True)


def _add_bare(stage: Stage) -> None:
    emulator, api = stage.desk.emulator, stage.desk.outputs["ApiId"]
    queue = emulator.client("sqs").create_queue(QueueName=NAME)["QueueUrl"]
    twin: Any = emulator.client("lambda").get_function(FunctionName=function_name("dev", "receive_webhook"))
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("bare.py", BARE.format(queue=queue))
    made = emulator.client("lambda").create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Handler="bare.handler",
        Role=twin["Configuration"]["Role"],
        Code={"ZipFile": code.getvalue()},
        MemorySize=twin["Configuration"]["MemorySize"],
        Timeout=5,
    )
    doors = emulator.client("apigatewayv2")
    integration = doors.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=made["FunctionArn"], PayloadFormatVersion="2.0"
    )
    doors.create_route(ApiId=api, RouteKey=f"POST /{NAME}", Target=f"integrations/{integration['IntegrationId']}")
