"""The wall: the desk at a glance, to be read across a room."""

from stopship.application.view_wall import Wall, view_wall
from stopship.console.answers import Answer, unchanged
from stopship.console.pages.page import page, part
from stopship.console.views.wall import wall_values
from stopship.console.visit import Visit
from stopship.domain.agent import Doing


def show_wall(visit: Visit) -> Answer:
    return page(visit, "wall.html", "wall", works=visit.may(Doing.TAKE), **wall_values(_wall(visit), visit.now))


def refresh_wall(visit: Visit) -> Answer:
    """Nothing while nothing has changed: the clocks on the page go on by themselves."""
    wall = _wall(visit)
    if visit.asked.wanted("seen") == wall.digest:
        return unchanged()
    return part(visit, "_wall.html", works=visit.may(Doing.TAKE), **wall_values(wall, visit.now))


def _wall(visit: Visit) -> Wall:
    return view_wall(visit.desk.ledger, visit.desk.traffic, visit.merchants, visit.now)
