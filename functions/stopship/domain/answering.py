"""Each answer a person may give, in words: what it is called, what it does, and what it must come with."""

from collections.abc import Mapping

from stopship.domain.resolution import Resolution
from stopship.frozen import frozen

NOTE = "note"
EVIDENCE = "evidence"
LINES = "lines"


@frozen
class Answering:
    """``needs`` are fields of the command. ``proof`` says what must be documented, "" for nothing."""

    label: str
    effect: str
    needs: tuple[str, ...] = ()
    proof: str = ""


_WHO_SAID_SO = "who said so, or what shows it"

ANSWERS: Mapping[Resolution, Answering] = {
    Resolution.RETRY: Answering("Try again", "The desk looks again and acts again."),
    Resolution.THEY_STOPPED_IT: Answering(
        "The warehouse stopped it",
        "The leg counts as stopped, on your word: it is cancelled, and what was paid for it is paid back.",
        (NOTE,),
        _WHO_SAID_SO,
    ),
    Resolution.STOPPED_IN_PART: Answering(
        "The warehouse stopped a part",
        "The quantities that you name count as stopped; the rest of the leg counts as shipped.",
        (LINES, NOTE),
        _WHO_SAID_SO,
    ),
    Resolution.IT_SHIPPED: Answering(
        "Too late: convert to a return", "The leg counts as shipped. A return is opened; no money moves before that."
    ),
    Resolution.INTERCEPT: Answering(
        "Have the carrier bring it back", "The carrier is asked, or you have asked it where only a person can."
    ),
    Resolution.CAME_BACK: Answering(
        "It came back", "What left is back, on your word: what was paid for it is paid back.", (NOTE,), _WHO_SAID_SO
    ),
    Resolution.LET_IT_SHIP: Answering(
        "Release the hold and ship", "The stop is given up: holds are released, and the goods go."
    ),
    Resolution.SAVED: Answering(
        "The customer keeps it", "The customer took a change instead: holds are released, and the goods go."
    ),
    Resolution.ADDRESS_FIXED: Answering(
        "The address is right now: release",
        "The address that you give is written in the order system; without one you say that it is right there. Then holds are released.",
    ),
    Resolution.MARK_FRAUD: Answering(
        "It is fraud: block it",
        "What is stopped is blocked with your evidence; what is not stopped yet is stopped as fraud.",
        (EVIDENCE,),
        "references that document the fraud",
    ),
    Resolution.WITHDRAWN: Answering("The wish was taken back", "Nothing is cancelled: the order goes on."),
    Resolution.DONE_BY_HAND: Answering(
        "I did it by hand", "The step counts as done, on your word, and the case goes on.", (NOTE,), _WHO_SAID_SO
    ),
    Resolution.REFUND_APPROVED: Answering(
        "Approve the refund", "Money moves without the usual proof; above the limit a second person approves this plan."
    ),
    Resolution.NO_REFUND: Answering("No refund", "No money moves for what the case has stopped by now."),
}
