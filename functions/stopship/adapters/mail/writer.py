"""Who wrote a mail, as far as one needs to know to find it again: whatever its verdicts are, and whether or not it can be a wish."""

from stopship.adapters.mail import kept, parts
from stopship.adapters.mail.letters import sender_of
from stopship.domain.errors import InvalidInput
from stopship.domain.privacy import Person, by_email


def writers(body: bytes) -> list[Person]:
    """The address in From and the envelope's; none of a mail that no parser takes."""
    try:
        mail = kept.split(body)
        found = [sender_of(parts.parse(mail.raw)), mail.source]
    except InvalidInput:
        return []
    return by_email(*found)
