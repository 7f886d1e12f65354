"""While a person decides about a leg, the sales order carries the hold of the case's reason: nobody at the ERP lets go of what is to be stopped.

A hold can be released, and step 6 does so. Whatever is in its way is a fact, and keeps no exception from anybody.
"""

from stopship.application.context import Desk
from stopship.application.ports import Erp, ErpUpdate, SalesOrder
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import PartnerContractBroken, PartnerError, PartnerUnavailable
from stopship.domain.events import ErpHoldAnswered, ErpHoldRequested
from stopship.domain.ids import action_key

SYSTEM = "netsuite"


def hold_in_erp(desk: Desk, case: Case) -> None:
    """Safe to repeat: what stands is not written again. A hold that others have set stays theirs."""
    hold = _wanted(desk, case)
    erp = desk.partners_of(case).erp(case.merchant) if hold and not case.erp_holds.get(hold) else None
    if erp is None:
        return
    try:
        order = erp.read_sales_order(case.order_ref)
    except PartnerError as error:
        _record(desk, case, ErpHoldAnswered(SYSTEM, "", hold, "not_held", 0, type(error).__name__))
        return
    if order is None:
        _record(desk, case, ErpHoldAnswered(SYSTEM, "", hold, "not_held", 0, "no_sales_order"))
        return
    case, attempt = _intended(desk, case, order, hold)
    if _wanted(desk, case) == hold and case.erp_holds.get(hold) is False:
        level, reason = _place(desk, case, erp, order, hold)
        _record(desk, case, ErpHoldAnswered(SYSTEM, order.record_id, hold, level, attempt, reason))


def _wanted(desk: Desk, case: Case) -> str:
    """The hold of the case's reason while somebody is asked about a leg, else ""."""
    asked = any(x.opened.fact.leg_id for x in case.open_exceptions)
    return desk.policy_of(case).reasons[case.reason].erp_hold if case.is_open and asked else ""


def _intended(desk: Desk, case: Case, order: SalesOrder, hold: str) -> tuple[Case, int]:
    """The newest case, and the attempt that is this call's own, or 0: an intent without an answer stands, and the hold may be there by it."""
    mine: list[int] = []

    def build(current: Case) -> Step | None:
        mine[:] = [0]
        if _wanted(desk, current) != hold or hold in current.erp_holds:
            return None
        step = Step()
        if hold in order.holds:
            step.add(ErpHoldAnswered(SYSTEM, order.record_id, hold, "by_others", 0))
            return step
        mine[:] = [current.erp_hold_requested.fact.attempt + 1 if current.erp_hold_requested else 1]
        key = action_key(current.case_id, "", "erp_hold", str(mine[-1]))
        step.add(ErpHoldRequested(SYSTEM, order.record_id, hold, mine[-1]), key)
        return step

    return desk.cases.record(case.merchant, case.case_id, build), mine[-1]


def _place(desk: Desk, case: Case, erp: Erp, order: SalesOrder, hold: str) -> tuple[str, str]:
    """Level and reason."""
    try:
        erp.update(order, ErpUpdate({"case_id": case.case_id}, "", hold, (), {}))
    except PartnerError as error:
        doubt = isinstance(error, PartnerContractBroken) or (isinstance(error, PartnerUnavailable) and error.in_doubt)
        return "in_doubt" if doubt else "not_held", type(error).__name__
    if not _ended_since(desk, case, hold):
        return "held", ""
    try:
        erp.update(order, ErpUpdate({}, "", "", (), {}, release=(hold,)))
    except PartnerError as error:
        return "in_doubt", type(error).__name__
    return "released", ""


def _ended_since(desk: Desk, case: Case, hold: str) -> bool:
    """Step 6 may have come while the hold was on its way, and found none yet to let go of."""
    ended = desk.cases.load(case.merchant, case.case_id).erp_requested
    return ended is not None and ended.version > case.version and hold in ended.fact.release


def _record(desk: Desk, case: Case, fact: ErpHoldAnswered) -> None:
    """The same failure twice in a row is one fact: a leg may begin to wait again and again."""

    def build(current: Case) -> Step | None:
        last = current.erp_hold_answered
        if fact.level == "not_held" and last and last.fact == fact:
            return None
        step = Step()
        step.add(fact)
        return step

    desk.cases.extend(case, build)
