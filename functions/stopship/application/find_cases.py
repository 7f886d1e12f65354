"""Finds cases by what somebody has in their hands: an order, an e-mail address, a ticket, a tracking number."""

from collections.abc import Iterator, Sequence

from stopship.application.ports import CaseHead, Ledger
from stopship.domain.errors import InvalidInput
from stopship.domain.search import terms_typed

MOST_FOUND = 50
SHORTEST = 2


def find_cases(ledger: Ledger, merchants: Sequence[str], typed: str) -> list[CaseHead]:
    """The newest first. At most six queries a merchant. Raises InvalidInput for what is too short to mean anything."""
    word = typed.strip()
    if len(word) < SHORTEST:
        raise InvalidInput("q", "is too short to search for", f"{SHORTEST} characters or more")
    found = {head.case_id: head for merchant in merchants for head in _of(ledger, merchant, word)}
    return sorted(found.values(), key=lambda head: head.opened_at, reverse=True)[:MOST_FOUND]


def _of(ledger: Ledger, merchant: str, word: str) -> Iterator[CaseHead]:
    yield from ledger.cases_of_order(merchant, word.removeprefix("#"))
    names = {name for term in terms_typed(merchant, word) for name in ledger.cases_noted(merchant, term)}
    for name in sorted(names)[:MOST_FOUND]:
        head = ledger.head(merchant, name)
        if head:
            yield head
