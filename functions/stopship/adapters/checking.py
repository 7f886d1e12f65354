"""How a failed look at a partner reads as a finding."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.finding import Finding, good, unknown, wrong

AGAIN = "check again in a minute"


def found[T](subject: str, fix: str, look: Callable[[], T]) -> T | Finding:
    """What ``look`` gives; or the finding that its partner error stands for. ``fix`` is what helps against a refusal."""
    try:
        return look()
    except PartnerRefused as refusal:
        return wrong(subject, str(refusal), fix)
    except PartnerContractBroken as broken:
        return wrong(subject, str(broken), "compare the endpoint and its version with the partner's documentation")
    except PartnerUnavailable as error:
        return unknown(subject, str(error), AGAIN)


def lacking(subject: str, wanted: set[str], there: set[str], fix: str, what: str) -> Finding:
    """Whether everything wanted is there; names what is not."""
    missing = sorted(wanted - there)
    if missing:
        return wrong(subject, f"{what} missing: {', '.join(missing)}", fix)
    return good(subject, f"all {len(wanted)} {what} are there")


def same_address(one: str, other: str) -> bool:
    """Whatever the order of what stands behind the question mark."""
    return _address(one) == _address(other)


def _address(url: str) -> tuple[str, str, str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc, parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True))
