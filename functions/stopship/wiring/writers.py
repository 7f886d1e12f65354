"""Who wrote what is kept for a person to read, by where it came from."""

import json
from typing import Any

from stopship.application.note_writers import note_writers
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.privacy import Person, by_email


def writers(message: IntakeMessage, body: bytes) -> list[Person]:
    """Nobody for a source that tells no person."""
    match message.source:
        case "mail":
            from stopship.adapters.mail import writer

            return writer.writers(body)
        case "cancel-form":
            entered: Any = json.loads(body)
            return by_email(str(entered.get("email", "")))
        case "shopify":
            return _of_shopify(body)
        case _:
            return []


def _of_shopify(body: bytes) -> list[Person]:
    from stopship.adapters.shopify import payloads, people
    from stopship.wiring import shopify_bus

    try:
        return people.people(payloads.parse(shopify_bus.payload_of(body)))
    except InvalidInput:
        return []


def note_kept(message: IntakeMessage) -> None:
    """Lists what is kept under whoever wrote it. The key of the form's seal makes the hashes: for another purpose, and so of other words."""
    from stopship.wiring import evidence, form_seal, ledger

    try:
        people = writers(message, evidence().load(message.evidence_key))
    except NotFound:
        # Erased in the meantime: there is nothing left to be found.
        return
    if people:
        note_writers(ledger(), form_seal().mac, message, people)
