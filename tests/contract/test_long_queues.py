"""The list of open exceptions takes as long with ten thousand of them as with a hundred."""

import time
from collections.abc import Callable
from typing import Any

import boto3
from moto import mock_aws

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_dynamodb import DynamoLedger, encode
from stopship.adapters.ledger_memory import MemoryLedger, MemoryTable
from stopship.application.ports import ExceptionItem

MANY, FEW, RUNS = 10_000, 100, 15


def item(number: int) -> items.Item:
    tier = ("P1", "P2", "P3")[number % 3]
    due = f"2026-11-26T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
    owner = ("ops", "finance")[number % 2]
    return items.exception_item(
        ExceptionItem(
            merchant="acme",
            exception_id=f"exc-{number:05}",
            case_id=f"case-{number}",
            leg_id="",
            order_ref=str(number),
            channel="shopify",
            cause="erp_refused",
            tier=tier,
            owner=owner,
            next_action="look",
            deadline=due,
            opened_at=due,
            state="open",
        )
    )


def full(count: int) -> MemoryLedger:
    table = MemoryTable()
    for number in range(count):
        table.write([items.Write(item(number), items.NEW, lambda _: AssertionError())])  # type: ignore[arg-type,return-value]
    ledger = MemoryLedger()
    ledger._table = table
    return ledger


def seconds(run: Callable[[], object]) -> float:
    """The least of several runs: what the machine was busy with beside it does not count."""
    found = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


def test_the_first_page_and_one_far_behind_take_as_long_with_many_as_with_few() -> None:
    few, many = full(FEW), full(MANY)
    for asked in ({}, {"tier": "P2"}, {"owner": "finance"}):
        page = many.exceptions("acme", limit=50, **asked)  # type: ignore[arg-type]
        assert len(page.items) == 50 and page.cursor
        first = seconds(lambda asked=asked: few.exceptions("acme", limit=30, **asked))  # type: ignore[misc]
        ratio = seconds(lambda asked=asked: many.exceptions("acme", limit=30, **asked)) / first  # type: ignore[misc]
        assert ratio <= 2, asked


def test_a_page_reads_hardly_more_of_the_table_than_it_shows() -> None:
    with mock_aws():
        client: Any = boto3.client(
            "dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        client.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "gsi2pk", "gsi2sk")],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "gsi2",
                    "KeySchema": [
                        {"AttributeName": "gsi2pk", "KeyType": "HASH"},
                        {"AttributeName": "gsi2sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        for number in range(400):
            client.put_item(TableName="ledger", Item=encode(item(number)))
        read: list[int] = []
        client.meta.events.register("after-call.dynamodb.Query", lambda parsed, **_: read.append(len(parsed["Items"])))
        ledger = DynamoLedger(client, "ledger")
        page = ledger.exceptions("acme", limit=50)
        assert len(page.items) == 50 and sum(read) <= 52
        read.clear()
        after = ledger.exceptions("acme", cursor=page.cursor, limit=50)
        assert len(after.items) == 50 and sum(read) <= 52
        assert {x.exception_id for x in page.items}.isdisjoint(x.exception_id for x in after.items)
