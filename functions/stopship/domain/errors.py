"""What can go wrong, by what must happen next."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from stopship.frozen import frozen


class StopshipError(Exception):
    """Base of every error the product raises on purpose."""


class InvalidInput(StopshipError):
    """A message we cannot act on because a field is wrong. ``field`` is a dotted path, ``fix`` says what to send."""

    def __init__(self, field: str, problem: str, fix: str = "") -> None:
        super().__init__(f"{field}: {problem}" + (f" ({fix})" if fix else ""))
        self.field, self.problem, self.fix = field, problem, fix


class IdTaken(InvalidInput):
    """The id that the sender gave stands for another message already: this one was not taken."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "stands for another message: nothing was changed", "send a new id with each message")


class UnclearTicket(InvalidInput):
    """A ticket whose fields make no wish. ``ticket_ref`` is where to ask back; ``wish_id`` is the same as long as the fields are."""

    def __init__(self, field: str, problem: str, fix: str = "", *, ticket_ref: str, wish_id: str) -> None:
        super().__init__(field, problem, fix)
        self.ticket_ref, self.wish_id = ticket_ref, wish_id


@frozen
class RowError:
    """``line`` counts from 1; ``column`` is "" when the fault is of the line as a whole. Never holds the value that is wrong."""

    line: int
    column: str
    problem: str
    fix: str


class InvalidRows(InvalidInput):
    """A list with faults. ``errors`` are all of them, the first one also being the error's own text."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        first = errors[0]
        place = f"line {first.line}" + (f", {first.column}" if first.column else "")
        super().__init__(place, first.problem, first.fix)
        self.errors = tuple(errors)


class NotAuthentic(StopshipError):
    """A signature, key or token that does not prove who sent the message. Says nothing about why."""


class NotFound(StopshipError):
    """The named thing does not exist for this merchant (another merchant's is just as absent)."""


class NotAllowed(StopshipError):
    """The person is known, and may not do this. The text says what it takes."""


class PlanChanged(StopshipError):
    """What a person saw is no longer what would happen: nothing was recorded. ``plan_hash`` is the plan's as it is now."""

    def __init__(self, message: str, plan_hash: str = "") -> None:
        super().__init__(message)
        self.plan_hash = plan_hash


class LeaseLost(StopshipError):
    """The exception is not, or no longer, in this person's hands."""


class Conflict(StopshipError):
    """Somebody else appended first. Load again and decide again; never overwrite."""


class AlreadyRecorded(StopshipError):
    """The same delivery or the same intent is in the ledger already: this is the repeat, not the first time."""


class PlatformUnavailable(StopshipError):
    """What the desk itself stands on could not do it now: throttled, failed inside, not reached. It may have happened all the same, and every
    step may run again."""


class PartnerError(StopshipError):
    """A call to a partner did not end in a usable answer. ``evidence`` is safe to keep: no PII, no secrets."""

    def __init__(self, partner: str, message: str, evidence: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{partner}: {message}")
        self.partner, self.evidence = partner, dict(evidence or {})


class PartnerUnavailable(PartnerError):
    """No answer, or a refusal to answer now (429, 5xx, time-out, reset).

    ``in_doubt`` is true when the call may have taken effect all the same: read back before acting again.
    ``retry_after`` is the partner's own wish in seconds, if it gave one. ``answered`` is true when the partner is there, and only cannot do
    this one thing now. ``noted``: whoever counts the calls to this partner knows of it.
    """

    noted = False

    def __init__(
        self,
        partner: str,
        message: str,
        *,
        in_doubt: bool,
        retry_after: float | None = None,
        answered: bool = False,
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(partner, message, evidence)
        self.in_doubt, self.retry_after, self.answered = in_doubt, retry_after, answered


BUSY_SECONDS = 5.0
"""How long to leave a partner alone that is busy and does not say for how long."""


class PartnerBusy(PartnerUnavailable):
    """The partner works, and takes no call now: it said so (429, no credits), or the desk keeps within its limit. Waiting is no failure.

    ``retry_after`` is always known. The state machine reads the whole seconds at the beginning of the text. ``operation`` is the part of
    the partner's API whose limit it is, "" for all of it.
    """

    def __init__(
        self,
        partner: str,
        message: str,
        *,
        retry_after: float | None = None,
        in_doubt: bool = False,
        operation: str = "",
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(partner, message, in_doubt=in_doubt, evidence=evidence)
        self.retry_after: float = BUSY_SECONDS if retry_after is None else retry_after
        self.message, self.operation = message, operation

    def __str__(self) -> str:
        return f"{max(1, ceil(self.retry_after))} seconds until {self.partner} takes a call: {self.message}"


class ReadingBehind(PartnerError):
    """The partner was read, as it was before the moment that the reading is to prove: it is read from a copy. The next one may be newer.

    The state machine reads the whole seconds at the beginning of the text.
    """

    def __init__(self, partner: str, seconds: float) -> None:
        super().__init__(partner, "it is read from a copy")
        self.seconds = max(1, ceil(seconds))

    def __str__(self) -> str:
        return f"{self.seconds} seconds until {self.partner} may show what it has done: it is read from a copy"


class PartnerDown(PartnerUnavailable):
    """The partner is known to be down: nobody calls it but whoever looks whether it is back. ``outage`` names the outage."""

    def __init__(self, partner: str, outage: str, since: str) -> None:
        super().__init__(partner, f"down since {since}, {outage}", in_doubt=False)
        self.outage = outage


class PartnerRefused(PartnerError):
    """A definite no, in the partner's own terms. Repeating the call will not help."""

    def __init__(self, partner: str, code: str, message: str, *, evidence: Mapping[str, Any] | None = None) -> None:
        super().__init__(partner, f"{code}: {message}", evidence)
        self.code = code


class PartnerContractBroken(PartnerError):
    """The partner answered in a shape its contract does not allow. Never guessed at: a person looks at the evidence."""
