"""By what a case can be found again: hashes of what people have in their hands, never the thing itself."""

import re
from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from typing import Final

from stopship.domain.events import CarrierRead, Event, OrderRead, RequestReceived, ShipmentSeen
from stopship.frozen import frozen


class TermKind(StrEnum):
    ORDER = "order"
    """The order's public number."""
    TICKET = "ticket"
    EMAIL = "email"
    TRACKING = "tracking"


@frozen
class Term:
    """``digest`` is of the merchant, the kind and the word: the same address at two merchants has nothing in common."""

    kind: TermKind
    digest: str


MOST_ADDRESSES: Final = 5
"""A message that names more people than these is about none of them in particular."""
_ADDRESS = re.compile(rb"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


def term(merchant: str, kind: TermKind, word: str) -> Term:
    """Of a word as somebody types it: case, blanks and the order's ``#`` do not count."""
    plain = "".join(word.split()).lower()
    if kind is TermKind.ORDER:
        plain = plain.removeprefix("#")
    return _term(merchant, kind, plain)


def tracking_term(merchant: str, number_sha256: str) -> Term:
    """Of a tracking number of which only the sha256 is known, as the ledger has it."""
    return _term(merchant, TermKind.TRACKING, number_sha256)


def _term(merchant: str, kind: TermKind, plain: str) -> Term:
    return Term(kind, sha256(f"{merchant}\x1f{kind}\x1f{plain}".encode()).hexdigest())


def terms_of(merchant: str, event: Event) -> list[Term]:
    """By what a case can be found since this fact."""
    match event:
        case RequestReceived(ticket_ref=ref) if ref:
            return [term(merchant, TermKind.TICKET, ref)]
        case OrderRead(display_ref=ref) if ref:
            return [term(merchant, TermKind.ORDER, ref)]
        case ShipmentSeen(tracking_sha256=digest) if digest:
            return [tracking_term(merchant, digest)]
        case CarrierRead(parcels=digests):
            return [tracking_term(merchant, digest) for digest in digests]
    return []


def terms_typed(merchant: str, typed: str) -> list[Term]:
    """What somebody may have meant by what they typed. A tracking number is tried as typed and in capitals."""
    word = "".join(typed.split())
    if "@" in word:
        return [term(merchant, TermKind.EMAIL, word)]
    numbers = dict.fromkeys((word, word.upper()))
    tracked = [tracking_term(merchant, sha256(n.encode()).hexdigest()) for n in numbers]
    return [term(merchant, TermKind.ORDER, word), term(merchant, TermKind.TICKET, word), *tracked]


def addresses_in(merchant: str, message: bytes) -> list[Term]:
    """The e-mail addresses that a message names, none when it names too many."""
    found = dict.fromkeys(x.lower() for x in _ADDRESS.findall(message))
    return _addresses(merchant, found) if len(found) <= MOST_ADDRESSES else []


def _addresses(merchant: str, found: Iterable[bytes]) -> list[Term]:
    return [term(merchant, TermKind.EMAIL, x.decode()) for x in found]
