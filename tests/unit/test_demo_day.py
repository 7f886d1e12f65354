"""What `stopship demo` plays: enough of a day to be believed."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import boto3
import httpx
import pytest
from botocore.stub import Stubber

from infra.local.day import director
from infra.local.day.director import Stage
from infra.local.day.orders import Numbers, make
from infra.local.day.plays import day
from infra.local.day.report import history
from infra.local.day.wishes import by_form

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


FORM = '<input name="token" value="t-1"><input name="order" value="">'
SUMMARY = '<input name="statement" value="s-1">'


def test_the_form_is_filled_in_again_while_the_desk_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(director, "LOOK_SECONDS", 0)
    numbers, heard = Numbers(), list[tuple[str, str, dict[str, list[str]]]]()
    order = make(numbers, "acme", "shopify")

    def door(request: httpx.Request) -> httpx.Response:
        heard.append((request.method, request.url.path, parse_qs(request.content.decode())))
        match len(heard) % 3:
            case 1:
                raise httpx.ConnectError("nobody there", request=request)
            case 2:
                return httpx.Response(503)
        return httpx.Response(200, text=FORM if request.method == "GET" else SUMMARY)

    nothing: Any = None
    with httpx.Client(base_url="http://desk.example", transport=httpx.MockTransport(door)) as client:
        by_form(Stage(nothing, nothing, nothing, numbers, client, nothing), order, times=2)
    entered = {"token": ["t-1"], "order": [f"#{order.order_ref}"], "email": [f"customer-{order.order_ref}@example.com"]}
    confirmed = ("POST", "/cancel/acme/confirm", {"statement": ["s-1"]})
    once = [("GET", "/cancel/acme", {}), ("POST", "/cancel/acme", entered), confirmed, confirmed]
    assert heard == [x for step in once for x in [step] * 3]


def test_a_form_that_the_desk_refuses_is_not_sent_again() -> None:
    heard: list[str] = []

    def door(request: httpx.Request) -> httpx.Response:
        heard.append(request.method)
        return httpx.Response(422, text="no")

    numbers, nothing = Numbers(), None
    with (
        httpx.Client(base_url="http://desk.example", transport=httpx.MockTransport(door)) as client,
        pytest.raises(RuntimeError, match="422 no"),
    ):
        by_form(Stage(nothing, nothing, nothing, numbers, client, nothing), make(numbers, "acme", "shopify"))  # type: ignore[arg-type]
    assert heard == ["GET"]
