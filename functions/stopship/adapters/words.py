"""A partner's words of a closed list. One that is new is shown to a person as it came, and never taken for one that is known."""

import re
from collections.abc import Collection
from typing import Any

from stopship.domain.errors import PartnerContractBroken


def word(value: object) -> str:
    """A word for a person to read. Anything else is not repeated: it may be somebody's data, and what is said about it enters the audit
    trail."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,49}", value) else "no word"


def known(partner: str, field: str, value: Any, words: Collection[str]) -> str:
    """``value``, which is one of ``words``. Raises PartnerContractBroken that names the field and keeps the word."""
    if isinstance(value, str) and value in words:
        return value
    raise PartnerContractBroken(
        partner,
        f"{field}: {word(value)} is not one of the contract's",
        {"field": field, "value": word(value)},
    )
