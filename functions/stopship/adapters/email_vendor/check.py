"""Whether mails to a vendor can leave, and arrive. Reads only; asks SES and nobody else.

Sources: AWS, Amazon SES API v2 reference: ``GetAccount`` (sending, sandbox, reputation, quota) and ``GetEmailIdentity``; Amazon SES
developer guide, "Verified identities": a verified domain stands for its subdomains and all their addresses; "Moving out of the sandbox":
until then every recipient has to be verified too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stopship.adapters.checking import found
from stopship.adapters.email_vendor.warehouse import EmailVendorConnection
from stopship.domain.errors import PartnerRefused, PartnerUnavailable
from stopship.domain.finding import Finding, good, unknown, wrong

PARTNER: Final = "ses"
ACCOUNT, SENDER, RECIPIENT = "sending", "sender", "vendor's address"
LET_IN: Final = "check with credentials that allow ses:GetAccount and ses:GetEmailIdentity"
_FORBIDDEN = frozenset({"AccessDeniedException", "AccessDenied", "UnrecognizedClientException"})
_NEARLY: Final = 0.9


def check(connection: EmailVendorConnection, client: Any) -> list[Finding]:
    """``client`` is a sesv2 client of the region that the desk sends from, with the credentials of whoever looks: no function of the desk
    has to read this."""
    account = found(ACCOUNT, LET_IN, lambda: _asked(client.get_account))
    if isinstance(account, Finding):
        return [account]
    findings = [*_account(account), _sender(client, connection.sender)]
    if not account.get("ProductionAccessEnabled"):
        findings.append(_recipient(client, connection.address))
    return findings


def _account(account: Mapping[str, Any]) -> Iterator[Finding]:
    standing = str(account.get("EnforcementStatus", "HEALTHY"))
    if not account.get("SendingEnabled") or standing == "SHUTDOWN":
        yield wrong(
            ACCOUNT,
            f"is off in this region (standing {standing})",
            "see the account's status in SES, and answer its review",
        )
    elif standing != "HEALTHY":
        yield unknown(
            ACCOUNT,
            f"is on, and under review (standing {standing})",
            "answer the review in SES before sending is paused",
        )
    else:
        yield good(ACCOUNT, "is on in this region")
    yield _quota(account.get("SendQuota") or {})


def _quota(quota: Mapping[str, Any]) -> Finding:
    most, sent = float(quota.get("Max24HourSend", -1)), float(quota.get("SentLast24Hours", 0))
    if most < 0:
        return good("quota", "there is no bound")
    says, fix = f"{sent:.0f} of {most:.0f} mails of 24 hours are sent", "ask for a higher sending quota in SES"
    if sent >= most:
        return wrong("quota", says, fix)
    return unknown("quota", says, fix) if sent >= _NEARLY * most else good("quota", says)


def _sender(client: Any, sender: str) -> Finding:
    fix = "verify the address or its domain in SES, in the region that the desk sends from, or correct mail.sender"
    names = found(SENDER, fix, lambda: _verified(client, sender))
    if isinstance(names, Finding):
        return names
    verified, pending = names
    if verified:
        return good(SENDER, f"{sender} may be sent from: {verified} is verified")
    if pending:
        return wrong(
            SENDER,
            f"{pending} waits to be verified",
            "finish its verification in SES: open the link of its mail, or publish its DNS records",
        )
    return wrong(SENDER, f"neither {sender} nor its domain is an identity", fix)


def _recipient(client: Any, address: str) -> Finding:
    """The vendor's address is no more shown than the mail's text is."""
    names = found(RECIPIENT, LET_IN, lambda: _verified(client, address))
    if isinstance(names, Finding):
        return names
    if names[0]:
        return unknown(
            RECIPIENT,
            "is verified, and the account in SES's sandbox: only such addresses get mail",
            "ask for production access in SES",
        )
    return wrong(
        RECIPIENT,
        "gets no mail: the account is in SES's sandbox",
        "ask for production access in SES, or verify the address to try",
    )


def _verified(client: Any, address: str) -> tuple[str, str]:
    """(identity that is verified and covers the address, "" for none; one that still waits to be)."""
    pending = ""
    for name in _identities(address):
        try:
            identity = _asked(lambda name=name: client.get_email_identity(EmailIdentity=name))
        except client.exceptions.NotFoundException:
            continue
        if identity.get("VerifiedForSendingStatus"):
            return name, ""
        pending = pending or name
    return "", pending


def _identities(address: str) -> Iterator[str]:
    """The address, its domain, and the domains above that, which cover it as well."""
    domain = address.rpartition("@")[2]
    yield from dict.fromkeys((address, domain))
    while domain.count(".") > 1:
        domain = domain.partition(".")[2]
        yield domain


def _asked(ask: Any) -> Mapping[str, Any]:
    """Raises PartnerRefused when the credentials may not ask, PartnerUnavailable when nothing came back."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: Mapping[str, Any] = ask()
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code == "NotFoundException":
            raise
        if code in _FORBIDDEN:
            raise PartnerRefused(PARTNER, code, "these credentials may not look") from error
        raise PartnerUnavailable(PARTNER, code, in_doubt=False) from error
    except BotoCoreError as error:
        raise PartnerUnavailable(PARTNER, type(error).__name__, in_doubt=False) from error
    return answer
