"""The Stripe-Signature header."""

import hashlib
import hmac

import pytest

from stopship.adapters.stripe.signature import verify
from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import parse, plus

NOW = "2026-11-24T10:00:00.000000Z"
BODY = b'{"id":"evt_1"}'
SECONDS = int(parse(NOW).timestamp())


def mac(secret: str, body: bytes = BODY, seconds: int = SECONDS) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def header(*secrets: str, seconds: int = SECONDS) -> str:
    return ",".join([f"t={seconds}", *(f"v1={mac(s, seconds=seconds)}" for s in secrets)])


@pytest.mark.parametrize("signed_with", [("old",), ("new",), ("new", "old"), ("stranger", "old")])
def test_any_of_the_endpoints_secrets_proves_the_sender_while_one_is_rolled(signed_with: tuple[str, ...]) -> None:
    verify(BODY, header(*signed_with), ["new", "old"], NOW)


def test_the_mac_is_over_time_dot_body() -> None:
    # The value comes from: printf "1796004800.{}" | openssl dgst -sha256 -hmac secret
    value = "841d431401780ba6cb0be20947efd14bc4d7110dbe0e5409ef9fa1a3f3014fef"
    verify(b"{}", f"t=1796004800,v1={value},v0=ignored", ["secret"], "2026-11-30T02:13:20Z")


@pytest.mark.parametrize("seconds", [300, -300])
def test_five_minutes_of_clock_difference_are_tolerated(seconds: float) -> None:
    verify(BODY, header("s"), ["s"], plus(NOW, seconds))


@pytest.mark.parametrize("seconds", [301, -301, 86_400])
def test_an_old_or_early_event_is_refused(seconds: float) -> None:
    with pytest.raises(NotAuthentic):
        verify(BODY, header("s"), ["s"], plus(NOW, seconds))


@pytest.mark.parametrize(
    "told",
    [
        "",
        "nothing",
        f"v1={mac('s')}",
        f"t={SECONDS}",
        f"t={SECONDS},v1=",
        f"t={SECONDS},v0={mac('s')}",
        f"t={SECONDS},t={SECONDS},v1={mac('s')}",
        f"t={SECONDS}.0,v1={mac('s')}",
        f"t=-{SECONDS},v1={mac('s')}",
        f"t={'9' * 400},v1={mac('s')}",
        f"t=²,v1={mac('s')}",
        f"t={SECONDS},v1={mac('s').upper()}",
        f"t={SECONDS},v1={mac('s', b'another body')}",
        f"t={SECONDS},v1={mac('another')}",
    ],
)
def test_a_header_that_proves_nothing_is_refused(told: str) -> None:
    with pytest.raises(NotAuthentic):
        verify(BODY, told, ["s"], NOW)


def test_without_a_secret_nobody_is_believed() -> None:
    with pytest.raises(NotAuthentic):
        verify(BODY, header(""), [], NOW)
