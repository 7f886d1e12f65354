"""A list of wishes: read as a spreadsheet writes it, and refused by line and column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopship.adapters.ops_csv.rows import MAX_ROWS, Row, read_rows
from stopship.domain.errors import InvalidInput, InvalidRows
from stopship.domain.request import Reason

HEAD = "order_ref,channel,sku,line_id,quantity,reason,ticket_ref,request_id\n"


def read(text: str) -> list[Row]:
    listed = read_rows(text.encode())
    assert listed.errors == []
    return list(listed.rows)


def faults(text: str) -> list[tuple[int, str]]:
    return [(x.line, x.column) for x in read_rows(text.encode()).errors]


def test_a_row_says_what_is_meant_and_of_what() -> None:
    (row,) = read(HEAD + "5001,shopify,MUG-350,,2,stockout,OPS-1,r-1\n")
    assert row == Row(2, "5001", "shopify", "MUG-350", "", 2, Reason.STOCKOUT, "OPS-1", "r-1")


@pytest.mark.parametrize(
    "text",
    [
        "order_ref;reason\r\n5001;stockout\r\n",
        "﻿order_ref;reason\r\n5001;stockout",
        "Order ID,Reason\n5001,Stockout\n",
        " order-ref , REASON \n 5001 , stockout \n",
        '"order_ref","reason"\n"5001","stockout"\n',
        "\n\norder_ref,reason\n\n5001,stockout\n,\n",
        "reason;order number\nstockout;5001\n",
    ],
)
def test_a_list_is_read_as_spreadsheets_write_it(text: str) -> None:
    (row,) = read(text)
    assert (row.order_ref, row.reason, row.quantity, row.sku) == ("5001", Reason.STOCKOUT, 0, "")


def test_a_comma_in_a_quoted_cell_is_no_separator_and_lines_are_counted_as_in_the_file() -> None:
    rows = read('order_ref,reason,ticket_ref\n5001,stockout,"a, b"\n\n5002,lead time,\n')
    assert [(x.line, x.order_ref, x.ticket_ref, x.reason) for x in rows] == [
        (2, "5001", "a, b", Reason.STOCKOUT),
        (4, "5002", "", Reason.LEAD_TIME),
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",shopify,,,,stockout,,", "order_ref"),
        ("5.40E+09,shopify,,,,stockout,,", "order_ref"),
        ("50 01,shopify,,,,stockout,,", "order_ref"),
        ("5001,ebay,,,,stockout,,", "channel"),
        ("5001,shopify,,,,,,", "reason"),
        ("5001,shopify,,,,changed mind,,", "reason"),
        ("5001,shopify,,,,fraud,,", "reason"),
        ("5001,shopify,MUG,,0,stockout,,", "quantity"),
        ("5001,shopify,MUG,,-1,stockout,,", "quantity"),
        ("5001,shopify,MUG,,1.5,stockout,,", "quantity"),
        ("5001,shopify,MUG,,٣,stockout,,", "quantity"),
        ("5001,shopify,,,2,stockout,,", "quantity"),
        ("5001,shopify,MUG,71,2,stockout,,", "sku"),
        ("5001,shopify,,7 1,2,stockout,,", "line_id"),
        ("5001,shopify,,,,stockout," + "x" * 101 + ",", "ticket_ref"),
        ("5001,shopify,,,,stockout,,\x07", "request_id"),
        ("5001,shopify", ""),
        ("5001,shopify,,,,stockout,,,,", ""),
    ],
)
def test_a_fault_is_named_by_line_and_column_and_its_value_is_not_repeated(row: str, column: str) -> None:
    listed = read_rows((HEAD + "5000,,,,,stockout,,\n" + row + "\n").encode())
    assert [x.order_ref for x in listed.rows] == ["5000"]
    (error,) = listed.errors
    assert (error.line, error.column) == (3, column)
    assert error.fix
    assert "changed mind" not in f"{error.problem}{error.fix}"


def test_all_faults_are_told_at_once() -> None:
    assert faults(HEAD + ",ebay,,,,x,,\n5001,shopify,,,,stockout,,\n5002,,,,x,stockout,,\n") == [
        (2, "order_ref"),
        (2, "channel"),
        (2, "reason"),
        (4, "quantity"),
        (4, "quantity"),
    ]


def test_two_rows_about_the_same_are_a_mistake_because_their_quantities_would_not_add_up() -> None:
    text = HEAD + "5001,shopify,MUG,,2,stockout,,\n5001,shopify,TEE,,3,stockout,,\n5001,shopify,MUG,,3,stockout,,\n"
    assert faults(text) == [(4, "order_ref")]


@pytest.mark.parametrize(
    ("head", "column"),
    [
        ("order_ref,reason,quantitty", "column 3"),
        ("order_ref,reason,", "column 3"),
        ("order_ref,reason,order", "order_ref"),
        ("reason,sku", "order_ref"),
        ("order_ref,sku", "reason"),
    ],
)
def test_a_column_that_is_not_understood_refuses_the_file(head: str, column: str) -> None:
    with pytest.raises(InvalidRows) as refused:
        read_rows(f"{head}\n5001,stockout,1\n".encode())
    assert [(x.line, x.column) for x in refused.value.errors] == [(1, column)]


@pytest.mark.parametrize(
    "body",
    [b"", b"\n\n", HEAD.encode(), b'order_ref,reason\n5001,"stockout\n', (HEAD + "5,,,,,stockout,,\n" * 1001).encode()],
)
def test_a_file_without_rows_with_an_open_quote_or_with_too_many_rows_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_rows(body)


def test_as_many_rows_as_are_allowed_are_taken() -> None:
    body = "order_ref,reason\n" + "".join(f"{n},stockout\n" for n in range(MAX_ROWS))
    assert len(read(body)) == MAX_ROWS


def test_text_that_is_not_utf_8_is_named_by_its_line() -> None:
    with pytest.raises(InvalidRows) as refused:
        read_rows("order_ref,reason\n5001,stockout\nMüller,x".encode("latin-1"))
    assert refused.value.errors[0].line == 3


def test_a_row_is_known_by_its_file_and_line_or_by_what_it_says_under_its_id() -> None:
    (one, two) = read("order_ref,reason,request_id\n5001,stockout,\n5002,stockout,r-1\n")
    (moved,) = read("order_ref,reason,request_id\n5002,stockout,r-1\n")
    (changed,) = read("order_ref,reason,request_id\n5003,stockout,r-1\n")
    assert one.delivery_id("a" * 64) != one.delivery_id("b" * 64)
    assert two.delivery_id("a" * 64) == moved.delivery_id("b" * 64)
    assert moved.delivery_id("c" * 64) != changed.delivery_id("c" * 64)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_comes_is_read_or_refused_by_name(body: bytes) -> None:
    try:
        listed = read_rows(body)
    except InvalidInput as refusal:
        assert refusal.field
        assert refusal.fix
    else:
        assert listed.rows or listed.errors
        assert all(x.fix for x in listed.errors)


@given(st.text(max_size=30))
def test_no_value_that_ops_writes_is_repeated_in_a_fault(value: str) -> None:
    cell = "canary" + value.replace('"', "")
    listed = read_rows(f'order_ref,reason,quantity\n"x {cell}","{cell}","{cell}"\n'.encode("utf-8", "ignore"))
    assert listed.errors
    assert not any("canary" in f"{x.problem}{x.fix}{x.column}" for x in listed.errors)
