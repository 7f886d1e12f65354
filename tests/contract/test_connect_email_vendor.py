"""`stopship connect email_vendor --check`: SES's answers are stubbed as its API model has them, in a good state and in every broken one."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from stopship.domain.finding import Finding, Verdict
from tests.contract.connected import is_good, look, of, one_is_wrong

SENDER, VENDOR = "desk@mail.acme.example", "orders@vendor.example"
CONNECTION = "warehouses.forge"
SETTINGS: dict[str, Any] = {"kind": "email_vendor", "address": VENDOR}
SHARED: dict[str, Any] = {"mail": {"sender": SENDER}, "vendor_answers": {"secrets": ["s-1"]}}
ACCOUNT: dict[str, Any] = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 3.0},
}


class Ses:
    """A client whose answers are queued; every one of them must be asked for, in order."""

    def __init__(self) -> None:
        credentials = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.client = boto3.client("sesv2", region_name="eu-central-1", **credentials)  # type: ignore[call-overload]
        self.stub = Stubber(self.client)

    def account(self, **change: Any) -> "Ses":
        self.stub.add_response("get_account", {**ACCOUNT, **change}, {})
        return self

    def identity(self, name: str, verified: bool | None) -> "Ses":
        """``verified`` None: there is none of this name."""
        asked = {"EmailIdentity": name}
        if verified is None:
            self.stub.add_client_error("get_email_identity", "NotFoundException", expected_params=asked)
        else:
            self.stub.add_response("get_email_identity", {"VerifiedForSendingStatus": verified}, asked)
        return self


@pytest.fixture
def ses() -> Iterator[Ses]:
    made = Ses()
    with made.stub:
        yield made
        made.stub.assert_no_pending_responses()


def check(ses: Ses, settings: dict[str, Any] = SETTINGS, **shared: Any) -> list[Finding]:
    secret = {**SHARED, **shared, "warehouses": {"forge": settings}}
    return look(secret, CONNECTION, "email_vendor", ses=ses.client)


def test_a_verified_sender_of_an_account_that_may_send_is_good_in_everything(ses: Ses) -> None:
    findings = check(ses.account().identity(SENDER, True))
    is_good(findings)
    assert set(of(findings, Verdict.GOOD)) == {"sending", "quota", "sender"}


@pytest.mark.parametrize("above", [[], [("mail.acme.example", None)]])
def test_a_verified_domain_stands_for_its_addresses_and_those_of_its_subdomains(
    ses: Ses, above: list[tuple[str, bool | None]]
) -> None:
    ses.account().identity(SENDER, False)
    for name, verified in above:
        ses.identity(name, verified)
    ses.identity("acme.example" if above else "mail.acme.example", True)
    is_good(check(ses))


def test_a_sender_that_nobody_has_verified_is_named(ses: Ses) -> None:
    ses.account().identity(SENDER, None).identity("mail.acme.example", None).identity("acme.example", None)
    one_is_wrong(check(ses), "sender", f"neither {SENDER} nor its domain")


def test_a_sender_whose_verification_is_not_finished_is_named(ses: Ses) -> None:
    ses.account().identity(SENDER, None).identity("mail.acme.example", False).identity("acme.example", None)
    one_is_wrong(check(ses), "sender", "mail.acme.example waits to be verified")


@pytest.mark.parametrize("change", [{"SendingEnabled": False}, {"EnforcementStatus": "SHUTDOWN"}])
def test_an_account_that_may_not_send_is_named(ses: Ses, change: dict[str, Any]) -> None:
    one_is_wrong(check(ses.account(**change).identity(SENDER, True)), "sending", "is off")


def test_an_account_under_review_is_put_before_a_person(ses: Ses) -> None:
    findings = check(ses.account(EnforcementStatus="PROBATION").identity(SENDER, True))
    is_good(findings)
    assert "under review" in of(findings, Verdict.UNKNOWN)["sending"]


def test_in_the_sandbox_a_vendor_that_is_not_verified_gets_no_mail_and_his_address_is_not_shown(ses: Ses) -> None:
    ses.account(ProductionAccessEnabled=False).identity(SENDER, True)
    findings = check(ses.identity(VENDOR, None).identity("vendor.example", None))
    one_is_wrong(findings, "vendor's address", "sandbox")
    assert VENDOR not in repr(findings)


def test_in_the_sandbox_a_vendor_that_is_verified_is_put_before_a_person(ses: Ses) -> None:
    findings = check(ses.account(ProductionAccessEnabled=False).identity(SENDER, True).identity(VENDOR, True))
    is_good(findings)
    assert "sandbox" in of(findings, Verdict.UNKNOWN)["vendor's address"]


@pytest.mark.parametrize(
    ("most", "sent", "verdict"),
    [
        (200.0, 200.0, Verdict.WRONG),
        (200.0, 190.0, Verdict.UNKNOWN),
        (200.0, 100.0, Verdict.GOOD),
        (-1.0, 1e6, Verdict.GOOD),
    ],
)
def test_a_quota_that_is_used_up_is_named(ses: Ses, most: float, sent: float, verdict: Verdict) -> None:
    quota = {"Max24HourSend": most, "MaxSendRate": 1.0, "SentLast24Hours": sent}
    findings = check(ses.account(SendQuota=quota).identity(SENDER, True))
    assert "quota" in of(findings, verdict)


def test_credentials_that_may_not_look_are_told_what_they_lack(ses: Ses) -> None:
    ses.stub.add_client_error("get_account", "AccessDeniedException")
    findings = check(ses)
    one_is_wrong(findings, "sending", "may not look")
    assert "ses:GetAccount and ses:GetEmailIdentity" in findings[0].fix


def test_ses_that_does_not_answer_is_not_called_wrong(ses: Ses) -> None:
    ses.stub.add_client_error("get_account", "TooManyRequestsException", http_status_code=429)
    (finding,) = check(ses)
    assert (finding.subject, finding.verdict) == ("sending", Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("settings", "shared", "says"),
    [
        ({"kind": "email_vendor"}, {}, "warehouses.forge.address is missing"),
        (SETTINGS, {"mail": {}}, "mail.sender is missing"),
        (SETTINGS, {"vendor_answers": {}}, "vendor_answers.secrets is missing"),
        ({**SETTINGS, "language": "nl"}, {}, "warehouses.forge.language is none"),
    ],
)
def test_settings_that_make_no_connection_are_named_without_a_call(
    ses: Ses, settings: dict[str, Any], shared: dict[str, Any], says: str
) -> None:
    one_is_wrong(check(ses, settings, **shared), "settings", says)
