"""The cases of a merchant, newest first."""

import heapq
from urllib.parse import urlencode

from stopship.console.answers import Answer
from stopship.console.pages.page import page
from stopship.console.visit import Visit
from stopship.domain.errors import InvalidInput

_ROWS = 50


def show_cases(visit: Visit) -> Answer:
    """Of one merchant page by page; of several the newest of each."""
    status = visit.asked.wanted("status")
    if status not in ("", "open", "closed"):
        raise InvalidInput("status", f"{status!r} is unknown", "open, closed, or none")
    cursor = visit.asked.wanted("cursor") if len(visit.merchants) == 1 else ""
    pages = [visit.desk.ledger.cases(m, status, cursor, _ROWS) for m in visit.merchants]
    newest = heapq.nlargest(_ROWS, (x for p in pages for x in p.items), key=lambda head: head.opened_at)
    onward = pages[0].cursor if len(pages) == 1 else ""
    query = {name: value for name, value in (("status", status), ("cursor", onward)) if value}
    to = f"/console/cases?{urlencode(query)}" if onward else ""
    return page(visit, "cases.html", "cases", heads=newest, only=status, next_address=to)
