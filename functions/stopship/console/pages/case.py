"""One case: all that is known of it, on one page, from one read of its facts."""

from typing import Any
from urllib.parse import urlencode

from stopship.application.ports import Recorded
from stopship.console.answers import Answer, unchanged
from stopship.console.pages.page import page, part
from stopship.console.views.case import case_values
from stopship.console.visit import Visit
from stopship.domain.agent import Doing
from stopship.domain.case import Case, fold
from stopship.domain.errors import NotFound


def show_case(visit: Visit, case_id: str) -> Answer:
    merchant = visit.merchant_of(lambda m: bool(visit.desk.ledger.head(m, case_id)))
    visit.demand(Doing.READ, merchant)
    values = values_of(visit, merchant, case_id)
    return page(visit, "case.html", "cases", refresh_address=_refresh(values["case"]), **values)


def refresh_case(visit: Visit, case_id: str) -> Answer:
    """Nothing while the case stands where the page has seen it."""
    merchant = visit.merchant()
    visit.demand(Doing.READ, merchant)
    head = visit.desk.ledger.head(merchant, case_id)
    if head is None:
        raise NotFound(f"case {case_id}")
    if visit.asked.wanted("seen") == str(head.version):
        return unchanged()
    values = values_of(visit, merchant, case_id)
    return part(visit, "_case_part.html", refresh_address=_refresh(values["case"]), **values)


def values_of(visit: Visit, merchant: str, case_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    recorded = visit.desk.ledger.load(merchant, case_id)
    case = folded(merchant, case_id, recorded)
    policy = visit.desk.policy_of(case)
    links = visit.office.settings(merchant).get("links", {})
    return case_values(case, recorded, policy, links, visit.now)


def folded(merchant: str, case_id: str, recorded: Any) -> Case:
    """Raises NotFound for what is no case."""
    facts: list[Recorded] = list(recorded)
    case = fold(merchant, case_id, facts)
    if not case.exists:
        raise NotFound(f"case {case_id}")
    return case


def _refresh(case: Case) -> str:
    told = urlencode({"merchant": case.merchant, "seen": case.version})
    return f"/console/cases/{case.case_id}/part?{told}"
