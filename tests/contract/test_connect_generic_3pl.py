"""`stopship connect generic_3pl --check` against the warehouse sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.domain.finding import Finding, Verdict
from stopship.wiring.connection_checks import PARTNERS
from stopship.wiring.partners import CARRIER_KINDS, WAREHOUSE_KINDS
from tests.contract.connected import MERCHANT, effects, is_good, look, of, one_is_wrong
from tests.fakes.sandboxes_anew import sandboxes_anew

NAME, SECRET, OLD = "east", "s" * 32, "o" * 32
GOOD: dict[str, Any] = {"secrets": [SECRET], "clock_seconds": 0.0, "trusting": False}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandboxes]:
    with sandboxes_anew() as started:
        yield started


@pytest.fixture
def sandboxes(running: Sandboxes) -> Sandboxes:
    tell(running)
    return running


def tell(sandboxes: Sandboxes, **change: Any) -> None:
    sandboxes.configure(merchants={MERCHANT: {"warehouse": {NAME: {**GOOD, **change}}}})


def check(sandboxes: Sandboxes, *secrets: str, **change: Any) -> list[Finding]:
    endpoint = sandboxes.warehouse_endpoint(MERCHANT, NAME)
    config = {"kind": "generic_3pl", "endpoint": endpoint, "secrets": list(secrets or [SECRET]), **change}
    return look({"warehouses": {NAME: config}}, f"warehouses.{NAME}", "generic_3pl")


def test_a_warehouse_that_is_connected_as_it_should_be_is_good_in_everything(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes)
    is_good(findings)
    assert set(of(findings, Verdict.GOOD)) == {"signature", "pick state", "strangers", "clock", "secrets"}
    assert effects(sandboxes, "warehouse") == []


def test_a_secret_that_the_warehouse_does_not_know_is_the_only_thing_that_is_said(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes, OLD, SECRET)
    assert len(findings) == 1
    one_is_wrong(findings, "signature", "status_401")
    assert OLD not in repr(findings)


def test_the_newest_secret_is_the_one_that_is_tried(sandboxes: Sandboxes) -> None:
    is_good(check(sandboxes, SECRET, OLD))


def test_a_warehouse_that_takes_any_signature_is_found_out(sandboxes: Sandboxes) -> None:
    tell(sandboxes, trusting=True)
    one_is_wrong(check(sandboxes), "strangers", "another secret was accepted")


@pytest.mark.parametrize("seconds", [200.0, -200.0])
def test_a_clock_that_is_off_is_told_before_messages_are_refused(sandboxes: Sandboxes, seconds: float) -> None:
    tell(sandboxes, clock_seconds=seconds)
    one_is_wrong(check(sandboxes), "clock", "s off")


def test_a_short_secret_is_told(sandboxes: Sandboxes) -> None:
    tell(sandboxes, secrets=["short"])
    one_is_wrong(check(sandboxes, "short"), "secrets", "shorter than 32")


@pytest.mark.parametrize("kind", ["http_500", "reset", "http_429"])
def test_a_warehouse_that_does_not_answer_is_not_called_wrong(sandboxes: Sandboxes, kind: Any) -> None:
    sandboxes.trap("stopship-connect-check", "pick_state", kind)
    (finding,) = check(sandboxes)
    assert (finding.subject, finding.verdict) == ("signature", Verdict.UNKNOWN)


def test_an_address_where_nobody_is_cannot_be_told(sandboxes: Sandboxes) -> None:
    (finding,) = check(sandboxes, endpoint="http://127.0.0.1:1")
    assert finding.verdict is Verdict.UNKNOWN


def test_an_order_that_nobody_has_is_not_said_to_have_work(sandboxes: Sandboxes) -> None:
    sandboxes.configure(merchants={MERCHANT: {"warehouse": {"odd": GOOD}}})
    sandboxes.warehouse_order(MERCHANT, "odd", "stopship-connect-check", {"leg-1": {"line-1": 1}})
    findings = check(sandboxes, endpoint=sandboxes.warehouse_endpoint(MERCHANT, "odd"))
    one_is_wrong(findings, "pick state", "is said to have work")


@pytest.mark.parametrize("missing", ["secrets", "endpoint"])
def test_a_setting_that_is_missing_is_named(missing: str) -> None:
    config = {"kind": "generic_3pl", "endpoint": "http://127.0.0.1:1", "secrets": [SECRET]}
    del config[missing]
    one_is_wrong(look({"warehouses": {NAME: config}}, f"warehouses.{NAME}", "generic_3pl"), "settings", missing)


def test_a_warehouse_without_a_secret_is_told() -> None:
    config = {"kind": "generic_3pl", "endpoint": "http://127.0.0.1:1", "secrets": []}
    findings = look({"warehouses": {NAME: config}}, f"warehouses.{NAME}", "generic_3pl")
    assert set(of(findings, Verdict.WRONG)) == {"settings"}


def test_a_kind_of_warehouse_that_nobody_knows_is_told() -> None:
    findings = look({"warehouses": {NAME: {"kind": "acme_wms"}}}, f"warehouses.{NAME}", "acme_wms")
    one_is_wrong(findings, "settings", "'acme_wms' is no partner")


@pytest.mark.parametrize("partner", sorted({*PARTNERS, *WAREHOUSE_KINDS, *CARRIER_KINDS}))
def test_whatever_can_be_connected_can_be_checked(partner: str) -> None:
    secret = {"warehouses": {NAME: {"kind": partner}}} if partner in WAREHOUSE_KINDS else {partner: {"endpoint": ""}}
    secret |= {"carriers": {partner: {"account": ""}}} if partner in CARRIER_KINDS else {}
    place = {**dict.fromkeys(WAREHOUSE_KINDS, f"warehouses.{NAME}"), **{x: f"carriers.{x}" for x in CARRIER_KINDS}}
    findings = look(secret, place.get(partner, partner), partner)
    assert of(findings, Verdict.WRONG) and "is no partner" not in str(findings)
