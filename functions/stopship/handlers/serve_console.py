"""The console: pages for people at the desk, behind sessions of their own."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from stopship.console.office import Office
from stopship.console.routes import OPEN, SIGNED_IN
from stopship.console.serve import serve
from stopship.wiring import desk, entrance, intake_queue, merchants


@cache
def office() -> Office:
    return Office(entrance(), desk(), intake_queue(), merchants().settings)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    return serve(event, office(), SIGNED_IN, OPEN)
