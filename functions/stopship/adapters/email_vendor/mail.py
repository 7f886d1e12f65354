"""The one mail that asks a vendor to stop an order."""

from collections.abc import Mapping

from stopship.adapters.email_vendor.links import Answer
from stopship.adapters.email_vendor.request import Asked
from stopship.adapters.email_vendor.texts import Texts


def subject(asked: Asked, texts: Texts, *, reminder: bool = False) -> str:
    before = texts.reminder_subject if reminder else ""
    return " ".join(f"{before}{texts.subject.format(order=asked.order)}".split())


def text(
    asked: Asked, texts: Texts, links: Mapping[Answer, str], *, repeated: bool = False, reminder: bool = False
) -> str:
    """Plain text. ``links`` are the addresses behind which each answer is given. A reminder says so, and nothing of doubts."""
    labels = {
        Answer.STOPPED: texts.mail_stopped,
        Answer.TOO_LATE: texts.mail_too_late,
        Answer.PARTLY: texts.mail_partly,
    }
    parts = [
        texts.reminder if reminder else texts.again if repeated else "",
        texts.ask.format(order=asked.order),
        "\n".join(f"  {quantity} x {name}" for _, name, quantity in asked.rows),
        texts.nothing_else.format(until=asked.until),
        *(f"{labels[answer]}:\n{link}" for answer, link in links.items()),
        texts.mail_how,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
