"""Mails that no person wrote to the desk: they make no wish, and answering one would begin a conversation between machines (RFC 3834)."""

from email.message import Message

from stopship.adapters.mail.parts import header

OURS = "X-Stopship"
"""The header that every mail of the desk carries."""
_ROBOTS = frozenset(
    {"mailer-daemon", "postmaster", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "nobody"}
)
_LIST = ("List-Id", "List-Unsubscribe", "List-Post", "List-Help", "List-Owner", "Mailing-List")
_REPLIES = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-Failed-Recipients", "X-Loop")


def ours(message: Message, sender: str, senders: frozenset[str]) -> bool:
    """Whether the desk wrote it. ``senders`` are the addresses that it writes from, in lower case."""
    return OURS in message or sender.lower() in senders


def bounced(message: Message, source: str) -> bool:
    """Whether it tells what became of another mail. ``source`` is the envelope's sender: reports have none."""
    local = source.lower().rpartition("@")[0]
    report = message.get_content_type() in (
        "multipart/report",
        "message/delivery-status",
        "message/disposition-notification",
    )
    return (
        report
        or not source
        or header(message, "Return-Path").strip() == "<>"
        or local in ("mailer-daemon", "postmaster")
    )


def sent_by_machine(message: Message, sender: str) -> str:
    """The name of the header that says so, "" for a person's mail."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return "Auto-Submitted"
    if header(message, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        return "Precedence"
    found = next((name for name in (*_LIST, *_REPLIES) if name in message), "")
    return found or ("From" if sender.lower().partition("@")[0] in _ROBOTS else "")
