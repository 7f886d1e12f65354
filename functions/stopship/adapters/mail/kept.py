"""How a mail is kept as evidence: the receiving server's verdicts on one line, then the mail, byte for byte as it came.

The line stands before the mail, where nothing that its sender wrote can get: headers of the same meaning inside the mail are never read.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from stopship.adapters.mail.receipt import Receipt
from stopship.domain.errors import InvalidInput
from stopship.frozen import frozen

MAX_BYTES = 10_000_000
"""Of a mail that is read. SES takes up to 40 MB; a larger mail is kept and shown to a person."""
_ID = re.compile(rb"^message-id:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(rb"^from:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


@frozen
class Kept:
    """``source`` is the envelope sender, "" for none."""

    source: str
    verdicts: Mapping[str, str]
    raw: bytes


def join(receipt: Receipt, raw: bytes) -> bytes:
    line = {"source": receipt.source, "recipients": list(receipt.recipients), "verdicts": dict(receipt.verdicts)}
    return json.dumps(line, sort_keys=True).encode() + b"\n" + raw


def split(body: bytes) -> Kept:
    """Raises InvalidInput for bytes that did not come through the door."""
    line, _, raw = body.partition(b"\n")
    try:
        told: Any = json.loads(line)
        return Kept(str(told["source"]), {str(k): str(v) for k, v in told["verdicts"].items()}, raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("mail", "was not kept by the mail door") from error


def mail_id(raw: bytes) -> str:
    """The same for every copy of one mail, however it travelled: from its Message-ID, its From and its body. Two mails under one Message-ID
    are two."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    known_by = [b" ".join(found[1].split()) if (found := form.search(head)) else b"" for form in (_ID, _FROM)]
    return hashlib.sha256(b"\x00".join([*known_by, body.rstrip()])).hexdigest()
