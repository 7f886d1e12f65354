"""A token that binds a step of the form to what was entered, for an hour: what is confirmed is what was shown."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final, Protocol

from stopship.adapters.cancel_form.entry import Entry
from stopship.domain.chain import canonical
from stopship.domain.instant import parse
from stopship.frozen import frozen

VALID_SECONDS: Final = 3600
_FORM = re.compile(r"([0-9]{1,11})\.([A-Za-z0-9_-]{16,40})\.([A-Za-z0-9_-]{43})", re.ASCII)


class Seal(Protocol):
    def mac(self, message: bytes) -> bytes:
        """32 bytes that nobody else can make for this message of up to 4,096 bytes."""


class Expired(Exception):
    """The token was ours once, or never was. Nothing was taken: the form is to be sent again."""


@frozen
class Visit:
    """One time that the form was opened: all its steps carry it. ``seconds`` is its Unix time."""

    seconds: int
    nonce: str

    def reference(self, merchant: str, entry: Entry) -> str:
        """The wish's id: the same when it is confirmed twice, another one when something else was entered."""
        raw = hashlib.sha256(canonical([merchant, self.nonce, entry.order, entry.email, entry.name]).encode()).digest()
        return "w" + base64.b32encode(raw).decode().lower()[:20]


def issue(seal: Seal, visit: Visit, step: str, merchant: str, entry: Entry | None = None) -> str:
    """``entry`` is what the token is only good for; None for the empty form."""
    return f"{visit.seconds}.{visit.nonce}.{_mac(seal, visit, step, merchant, entry)}"


def check(seal: Seal, token: str, now: str, step: str, merchant: str, entry: Entry | None = None) -> Visit:
    """Raises Expired for a token that is old, of another step, merchant or entry, or not ours."""
    found = _FORM.fullmatch(token)
    if found is None:
        raise Expired
    visit = Visit(int(found[1]), found[2])
    if not hmac.compare_digest(_mac(seal, visit, step, merchant, entry), found[3]):
        raise Expired
    if not 0 <= parse(now).timestamp() - visit.seconds + 1 <= VALID_SECONDS:
        raise Expired
    return visit


def _mac(seal: Seal, visit: Visit, step: str, merchant: str, entry: Entry | None) -> str:
    bound: Sequence[str] = (entry.order, entry.email, entry.name, entry.language) if entry else ()
    message = canonical(["cancel-form", step, merchant, visit.seconds, visit.nonce, *bound]).encode("utf-8")
    return base64.urlsafe_b64encode(seal.mac(hashlib.sha256(message).digest())).decode().rstrip("=")
