"""The signed links of a stop-ship mail: each stands for one answer to one request, until its expiry.

A link's last part is ``<callback id>.<answer>.<expiry>.<signature>``: the expiry in unix seconds, the signature the HMAC-SHA256 in hex, under
the merchant's link secret, of a fixed heading and then merchant, callback id, answer and expiry, one a line. In hex, because mail programs
cut other signs from the end of an address. The callback id alone opens nothing. All links of a request end at the same one-time callback, so that only one of them can be answered.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from enum import StrEnum

from stopship.domain.errors import NotAuthentic
from stopship.domain.instant import parse, plus
from stopship.frozen import frozen

VALID_AFTER_DEADLINE = 14 * 86_400
"""Seconds for which a link can still be answered when its deadline has passed: a late word is still a word."""
_HEADING = "stopship vendor answer"


class Answer(StrEnum):
    STOPPED = "stopped"
    TOO_LATE = "too_late"
    PARTLY = "partly"


@frozen
class Link:
    """What a token says, proved or not. ``expires`` is in unix seconds."""

    callback_id: str
    answer: Answer
    expires: int
    signature: str

    def expired(self, now: str) -> bool:
        return parse(now).timestamp() >= self.expires


_FORM = re.compile(rf"([A-Za-z0-9_-]{{1,100}})\.({'|'.join(Answer)})\.([1-9][0-9]{{0,10}})\.([0-9a-f]{{64}})")


def write(merchant: str, callback_id: str, answer: Answer, deadline: str, secret: str) -> str:
    """The token of one answer to a request that is to be answered by ``deadline``."""
    expires = int(parse(plus(deadline, VALID_AFTER_DEADLINE)).timestamp())
    return f"{callback_id}.{answer}.{expires}.{_signature(merchant, callback_id, answer, expires, secret)}"


def read(token: str) -> Link:
    """Raises NotAuthentic for whatever ``write`` cannot have written. What it gives is still to be proved."""
    found = _FORM.fullmatch(token)
    if found is None:
        raise NotAuthentic
    return Link(found[1], Answer(found[2]), int(found[3]), found[4])


def prove(link: Link, merchant: str, secrets: Sequence[str]) -> None:
    """``secrets`` are the merchant's, also the one that is being replaced. Raises NotAuthentic, without saying what is wrong."""
    fits = False
    for secret in secrets:
        expected = _signature(merchant, link.callback_id, link.answer, link.expires, secret)
        # Every secret is tried, so that the time taken says nothing about which came close.
        fits |= hmac.compare_digest(expected.encode(), link.signature.encode())
    if not fits:
        raise NotAuthentic


def _signature(merchant: str, callback_id: str, answer: Answer, expires: int, secret: str) -> str:
    said = "\n".join((_HEADING, merchant, callback_id, answer, str(expires)))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()
