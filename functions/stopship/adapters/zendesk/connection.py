"""What the desk must know to reach one merchant's Zendesk."""

from collections.abc import Mapping
from dataclasses import field

from stopship.frozen import frozen


@frozen
class Fields:
    """Ids of the custom fields that hold a wish. ``order`` takes the order's id in its order system, ``reason`` one of the desk's reason
    codes (a drop-down), ``lines`` "<line id>:<quantity>, ..." or nothing for all that is open. 0: the merchant has no such field."""

    order: int
    reason: int
    lines: int = 0
    channel: int = 0
    requester: int = 0


@frozen
class ZendeskConnection:
    """``endpoint`` is ``https://<subdomain>.zendesk.com``. ``email`` is the agent that the API token acts for.

    ``reasons`` translates the drop-down's values where they are not the desk's own codes. ``form_id`` is the form of cancel tickets: tickets
    of other forms are not ours; 0 takes every ticket that the webhook names.
    """

    merchant: str
    endpoint: str
    email: str
    api_token: str
    fields: Fields
    reasons: Mapping[str, str] = field(default_factory=dict)
    form_id: int = 0
