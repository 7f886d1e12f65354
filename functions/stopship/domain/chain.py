"""The hash chain of a case: what makes a changed, dropped or reordered event visible.

``hash = sha256(canonical([previous hash, merchant, case, version, type, key, at, data]))``. Canonical is JSON with sorted keys,
no blanks, UTF-8, so that the same facts give the same bytes anywhere. No personal data may enter ``data``: what must
be erasable lies in the evidence bucket, and only its hash is here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from stopship.frozen import frozen

GENESIS = "0" * 64
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    return _CANONICAL.encode(value)


def digest(value: Any) -> str:
    """sha256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


@frozen
class Link:
    """One recorded event. ``data`` is JSON-shaped; ``key`` is the fact's idempotency key or ""."""

    merchant: str
    case_id: str
    version: int
    type: str
    key: str
    at: str
    data: Mapping[str, Any]
    previous: str
    hash: str


def seal(
    merchant: str, case_id: str, version: int, type_: str, key: str, at: str, data: Mapping[str, Any], previous: str
) -> Link:
    """The next link, with its hash."""
    value = digest([previous, merchant, case_id, version, type_, key, at, data])
    return Link(merchant, case_id, version, type_, key, at, data, previous, value)


def problems(links: Iterable[Link]) -> list[str]:
    """Every break in one case's chain, in words; empty when the chain is whole."""
    found: list[str] = []
    previous, expected = GENESIS, 1
    for link in links:
        if link.version != expected:
            found.append(f"version {link.version} stands where {expected} belongs")
        if link.previous != previous:
            found.append(f"version {link.version} does not follow the event before it")
        again = seal(link.merchant, link.case_id, link.version, link.type, link.key, link.at, link.data, link.previous)
        if again.hash != link.hash:
            found.append(f"version {link.version} ({link.type}) was changed after it was written")
        previous, expected = link.hash, link.version + 1
    return found
