"""`stopship connect ups --check` against the UPS sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.domain.finding import Finding, Verdict
from stopship.wiring.connection_checks import ConnectionChecks
from tests.contract.connected import MERCHANT, Configured, effects, is_good, look, of, one_is_wrong
from tests.contract.test_ups import ADDRESS
from tests.fakes.sandboxes_anew import sandboxes_anew

GOOD = {"client_id": "client-checked", "client_secret": "secret-1", "account": "A1B2C3"}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"ups": GOOD}})
        yield running


def settings(sandboxes: Sandboxes, **change: Any) -> dict[str, Any]:
    contact = {"name": "Returns desk", "telephone": "+15025550100"}
    told = {"endpoint": f"{sandboxes.endpoint}/ups/{MERCHANT}", **GOOD, "contact": contact, "ship_from": ADDRESS}
    return {"carriers": {"ups": {**told, **change}}}


def check(sandboxes: Sandboxes, **change: Any) -> list[Finding]:
    return look(settings(sandboxes, **change), "carriers.ups", "ups")


def test_an_account_that_is_connected_as_it_should_be_is_good_in_all_that_can_be_told(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes)
    is_good(findings)
    assert set(of(findings, Verdict.GOOD)) == {"credentials"}
    assert set(of(findings, Verdict.UNKNOWN)) == {"voiding and intercepting"}
    assert effects(sandboxes, "ups") == []


def test_a_secret_that_is_not_accepted_is_named_and_not_shown(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes, client_secret="rolled-away")
    one_is_wrong(findings, "credentials", "not_authorised")
    assert len(findings) == 1 and "rolled-away" not in repr(findings)


@pytest.mark.parametrize(
    "change", [{"account": ""}, {"contact": {"name": "Returns desk"}}, {"ship_from": {"city": "L"}}]
)
def test_a_setting_that_every_intercept_needs_is_named_without_a_call(
    sandboxes: Sandboxes, change: dict[str, Any]
) -> None:
    one_is_wrong(
        check(sandboxes, endpoint="http://127.0.0.1:1", **change), "settings", f"carriers.ups.{next(iter(change))}"
    )


@pytest.mark.parametrize("kind", ["http_500", "reset", "http_429"])
@pytest.mark.parametrize("operation", ["token", "track"])
def test_a_carrier_that_does_not_answer_is_not_called_wrong(sandboxes: Sandboxes, operation: str, kind: Any) -> None:
    sandboxes.trap("*", operation, kind)
    try:
        (finding,) = check(sandboxes)
    finally:
        sandboxes.clear_traps()
    assert (finding.subject, finding.verdict) == ("credentials", Verdict.UNKNOWN)


def test_a_carrier_is_one_of_the_connections_that_are_looked_at(sandboxes: Sandboxes) -> None:
    checks = ConnectionChecks(Configured(settings(sandboxes)), None, "")  # type: ignore[arg-type]
    assert checks.connected(MERCHANT) == checks.connected(MERCHANT, "ups") == {"carriers.ups": "ups"}
