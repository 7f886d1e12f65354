"""Mails for tests: as they come from a mail program, with what SES says of them."""

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

from stopship.adapters.mail import kept, letters, receipt
from stopship.adapters.mail.order_names import Form
from stopship.domain.letter import Letter

EVENTS = Path(__file__).parents[2] / "events" / "ses"
RULES = letters.Rules((Form("amazon"), Form("shopify")), frozenset({"cancel@acme.example"}))
CUSTOMER = "mara@customer.example"
PROVEN = {"spam": "PASS", "virus": "PASS", "spf": "PASS", "dkim": "PASS", "dmarc": "PASS"}
SILENT = {"spam": "PASS", "virus": "PASS", "spf": "GRAY", "dkim": "GRAY", "dmarc": "GRAY"}
"""The sender's domain publishes nothing."""
FORGED = {"spam": "PASS", "virus": "PASS", "spf": "FAIL", "dkim": "GRAY", "dmarc": "FAIL"}


def mail(
    text: str = "Please cancel my order #1001.",
    subject: str = "Hello",
    sender: str = CUSTOMER,
    message_id: str = "<m-1@customer.example>",
    **headers: str,
) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "cancel@acme.example", subject
    if message_id:
        made["Message-ID"] = message_id
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def keep(raw: bytes, verdicts: Mapping[str, str] = PROVEN, source: str = CUSTOMER) -> bytes:
    """As the door keeps it."""
    told = receipt.Receipt("ses-1", ("cancel@acme.example",), source, "2026-11-24T10:00:00.000000Z", "b", "k", verdicts)
    return kept.join(told, raw)


def read(raw: bytes, verdicts: Mapping[str, str] = PROVEN, source: str = CUSTOMER) -> Letter:
    return letters.read(keep(raw, verdicts, source), RULES)


def sample(name: str) -> bytes:
    return (EVENTS / f"{name}.eml").read_bytes()
