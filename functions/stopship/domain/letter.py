"""A mail to the desk, as far as anything in it may decide: who it comes from, how far that is believed, and what it asks for.

Sender and ids are needed for one answer now; nothing here is ever written down but enumerations, order numbers and hashes.
"""

import hashlib
from enum import StrEnum

from stopship.frozen import frozen


class Belief(StrEnum):
    """How far the address in From is believed, from what the receiving mail server has checked."""

    PROVEN = "proven"
    """DMARC passed, or a passed check covers the very domain in From."""
    UNPROVEN = "unproven"
    """Nothing speaks for it and nothing against it: the domain says nothing about who may send."""
    CONTRADICTED = "contradicted"
    """The domain says who may send, and this was not it."""


class Intent(StrEnum):
    """What the newest part of a mail asks for. Only the first is a wish."""

    CANCEL = "cancel"
    UNCLEAR = "unclear"
    """It speaks of cancelling, in words from which no wish follows for certain."""
    KEEP = "keep"
    """It asks not to cancel."""
    YES = "yes"
    """It agrees to something, and says no more: an answer to a question of ours."""
    ADDRESS = "address"
    RETURN = "return"
    STATUS = "status"
    NONE = "none"


class Language(StrEnum):
    EN = "en"
    DE = "de"
    FR = "fr"


@frozen
class OrderName:
    """An order as a customer writes it: ``#1001``, or Amazon's 3-7-7 digits."""

    channel: str
    name: str


@frozen
class Letter:
    """``stop`` says why this can be no wish whatever it says ("" when nothing does), ``silent`` that nobody need look at it.

    ``names`` are the orders that it names as such, ``bare`` those that are meant if a number that stands alone is one: only an answer to
    "which order?" may say it so. ``sender`` is the address in From, "" when there is not exactly one. ``message_id`` and ``references``
    are header values fit to be sent back; ``thread`` the hashes of all ids that it refers to, ``id_hash`` that of its own.
    """

    sender: str
    belief: Belief
    intent: Intent
    language: Language
    names: tuple[OrderName, ...] = ()
    bare: tuple[OrderName, ...] = ()
    message_id: str = ""
    references: str = ""
    id_hash: str = ""
    thread: tuple[str, ...] = ()
    stop: str = ""
    silent: bool = False


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox for certain. Case is the only difference that is overlooked: whether a provider ignores dots or
    tags is its own affair."""
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()


def id_hash(message_id: str) -> str:
    """Stands for the id of a mail, of which the host part may say who wrote it."""
    return hashlib.sha256(f"message-id:{message_id}".encode()).hexdigest()[:32]
