"""What only DynamoDB can do to a ledger: many pages, throttling, transactions in each other's way."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from stopship.adapters.ledger_dynamodb import DynamoLedger, decode, encode
from stopship.application.ports import Append, NewEvent
from stopship.domain.errors import Conflict
from stopship.domain.events import CaseOpened, ExceptionOpened, OrderNotFound
from tests.contract.test_ledger import TABLE, at, new_table, opening


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield new_table()


def test_a_case_of_more_than_one_page_is_loaded_and_appended_to_whole(client: Any) -> None:
    """A query answers at most 1 MB at a time."""
    ledger = DynamoLedger(client, TABLE)
    ledger.append(opening())
    detail = "x" * 200_000
    for n in range(8):
        fact = ExceptionOpened(f"e{n}", "", "c", "P1", "ops", "look", at(1), detail)
        ledger.append(Append("acme", "case-a", n + 1, at(1), [NewEvent(fact)]))
    calls: list[str] = []
    client.meta.events.register("before-call.dynamodb.Query", lambda **_: calls.append("query"))
    assert [x.version for x in ledger.load("acme", "case-a")] == list(range(1, 10))
    assert len(calls) > 1
    ledger.append(Append("acme", "case-a", 9, at(2), [NewEvent(OrderNotFound(1))]))
    assert ledger.head("acme", "case-a").version == 10  # type: ignore[union-attr]
    assert len(list(ledger.scan())) == 11


def test_attributes_come_back_as_they_went_in() -> None:
    item = {"text": "ä", "empty": "", "number": -7, "zero": 0, "flag": False, "digits": "12"}
    assert decode(encode(item)) == item
    assert decode(encode(item))["flag"] is False


@pytest.mark.parametrize("wire", [{"N": "1.5"}, {"L": []}, {"NULL": True}, {"B": b"x"}])
def test_a_type_that_the_ledger_never_writes_stays_visible(wire: dict[str, Any]) -> None:
    assert decode({"a": wire}) == {"a": wire}


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DynamoLedger, Stubber]]:
    client = boto3.client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    with Stubber(client) as stub:
        yield DynamoLedger(client, TABLE), stub
        stub.assert_no_pending_responses()


def _cancelled(stub: Stubber, *codes: str) -> None:
    stub.add_response("query", {"Items": []})
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        expected_params={"TransactItems": ANY, "ClientRequestToken": ANY},
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


def test_two_transactions_in_each_others_way_are_a_conflict(stubbed: tuple[DynamoLedger, Stubber]) -> None:
    ledger, stub = stubbed
    _cancelled(stub, "None", "TransactionConflict")
    with pytest.raises(Conflict):
        ledger.append(opening())


def test_a_throttled_transaction_is_not_taken_for_a_conflict(stubbed: tuple[DynamoLedger, Stubber]) -> None:
    """Deciding again would not help: whoever called waits and repeats."""
    ledger, stub = stubbed
    _cancelled(stub, "None", "ThrottlingError")
    with pytest.raises(ClientError):
        ledger.append(opening())


def test_the_request_token_is_new_for_every_attempt_and_fits(stubbed: tuple[DynamoLedger, Stubber]) -> None:
    ledger, stub = stubbed
    tokens: list[str] = []
    step = Append("acme", "case-a", 0, at(0), [NewEvent(CaseOpened("shopify", "1", 1, "1", "h"))])
    ledger._table._client.meta.events.register(  # type: ignore[attr-defined]
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: tokens.append(params["ClientRequestToken"]),
    )
    for _ in range(2):
        stub.add_response("query", {"Items": []})
        stub.add_response("transact_write_items", {})
        ledger.append(step)
    assert len(set(tokens)) == 2
    assert all(1 <= len(token) <= 36 for token in tokens)


def test_a_key_longer_than_any_can_be_names_nothing_and_is_not_asked_for(
    stubbed: tuple[DynamoLedger, Stubber],
) -> None:
    """DynamoDB would answer it with an error, and whoever asks for an address could cause one."""
    ledger, _ = stubbed
    long = "ü" * 1025
    assert ledger.callback(long) is None
    assert ledger.exception("acme", long) is None
    assert list(ledger.load("acme", long)) == []
    assert list(ledger.cases_of_order("acme", long)) == []
