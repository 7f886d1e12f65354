"""A page of the queue costs the same with ten thousand open exceptions as with a hundred."""

from collections.abc import Mapping
from typing import Any

import pytest

from stopship.adapters.ledger_dynamodb import DynamoLedger, encode
from stopship.adapters.ledger_items import exception_item
from stopship.application.ports import ExceptionItem
from stopship.application.view_queue import PAGE, QueueFilter, view_queue
from stopship.domain.instant import plus

AT = "2026-11-26T08:00:00.000000Z"


class Index:
    """The index of open exceptions as DynamoDB answers for it: in order, no more than asked for, and what was read is counted."""

    def __init__(self, number: int) -> None:
        self.items = [encode(exception_item(_item(n))) for n in range(number)]
        self.items.sort(key=lambda x: x["gsi2sk"]["S"])
        self.calls, self.read = 0, 0

    def query(self, **request: Any) -> Mapping[str, Any]:
        merchant = request["ExpressionAttributeValues"][":h"]["S"].split("#")[1]
        start = request.get("ExclusiveStartKey", {"at": 0})["at"]
        low = request["ExpressionAttributeValues"][":low"]["S"]
        found = [x for x in self.items if x["merchant"]["S"] == merchant and x["gsi2sk"]["S"] >= low]
        page = found[start : start + request["Limit"]]
        self.calls, self.read = self.calls + 1, self.read + len(page)
        more = start + len(page) < len(found)
        return {"Items": page, **({"LastEvaluatedKey": {"at": start + len(page)}} if more else {})}


def _item(number: int) -> ExceptionItem:
    return ExceptionItem(
        merchant="acme" if number % 2 else "zeta",
        exception_id=f"exc-{number:05}",
        case_id=f"case-{number}",
        leg_id="",
        order_ref=str(number),
        channel="shopify" if number % 3 else "amazon",
        cause="silent_warehouse",
        tier=f"P{number % 3 + 1}",
        owner="warehouse",
        next_action="call",
        deadline=plus(AT, number),
        opened_at=AT,
        state="open",
    )


@pytest.mark.parametrize("number", [200, 10_000])
def test_a_page_is_one_query_a_merchant_and_reads_one_page(number: int) -> None:
    index = Index(number)
    page = view_queue(DynamoLedger(index, "ledger"), ["acme", "zeta"], QueueFilter())
    assert (len(page.items), index.calls) == (PAGE, 2)
    assert index.read <= 2 * (PAGE + 1)


def test_the_pages_of_two_merchants_are_one_queue_without_gap_or_repeat() -> None:
    ledger = DynamoLedger(Index(260), "ledger")
    found, after = list[ExceptionItem](), ""
    while True:
        page = view_queue(ledger, ["acme", "zeta"], QueueFilter(), after)
        found += page.items
        after = page.after
        if not after:
            break
    assert len({x.exception_id for x in found}) == len(found) == 260
    assert [x.place for x in found] == sorted(x.place for x in found)


def test_a_filter_that_leaves_most_out_reads_in_large_portions() -> None:
    index = Index(10_000)
    page = view_queue(DynamoLedger(index, "ledger"), ["acme"], QueueFilter(channel="amazon"))
    assert {x.channel for x in page.items} == {"amazon"} and len(page.items) == PAGE
    assert index.calls <= 2
