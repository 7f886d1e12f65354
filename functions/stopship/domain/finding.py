"""What a look at a connection found, one thing at a time: it is right, it is wrong, or it could not be told."""

from enum import StrEnum

from stopship.frozen import frozen


class Verdict(StrEnum):
    GOOD = "good"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@frozen
class Finding:
    """``subject`` is what was looked at ("access token"), ``says`` what is so, ``fix`` what to do about it ("" when it is good)."""

    subject: str
    verdict: Verdict
    says: str
    fix: str = ""


def good(subject: str, says: str) -> Finding:
    return Finding(subject, Verdict.GOOD, says)


def wrong(subject: str, says: str, fix: str) -> Finding:
    return Finding(subject, Verdict.WRONG, says, fix)


def unknown(subject: str, says: str, fix: str) -> Finding:
    return Finding(subject, Verdict.UNKNOWN, says, fix)
