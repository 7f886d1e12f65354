"""Addresses as others write them."""

from urllib.parse import SplitResult, urlsplit

_NONE = SplitResult("", "", "", "", "")


def split(address: str) -> SplitResult:
    """Its parts, all of them empty for what is no address."""
    try:
        found = urlsplit(address)
        _ = found.hostname
    except ValueError:
        return _NONE
    return found
