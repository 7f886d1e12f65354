"""Units that are paid for are counted from calls and invocations, and every one has a price."""

import pytest

from infra.bench.cost import Invocation, count
from infra.bench.number import Number
from infra.bench.prices import PRICES
from infra.local.emulator.calls import Call


def call(action: str) -> Call:
    return Call("function:f", action.partition(":")[0], action, "*")


def test_every_unit_that_is_counted_has_a_price() -> None:
    assert {*count([], [], 0), "state transitions"} == set(PRICES)
    assert all(price > 0 for price in PRICES.values())


def test_units_are_counted_from_calls_and_invocations() -> None:
    calls = [call(x) for x in ("dynamodb:PutItem", "dynamodb:Query", "sqs:SendMessage", "s3:PutObject")]
    ran = [Invocation("stopship-dev-receive-webhook", 2000, 512), Invocation("stopship-dev-classify", 1000, 1024)]
    units = count(calls, ran, case_bytes=5000)
    assert units["Lambda invocations"] == 2 and units["Lambda GB-seconds"] == pytest.approx(2.0)
    assert units["HTTP API requests"] == 1
    assert units["DynamoDB write units"] == 4, "a transaction, and an index"
    assert units["DynamoDB read units"] == 2, "5000 bytes are two units of 4096"
    assert (units["SQS requests"], units["S3 puts"], units["S3 gets"]) == (3, 1, 0)


@pytest.mark.parametrize(
    ("number", "good"),
    [
        (Number("at most", 2.0, 2.0, "x"), True),
        (Number("at most", 2.1, 2.0, "x"), False),
        (Number("at least", 9.0, 10.0, "x", at_least=True), False),
        (Number("at least", 10.0, 10.0, "x", at_least=True), True),
        (Number("for information", 1e9, None, "x"), True),
    ],
)
def test_a_number_is_missed_on_the_wrong_side_of_its_limit(number: Number, *, good: bool) -> None:
    assert number.good is good
