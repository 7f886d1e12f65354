"""A case in a list: enough to know it by, and nothing personal."""

from stopship.frozen import frozen


@frozen
class CaseBrief:
    """Of a ``CaseFact``: ``outcome`` and ``ended_at`` are "" while the case is open."""

    merchant: str
    case_id: str
    order_ref: str
    channel: str
    reason: str
    root_cause: str
    outcome: str
    received_at: str
    ended_at: str
