"""The policy that is in force for a merchant, and the one that a case has pinned."""

from functools import lru_cache

from stopship.adapters.ledger_dynamodb import DynamoLedger
from stopship.adapters.merchants import Merchants
from stopship.domain.errors import NotFound
from stopship.domain.policy import Policy


class LedgerPolicies:
    def __init__(self, ledger: DynamoLedger, merchants: Merchants) -> None:
        self._ledger, self._merchants = ledger, merchants
        self._pinned = lru_cache(maxsize=64)(self._load)

    def current(self, merchant: str) -> Policy:
        """Default plus the merchant's override; kept under its hash before anything can pin it."""
        from stopship.adapters import policy_file

        override = str(self._merchants.settings(merchant).get("policy", ""))
        text, policy = policy_file.effective(override)
        self._ledger.save_policy(merchant, policy.hash, text)
        return policy

    def pinned(self, merchant: str, policy_hash: str) -> Policy:
        return self._pinned(merchant, policy_hash)

    def _load(self, merchant: str, policy_hash: str) -> Policy:
        from stopship.adapters import policy_file

        text = self._ledger.policy_text(merchant, policy_hash)
        if not text:
            raise NotFound(f"policy {policy_hash}")
        return policy_file.from_canonical(text)
