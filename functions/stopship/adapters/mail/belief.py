"""How far the address in From is believed, from the receiving server's verdicts. The mail's own headers prove nothing by themselves."""

import re
from collections.abc import Mapping
from email.message import Message

from stopship.adapters.mail.parts import headers
from stopship.adapters.mail.receipt import FAIL, PASS
from stopship.domain.letter import Belief

_SIGNED_BY = re.compile(r"(?:^|;)\s*d\s*=\s*([A-Za-z0-9._-]+)\s*(?:;|$)")


def believe(message: Message, sender: str, source: str, verdicts: Mapping[str, str]) -> Belief:
    """A DMARC pass covers From by definition. Without one, a pass counts only for its own domain: SPF for the envelope sender's, DKIM for
    that of the signatures, all of which must be From's, since the verdict does not say which of them passed."""
    if verdicts.get("dmarc") == PASS:
        return Belief.PROVEN
    if verdicts.get("dmarc") == FAIL:
        return Belief.CONTRADICTED
    domain = sender.rpartition("@")[2].lower()
    if domain and verdicts.get("spf") == PASS and _covers(source.rpartition("@")[2], domain):
        return Belief.PROVEN
    if domain and verdicts.get("dkim") == PASS and _signed_by(message, domain):
        return Belief.PROVEN
    return Belief.CONTRADICTED if FAIL in (verdicts.get("spf"), verdicts.get("dkim")) else Belief.UNPROVEN


def _signed_by(message: Message, domain: str) -> bool:
    signatures = headers(message, "DKIM-Signature")
    found = [_SIGNED_BY.search(signature) for signature in signatures]
    return bool(found) and all(x is not None and _covers(x[1], domain) for x in found)


def _covers(checked: str, domain: str) -> bool:
    """The same domain, or one above it. One below it may be somebody else's, who rents it."""
    checked = checked.lower().strip(".")
    return checked == domain or ("." in checked and domain.endswith(f".{checked}"))
