"""What `stopship demo` plays: enough of a day to be believed."""

from types import SimpleNamespace

import boto3
from botocore.stub import Stubber

from infra.local.day.orders import Numbers
from infra.local.day.plays import day
from infra.local.day.report import history

CHANNELS = {"shopify", "amazon"}


def test_the_day_has_sixty_orders_of_every_channel_and_several_merchants_with_every_outcome() -> None:
    plays = day(Numbers())
    orders = [play.order for play in plays]
    assert len({(order.merchant, order.order_ref) for order in orders}) == len(plays) >= 60
    assert {order.channel for order in orders} == CHANNELS
    assert len({order.merchant for order in orders}) >= 2
    assert {play.outcome for play in plays} == {"stopped", "shipped", "blocked", "saved", "withdrawn"}


def test_an_execution_that_never_began_leaves_the_history_of_the_others() -> None:
    client = boto3.client("stepfunctions", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    event = {"timestamp": 0, "type": "PassStateEntered", "id": 1}
    with Stubber(client) as stub:
        stub.add_client_error("get_execution_history", "ExecutionDoesNotExist")
        stub.add_response("get_execution_history", {"events": [event]})
        named = [SimpleNamespace(fact=SimpleNamespace(name=name)) for name in ("case-a-1", "case-a-2")]
        desk = SimpleNamespace(
            emulator=SimpleNamespace(client=lambda _: client),
            outputs={"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:Stopship"},
        )
        play = SimpleNamespace(case=SimpleNamespace(executions=named))
        assert [x["type"] for x in history(desk, play)] == ["PassStateEntered"]  # type: ignore[arg-type]
        stub.assert_no_pending_responses()
