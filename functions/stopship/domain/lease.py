"""An exception in somebody's hands for a few minutes. The item in the ledger is the truth; a queue's own clock only brings it back."""

from stopship.frozen import frozen

LEASE_SECONDS = 300
"""How long somebody who says nothing more keeps an exception. An open page renews it."""


@frozen
class Lease:
    """``token`` is opaque: what it takes to renew the lease or to give it back."""

    merchant: str
    exception_id: str
    tier: str
    holder: str
    token: str
    expires_at: str
