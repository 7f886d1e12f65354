"""What the pages work with: the desk, who may come in, and where a wish goes."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from stopship.application.context import Desk
from stopship.application.sign_in import Entrance
from stopship.application.take_in import IntakeQueue, ListQueue
from stopship.frozen import frozen


class Intake(IntakeQueue, ListQueue, Protocol):
    """The queue that every wish goes through."""


@frozen
class Office:
    """``settings`` are a merchant's own, from its parameter: nothing in them is secret. ``refresh_seconds`` is how often an open page
    asks what has changed, ``renew_seconds`` how often it says that somebody still has the exception."""

    entrance: Entrance
    desk: Desk
    intake: Intake
    settings: Callable[[str], Mapping[str, Any]]
    refresh_seconds: int = 5
    renew_seconds: int = 60
