"""What AWS cannot do at the moment leaves a step under a name that the state machine tries again; what is wrong keeps its own name."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from stopship.application.context import Desk
from stopship.application.next_step import Next
from stopship.domain.errors import Conflict, PlatformUnavailable
from stopship.wiring import step as wired
from tests.statemachines.machine import definition, tasks


def client_error(code: str, status: int = 400, *reasons: str) -> ClientError:
    told = [{"Code": reason} for reason in reasons]
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, "CancellationReasons": told}
    return ClientError(answer, "Call")  # type: ignore[arg-type]


PASSING = [
    client_error("ThrottlingException"),
    client_error("ProvisionedThroughputExceededException"),
    client_error("RequestLimitExceeded"),
    client_error("InternalServerError", 500),
    client_error("ServiceUnavailable", 503),
    client_error("TransactionCanceledException", 400, "None", "ThrottlingError"),
    client_error("TransactionCanceledException", 400, "ProvisionedThroughputExceeded", "None"),
    ReadTimeoutError(endpoint_url="https://dynamodb.example"),
    ConnectTimeoutError(endpoint_url="https://dynamodb.example"),
    EndpointConnectionError(endpoint_url="https://dynamodb.example"),
]
STAYING = [
    client_error("AccessDeniedException"),
    client_error("ValidationException"),
    client_error("TransactionCanceledException", 400, "ValidationError", "None"),
    Conflict("somebody was first"),
    KeyError("L1"),
]


def run(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(_desk: Desk, _event: Mapping[str, Any]) -> Next:
        raise error

    monkeypatch.setattr(wired, "desk", lambda: None)
    wired.step(fails)({"merchant": "acme", "case_id": "case-1"}, None)


@pytest.mark.parametrize("error", PASSING, ids=lambda x: str(x)[:60])
def test_what_will_pass_is_raised_under_a_name_that_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with pytest.raises(PlatformUnavailable) as caught:
        run(monkeypatch, error)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", STAYING, ids=lambda x: str(x)[:60])
def test_what_stays_wrong_keeps_its_name(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        run(monkeypatch, error)
    assert caught.value is error


def test_every_state_that_calls_a_function_tries_it_again() -> None:
    legs = definition()["States"]["Stop every leg"]["ItemProcessor"]["States"]
    states = {**definition()["States"], **legs}
    for name in tasks():
        retried = [x for retry in states[name]["Retry"] for x in retry["ErrorEquals"]]
        assert PlatformUnavailable.__name__ in retried, name
