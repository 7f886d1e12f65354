"""NetSuite as the use cases see it: one sales order, changed by line number, compared before and after.

A synchronous PATCH has no idempotency key, so that a repeat is made harmless here: it reads, writes only what differs, and finds
nothing to write the second time.
"""

from collections.abc import Mapping
from typing import Any

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.netsuite.client import NetSuiteClient
from stopship.adapters.netsuite.connection import NetSuiteConnection
from stopship.adapters.netsuite.mapping import NOTE, PREFIX, hold_field, sales_order
from stopship.adapters.netsuite.reasons import REASON, Reasons
from stopship.adapters.netsuite.tokens import PARTNER, AccessTokens, TokenSigner
from stopship.application.ports import Clock, ErpLine, ErpUpdate, SalesOrder
from stopship.domain.errors import PartnerContractBroken, PartnerRefused


class NetSuiteErp:
    """Implements ports.Erp."""

    def __init__(
        self, connection: NetSuiteConnection, signer: TokenSigner, clock: Clock, tokens: SharedTokens | None = None
    ) -> None:
        self._connection = connection
        self._client = NetSuiteClient(connection, AccessTokens(connection, signer, clock, tokens))
        self._reasons = Reasons(connection, self._client)

    def read_sales_order(self, order_ref: str) -> SalesOrder | None:
        """Two sales orders for one order are never chosen between."""
        found = self._client.find(order_ref)
        if len(found) > 1:
            raise PartnerContractBroken(PARTNER, "several sales orders for one order", {"count": len(found)})
        return self._read(found[0]) if found else None

    def update(self, order: SalesOrder, update: ErpUpdate) -> SalesOrder:
        """Raises PartnerRefused for a change that would break the books: an unknown line, a quantity below what was fulfilled or
        billed, a close before the fulfilled part is invoiced, a reason that the account's list does not have."""
        before = self._read(order.record_id)
        changes = differences(before, update)
        if not changes:
            return before
        self._client.patch(order.record_id, self._as_written(changes))
        after = self._read(order.record_id)
        if [x.line for x in after.lines] != [x.line for x in before.lines]:
            counts = {"before": len(before.lines), "after": len(after.lines)}
            raise PartnerContractBroken(PARTNER, "the sales order has other lines than before the write", counts)
        left = differences(after, update)
        if left:
            raise PartnerContractBroken(PARTNER, "the write did not take effect", {"fields": sorted(left)})
        return after

    def _as_written(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """All fields of ours take text or true as it is, but for the reason: it is a choice from a list."""
        code = changes.get(PREFIX + REASON)
        return {**changes, PREFIX + REASON: self._reasons.reference(code)} if code else dict(changes)

    def _read(self, record_id: str) -> SalesOrder:
        return sales_order(self._client.read(record_id), self._connection.line_ref_field)


def differences(order: SalesOrder, update: ErpUpdate) -> dict[str, Any]:
    """The PATCH body that is still needed: {} when the order is as it should be."""
    wanted = {**update.fields, NOTE: update.note} if update.note else update.fields
    changes: dict[str, Any] = {
        PREFIX + name: value or None for name, value in wanted.items() if order.fields.get(name, "") != value
    }
    if update.hold and update.hold not in order.holds:
        changes[PREFIX + hold_field(update.hold)] = True
    changes |= {PREFIX + hold_field(hold): False for hold in update.release if hold in order.holds}
    lines = [*(_close(order, n) for n in update.close), *(_reduce(order, n, q) for n, q in update.reduce.items())]
    rows = [row for row in lines if row]
    return {**changes, "item": {"items": rows}} if rows else changes


def _close(order: SalesOrder, number: int) -> dict[str, Any]:
    line = _line(order, number)
    if line.closed:
        return {}
    if line.fulfilled > line.billed:
        # Closing takes the line out of the billing queue ("Closing a Sales Order").
        raise PartnerRefused(PARTNER, "invoice_before_close", f"line {number} has fulfilled pieces without an invoice")
    return {"line": number, "isclosed": True}


def _reduce(order: SalesOrder, number: int, quantity: int) -> dict[str, Any]:
    line = _line(order, number)
    if line.closed or line.quantity == quantity:
        return {}
    if quantity > line.quantity:
        raise PartnerRefused(PARTNER, "quantity_would_grow", f"line {number} has {line.quantity}, not {quantity}")
    if quantity < max(line.fulfilled, line.billed):
        raise PartnerRefused(PARTNER, "below_fulfilled", f"line {number} has fulfilled or billed more than {quantity}")
    return {"line": number, "quantity": quantity}


def _line(order: SalesOrder, number: int) -> ErpLine:
    """A row without a known line number would add a line ("Updating a sublist line")."""
    found = next((x for x in order.lines if x.line == number), None)
    if found is None:
        raise PartnerRefused(PARTNER, "no_such_line", f"the sales order has no line {number}")
    return found
