"""Who wrote what is kept for a person to read, by where it came from."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from stopship.application.note_writers import note_writers
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.privacy import Person, by_email


def _of_mail(body: bytes) -> list[Person]:
    from stopship.adapters.mail import writer

    return writer.writers(body)


def _of_form(body: bytes) -> list[Person]:
    entered: Any = json.loads(body)
    return by_email(str(entered.get("email", "")))


def _of_shopify(body: bytes) -> list[Person]:
    from stopship.adapters.shopify import payloads, people
    from stopship.wiring import shopify_bus

    try:
        return people.people(payloads.parse(shopify_bus.payload_of(body)))
    except InvalidInput:
        return []


_WRITERS: Final[Mapping[str, Callable[[bytes], list[Person]]]] = {
    "mail": _of_mail,
    "cancel-form": _of_form,
    "shopify": _of_shopify,
}
"""By source. The messages of all others tell no person, and are not read for one."""


def note_kept(message: IntakeMessage) -> None:
    """Lists what is kept under whoever wrote it. The key of the form's seal makes the hashes: for another purpose, and so of other words."""
    from stopship.wiring import evidence, form_seal, ledger

    writers = _WRITERS.get(message.source)
    if writers is None:
        return
    try:
        people = writers(evidence().load(message.evidence_key))
    except NotFound:
        # Erased in the meantime: there is nothing left to be found.
        return
    if people:
        note_writers(ledger(), form_seal().mac, message, people)
