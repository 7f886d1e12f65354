"""Why a case came about: row by row, from evidence, and from nothing that somebody merely said."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from stopship.application.classify_case import kind_of
from stopship.domain import events as e
from stopship.domain.case import Case, apply
from stopship.domain.order import Sign
from stopship.domain.request import Reason
from stopship.domain.root_cause import CUSTOMER_REQUEST, TABLE, UNDETERMINED, find_root_cause
from tests.unit.domain.decision_table import LEG, RECEIVED, at, seen, settled, signal

WISH = e.RequestReceived("r", "customer_request", "customer", "flow", RECEIVED, RECEIVED, {}, "", False, [], "0" * 64)
ORDER = e.OrderRead("#1001", [], "10.00", "EUR", False, False, "", at(1))
PLAN = e.LegPlanned(LEG, "north", "third_party", "gid", {"L1": 1}, {}, LEG)
ASKED = e.StopShipRequested(LEG, "north", 1, False, "cb", at(900))
STOPPED, SHIPPED = settled("stopped"), settled("shipped")


def wish(**more: Any) -> e.RequestReceived:
    return replace(WISH, **more)


def order(**more: Any) -> e.OrderRead:
    return replace(ORDER, **more)


def by_ops(reason: str, **more: Any) -> e.RequestReceived:
    return wish(reason=reason, requester="ops", **more)


def case_of(*facts: e.Event) -> Case:
    """Facts from version 2 on, and what they are classified as after them."""
    case = Case("acme", "case-1")
    for version, fact in enumerate([e.CaseOpened("shopify", "1001", 1, "1", "h"), *facts], 1):
        apply(case, fact, version, at(version))
    apply(case, e.Classified(kind_of(case), case.reason), len(facts) + 2, at(50))
    return case


@dataclass(frozen=True)
class Row:
    name: str
    facts: tuple[e.Event, ...]
    tag: str
    evidence: tuple[int, ...]


OUT, LATE, DOUBT = [Sign.OUT_OF_STOCK], [Sign.PROMISE_MISSED], [Sign.ADDRESS_DOUBTED]
ROWS = (
    Row(
        "it left after it was stopped",
        (WISH, ORDER, PLAN, STOPPED, signal(departed=True), e.LegReopened(LEG, "it left"), SHIPPED),
        "shipped_after_stop",
        (6,),
    ),
    Row(
        "nobody answered",
        (WISH, ORDER, PLAN, ASKED, e.SilenceRecorded(LEG, 1, at(9)), SHIPPED),
        "warehouse_silent",
        (6,),
    ),
    Row("it was picked already", (WISH, ORDER, PLAN, seen("picked", at(5)), SHIPPED), "late_cancel", (5,)),
    Row("it had left", (WISH, ORDER, PLAN, signal(departed=True), SHIPPED), "asked_after_departure", (6,)),
    Row("it had left before we looked", (WISH, ORDER, e.LinesAlreadyShipped({"L1": 1})), "asked_after_departure", (3,)),
    Row("a high risk", (WISH, order(risk="high")), "fraud_risk_assessed", (3,)),
    Row("a hold for fraud", (WISH, order(signs=[Sign.FRAUD_SUSPECTED])), "fraud_suspected", (3,)),
    Row(
        "nobody paid",
        (wish(reason="payment_timeout", requester="system"), order(payment="open")),
        "payment_not_completed",
        (3,),
    ),
    Row("a hold for stock", (WISH, order(signs=OUT)), "out_of_stock", (3,)),
    Row("a failed address check", (WISH, order(signs=DOUBT)), "address_doubted", (3,)),
    Row("a missed promise", (WISH, order(signs=LATE)), "delivery_promise_missed", (3,)),
    Row("no date", (WISH, order(signs=[Sign.DELIVERY_DATE_UNKNOWN])), "delivery_promise_missed", (3,)),
    Row("ops says: no stock", (by_ops("stockout"), ORDER), "ops_stockout", (2,)),
    *(Row(f"ops documents: {x}", (by_ops(x, ticket_ref="OPS-1"), ORDER), f"ops_{x}", (2,)) for x in Reason),
    Row("ops documents with a reference", (by_ops("lead_time", evidence=["mail-7"]), ORDER), "ops_lead_time", (2,)),
    # What is only said.
    Row("a customer wants it", (WISH, ORDER), CUSTOMER_REQUEST, (2,)),
    Row("a customer says: no stock", (wish(reason="stockout"), ORDER), CUSTOMER_REQUEST, (2,)),
    Row("a customer says so on a ticket", (wish(reason="address", ticket_ref="Z-1"), ORDER), CUSTOMER_REQUEST, (2,)),
    *(Row(f"ops merely says: {x}", (by_ops(x), ORDER), UNDETERMINED, ()) for x in Reason if x is not Reason.STOCKOUT),
    Row("a low risk", (wish(reason="fraud", requester="system"), order(risk="low")), UNDETERMINED, ()),
    Row(
        "said not to be paid, and the order system does not say so",
        (wish(reason="payment_timeout", requester="system"), ORDER),
        UNDETERMINED,
        (),
    ),
    Row("not paid, and a customer wants it", (WISH, order(payment="open")), CUSTOMER_REQUEST, (2,)),
    Row("the order was never read", (by_ops("address"),), UNDETERMINED, ()),
    # Several at once: the table's order.
    Row(
        "high risk, no stock, and late",
        (by_ops("stockout"), order(risk="high", signs=OUT + LATE)),
        "fraud_risk_assessed",
        (3,),
    ),
    Row("no stock, and a customer wants it", (WISH, order(signs=OUT)), "out_of_stock", (3,)),
    Row("no stock, doubted, and late", (WISH, order(signs=LATE + DOUBT + OUT)), "out_of_stock", (3,)),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_known_says_why(row: Row) -> None:
    found = find_root_cause(case_of(*row.facts))
    assert (found.tag, found.evidence) == (row.tag, row.evidence)


def test_every_root_cause_of_the_table_has_a_row() -> None:
    assert {rule.tag for rule in TABLE} | {CUSTOMER_REQUEST, UNDETERMINED} == {row.tag for row in ROWS}


def test_no_two_rules_give_the_same_tag() -> None:
    assert len({rule.tag for rule in TABLE}) == len(TABLE)


def test_the_stated_reason_is_kept_beside_the_root_cause() -> None:
    case = case_of(wish(reason="stockout"), order(signs=DOUBT))
    assert case.classified
    assert (case.classified.fact.reason, find_root_cause(case).tag) == ("stockout", "address_doubted")
