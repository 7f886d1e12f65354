"""Every way in which a partner says how long it wants to be left alone is read, and makes the call a busy one and no failure."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from stopship.adapters import http
from stopship.adapters.amazon.client import wait_for_rate
from stopship.adapters.netsuite import client as netsuite
from stopship.adapters.shipbob import client as shipbob
from stopship.adapters.shiphero import client as shiphero
from stopship.adapters.shopify import client as shopify
from stopship.domain.errors import BUSY_SECONDS, PartnerBusy, PartnerUnavailable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def answer(status: int = 429, body: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.fixture
def partner(monkeypatch: pytest.MonkeyPatch) -> Callable[[httpx.Response], None]:
    def answers(response: httpx.Response) -> None:
        made = httpx.Client(transport=httpx.MockTransport(lambda _: response))
        monkeypatch.setattr(http, "client", lambda: made)

    return answers


# ------------------------------------------------------------------------------------------------ Retry-After


@pytest.mark.parametrize(("told", "seconds"), [("7", 7.0), ("0.5", 0.5), ("0", 0.0), (" 12 ", 12.0)])
def test_seconds_are_read(told: str, seconds: float) -> None:
    assert http.retry_after_header(answer(Retry_After=told)) == seconds


def test_a_date_is_measured_by_the_partners_own_clock() -> None:
    until = format_datetime(NOON + timedelta(seconds=90), usegmt=True)
    assert http.retry_after_header(answer(Retry_After=until, Date=format_datetime(NOON, usegmt=True))) == 90


def test_a_date_without_the_partners_clock_is_measured_by_ours() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = http.retry_after_header(answer(Retry_After=until))
    assert seconds is not None and 85 < seconds <= 90


def test_a_date_that_has_passed_is_no_wait() -> None:
    past = format_datetime(NOON, usegmt=True)
    assert http.retry_after_header(answer(Retry_After=past)) == 0


@pytest.mark.parametrize("told", ["", "soon", "-5", "1.2.3", "Mon, 99 Foo 2026 00:00:00 GMT", "²", "1e9", "9" * 400])
def test_what_says_no_time_is_no_wish(told: str) -> None:
    assert http.retry_after_header(httpx.Response(429, headers={"Retry-After": told.encode()})) is None


@pytest.mark.parametrize("told", ["999999999999", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_whoever_asks_for_years_is_asked_again_after_a_day(told: str) -> None:
    assert http.retry_after_header(answer(Retry_After=told)) == http.LONGEST_SECONDS


# ------------------------------------------------------------------------------------------------ what a call becomes


def test_a_429_is_a_busy_partner_with_its_wish_and_its_operation(partner: Callable[[httpx.Response], None]) -> None:
    partner(answer(Retry_After="17"))
    with pytest.raises(PartnerBusy) as busy:
        http.call("amazon", "GET", "https://partner.example/", operation="getOrder")
    assert (busy.value.retry_after, busy.value.operation, busy.value.in_doubt) == (17, "getOrder", False)


def test_a_429_without_a_wish_is_left_alone_for_a_moment(partner: Callable[[httpx.Response], None]) -> None:
    partner(answer())
    with pytest.raises(PartnerBusy) as busy:
        http.call("north", "GET", "https://partner.example/")
    assert busy.value.retry_after == BUSY_SECONDS


def test_a_503_is_a_failure_that_keeps_its_wish(partner: Callable[[httpx.Response], None]) -> None:
    partner(answer(503, Retry_After="30"))
    with pytest.raises(PartnerUnavailable) as failed:
        http.call("north", "POST", "https://partner.example/")
    assert not isinstance(failed.value, PartnerBusy)
    assert (failed.value.retry_after, failed.value.in_doubt) == (30, True)


def test_the_state_machine_reads_whole_seconds_at_the_beginning_of_the_text() -> None:
    assert str(PartnerBusy("north", "429", retry_after=6.2)) == "7 seconds until north takes a call: 429"
    assert str(PartnerBusy("north", "429", retry_after=0)).startswith("1 seconds ")


# ------------------------------------------------------------------------------------------------ each partner's own way


def test_shopify_is_waited_for_until_the_bucket_holds_the_query_again() -> None:
    told = {"requestedQueryCost": 112, "throttleStatus": {"currentlyAvailable": 12, "restoreRate": 50.0}}
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    busy = shopify._top_level(errors, None, {"cost": told})
    assert isinstance(busy, PartnerBusy) and (busy.retry_after, busy.in_doubt) == (2.0, False)


def test_shiphero_says_how_long_it_takes_until_the_credits_are_there() -> None:
    told = {"code": 30, "message": "no credits", "time_remaining": "1 minute 5 seconds"}
    busy = shiphero._failure([told], None)
    assert isinstance(busy, PartnerBusy) and busy.retry_after == 65


def test_shipbobs_own_header_goes_before_the_common_one() -> None:
    assert shipbob._wish_of_the_window(answer(x_retry_after="41", Retry_After="3")) == 41
    assert shipbob._wish_of_the_window(answer(Retry_After="3")) == 3


def test_amazon_is_waited_for_by_the_rate_that_it_names() -> None:
    named = httpx.Response(429, headers={"x-amzn-RateLimit-Limit": "0.25"})
    assert wait_for_rate(named, 2.0) == 4.0
    assert wait_for_rate(answer(), 2.0) == 0.5
    assert wait_for_rate(httpx.Response(429, headers={"x-amzn-RateLimit-Limit": "0.0"}), 0.5) == 2.0


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("code", sorted(netsuite.BUSY))
def test_netsuite_out_of_concurrency_is_busy_whatever_the_status(status: int, code: str) -> None:
    told = {"o:errorDetails": [{"o:errorCode": code, "detail": "somebody's data"}]}
    busy = netsuite._refusal(answer(status, told, Retry_After="4"))
    assert isinstance(busy, PartnerBusy) and busy.retry_after == 4 and "somebody" not in str(busy)
