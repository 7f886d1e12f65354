"""What the desk must know to act for one merchant's ShipHero account."""

from typing import Final

from stopship.frozen import frozen

PARTNER: Final = "shiphero"


@frozen
class ShipHeroConnection:
    """``endpoint`` is the host with /graphql and /auth. ``name`` is the merchant's name for this warehouse. ``open_statuses`` are the
    fulfillment statuses under which the account's orders wait to be worked: they are free words, and any other is nobody's guess."""

    merchant: str
    name: str
    endpoint: str
    refresh_token: str
    takes_holds: bool = True
    open_statuses: tuple[str, ...] = ("pending",)
