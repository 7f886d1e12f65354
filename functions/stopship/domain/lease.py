"""An exception in somebody's hands for a few minutes. The item in the ledger is the truth; a queue's own clock only brings it back."""

from dataclasses import dataclass

LEASE_SECONDS = 300
"""How long somebody who says nothing more keeps an exception. An open page renews it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """``token`` is opaque: what it takes to renew the lease or to give it back."""

    merchant: str
    exception_id: str
    tier: str
    holder: str
    token: str
    expires_at: str
