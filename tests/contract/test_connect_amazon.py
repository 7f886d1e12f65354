"""`stopship connect amazon --check` against the Amazon sandbox, whose answers fit Amazon's own models where they are at hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.domain.finding import Finding, Verdict
from tests.contract.connected import MERCHANT, effects, is_good, look, of, one_is_wrong, told
from tests.fakes.sandboxes_anew import sandboxes_anew

SECRETS = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}
GOOD: dict[str, Any] = {
    **SECRETS,
    "subscribed": True,
    "destination": "eventBridge",
    "lacks": [],
    "bus": "aws.partner/x",
}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"amazon": GOOD}})
        yield running


@pytest.fixture(autouse=True)
def _no_trap_of_another_test(sandboxes: Sandboxes) -> None:
    sandboxes.clear_traps()


def check(sandboxes: Sandboxes, **change: Any) -> list[Finding]:
    config = {
        "endpoint": f"{sandboxes.endpoint}/amazon/{MERCHANT}",
        "seller_id": "ASELLER",
        "marketplace_ids": ["ATVPDKIKX0DER"],
        **SECRETS,
        "warehouse": "east",
        **change,
    }
    return look({"amazon": config}, "amazon")


def test_a_seller_who_is_connected_as_he_should_be_is_good_in_everything(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes)
    is_good(findings)
    assert of(findings, Verdict.UNKNOWN) == {}
    assert "event source aws.partner/x" in of(findings, Verdict.GOOD)["destination"]
    assert effects(sandboxes, "amazon") == []


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_credential_that_is_not_accepted_is_the_only_thing_that_is_said(sandboxes: Sandboxes, name: str) -> None:
    findings = check(sandboxes, **{name: "expired-77"})
    assert len(findings) == 1
    one_is_wrong(findings, "access token", "not_authorised")
    assert "expired-77" not in repr(findings)


@pytest.mark.parametrize("role", ["orders", "feeds"])
def test_a_role_that_is_missing_is_named(sandboxes: Sandboxes, role: str) -> None:
    with told(sandboxes, "amazon", {"lacks": [role]}, GOOD):
        one_is_wrong(check(sandboxes), f"role for {role}", "Unauthorized")


def test_a_subscription_that_may_not_be_read_is_told(sandboxes: Sandboxes) -> None:
    with told(sandboxes, "amazon", {"lacks": ["notifications"]}, GOOD):
        one_is_wrong(check(sandboxes), "subscription", "Unauthorized")


def test_a_seller_whose_changes_are_not_subscribed_is_told_how(sandboxes: Sandboxes) -> None:
    with told(sandboxes, "amazon", {"subscribed": False}, GOOD):
        findings = check(sandboxes)
    one_is_wrong(findings, "subscription", "ORDER_CHANGE is not subscribed")
    assert any("createSubscription" in finding.fix for finding in findings)


def test_notifications_that_go_to_a_queue_never_reach_the_desk(sandboxes: Sandboxes) -> None:
    with told(sandboxes, "amazon", {"destination": "sqs"}, GOOD):
        one_is_wrong(check(sandboxes), "destination", "elsewhere than to EventBridge")


def test_orders_that_nobody_ships_are_told(sandboxes: Sandboxes) -> None:
    one_is_wrong(check(sandboxes, warehouse=""), "warehouse", "nobody is named")
    is_good(check(sandboxes, warehouse="", in_house=True))


@pytest.mark.parametrize(
    ("operation", "subject"),
    [
        ("token", "access token"),
        ("read", "role for orders"),
        ("feeds", "role for feeds"),
        ("subscription", "subscription"),
        ("destination", "destination"),
    ],
)
def test_what_is_not_answered_is_not_called_wrong(sandboxes: Sandboxes, operation: str, subject: str) -> None:
    sandboxes.trap("*" if operation != "read" else "000-0000000-0000000", operation, "http_500")
    findings = check(sandboxes)
    assert of(findings, Verdict.WRONG) == {}
    assert set(of(findings, Verdict.UNKNOWN)) == {subject}


def test_a_setting_that_is_missing_is_a_finding(sandboxes: Sandboxes) -> None:
    findings = look({"amazon": {"endpoint": sandboxes.endpoint}}, "amazon")
    one_is_wrong(findings, "settings", "marketplace_ids is missing")
