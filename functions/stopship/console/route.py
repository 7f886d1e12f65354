"""One address of the console, what answers it, and who may come there."""

import re
from collections.abc import Callable, Mapping, Sequence

from stopship.console.answers import Answer
from stopship.console.asked import Asked
from stopship.console.office import Office
from stopship.console.visit import Visit
from stopship.domain.agent import Doing, may
from stopship.domain.errors import NotAllowed, NotFound
from stopship.frozen import frozen

type Show = Callable[..., Answer]


@frozen
class Route:
    """``path`` is below ``/console``; a part in braces is handed to ``show`` by its name. ``doing`` is what a person must be able to do
    for some merchant to come here at all; the page itself asks for its own merchant."""

    method: str
    path: str
    show: Show
    doing: Doing | None = Doing.READ

    def match(self, asked: Asked) -> Mapping[str, str] | None:
        if asked.method != self.method:
            return None
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, asked.path)
        return found.groupdict() if found else None


def open_page(routes: Sequence[Route], asked: Asked, office: Office) -> Answer | None:
    for route in routes:
        if (path := route.match(asked)) is not None:
            return route.show(asked, office, **path)
    return None


def own_page(routes: Sequence[Route], visit: Visit) -> Answer:
    """Raises NotFound, and NotAllowed."""
    for route in routes:
        if (path := route.match(visit.asked)) is not None:
            if route.doing and not visit.may(route.doing):
                raise NotAllowed(_why_not(visit, route.doing))
            return route.show(visit, **path)
    raise NotFound(f"page {visit.asked.path}")


def _why_not(visit: Visit, doing: Doing) -> str:
    if not visit.all_merchants:
        return "Your account works for no merchant yet"
    return may(visit.agent, doing, visit.all_merchants[0]) or ""
