"""The signature of messages between the desk and warehouses."""

import pytest

from stopship.adapters.generic_3pl.signature import sign, verify
from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import plus

NOW = "2026-11-24T10:00:00.000000Z"
BODY = b'{"decision":"stopped"}'


def test_what_was_signed_is_authentic_and_dated() -> None:
    assert verify(BODY, sign(BODY, ["s"], NOW), ["s"], NOW) == "2026-11-24T10:00:00+00:00"


def test_the_value_is_the_hmac_over_time_dot_body() -> None:
    # The expected value comes from: printf "1796004800.{}" | openssl dgst -sha256 -hmac secret
    expected = "841d431401780ba6cb0be20947efd14bc4d7110dbe0e5409ef9fa1a3f3014fef"
    assert sign(b"{}", ["secret"], "2026-11-30T02:13:20Z") == f"t=1796004800,v1={expected}"


def test_either_side_may_be_ahead_in_a_rotation() -> None:
    verify(BODY, sign(BODY, ["old"], NOW), ["new", "old"], NOW)
    verify(BODY, sign(BODY, ["new", "old"], NOW), ["old"], NOW)


@pytest.mark.parametrize("seconds", [300, -300])
def test_five_minutes_of_clock_difference_are_tolerated(seconds: float) -> None:
    assert verify(BODY, sign(BODY, ["s"], NOW), ["s"], plus(NOW, seconds))


@pytest.mark.parametrize("seconds", [301, -301, 86_400])
def test_an_old_or_early_message_is_refused(seconds: float) -> None:
    with pytest.raises(NotAuthentic):
        verify(BODY, sign(BODY, ["s"], NOW), ["s"], plus(NOW, seconds))


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        verify(BODY + b" ", sign(BODY, ["s"], NOW), ["s"], NOW)


def test_a_changed_time_is_refused() -> None:
    header = sign(BODY, ["s"], NOW).replace("t=", "t=1", 1)
    with pytest.raises(NotAuthentic):
        verify(BODY, header, ["s"], NOW)


def test_no_secret_opens_nothing() -> None:
    with pytest.raises(NotAuthentic):
        verify(BODY, sign(BODY, ["s"], NOW), [], NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=00",
        "t=",
        "t=x,v1=00",
        "t=1,t=2,v1=00",
        "t=1",
        "t=-1,v1=00",
        "t=٣,v1=00",
        "t=1796004800,v1=é",
        "t=" + "9" * 400,
    ],
)
def test_a_header_that_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(NotAuthentic):
        verify(BODY, header, ["s"], NOW)
