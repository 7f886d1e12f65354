"""Shopify's global ids and the numbers in them."""

import re

from stopship.domain.errors import InvalidInput

_FORM = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]+)(?:\?.*)?")


def gid(kind: str, number: str) -> str:
    """``gid("Order", "1")`` is ``gid://shopify/Order/1``."""
    return f"gid://shopify/{kind}/{number}"


def number(value: str, kind: str = "") -> str:
    """The numeric part, as text. Raises InvalidInput when it is no id, or one of another kind, without repeating it: what
    came in its place may be anything, and what is said here enters the audit trail."""
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    if match is None or kind not in ("", match[1]):
        raise InvalidInput("id", f"is not the id of a {kind or 'Shopify thing'}", f"gid://shopify/{kind}/1")
    return match[2]
