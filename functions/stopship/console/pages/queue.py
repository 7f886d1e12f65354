"""The queue: what waits for a person, the most urgent first."""

from typing import Any

from stopship.application.view_outage import view_outage
from stopship.application.view_queue import MANY, PAGE, QueueFilter, QueuePage, view_queue
from stopship.console.answers import Answer, unchanged
from stopship.console.pages.page import page, part
from stopship.console.views.queue import CHANNELS, queue_values
from stopship.console.visit import Visit
from stopship.domain.agent import Doing
from stopship.domain.errors import InvalidInput
from stopship.domain.policy import Team, Tier


def show_queue(visit: Visit) -> Answer:
    """One query a merchant, and one for the partners that are down."""
    wanted = _wanted(visit)
    found = _page(visit, wanted)
    return page(
        visit,
        "queue.html",
        "queue",
        outages=outages(visit),
        may_take=visit.may(Doing.TAKE),
        may_bulk=visit.may(Doing.BULK),
        several=len(visit.merchants) > 1,
        told=visit.asked.wanted("told"),
        **_values(visit, found, wanted),
    )


def refresh_queue(visit: Visit) -> Answer:
    """What the page asks for every few seconds; nothing while nothing has changed."""
    wanted = _wanted(visit)
    found = _page(visit, wanted)
    if visit.asked.wanted("seen") == found.digest:
        return unchanged()
    return part(
        visit,
        "_queue.html",
        may_bulk=visit.may(Doing.BULK),
        several=len(visit.merchants) > 1,
        **_values(visit, found, wanted),
    )


def outages(visit: Visit) -> list[dict[str, Any]]:
    """The partners of the person's merchants that do not answer."""
    known = visit.desk.traffic.outages()
    return [{"merchant": x.merchant, **view_outage(x)} for x in known if x.merchant in visit.merchants]


def _page(visit: Visit, wanted: QueueFilter) -> QueuePage:
    limit = MANY if visit.asked.wanted("many") else PAGE
    return view_queue(visit.desk.ledger, visit.merchants, wanted, visit.asked.wanted("after"), limit)


def _values(visit: Visit, found: QueuePage, wanted: QueueFilter) -> dict[str, Any]:
    many = bool(visit.asked.wanted("many"))
    return queue_values(found, wanted, visit.asked.wanted("after"), visit.now, visit.agent.subject, many=many)


def _wanted(visit: Visit) -> QueueFilter:
    return QueueFilter(
        _one_of(visit, "tier", list(Tier)),
        _one_of(visit, "owner", list(Team)),
        _one_of(visit, "channel", CHANNELS),
        visit.agent.subject if visit.asked.wanted("mine") else "",
    )


def _one_of(visit: Visit, name: str, known: Any) -> str:
    value = visit.asked.wanted(name)
    if value and value not in known:
        raise InvalidInput(name, f"{value!r} is unknown", f"one of {', '.join(known)}")
    return value
