"""From the bytes of a mail to its headers and the text that its writer sees: attachments and attached mails are not opened."""

import re
import unicodedata
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser

from stopship.adapters.mail.html_text import text_of
from stopship.domain.errors import InvalidInput

MAX_PARTS = 200
MAX_DEPTH = 30
MAX_TEXT = 200_000
"""Characters of a mail's text that are looked at: more than anybody writes, and most of it would be quoted."""
MAX_HEADER = 10_000
"""Characters of one header. What is longer was made to be long: the standard library's parsers are slow on such, or misled."""
_PARAMETERS = re.compile(
    rb"^content-(?:type|disposition)[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE
)
_WESTERN = frozenset({"us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "iso8859-1"})
"""Charsets that are declared for what is really Windows-1252, which holds all of them."""


def parse(raw: bytes) -> Message:
    """Raises InvalidInput for what no parser takes."""
    if any(len(found[1]) > MAX_HEADER for found in _PARAMETERS.finditer(raw)):
        raise InvalidInput("mail", "has a header that is too long")
    try:
        return BytesParser(policy=policy.compat32).parsebytes(raw)
    except (MessageError, ValueError, LookupError, RecursionError, TypeError, IndexError, AttributeError) as error:
        raise InvalidInput("mail", "cannot be parsed") from error


def header(message: Message, name: str) -> str:
    """The first of that name, unfolded and decoded; "" without one."""
    return next(iter(headers(message, name)), "")


def headers(message: Message, name: str) -> list[str]:
    """All of that name. One that is too long reads as "", so that no part of it is taken for the whole."""
    found = (str(value) for value in message.get_all(name, []))
    return [_decoded(value) if len(value) <= MAX_HEADER else "" for value in found]


def _decoded(value: str) -> str:
    """Encoded words (RFC 2047), whatever their charset is called; a broken one stays as it is."""
    value = re.sub(r"[\r\n]+[ \t]*", " ", value)
    try:
        parts = decode_header(value)
    except (MessageError, ValueError, TypeError, IndexError):
        return _clean(value)
    return _clean("".join(x if isinstance(x, str) else decode(x, charset or "") for x, charset in parts))


def decode(data: bytes, charset: str) -> str:
    """By the charset that is named, where it is a charset and fits; else as UTF-8, else as Windows-1252. Never raises."""
    named = charset.strip().strip("\"'").lower()
    for name in ("utf-8" if named in ("", *_WESTERN) else named, "utf-8", "cp1252"):
        try:
            return data.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _clean(text: str) -> str:
    """One form for every way to write a letter, and nothing that cannot be seen."""
    text = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(x for x in text if x in "\n\t" or unicodedata.category(x) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def text(message: Message) -> str:
    """What the mail says, "" when it says nothing in text. Raises InvalidInput for a mail of too many parts."""
    pieces = [piece for piece in _texts(message, 0, [0]) if piece.strip()]
    return _clean("\n".join(pieces)[:MAX_TEXT])


def _texts(part: Message, depth: int, seen: list[int]) -> Iterator[str]:
    seen[0] += 1
    if depth > MAX_DEPTH or seen[0] > MAX_PARTS:
        raise InvalidInput("mail", "has too many parts")
    kind = part.get_content_type()
    if _attached(part):
        return
    if part.is_multipart() and kind.startswith("multipart/"):
        inside = [list(_texts(x, depth + 1, seen)) for x in part.get_payload() if isinstance(x, Message)]
        if kind == "multipart/alternative":
            # The parts say the same; the first that says anything is the plainest.
            yield from next((x for x in inside if any(t.strip() for t in x)), [])
        else:
            yield from (t for x in inside for t in x)
    elif kind == "text/html":
        yield text_of(_payload(part))
    elif kind == "text/plain":
        yield _payload(part)


def _attached(part: Message) -> bool:
    try:
        return part.get_content_disposition() == "attachment" or bool(part.get_filename())
    except (ValueError, TypeError, LookupError, AttributeError, IndexError):
        return True


def _payload(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
        charset = part.get_param("charset", "")
    except (ValueError, TypeError, LookupError, AttributeError, IndexError):
        return ""
    if not isinstance(data, bytes):
        return ""
    named = charset[2] if isinstance(charset, tuple) else charset
    found = decode(data[: 4 * MAX_TEXT], str(named or "")).replace("\r\n", "\n")
    return _unfolded(found) if part.get_param("format", "") == "flowed" else found


def _unfolded(flowed: str) -> str:
    """A line that ends in a space goes on in the next one, but for the mark of a signature (RFC 3676)."""
    return re.sub(r"(?<!^--) \n(?=[^>\n])", " ", flowed, flags=re.MULTILINE)
