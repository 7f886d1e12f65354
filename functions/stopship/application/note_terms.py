"""Makes a case findable: by what its facts name, behind the ledger's stream, and by whoever wrote, once the wish is taken in."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from stopship.domain.events import from_data
from stopship.domain.search import Term, TermKind, addresses_in, term, terms_of


class SearchIndex(Protocol):
    def note_term(self, merchant: str, term: Term, case_id: str) -> None: ...


def note_fact(index: SearchIndex, item: Mapping[str, Any]) -> None:
    """``item`` is a ledger item with plain values; only events are looked at. Safe to repeat."""
    if not str(item.get("sk", "")).startswith("E#"):
        return
    merchant, case_id = str(item["merchant"]), str(item["case_id"])
    for found in terms_of(merchant, from_data(item["type"], json.loads(item["data"]))):
        index.note_term(merchant, found, case_id)


def note_writers(index: SearchIndex, merchant: str, case_id: str, message: bytes) -> None:
    """The addresses in the message that made the wish, as hashes. Safe to repeat."""
    for found in addresses_in(merchant, message):
        index.note_term(merchant, found, case_id)


def note_writer(index: SearchIndex, merchant: str, case_id: str, address: str) -> None:
    """The address that a mail came from, as a hash. Safe to repeat."""
    index.note_term(merchant, term(merchant, TermKind.EMAIL, address), case_id)
