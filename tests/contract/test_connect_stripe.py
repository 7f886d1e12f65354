"""`stopship connect stripe --check` against the Stripe sandbox, whose answers fit Stripe's own document where it is at hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.stripe.webhooks import REFUND_EVENTS
from stopship.domain.finding import Finding, Verdict
from tests.contract.connected import DESK, MERCHANT, effects, is_good, look, of, one_is_wrong, told
from tests.fakes.sandboxes_anew import sandboxes_anew

HERE = f"{DESK}/webhooks/stripe?merchant={MERCHANT}"
KEY = "rk_live_1"
EVENTS = sorted(REFUND_EVENTS)
GOOD: dict[str, Any] = {"secret_key": KEY, "webhook_endpoints": [{"url": HERE, "enabled_events": EVENTS}]}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"stripe": GOOD}})
        yield running


def check(sandboxes: Sandboxes, key: str = KEY) -> list[Finding]:
    config = {"endpoint": f"{sandboxes.endpoint}/stripe/{MERCHANT}", "secret_key": key, "webhook_secrets": ["s"]}
    return look({"stripe": config}, "stripe")


def test_an_account_that_is_connected_as_it_should_be_is_good_in_all_that_can_be_told(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes)
    is_good(findings)
    assert set(of(findings, Verdict.GOOD)) == {"key", "mode", "webhook"}
    assert set(of(findings, Verdict.UNKNOWN)) == {"writing"}
    assert effects(sandboxes, "stripe") == []


def test_a_key_that_is_not_accepted_is_the_only_thing_that_is_said(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes, "rk_live_rolled")
    assert len(findings) == 1
    assert set(of(findings, Verdict.WRONG)) == {"key"}
    assert "rolled" not in repr(findings)


@pytest.mark.parametrize(
    ("key", "subjects"),
    [("rk_test_1", {"mode"}), ("sk_live_1", {"kind of key"}), ("sk_test_1", {"mode", "kind of key"})],
)
def test_a_key_of_another_kind_is_put_before_a_person(sandboxes: Sandboxes, key: str, subjects: set[str]) -> None:
    with told(sandboxes, "stripe", {"secret_key": key}, GOOD):
        findings = check(sandboxes, key)
    is_good(findings)
    assert set(of(findings, Verdict.UNKNOWN)) == {*subjects, "writing"}


@pytest.mark.parametrize(
    ("endpoints", "says"),
    [
        ([], "no endpoint of the account is"),
        ([{"url": "https://elsewhere.example", "enabled_events": EVENTS}], "no endpoint of the account is"),
        ([{"url": f"{DESK}/webhooks/stripe", "enabled_events": EVENTS}], "no endpoint of the account is"),
        ([{"url": HERE, "enabled_events": EVENTS, "status": "disabled"}], "is disabled"),
        *(
            ([{"url": HERE, "enabled_events": [x for x in EVENTS if x != event]}], f"events missing: {event}")
            for event in EVENTS
        ),
    ],
)
def test_an_endpoint_that_does_not_tell_the_desk_is_named(
    sandboxes: Sandboxes, endpoints: list[dict[str, Any]], says: str
) -> None:
    with told(sandboxes, "stripe", {"webhook_endpoints": endpoints}, GOOD):
        one_is_wrong(check(sandboxes), "webhook", says)


@pytest.mark.parametrize(
    "endpoints",
    [
        [{"url": HERE, "enabled_events": ["*"]}],
        [{"url": HERE, "enabled_events": EVENTS[:2]}, {"url": HERE, "enabled_events": EVENTS[2:]}],
    ],
)
def test_events_may_come_all_or_by_several_endpoints(sandboxes: Sandboxes, endpoints: list[dict[str, Any]]) -> None:
    with told(sandboxes, "stripe", {"webhook_endpoints": endpoints}, GOOD):
        is_good(check(sandboxes))


def test_an_account_that_does_not_answer_is_not_called_wrong(sandboxes: Sandboxes) -> None:
    sandboxes.trap("*", "webhook_endpoints", "http_500")
    findings = check(sandboxes)
    is_good(findings)
    assert "webhook" in of(findings, Verdict.UNKNOWN)
