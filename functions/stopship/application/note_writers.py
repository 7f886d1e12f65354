"""What is kept for a person to read names no order, perhaps: it is listed under whoever wrote it, so that it can be named and erased with him."""

from collections.abc import Iterable

from stopship.application.ports import EvidenceIndex
from stopship.application.take_in import IntakeMessage
from stopship.domain.privacy import Mac, Person, of_person


def note_writers(index: EvidenceIndex, mac: Mac, message: IntakeMessage, people: Iterable[Person]) -> None:
    """Safe to repeat: a repeated delivery lists it again in the same place."""
    for person in people:
        index.note_evidence(message.merchant, of_person(message.merchant, person, mac), message.evidence_key)
