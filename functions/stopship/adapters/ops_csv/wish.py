"""From one row of a kept list to the wish in it. What a sku stands for only the order tells."""

from collections.abc import Callable, Sequence
from typing import Final

from stopship.adapters.ops_csv.rows import Row, read_rows
from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.order import OrderSnapshot
from stopship.domain.request import CancelRequest, Requester

SOURCE: Final = "ops-csv"

type FindOrders = Callable[[str], Sequence[str]]
"""The references of the orders that carry a public number."""
type ReadOrder = Callable[[str, str], OrderSnapshot | None]
"""The order of a channel and reference."""


def topic(row: Row) -> str:
    """How the message says which row of the kept file it is about."""
    return f"row:{row.line}"


def read_wish(
    message: IntakeMessage, body: bytes, channel_of: Callable[[str], str], find: FindOrders, read: ReadOrder
) -> CancelRequest:
    """Raises InvalidInput for a row that the order does not bear out: it is put before a person."""
    row = next((row for row in read_rows(body).rows if topic(row) == message.topic), None)
    if row is None:
        raise InvalidInput("row", "is not in the kept list", "look at the list")
    order_ref = _known_as(row, find)
    channel = row.channel or channel_of(order_ref)
    return CancelRequest(
        merchant=message.merchant,
        channel=channel,
        order_ref=order_ref,
        reason=row.reason,
        requester=Requester.OPS,
        source=SOURCE,
        delivery_id=message.delivery_id,
        requested_at=message.received_at,
        received_at=message.received_at,
        lines=_lines(row, lambda: read(channel, order_ref)),
        ticket_ref=row.ticket_ref,
        raw_sha256=message.raw_sha256,
    )


def _known_as(row: Row, find: FindOrders) -> str:
    if not row.order_ref.startswith("#"):
        return row.order_ref
    found = find(row.order_ref)
    if len(found) != 1:
        raise InvalidInput("order_ref", f"{len(found)} orders carry the number of line {row.line}", "the order's id")
    return found[0]


def _lines(row: Row, read: Callable[[], OrderSnapshot | None]) -> dict[str, int]:
    """A quantity above what was ordered asks for all of it, as everywhere; a sku on several lines is taken line by line."""
    if not row.sku and not row.line_id:
        return {}
    if row.line_id and row.quantity:
        return {row.line_id: row.quantity}
    order = read()
    if order is None:
        raise InvalidInput("order_ref", f"the order of line {row.line} is not known", "look it up, and send it again")
    meant = [x for x in order.lines if x.line_id == row.line_id or (row.sku and x.sku == row.sku)]
    if not meant:
        what = "sku" if row.sku else "line_id"
        raise InvalidInput(what, f"the order has nothing of what line {row.line} names", "see the order's lines")
    left, taken = row.quantity or sum(x.ordered for x in meant), dict[str, int]()
    for line in meant:
        taken[line.line_id] = min(left, line.ordered)
        left -= taken[line.line_id]
    return {line_id: quantity for line_id, quantity in taken.items() if quantity}
