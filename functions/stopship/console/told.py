"""A sentence for the person at the top of a page."""

from stopship.frozen import frozen


@frozen
class Told:
    """``kind`` is good, info or bad; ``fix`` says what to do."""

    kind: str
    text: str
    fix: str = ""
