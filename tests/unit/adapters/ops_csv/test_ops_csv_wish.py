"""What a row of a list asks for, once the order is known."""

from decimal import Decimal

import pytest

from stopship.adapters.ops_csv.wish import read_wish
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.order import OrderLine, OrderSnapshot
from stopship.domain.request import CancelRequest, Reason, Requester

AT = "2026-11-24T12:00:00.000000Z"
LINES = (OrderLine("71", "MUG", 2), OrderLine("72", "TEE", 3), OrderLine("73", "MUG", 4))
ORDER = OrderSnapshot("shopify", "5001", "#1001", LINES, (), Decimal(90), "EUR", AT)


def wish(row: str, head: str = "order_ref,sku,line_id,quantity,reason,ticket_ref", number: int = 2) -> CancelRequest:
    message = IntakeMessage("acme", "ops-csv", f"row:{number}", "d-1", "k", "f" * 64, AT)
    return read_wish(
        message,
        f"{head}\n{row}\n".encode(),
        lambda ref: "amazon" if ref.count("-") == 2 else "shopify",
        lambda public: {"#1001": ["5001"], "#1002": ["5002", "5003"]}.get(public, []),
        lambda channel, ref: ORDER if (channel, ref) == ("shopify", "5001") else None,
    )


def test_a_row_becomes_a_wish_of_ops() -> None:
    found = wish("5001,,,,stockout,OPS-1")
    assert (found.merchant, found.channel, found.order_ref) == ("acme", "shopify", "5001")
    assert (found.reason, found.requester, found.ticket_ref) == (Reason.STOCKOUT, Requester.OPS, "OPS-1")
    assert (found.lines, found.raw_sha256, found.delivery_id) == ({}, "f" * 64, "d-1")


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        ("5001,TEE,,,stockout,", {"72": 3}),
        ("5001,TEE,,2,stockout,", {"72": 2}),
        ("5001,MUG,,,stockout,", {"71": 2, "73": 4}),
        ("5001,MUG,,3,stockout,", {"71": 2, "73": 1}),
        ("5001,MUG,,1,stockout,", {"71": 1}),
        ("5001,MUG,,99,stockout,", {"71": 2, "73": 4}),
        ("5001,,72,,stockout,", {"72": 3}),
        ("5001,,72,1,stockout,", {"72": 1}),
        ("#1001,TEE,,,stockout,", {"72": 3}),
    ],
)
def test_a_sku_is_the_lines_that_the_order_has_of_it(row: str, lines: dict[str, int]) -> None:
    assert wish(row).lines == lines


def test_the_orders_id_tells_the_channel_where_the_row_does_not() -> None:
    assert wish("903-8868176-2219830,,,,stockout,").channel == "amazon"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("5001,NOTHING,,,stockout,", "sku"),
        ("5001,mug,,,stockout,", "sku"),
        ("5001,,99,,stockout,", "line_id"),
        ("5099,MUG,,,stockout,", "order_ref"),
        ("#1002,,,,stockout,", "order_ref"),
        ("#1003,,,,stockout,", "order_ref"),
    ],
)
def test_what_the_order_does_not_bear_out_is_put_before_a_person(row: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wish(row)
    assert refused.value.field == field


def test_a_row_that_is_not_in_the_kept_list_makes_no_wish() -> None:
    with pytest.raises(InvalidInput):
        wish("5001,,,,stockout,", number=3)
