"""From a kept mail to the few things about it that may decide. Never raises for what a mail holds: what cannot be read says so."""

import re
from collections.abc import Mapping, Sequence
from email.message import Message
from email.utils import getaddresses
from typing import Any, Final

from stopship.adapters.mail import automatic, intent, order_names, parts
from stopship.adapters.mail.belief import believe
from stopship.adapters.mail.kept import MAX_BYTES, Kept, split
from stopship.adapters.mail.newest import newest
from stopship.adapters.mail.receipt import FAIL, PASS
from stopship.domain.errors import InvalidInput
from stopship.domain.letter import Belief, Intent, Language, Letter, id_hash
from stopship.frozen import frozen

MAX_IDS: Final = 40
MAX_REFERENCES: Final = 800
"""Characters of a References header that are sent back: under what a header line may hold (RFC 5322, 998)."""
_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}")
_REPLIES = re.compile(
    r"^\s*(?:(?:re|aw|antw|antwort|wg|fw|fwd|tr|rep|ref|sv|ris)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the standard library's mail parsers are known to raise on mails that were made to break them."""
_SES_HOSTS = (".amazonses.com", "@amazonses.com")


@frozen
class Rules:
    """A merchant's, for reading its mail: how its orders are called, and the addresses that its own mail comes from, in lower case."""

    forms: tuple[order_names.Form, ...]
    senders: frozenset[str]


def rules(connections: Mapping[str, Any], channels: Sequence[str]) -> Rules:
    sender = str(connections.get("mail", {}).get("sender", "")).lower()
    return Rules(order_names.forms(connections, channels), frozenset({sender} - {""}))


def read(body: bytes, merchant: Rules) -> Letter:
    """``body`` as the door kept it. Raises InvalidInput for what did not come through the mail door."""
    kept = split(body)
    try:
        message = parts.parse(kept.raw[:MAX_BYTES])
        return _read(message, kept, merchant)
    except InvalidInput as error:
        problem = error.problem
    except _UNREADABLE as error:
        problem = f"cannot be read: {type(error).__name__}"
    return Letter("", Belief.UNPROVEN, Intent.NONE, Language.EN, stop=f"the mail {problem}")


def _read(message: Message, kept: Kept, merchant: Rules) -> Letter:
    sender = sender_of(message)
    subject = parts.header(message, "Subject")[:500]
    text = newest(parts.text(message))
    reply = _REPLIES.match(subject)
    # The subject of an answer is somebody else's: it may name the order, but it asks for nothing.
    named, marked = order_names.find(text if reply else f"{subject}\n\n{text}", merchant.forms)
    if reply:
        above, _ = order_names.find(subject[reply.end() :], merchant.forms)
        named = tuple(dict.fromkeys((*named, *above)))
    own, ids = _own_id(message), _references(message)
    stop, silent = _stop(message, sender, kept, merchant)
    return Letter(
        sender=sender,
        belief=believe(message, sender, kept.source, kept.verdicts),
        intent=intent.read(marked),
        language=intent.language(f"{text} {subject}" if text else subject),
        names=named,
        bare=order_names.alone(marked, merchant.forms),
        message_id=own,
        references=_sent_back(own, ids),
        id_hash=_hashed(own) if own else "",
        thread=tuple(dict.fromkeys(_hashed(x) for x in ids)),
        stop=stop,
        silent=silent,
    )


def _stop(message: Message, sender: str, kept: Kept, merchant: Rules) -> tuple[str, bool]:
    """Why it can be no wish, and whether nobody need look at it."""
    if automatic.ours(message, sender, merchant.senders):
        return "it is the desk's own mail", True
    if automatic.reports(message, sender, kept.source):
        return "it reports what became of another mail", False
    if by := automatic.sent_by_machine(message, sender):
        return f"a machine sent it ({by})", True
    if not kept.source or parts.header(message, "Return-Path").strip() == "<>":
        # Only what must not be answered comes without a return path (RFC 5321, 4.5.5).
        return "it has no return path", False
    for check in ("virus", "spam"):
        verdict = kept.verdicts.get(check, "missing")
        if verdict == FAIL or (check == "virus" and verdict != PASS):
            return f"the {check} check says {verdict}", False
    return ("", False) if sender else ("From names nobody, or several", False)


def sender_of(message: Message) -> str:
    """The one address of the one From, "" when there is not exactly one."""
    values = parts.headers(message, "From")
    if len(values) != 1:
        return ""
    found = [address for _, address in getaddresses(values, strict=True) if address]
    return found[0] if len(found) == 1 and _ADDRESS.fullmatch(found[0]) else ""


def _own_id(message: Message) -> str:
    found = _ID.fullmatch(parts.header(message, "Message-ID").strip())
    return found[0] if found else ""


def _references(message: Message) -> list[str]:
    """Ids of the mails that it answers, oldest first."""
    values = [str(x)[-parts.MAX_HEADER :] for name in ("References", "In-Reply-To") for x in message.get_all(name, [])]
    found = _ID.findall(" ".join(values[:10]))
    ids = list(dict.fromkeys(found))
    return [*ids[:1], *ids[1:][-(MAX_IDS - 1) :]]


def _sent_back(own: str, ids: Sequence[str]) -> str:
    """References for an answer: the thread's first, then the newest ones that there is room for, this mail last."""
    if not own:
        return ""
    kept, room = [own], MAX_REFERENCES - len(own)
    for one in reversed(ids):
        room -= len(one) + 1
        if room < 0:
            break
        kept.insert(0, one)
    return " ".join(kept)


def _hashed(message_id: str) -> str:
    """SES puts an id of its own on what it sends, of which the desk knows the part before the host."""
    bare = message_id.strip("<>")
    if bare.lower().endswith(_SES_HOSTS):
        bare = bare.rpartition("@")[0]
    return id_hash(bare)
