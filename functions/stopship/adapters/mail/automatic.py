"""Mails that no person wrote to the desk: they make no wish, and answering one would begin a conversation between machines (RFC 3834)."""

from email.message import Message

from stopship.adapters.mail.parts import header

OURS = "X-Stopship"
"""The header that every mail of the desk carries."""
_POSTMEN = frozenset({"mailer-daemon", "postmaster"})
_ROBOTS = frozenset({"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "nobody"})
_LIST = ("List-Id", "List-Unsubscribe", "List-Post", "List-Help", "List-Owner", "Mailing-List")
_REPLIES = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-Failed-Recipients", "X-Loop")


def ours(message: Message, sender: str, senders: frozenset[str]) -> bool:
    """Whether the desk wrote it. ``senders`` are the addresses that it writes from, in lower case."""
    return OURS in message or sender.lower() in senders


def reports(message: Message, sender: str, source: str) -> bool:
    """Whether it tells what became of another mail: somebody may not have been reached. ``source`` is the envelope's sender."""
    kind = message.get_content_type()
    by = {address.lower().partition("@")[0] for address in (sender, source)}
    return kind in ("multipart/report", "message/delivery-status", "message/disposition-notification") or bool(
        by & _POSTMEN
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
