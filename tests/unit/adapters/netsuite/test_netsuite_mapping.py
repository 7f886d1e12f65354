"""A sales order record in the desk's terms, in every spelling that accounts use."""

from typing import Any

import pytest

from stopship.adapters.netsuite.connection import NetSuiteConnection
from stopship.adapters.netsuite.erp import differences
from stopship.adapters.netsuite.mapping import sales_order
from stopship.application.ports import ErpUpdate
from stopship.domain.errors import PartnerContractBroken


def record(**more: Any) -> dict[str, Any]:
    row = {"line": 1, "item": {"id": "7", "refName": "MUG"}, "quantity": 2.0}
    return {"id": "9001", "orderStatus": {"id": "B"}, "item": {"items": [row]}, **more}


@pytest.mark.parametrize(
    "spelled",
    [
        {"orderStatus": {"id": "H"}},
        {"orderStatus": {"id": "SalesOrd:H", "refName": "Closed"}},
        {"orderStatus": None, "status": {"id": "Closed", "refName": "Closed"}},
        {"orderStatus": None, "status": {"id": "closed"}},
        {"orderStatus": None, "status": "SalesOrd:H"},
        {"orderStatus": {"id": "?", "refName": "CLOSED"}},
    ],
)
def test_every_spelling_of_a_status_is_the_same_letter(spelled: dict[str, Any]) -> None:
    assert sales_order(record(**spelled), "").status == "H"


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ({"id": None}, "id"),
        ({"orderStatus": None}, "orderStatus"),
        ({"item": {}}, "item.items"),
        ({"item": []}, "item"),
        ({"item": {"items": ["x"]}}, "item.items[0]"),
        ({"item": {"items": [{"quantity": 1}]}}, "item.items[0].line"),
        ({"item": {"items": [{"line": 1, "quantity": 1.5}]}}, "item.items[0].quantity"),
        ({"item": {"items": [{"line": 1, "quantity": "2"}]}}, "item.items[0].quantity"),
        ({"item": {"items": [{"line": 1, "quantity": 2, "quantityBilled": True}]}}, "item.items[0].quantityBilled"),
        ({"item": {"items": [{"line": 1, "quantity": 2, "isClosed": "F"}]}}, "item.items[0].isClosed"),
    ],
)
def test_a_record_that_is_not_as_documented_names_the_place(broken: dict[str, Any], place: str) -> None:
    with pytest.raises(PartnerContractBroken) as caught:
        sales_order(record(**broken), "")
    assert caught.value.evidence == {"field": place}


def test_lines_without_a_reference_field_carry_none() -> None:
    (line,) = sales_order(record(), "").lines
    assert (line.line_ref, line.sku, line.fulfilled, line.closed) == ("", "MUG", 0, False)


def test_an_emptied_field_is_written_as_null_and_an_empty_one_not_at_all() -> None:
    order = sales_order(record(custbody_cxl_ticket_id="T-1", custbody_cxl_note="n"), "")
    assert differences(order, ErpUpdate({"ticket_id": "", "reason": ""}, "n", "", (), {})) == {
        "custbody_cxl_ticket_id": None
    }


def test_holds_are_let_go_of_one_by_one_where_they_stand() -> None:
    order = sales_order(record(custbody_cxl_hold_fraud=True, custbody_cxl_hold_address=False), "")
    assert order.holds == {"fraud"}
    wanted = ErpUpdate({}, "", "warehouse", (), {}, release=("fraud", "address"))
    assert differences(order, wanted) == {"custbody_cxl_hold_warehouse": True, "custbody_cxl_hold_fraud": False}


def test_a_hold_alone_leaves_the_note_and_all_other_fields_as_they_are() -> None:
    order = sales_order(record(custbody_cxl_note="n", custbody_cxl_final_outcome="stopped"), "")
    assert differences(order, ErpUpdate({"case_id": "case-1"}, "", "fraud", (), {})) == {
        "custbody_cxl_case_id": "case-1",
        "custbody_cxl_hold_fraud": True,
    }


def test_a_closed_line_is_neither_closed_nor_cut_again() -> None:
    row = {"line": 1, "quantity": 2, "isClosed": True}
    order = sales_order(record(item={"items": [row]}), "")
    assert differences(order, ErpUpdate({}, "", "", (1,), {1: 1})) == {}


@pytest.mark.parametrize("name", ["otherrefnum = '' OR 1", "", "a-b"])
def test_a_field_name_that_could_change_the_query_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a field name"):
        NetSuiteConnection("acme", "http://127.0.0.1", "c", "k", order_ref_field=name)
