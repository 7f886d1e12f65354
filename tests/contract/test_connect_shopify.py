"""`stopship connect shopify --check` against the Shopify sandbox, whose answers fit Shopify's own schema where that is at hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.shopify.check import PLACES, SHOP, SUBSCRIPTIONS, TOPICS
from stopship.adapters.shopify.scopes import SCOPES
from stopship.domain.finding import Finding, Verdict
from tests.contract.connected import DESK, MERCHANT, effects, is_good, look, of, one_is_wrong, told
from tests.fakes.sandboxes_anew import sandboxes_anew

HERE = f"{DESK}/webhooks/shopify"
LOCATIONS = {"1": "east", "2": "west", "3": "south", "4": "north"}
GOOD: dict[str, Any] = {
    "access_token": "token-1",
    "scopes": sorted(SCOPES),
    "locations": LOCATIONS,
    "more_locations": {},
    "inactive_locations": [],
    "subscriptions": [{"topic": topic, "uri": HERE} for topic in sorted(TOPICS)],
    "api_versions": ["2026-07"],
    "bucket_points": 20000,
}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"shopify": GOOD}})
        yield running


def check(sandboxes: Sandboxes, **change: Any) -> list[Finding]:
    config = {
        "shop": "checked.myshopify.com",
        "endpoint": f"{sandboxes.endpoint}/shopify/{MERCHANT}",
        "access_token": "token-1",
        "locations": LOCATIONS,
        **change,
    }
    return look({"shopify": config}, "shopify")


def test_a_shop_that_is_connected_as_it_should_be_is_good_in_everything(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes)
    is_good(findings)
    assert set(of(findings, Verdict.GOOD)) == {
        "access token",
        "access scopes",
        "API version",
        "rate limit",
        "locations",
        "webhooks",
    }
    assert effects(sandboxes, "shopify") == []


def test_a_token_that_has_ended_is_the_only_thing_that_is_said(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes, access_token="old")
    assert len(findings) == 1
    one_is_wrong(findings, "access token", "HTTP_401")
    assert "old" not in repr(findings)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_scope_that_is_missing_is_named_with_what_breaks(sandboxes: Sandboxes, scope: str) -> None:
    with told(sandboxes, "shopify", {"scopes": sorted(set(SCOPES) - {scope})}, GOOD):
        one_is_wrong(check(sandboxes), "access scopes", f"missing: {scope} (without it {SCOPES[scope].without})")


def test_who_may_write_may_read(sandboxes: Sandboxes) -> None:
    scopes = [scope.replace("read_", "write_") for scope in SCOPES]
    with told(sandboxes, "shopify", {"scopes": scopes}, GOOD):
        is_good(check(sandboxes))


@pytest.mark.parametrize("topic", sorted(TOPICS))
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (None, "is not subscribed"),
        ({"uri": "https://elsewhere.example/webhooks/shopify"}, "https://elsewhere.example/webhooks/shopify as JSON"),
        ({"uri": HERE, "format": "XML"}, f"{HERE} as XML"),
        ({"uri": "pubsub://project:topic"}, "pubsub://project:topic as JSON"),
    ],
)
def test_a_subscription_that_does_not_lead_to_the_desk_is_named(
    sandboxes: Sandboxes, topic: str, change: dict[str, str] | None, says: str
) -> None:
    others = [row for row in GOOD["subscriptions"] if row["topic"] != topic]
    with told(
        sandboxes, "shopify", {"subscriptions": [*others, *([{"topic": topic, **change}] if change else [])]}, GOOD
    ):
        one_is_wrong(check(sandboxes), f"webhook {topic}", says)


def test_topics_that_go_over_eventbridge_are_put_before_a_person_with_the_bus_to_look_at(sandboxes: Sandboxes) -> None:
    source = "arn:aws:events:eu-central-1::event-source/aws.partner/shopify.com/1/x"
    with told(sandboxes, "shopify", {"subscriptions": [{"topic": x, "uri": source} for x in sorted(TOPICS)]}, GOOD):
        findings = check(sandboxes)
        is_good(findings)
        assert all(topic in of(findings, Verdict.UNKNOWN)["webhooks"] for topic in TOPICS)


def test_a_second_subscription_elsewhere_and_one_that_is_not_ours_do_no_harm(sandboxes: Sandboxes) -> None:
    more = [
        {"topic": "ORDERS_UPDATED", "uri": "https://elsewhere.example"},
        {"topic": "ORDERS_CANCELLED", "uri": "https://elsewhere.example"},
    ]
    with told(sandboxes, "shopify", {"subscriptions": [*more, *GOOD["subscriptions"]]}, GOOD):
        is_good(check(sandboxes))


@pytest.mark.parametrize(("id_", "inactive"), [("99", []), ("4", ["4"])])
def test_a_location_that_the_shop_does_not_work_at_is_named(
    sandboxes: Sandboxes, id_: str, inactive: list[str]
) -> None:
    with told(sandboxes, "shopify", {"inactive_locations": inactive}, GOOD):
        findings = check(sandboxes, locations={**LOCATIONS, id_: "nowhere"})
        one_is_wrong(findings, "locations", f"no active location of the shop: {id_}")


def test_a_location_that_nobody_is_asked_about_is_put_before_a_person(sandboxes: Sandboxes) -> None:
    with told(sandboxes, "shopify", {"more_locations": {"7": "pop-up"}}, GOOD):
        findings = check(sandboxes)
        is_good(findings)
        assert "7 (pop-up)" in of(findings, Verdict.UNKNOWN)["locations"]


def test_a_version_that_shopify_has_retired_is_named(sandboxes: Sandboxes) -> None:
    with told(sandboxes, "shopify", {"api_versions": ["2027-10"]}, GOOD):
        one_is_wrong(check(sandboxes), "API version", "2026-07")


def test_a_bucket_too_small_for_a_case_is_named(sandboxes: Sandboxes) -> None:
    with told(sandboxes, "shopify", {"bucket_points": 500, "restore_rate": 1_000_000}, GOOD):
        one_is_wrong(check(sandboxes), "rate limit", "of 500 points")


@pytest.mark.parametrize("kind", ["http_500", "reset", "http_429"])
def test_a_shop_that_does_not_answer_is_not_called_wrong(sandboxes: Sandboxes, kind: Any) -> None:
    sandboxes.trap("*", "read", kind)
    (finding,) = check(sandboxes)
    assert (finding.subject, finding.verdict) == ("access token", Verdict.UNKNOWN)


def test_a_setting_that_is_missing_is_named_without_a_call(sandboxes: Sandboxes) -> None:
    findings = look({"shopify": {"shop": "checked.myshopify.com", "endpoint": "http://127.0.0.1:1"}}, "shopify")
    one_is_wrong(findings, "settings", "access_token")


def test_what_is_asked_fits_shopifys_own_schema() -> None:
    from infra.local.sandboxes.shopify import schema

    if schema.vendor() is None:
        pytest.skip("Shopify's schema is not at hand")
    for document in (SHOP, PLACES, SUBSCRIPTIONS):
        parsed, problems = schema.checked(document)
        assert (parsed is not None, problems) == (True, ())
