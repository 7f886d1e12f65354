"""A sales order record in the desk's terms, and back.

The custom fields (infra/netsuite sets them up) are free-form text, except the reason (a list), the note (long text) and the hold flags
(check boxes): moments are written in the ledger's form and must come back unchanged, so that comparing finds what is there.
"""

from collections.abc import Mapping
from typing import Any

from stopship.adapters.netsuite.tokens import PARTNER
from stopship.adapters.words import word
from stopship.application.ports import ErpLine, SalesOrder
from stopship.domain.errors import PartnerContractBroken

PREFIX = "custbody_cxl_"
FIELDS = (
    "case_id",
    "ticket_id",
    "reason",
    "requested_at",
    "stopship_sent_at",
    "stopship_acked_at",
    "ack_level",
    "final_outcome",
    "final_at",
)
NOTE = "note"
HOLDS = ("fraud", "address", "warehouse")
STATUSES = {
    "pending approval": "A",
    "pending fulfillment": "B",
    "cancelled": "C",
    "partially fulfilled": "D",
    "pending billing/partially fulfilled": "E",
    "pending billing": "F",
    "billed": "G",
    "closed": "H",
}


def hold_field(hold: str) -> str:
    return f"hold_{hold}"


def sales_order(record: Mapping[str, Any], line_ref_field: str) -> SalesOrder:
    """Raises PartnerContractBroken naming the place that is not as documented."""
    rows = _at(record, "item", dict).get("items")
    if not isinstance(rows, list):
        raise _broken("item.items")
    named = (*FIELDS, NOTE, *(hold_field(hold) for hold in HOLDS))
    return SalesOrder(
        record_id=str(_at(record, "id", str, int)),
        status=status(record),
        lines=tuple(_line(row, f"item.items[{index}]", line_ref_field) for index, row in enumerate(rows)),
        fields={name: _text(record.get(PREFIX + name)) for name in named},
        holds=frozenset(hold for hold in HOLDS if record.get(PREFIX + hold_field(hold)) is True),
    )


def status(record: Mapping[str, Any]) -> str:
    """The letter. REST says {"id": "B"} or {"id": "SalesOrd:B"}, or only a name in refName, depending on the field that is there."""
    for field in ("orderStatus", "status"):
        value = record.get(field)
        if not value:
            continue
        found = value if isinstance(value, Mapping) else {"id": value}
        letter = str(found.get("id", "")).removeprefix("SalesOrd:")
        name = str(found.get("refName", ""))
        if letter in STATUSES.values():
            return letter
        for spelled in (letter.lower(), name.lower()):
            if spelled in STATUSES:
                return STATUSES[spelled]
        told = word(letter or name)
        evidence = {"field": field, "value": told}
        raise PartnerContractBroken(PARTNER, f"{field}: {told} is no status of a sales order", evidence)
    raise _broken("orderStatus")


def _line(row: Any, place: str, line_ref_field: str) -> ErpLine:
    if not isinstance(row, Mapping):
        raise _broken(place)
    item = row.get("item")
    return ErpLine(
        line=_whole(row.get("line"), f"{place}.line"),
        line_ref=_text(row.get(line_ref_field)) if line_ref_field else "",
        sku=str(item.get("refName", "")) if isinstance(item, Mapping) else "",
        quantity=_whole(row.get("quantity"), f"{place}.quantity"),
        fulfilled=_whole(row.get("quantityFulfilled", 0), f"{place}.quantityFulfilled"),
        billed=_whole(row.get("quantityBilled", 0), f"{place}.quantityBilled"),
        closed=_flag(row.get("isClosed", row.get("isclosed", False)), f"{place}.isClosed"),
    )


def _flag(value: Any, place: str) -> bool:
    """Another word for yes or no ("F") would read as yes."""
    if not isinstance(value, bool):
        raise _broken(place)
    return value


def _whole(value: Any, place: str) -> int:
    """NetSuite writes quantities as 2 or 2.0; a part of a piece is not ours to round."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise _broken(place)
    return int(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value.get("refName", "")) if isinstance(value, Mapping) else str(value)


def _at(record: Mapping[str, Any], place: str, *kinds: type) -> Any:
    value = record.get(place)
    if not isinstance(value, kinds) or value == "":
        raise _broken(place)
    return value


def _broken(place: str) -> PartnerContractBroken:
    return PartnerContractBroken(PARTNER, f"{place}: not as documented", {"field": place})
