"""Search: what a person reads off a label, an e-mail or a ticket leads to the case."""

from stopship.application.find_cases import find_cases
from stopship.console.answers import Answer, redirect
from stopship.console.pages.page import page
from stopship.console.told import Told
from stopship.console.views.queue import case_address
from stopship.console.visit import Visit
from stopship.domain.errors import InvalidInput


def show_search(visit: Visit) -> Answer:
    """One case that fits is opened at once."""
    typed = visit.asked.wanted("q").strip()
    if not typed:
        return page(visit, "search.html", "search", typed="", heads=None, message=None)
    try:
        heads = find_cases(visit.desk.ledger, visit.merchants, typed)
    except InvalidInput as error:
        told = Told("bad", f"“{typed}” {error.problem}.", error.fix)
        return page(visit, "search.html", "search", status=400, typed=typed, heads=None, message=told)
    if len(heads) == 1:
        return redirect(case_address(heads[0].merchant, heads[0].case_id))
    return page(visit, "search.html", "search", typed=typed, heads=heads, message=None)
