"""From a kept statement to the wish in it: only here what was entered meets the order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from stopship.application.take_in import IntakeMessage
from stopship.domain.errors import InvalidInput
from stopship.domain.request import CancelRequest, Reason, Receipt, Requester

SOURCE: Final = "cancel-form"
TOPIC: Final = "statement"

type Order = tuple[str, str]
"""Channel and reference."""


def read_wish(
    message: IntakeMessage,
    body: Mapping[str, Any],
    find: Callable[[str], Sequence[Order]],
    contact: Callable[[Order], str],
) -> CancelRequest:
    """The order that carries the number and whose address is the one that was entered. Raises InvalidInput, for a person to look, when there
    is none; neither number nor address is in its text."""
    found = find(str(body["order"]))
    if not found:
        raise InvalidInput(
            "order", "no order carries the number that was entered", "read the statement, and find the order"
        )
    theirs = [order for order in found if _same(contact(order), str(body["email"]))]
    if len(theirs) != 1:
        problem = "the address that was entered is not the order's" if not theirs else "several orders fit"
        raise InvalidInput("email", problem, "read the statement, and ask whoever sent it")
    channel, order_ref = theirs[0]
    return CancelRequest(
        merchant=message.merchant,
        channel=channel,
        order_ref=order_ref,
        reason=Reason.CUSTOMER_REQUEST,
        requester=Requester.CUSTOMER,
        source=SOURCE,
        delivery_id=message.delivery_id,
        requested_at=str(body["received_at"]),
        received_at=str(body["received_at"]),
        raw_sha256=message.raw_sha256,
        receipt=Receipt(str(body["language"]), str(body["statement"])),
    )


def _same(known: str, entered: str) -> bool:
    """Addresses differ in case only on paper. No address is nobody's."""
    return bool(known) and known.strip().casefold() == entered.strip().casefold()
