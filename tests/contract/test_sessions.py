"""One suite, two stores of sessions: in memory, and DynamoDB (moto) with tokens under a key."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from stopship.adapters.sessions_dynamodb import DynamoSessions
from stopship.adapters.sessions_memory import MemorySessions
from stopship.application.ports import Sessions
from stopship.domain.instant import parse
from stopship.domain.session import Session

TABLE = "sessions"
NOW = "2026-11-26T08:00:00.000000Z"
SESSION = Session(
    key="k" * 64,
    subject="person-1",
    name="ann@desk.example",
    groups=frozenset({"role.agent", "merchant.acme"}),
    groups_until="2026-11-26T08:10:00.000000Z",
    csrf="csrf-1",
    refresh_token="refresh-1",
    signed_in_at=NOW,
    seen_at=NOW,
    merchant="acme",
)


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def new_session_table() -> None:
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def dynamo_sessions() -> DynamoSessions:
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    return DynamoSessions(boto3.client("dynamodb"), TABLE, boto3.client("kms"), key)


@pytest.fixture(params=["memory", "dynamodb"])
def sessions(request: pytest.FixtureRequest) -> Iterator[Sessions]:
    if request.param == "memory":
        yield MemorySessions()
        return
    with mock_aws():
        new_session_table()
        yield dynamo_sessions()


def test_a_session_comes_back_as_it_was_saved(sessions: Sessions) -> None:
    sessions.save(SESSION)
    assert sessions.load(SESSION.key) == SESSION


def test_an_unknown_session_is_none(sessions: Sessions) -> None:
    sessions.save(SESSION)
    assert sessions.load("other") is None


def test_the_last_save_wins(sessions: Sessions) -> None:
    sessions.save(SESSION)
    later = replace(SESSION, seen_at="2026-11-26T08:05:00.000000Z", groups=frozenset(), refresh_token="refresh-2")
    sessions.save(later)
    assert sessions.load(SESSION.key) == later


def test_a_deleted_session_is_gone_and_deleting_it_again_is_no_error(sessions: Sessions) -> None:
    sessions.save(SESSION)
    sessions.delete(SESSION.key)
    sessions.delete(SESSION.key)
    assert sessions.load(SESSION.key) is None


@mock_aws
def test_what_lies_in_the_table_opens_nothing_and_ends_by_itself() -> None:
    new_session_table()
    dynamo_sessions().save(SESSION)
    (item,) = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    assert b"refresh-1" not in repr(item).encode()
    assert int(item["ttl"]["N"]) == int(parse(SESSION.ends_at).timestamp())


@mock_aws
def test_a_token_under_another_key_is_no_session() -> None:
    new_session_table()
    dynamo_sessions().save(SESSION)
    (item,) = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    moved = {**item, "pk": {"S": "another"}}
    boto3.client("dynamodb").put_item(TableName=TABLE, Item=moved)
    assert dynamo_sessions().load("another") is None


@mock_aws
def test_another_process_saves_without_losing_the_token() -> None:
    new_session_table()
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    first, second = (DynamoSessions(boto3.client("dynamodb"), TABLE, boto3.client("kms"), key) for _ in range(2))
    first.save(SESSION)
    found = second.load(SESSION.key)
    assert found is not None
    second.save(replace(found, merchant=""))
    assert first.load(SESSION.key) == replace(SESSION, merchant="")
