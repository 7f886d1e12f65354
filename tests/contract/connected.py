"""A merchant's connections to the sandboxes, in a good state, and what a look at them finds when something is broken."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.merchants import Merchants
from stopship.domain.finding import Finding, Verdict
from stopship.wiring.connection_checks import ConnectionChecks

MERCHANT = "checked"
DESK = "https://desk.example"


class Configured:
    """Stands in for Merchants: one merchant, one secret."""

    def __init__(self, secret: Mapping[str, Any], policy: str = "") -> None:
        self._secret, self._policy = secret, policy

    def connections(self, merchant: str) -> Mapping[str, Any]:
        assert merchant == MERCHANT
        return self._secret

    def settings(self, merchant: str) -> dict[str, str]:
        return {"policy": self._policy}


def look(
    secret: Mapping[str, Any], connection: str, partner: str = "", *, kms: Any = None, ses: Any = None, policy: str = ""
) -> list[Finding]:
    checks = ConnectionChecks(cast(Merchants, Configured({"desk_url": DESK, **secret}, policy)), kms, "", ses)
    return checks.check(MERCHANT, connection, partner or connection)


def of(findings: list[Finding], verdict: Verdict) -> dict[str, str]:
    """Subject to what is said."""
    return {finding.subject: finding.says for finding in findings if finding.verdict is verdict}


def is_good(findings: list[Finding]) -> None:
    assert of(findings, Verdict.WRONG) == {}
    assert findings


def one_is_wrong(findings: list[Finding], subject: str, says: str) -> None:
    """Nothing else is, and there is a way to set it right."""
    found = of(findings, Verdict.WRONG)
    assert set(found) == {subject}
    assert says in found[subject]
    assert all(finding.fix for finding in findings if finding.verdict is not Verdict.GOOD)
    assert not any(finding.fix for finding in findings if finding.verdict is Verdict.GOOD)


@contextmanager
def told(sandboxes: Sandboxes, partner: str, change: Mapping[str, Any], back: Mapping[str, Any]) -> Iterator[None]:
    """The sandbox with other settings, for a while."""
    sandboxes.configure(merchants={MERCHANT: {partner: change}})
    try:
        yield
    finally:
        sandboxes.configure(merchants={MERCHANT: {partner: back}})


def effects(sandboxes: Sandboxes, partner: str) -> list[str]:
    """What took effect there, but for tokens: a look changes nothing."""
    return [entry.operation for entry in sandboxes.journal(partner, MERCHANT) if entry.operation != "token"]
