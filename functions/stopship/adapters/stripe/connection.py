"""What the desk must know to move one merchant's money at Stripe."""

from typing import Final

from stopship.frozen import frozen

API_VERSION: Final = "2025-09-30.clover"
"""Sent with every call, so that a change of the account's own version changes nothing here."""


@frozen
class StripeConnection:
    """``secret_key`` is a restricted key with write access to PaymentIntents and refunds, and read access to charges and disputes.
    ``channel`` is where the orders come from. ``order_field`` is the PaymentIntents' metadata field with the order's reference."""

    merchant: str
    endpoint: str
    secret_key: str
    channel: str
    order_field: str = "order_ref"
    api_version: str = API_VERSION

    def __post_init__(self) -> None:
        if not self.order_field.replace("_", "").isalnum():
            raise ValueError(f"{self.order_field!r} is not a metadata field")
