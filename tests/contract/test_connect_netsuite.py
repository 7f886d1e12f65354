"""`stopship connect netsuite --check` against the NetSuite sandbox, which has what infra/netsuite deploys."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.suitecloud import deployed, schema
from stopship.adapters.netsuite.check import types
from stopship.adapters.netsuite.reasons import LIST
from stopship.domain.finding import Finding, Verdict
from tests.contract.connected import MERCHANT, effects, is_good, look, of, one_is_wrong, told
from tests.fakes.sandboxes_anew import sandboxes_anew


class Kms:
    """Signs as KMS does."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)

    def public(self) -> str:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, Message: bytes, **_: Any) -> dict[str, bytes]:  # noqa: N803 - KMS's own name
        return {"Signature": self.key.sign(Message, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())}


@pytest.fixture(scope="module")
def kms() -> Kms:
    return Kms()


@pytest.fixture(scope="module")
def good(kms: Kms) -> dict[str, Any]:
    access = {"client_id": "client-1", "certificates": {"cert-1": kms.public()}}
    return {**access, "not_installed": [], "role": "desk", "concurrency": 5}


@pytest.fixture(scope="module")
def sandboxes(good: dict[str, Any]) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"netsuite": good}})
        yield running


def check(sandboxes: Sandboxes, kms: Kms, policy: str = "", **change: Any) -> list[Finding]:
    access = {"client_id": "client-1", "certificate_id": "cert-1", "signing_key": "key-1"}
    config = {"endpoint": sandboxes.netsuite_endpoint(MERCHANT), **access, **change}
    return look({"netsuite": config}, "netsuite", kms=kms, policy=policy)


def test_an_account_that_is_set_up_is_good_in_all_that_can_be_told(sandboxes: Sandboxes, kms: Kms) -> None:
    findings = check(sandboxes, kms)
    is_good(findings)
    assert set(of(findings, Verdict.GOOD)) == {"access token", "queries", "custom fields", "line field", "reason list"}
    assert set(of(findings, Verdict.UNKNOWN)) == {"changing sales orders", "calls at a time"}
    assert effects(sandboxes, "netsuite") == []


@pytest.mark.parametrize(
    "change", [{"certificate_id": "cert-9"}, {"client_id": "someone"}], ids=["certificate", "client"]
)
def test_an_assertion_that_is_not_accepted_is_the_only_thing_that_is_said(
    sandboxes: Sandboxes, kms: Kms, change: dict[str, str]
) -> None:
    findings = check(sandboxes, kms, **change)
    assert len(findings) == 1
    one_is_wrong(findings, "access token", "invalid_grant")
    assert "certificate" in findings[0].fix


def test_a_key_that_was_replaced_in_the_stack_and_not_at_netsuite_is_found(sandboxes: Sandboxes) -> None:
    one_is_wrong(check(sandboxes, Kms()), "access token", "invalid_grant")


@pytest.mark.parametrize("name", sorted(types()))
def test_a_field_that_is_missing_is_named(sandboxes: Sandboxes, kms: Kms, good: dict[str, Any], name: str) -> None:
    with told(sandboxes, "netsuite", {"not_installed": [name]}, good):
        findings = check(sandboxes, kms)
    one_is_wrong(findings, "custom fields", name)
    assert "infra/netsuite" in of_fix(findings, "custom fields")


def of_fix(findings: list[Finding], subject: str) -> str:
    return next(finding.fix for finding in findings if finding.subject == subject)


def test_lines_without_the_stores_id_are_told(sandboxes: Sandboxes, kms: Kms, good: dict[str, Any]) -> None:
    with told(sandboxes, "netsuite", {"not_installed": ["custcol_cxl_line_id"]}, good):
        one_is_wrong(check(sandboxes, kms), "line field", "only be matched by SKU")


def test_a_list_that_is_missing_is_told(sandboxes: Sandboxes, kms: Kms, good: dict[str, Any]) -> None:
    with told(sandboxes, "netsuite", {"not_installed": [LIST]}, good):
        one_is_wrong(check(sandboxes, kms), "reason list", "INVALID_PARAMETER")


@pytest.mark.parametrize("code", sorted(deployed().lists[LIST]))
def test_a_reason_that_the_list_lacks_is_named(sandboxes: Sandboxes, kms: Kms, good: dict[str, Any], code: str) -> None:
    with told(sandboxes, "netsuite", {"not_installed": [code]}, good):
        one_is_wrong(check(sandboxes, kms), "reason list", f"missing: {code}")


def test_a_reason_code_that_the_merchants_policy_adds_is_looked_for_too(sandboxes: Sandboxes, kms: Kms) -> None:
    policy = 'version = "m-1"\n[reasons.stockout]\nerp_code = "OUT_OF_STOCK"\n'
    one_is_wrong(check(sandboxes, kms, policy), "reason list", "missing: OUT_OF_STOCK")


def test_a_role_that_may_not_query_is_told(sandboxes: Sandboxes, kms: Kms, good: dict[str, Any]) -> None:
    with told(sandboxes, "netsuite", {"role": "no_queries"}, good):
        wrong = of(check(sandboxes, kms), Verdict.WRONG)
    assert set(wrong) == {"queries", "reason list"}
    assert "INSUFFICIENT_PERMISSION" in wrong["queries"]


def test_a_role_that_may_not_see_sales_orders_is_told(sandboxes: Sandboxes, kms: Kms, good: dict[str, Any]) -> None:
    with told(sandboxes, "netsuite", {"role": "no_orders"}, good):
        one_is_wrong(check(sandboxes, kms), "custom fields", "INSUFFICIENT_PERMISSION")


@pytest.mark.parametrize(("limit", "verdict"), [(15, Verdict.GOOD), (1, Verdict.WRONG)])
def test_an_administrator_is_told_how_many_calls_fit(
    sandboxes: Sandboxes, kms: Kms, good: dict[str, Any], limit: int, verdict: Verdict
) -> None:
    with told(sandboxes, "netsuite", {"role": "administrator", "concurrency": limit}, good):
        assert of(check(sandboxes, kms), verdict)["calls at a time"] == f"the limit is {limit}"


def test_an_account_that_does_not_answer_is_not_called_wrong(sandboxes: Sandboxes, kms: Kms) -> None:
    sandboxes.trap("*", "token", "http_500")
    (finding,) = check(sandboxes, kms)
    assert (finding.subject, finding.verdict) == ("access token", Verdict.UNKNOWN)


def test_the_types_that_are_looked_for_are_those_that_the_project_sets_up() -> None:
    assert {name: field["type"] for name, field in schema(deployed().body).items()} == types()
