"""What the desk must know to act for one seller."""

from stopship.frozen import frozen


@frozen
class AmazonConnection:
    """``endpoint`` is the region's SP-API host. ``auth_endpoint`` is where Login with Amazon answers ("" means the same host).
    ``warehouse`` names the merchant's connection that ships these orders, "" when none does."""

    merchant: str
    endpoint: str
    seller_id: str
    marketplace_ids: tuple[str, ...]
    client_id: str
    client_secret: str
    refresh_token: str
    warehouse: str
    auth_endpoint: str = ""
    in_house: bool = False
