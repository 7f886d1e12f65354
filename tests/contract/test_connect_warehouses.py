"""`stopship connect --check` of ShipHero, ShipBob and ShipStation against their sandboxes, whose answers fit the vendors' own documents
where these are at hand."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.shipbob.check import SCOPES
from stopship.adapters.shiphero.check import NEEDED
from stopship.domain.finding import Finding, Verdict
from tests.contract.connected import DESK, MERCHANT, effects, is_good, look, of, one_is_wrong, told
from tests.fakes.sandboxes_anew import sandboxes_anew

NAME = "east"


def door(source: str) -> str:
    return f"{DESK}/webhooks/{source}?warehouse={NAME}&merchant={MERCHANT}"


TOPICS = ["order.shipped", "order.shipment.delivered"]
GOOD: dict[str, dict[str, Any]] = {
    "shiphero": {"refresh_token": "r-1", "webhooks": [{"name": name, "url": door("shiphero")} for name in NEEDED]},
    "shipbob": {
        "token": "t-1",
        "channel_id": 7,
        "scopes": sorted(SCOPES),
        "subscriptions": [{"url": door("shipbob"), "topics": TOPICS}],
    },
    "shipstation": {"api_key": "k-1", "webhooks": [{"event": "track", "url": door("shipstation")}]},
}
ACCESS: dict[str, dict[str, Any]] = {
    "shiphero": {"refresh_token": "r-1"},
    "shipbob": {"token": "t-1", "channel_id": 7},
    "shipstation": {"api_key": "k-1"},
}
OPENS = {"shiphero": "refresh_token", "shipbob": "token", "shipstation": "api_key"}
KINDS = pytest.mark.parametrize("kind", sorted(GOOD))


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: GOOD})
        yield running


@pytest.fixture
def check(sandboxes: Sandboxes) -> Callable[..., list[Finding]]:
    def run(kind: str, **change: Any) -> list[Finding]:
        endpoint = f"{sandboxes.endpoint}/{kind}/{MERCHANT}" + ("/v1" if kind == "shipstation" else "")
        config = {"kind": kind, "endpoint": endpoint, **ACCESS[kind], **change}
        return look({"warehouses": {NAME: config}}, f"warehouses.{NAME}", kind)

    return run


type Check = Callable[..., list[Finding]]


@KINDS
def test_an_account_that_is_connected_as_it_should_be_is_good_in_everything(
    sandboxes: Sandboxes, check: Check, kind: str
) -> None:
    findings = check(kind)
    is_good(findings)
    assert of(findings, Verdict.UNKNOWN) == {}
    assert effects(sandboxes, kind) == []


@KINDS
def test_a_credential_that_is_not_accepted_is_the_only_thing_that_is_said(check: Check, kind: str) -> None:
    findings = check(kind, **{OPENS[kind]: "ended-77"})
    assert len(findings) == 1
    assert findings[0].verdict is Verdict.WRONG
    assert findings[0].fix
    assert "ended-77" not in repr(findings)


@KINDS
def test_an_account_that_does_not_answer_is_not_called_wrong(check: Check, kind: str) -> None:
    (finding,) = check(kind, endpoint="http://127.0.0.1:1")
    assert finding.verdict is Verdict.UNKNOWN


@KINDS
def test_a_setting_that_is_missing_is_named(kind: str) -> None:
    config = {"kind": kind, **ACCESS[kind]}
    one_is_wrong(look({"warehouses": {NAME: config}}, f"warehouses.{NAME}", kind), "settings", "endpoint is missing")


# -------------------------------------------------------------------------------------------- ShipHero


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize(
    "url", ["", "https://elsewhere.example", f"{DESK}/webhooks/shiphero?merchant=x&warehouse=east"]
)
def test_a_webhook_of_shiphero_that_does_not_lead_to_the_desk_is_named(
    sandboxes: Sandboxes, check: Check, name: str, url: str
) -> None:
    others = [row for row in GOOD["shiphero"]["webhooks"] if row["name"] != name]
    with told(
        sandboxes, "shiphero", {"webhooks": [*others, *([{"name": name, "url": url}] if url else [])]}, GOOD["shiphero"]
    ):
        one_is_wrong(check("shiphero"), f"webhook {name}", url or "is not subscribed")


# -------------------------------------------------------------------------------------------- ShipBob


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_scope_that_shipbobs_channel_lacks_is_named(sandboxes: Sandboxes, check: Check, scope: str) -> None:
    with told(sandboxes, "shipbob", {"scopes": sorted(SCOPES - {scope})}, GOOD["shipbob"]):
        one_is_wrong(check("shipbob"), "channel", scope)


def test_a_channel_that_the_token_does_not_have_is_told_with_those_it_has(check: Check) -> None:
    findings = check("shipbob", channel_id=8)
    one_is_wrong(findings, "channel", "no channel 8")
    assert any("one of 7" in finding.fix for finding in findings)


@pytest.mark.parametrize(
    ("subscriptions", "says"),
    [
        ([], "nothing is subscribed"),
        ([{"url": "https://elsewhere.example", "topics": TOPICS}], "nothing is subscribed"),
        ([{"url": door("shipbob"), "topics": TOPICS, "enabled": False}], "switched off"),
        ([{"url": door("shipbob"), "topics": TOPICS[:1]}], "order.shipment.delivered"),
    ],
)
def test_a_subscription_at_shipbob_that_tells_the_desk_nothing_is_told(
    sandboxes: Sandboxes, check: Check, subscriptions: list[dict[str, Any]], says: str
) -> None:
    with told(sandboxes, "shipbob", {"subscriptions": subscriptions}, GOOD["shipbob"]):
        one_is_wrong(check("shipbob"), "webhook", says)


# -------------------------------------------------------------------------------------------- ShipStation


@pytest.mark.parametrize(
    ("webhooks", "says"),
    [
        ([], "goes to nobody"),
        ([{"event": "batch", "url": door("shipstation")}], "goes to nobody"),
        ([{"event": "track", "url": "https://elsewhere.example"}], "https://elsewhere.example"),
    ],
)
def test_a_webhook_of_shipstation_that_does_not_lead_to_the_desk_is_told(
    sandboxes: Sandboxes, check: Check, webhooks: list[dict[str, str]], says: str
) -> None:
    with told(sandboxes, "shipstation", {"webhooks": webhooks}, GOOD["shipstation"]):
        one_is_wrong(check("shipstation"), "webhook", says)


def test_a_key_of_the_sandbox_is_put_before_a_person(sandboxes: Sandboxes, check: Check) -> None:
    with told(sandboxes, "shipstation", {"api_key": "TEST_1"}, GOOD["shipstation"]):
        findings = check("shipstation", api_key="TEST_1")
    is_good(findings)
    assert set(of(findings, Verdict.UNKNOWN)) == {"environment"}
