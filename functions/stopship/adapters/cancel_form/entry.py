"""What was entered into the form, field by field."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from stopship.domain.errors import InvalidInput
from stopship.frozen import frozen

MAX_BYTES: Final = 8_000
MAX_FIELDS: Final = 10
LANGUAGES: Final = ("en", "de", "fr")
_ORDER = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_NAME_LENGTH = 200


@frozen
class Entry:
    """As entered, without the blanks around it. ``language`` is of the pages, and of the mail that says that the wish was received."""

    order: str = ""
    email: str = ""
    name: str = ""
    language: str = "en"

    @property
    def wrong(self) -> list[str]:
        """The fields that cannot be meant."""
        good = {
            "order": _ORDER.fullmatch(self.order),
            "email": _EMAIL.fullmatch(self.email) and self.email.isprintable(),
            "name": len(self.name) <= _NAME_LENGTH and (not self.name or self.name.isprintable()),
        }
        return [name for name, fits in good.items() if not fits]


def read_fields(body: bytes) -> Mapping[str, str]:
    """Raises InvalidInput for what no form of ours sends."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise InvalidInput("body", "is no form", "use the form") from error
    if len(body) > MAX_BYTES or len(dict(pairs)) != len(pairs):
        raise InvalidInput("body", "is not what the form sends", "use the form")
    return dict(pairs)


def read_entry(fields: Mapping[str, str]) -> Entry:
    language = fields.get("lang", "")
    order, email, name = (fields.get(x, "").strip() for x in ("order", "email", "name"))
    return Entry(order, email, name, language if language in LANGUAGES else LANGUAGES[0])


def language_of(asked: str, accepted: str) -> str:
    """The one that is asked for by ``?lang=``, else the first that the browser accepts (RFC 9110, Accept-Language), else English."""
    if asked in LANGUAGES:
        return asked
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(re.sub(r"\s", "", accepted[:500]).split(",")):
        tag, _, weight = part.partition(";q=")
        language = tag.lower().partition("-")[0]
        if language in LANGUAGES:
            wanted.append((-_weight(weight), place, language))
    return min(wanted)[2] if wanted else LANGUAGES[0]


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.[0-9]{0,3})?", text, re.ASCII) else 1.0
