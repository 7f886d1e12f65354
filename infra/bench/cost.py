"""What one case without trouble uses, counted on a running desk, and what a thousand of them cost at list prices.

Assumed: every write is part of a transaction (two units per item of up to 1 KB) and is written once more to an index; every
query reads the finished case, consistently; a message is sent, received and deleted (three requests); functions take as long as
on this machine. Not in it: logs, traces, storage, data transfer, idle polling, and the messages of other orders.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.bench.number import Number
from infra.bench.prices import PRICES
from infra.local.day.director import Director, Play, Stage
from infra.local.day.plays import day
from infra.local.day.report import transitions
from infra.local.emulator.calls import Call

MOST_TRANSITIONS = 20.0
PLAYED = 3
"""Only the last is counted: the first ones start the functions."""
LIMIT_SECONDS = 90.0
READ_UNIT_BYTES = 4096
FRAME_BYTES = 250
"""Keys, hash and time of an item, beside its fact."""
WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
REPORT = re.compile(r"^REPORT .*Billed Duration: ([\d.]+) ms\tMemory Size: (\d+) MB")
DOORS = ("receive-webhook", "receive-acknowledgment", "answer-vendor-page", "desk-api")


@dataclass(frozen=True, slots=True)
class Invocation:
    function: str
    milliseconds: float
    memory_mb: int


def case_cost(stage: Stage) -> list[Number]:
    """Transitions of a case without trouble, every unit that is paid for, and dollars per 1,000 cases."""
    for _ in range(PLAYED - 1):
        _play(stage)
    before, calls_before = invocations(stage), len(stage.desk.emulator.calls())
    play = _play(stage)
    if play.case is None:
        raise LookupError(play.order.order_ref)
    ran = _new(before, invocations(stage))
    units = count(stage.desk.emulator.calls()[calls_before:], ran, _case_bytes(stage, play))
    units["state transitions"] = transitions(stage.desk, play)
    shown = [Number(f"per case: {name}", n, None, "") for name, n in units.items() if name != "state transitions"]
    dollars = 1000 * sum(n * PRICES[name] for name, n in units.items())
    return [
        Number("state transitions, no trouble, one leg", units["state transitions"], MOST_TRANSITIONS, ""),
        *shown,
        Number("AWS cost per 1,000 cases, list prices", dollars, None, "USD"),
    ]


def _play(stage: Stage) -> Play:
    play = day(stage.numbers)[0]
    director = Director(stage, [play])
    for steps in (director.set_up(), director.wish(), director.until_ended(LIMIT_SECONDS)):
        for _ in steps:
            pass
    return play


def _new(before: Sequence[Invocation], after: Sequence[Invocation]) -> list[Invocation]:
    return list((Counter(after) - Counter(before)).elements())


def invocations(stage: Stage) -> list[Invocation]:
    """From the REPORT lines of every function's log."""
    logs = stage.desk.emulator.client("logs")
    found: list[Invocation] = []
    for group in logs.get_paginator("describe_log_groups").paginate():
        for name in (g["logGroupName"] for g in group["logGroups"] if g["logGroupName"].startswith("/aws/lambda/")):
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                matches = (REPORT.match(e["message"]) for e in page["events"])
                found += [Invocation(name.rsplit("/", 1)[-1], float(m[1]), int(m[2])) for m in matches if m]
    return found


def count(calls: Sequence[Call], ran: Sequence[Invocation], case_bytes: int) -> dict[str, float]:
    """Units by name of price."""
    did = Counter(call.action for call in calls)
    per_query = math.ceil(case_bytes / READ_UNIT_BYTES)
    return {
        "Lambda invocations": len(ran),
        "Lambda GB-seconds": sum(x.milliseconds * x.memory_mb for x in ran) / 1000 / 1024,
        "DynamoDB write units": 2 * 2 * sum(did[action] for action in WRITES),
        "DynamoDB read units": per_query * did["dynamodb:Query"] + did["dynamodb:GetItem"],
        "SQS requests": 3 * did["sqs:SendMessage"],
        "HTTP API requests": sum(1 for x in ran if x.function.endswith(DOORS)),
        "S3 puts": did["s3:PutObject"],
        "S3 gets": did["s3:GetObject"],
        "EventBridge events": did["events:PutEvents"],
        "Scheduler calls": did["scheduler:CreateSchedule"],
        "Secrets Manager calls": did["secretsmanager:GetSecretValue"],
        "KMS signatures": did["kms:Sign"],
        "mails": did["ses:SendEmail"],
    }


def _case_bytes(stage: Stage, play: Play) -> int:
    facts: Sequence[Any] = stage.ledger.load(play.order.merchant, play.case.case_id) if play.case else ()
    data: Sequence[Mapping[str, Any]] = [recorded.event.data() for recorded in facts]
    return sum(len(json.dumps(x)) + FRAME_BYTES for x in data)
