"""What names no order and lies there for a person to read is found by who wrote it, and nobody else's is."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from stopship import wiring
from stopship.application.take_in import take_in
from stopship.domain.events import PersonalDataErased
from stopship.domain.privacy import EMAIL, PHONE, Person, by_email, by_phone, of_person
from stopship.wiring.in_hand import InHand
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment
from tests.unit.handlers.test_shopify_doors import duty, facts

JON, PHONE_OF_JON, ID_OF_JON = "Jon@Example.com", "+1 (555) 625-1199", 191167
OTHER = "joe@example.com"
CUSTOMER = {"id": ID_OF_JON, "email": "jon@example.com", "phone": "+15556251199"}
REDACT = {"shop_id": 1, "shop_domain": d.SHOP, "customer": CUSTOMER, "orders_to_redact": []}
REQUEST = {
    "shop_id": 1,
    "shop_domain": d.SHOP,
    "customer": CUSTOMER,
    "orders_requested": [],
    "data_request": {"id": 9},
}


def mail(sender: str, text: str = "Where is my parcel?", envelope: str = "bounce@post.example") -> bytes:
    line = {"source": envelope, "recipients": ["desk@acme.example"], "verdicts": {}}
    raw = f"From: Jon <{sender}>\r\nTo: desk@acme.example\r\nMessage-ID: <{len(text)}@x>\r\n\r\n{text}\r\n"
    return json.dumps(line).encode() + b"\n" + raw.encode()


def form(email: str) -> bytes:
    told = {"order": "#0", "email": email, "name": "Jon", "language": "en", "statement": "No.", "received_at": "x"}
    return json.dumps(told).encode()


def kept(deployed: Deployment, source: str, body: bytes, merchant: str = d.ACME, why: str = "") -> str:
    """A message comes to the worker, and stays for a person. Gives where it lies."""
    delivery = f"{source}-{len(deployed.evidence)}"
    message = take_in(
        wiring.evidence(),
        InHand(),
        merchant=merchant,
        source=source,
        topic="orders/cancelled",
        delivery_id=delivery,
        body=body,
        received_at="2026-11-26T08:00:00.000000Z",
        why=why,
    )
    told: Any = asdict(message)
    assert deployed.work([told]) == []
    return message.evidence_key


@pytest.fixture(autouse=True)
def nobody_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """No order carries the number that a form names."""
    monkeypatch.setattr("stopship.wiring.by_number.find_in_store", lambda *_: [])


KEPT = {
    "a mail that asks nothing": ("mail", mail(JON), ""),
    "a mail by its envelope": ("mail", mail("nobody", envelope=JON), ""),
    "a mail that was too large to read": ("mail", mail(JON), "it is too large"),
    "a statement on the form": ("cancel-form", form(JON), ""),
    "a payload by its customer's id": ("shopify", json.dumps({"customer": {"id": ID_OF_JON}}).encode(), ""),
    "a payload by its order's address": ("shopify", json.dumps({"email": JON}).encode(), ""),
    "a payload by a telephone number": ("shopify", json.dumps({"customer": {"phone": PHONE_OF_JON}}).encode(), ""),
}


@pytest.mark.parametrize("case", KEPT)
def test_what_a_customer_wrote_is_erased_with_him_although_it_names_no_order(deployed: Deployment, case: str) -> None:
    key = kept(deployed, *KEPT[case][:2], why=KEPT[case][2])
    assert deployed.exceptions()[0].cause == "unmatched_message"
    assert key in deployed.evidence
    assert duty(deployed, REDACT, "customers/redact") == []
    assert deployed.evidence == {}
    (done,) = facts(PersonalDataErased)
    assert done.objects == 1


def test_what_others_wrote_and_what_other_merchants_have_stays(deployed: Deployment) -> None:
    others = [kept(deployed, "mail", mail(OTHER, JON)), kept(deployed, "cancel-form", form(OTHER))]
    others.append(kept(deployed, "mail", mail(JON), merchant=d.ZETA))
    his = kept(deployed, "mail", mail(JON, "a second mail"))
    assert duty(deployed, REDACT, "customers/redact") == []
    assert sorted(deployed.evidence) == sorted(others)
    assert his not in deployed.evidence


def test_a_request_for_data_names_it(deployed: Deployment) -> None:
    his = kept(deployed, "mail", mail(JON))
    assert duty(deployed, REQUEST, "customers/data_request") == []
    told = next(x for x in deployed.exceptions() if x.cause == "data_request")
    recorded = wiring.ledger().load(d.ACME, told.case_id)
    (opened,) = [r.event for r in recorded if type(r.event).__name__ == "ExceptionOpened"]
    assert [v for k, v in opened.evidence.items() if k.startswith("held_")] == [his]


def test_the_ledger_holds_nothing_that_an_address_could_be_read_or_guessed_from(deployed: Deployment) -> None:
    from hashlib import sha256

    kept(deployed, "mail", mail(JON))
    kept(deployed, "shopify", json.dumps({"customer": CUSTOMER}).encode())
    assert duty(deployed, REQUEST, "customers/data_request") == []
    held = json.dumps(deployed.items)
    plain = ["jon@example.com", "15556251199", str(ID_OF_JON)]
    assert "person:email:" in held and "person:phone:" in held
    assert not [x for x in plain if x in held.casefold() or sha256(x.encode()).hexdigest() in held]
    assert not [x for x in plain if x in deployed.logged.casefold()]


def test_a_mail_that_comes_again_after_its_writer_was_erased_is_no_error(deployed: Deployment) -> None:
    kept(deployed, "mail", mail(JON))
    assert duty(deployed, REDACT, "customers/redact") == []
    from stopship.application.take_in import IntakeMessage
    from stopship.wiring.writers import note_kept

    note_kept(IntakeMessage(d.ACME, "mail", "", "mail-0", "acme/mail/gone", "f" * 64, "2026-11-26T08:00:00.000000Z"))
    assert deployed.evidence == {}


def test_a_request_that_is_shown_to_a_person_is_listed_under_its_customer_too(deployed: Deployment) -> None:
    wrong = {**REDACT, "shop_domain": "stranger.myshopify.com"}
    assert duty(deployed, wrong, "customers/redact", "p-1") == []
    assert len(deployed.evidence) == 1
    assert duty(deployed, REDACT, "customers/redact", "p-2") == []
    assert deployed.evidence == {}


def test_two_spellings_of_the_same_are_one_person_and_what_is_neither_is_nobody() -> None:
    assert by_email(" Jon@Example.COM ", "jon@example.com", "", "jon") == [Person(EMAIL, "jon@example.com")]
    assert by_phone("+1 (555) 625-1199", "15556251199", "911", "") == [Person(PHONE, "15556251199")]


def test_the_same_person_is_another_subject_at_another_merchant_and_under_another_key() -> None:
    jon = Person(EMAIL, "jon@example.com")
    subjects = {of_person(m, jon, lambda x, k=k: x + k) for m in ("acme", "zeta") for k in (b"1", b"2")}
    assert len(subjects) == 4
