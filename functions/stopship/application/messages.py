"""What the customer is told, by outcome. "Cancelled" appears only where the outcome says so."""

from dataclasses import dataclass
from enum import StrEnum

from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT, Outcome, of_case


class CameBack(StrEnum):
    """How much of what had left its carrier brought back."""

    NOTHING = "nothing"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Template:
    """``text`` knows {order} (the order's public number) and {money} (one sentence)."""

    name: str
    subject: str
    text: str


_OUTCOMES = {
    Outcome.STOPPED: Template(
        "outcome_stopped",
        "Order {order} is cancelled",
        "Your order {order} is cancelled. The warehouse has confirmed that nothing will be sent.\n\n{money}\n",
    ),
    Outcome.SHIPPED: Template(
        "outcome_shipped",
        "Order {order} had already left",
        "We tried to stop your order {order}, but it had already left the warehouse.\n"
        "You can send it back: we have opened a return for it, and you will get the details separately.\n",
    ),
    Outcome.BLOCKED: Template(
        "outcome_blocked",
        "Order {order} will not be delivered",
        "Your order {order} was stopped and will not be delivered.\n\n{money}\n",
    ),
    Outcome.SAVED: Template(
        "outcome_saved",
        "Order {order} goes on as changed",
        "As agreed, your order {order} goes on with the change that you asked for.\n",
    ),
    Outcome.WITHDRAWN: Template(
        "outcome_withdrawn",
        "Order {order} goes on",
        "As you asked, your order {order} is not cancelled and goes on.\n",
    ),
}
_LET_SHIP = Template(
    "outcome_let_ship",
    "Order {order} could not be cancelled",
    "We could not stop your order {order}, so it goes on and will be delivered. If you do not want it, you can send it back.\n",
)
_MIXED = Template(
    "outcome_mixed",
    "Order {order}: part of it is cancelled",
    "Part of your order {order} was stopped and is cancelled; another part had already left the warehouse.\n"
    "For the part that left we have opened a return.\n\n{money}\n",
)
_CAME_BACK = Template(
    "outcome_came_back",
    "Order {order} came back to us",
    "Your order {order} had already left the warehouse. We asked the carrier to bring it back, and it is with us again.\n\n{money}\n",
)
_PART_CAME_BACK = Template(
    "outcome_some_came_back",
    "Order {order}: part of it came back to us",
    "Your order {order} had already left the warehouse. The carrier brought part of it back.\n"
    "For the part that went on we have opened a return.\n\n{money}\n",
)
_PART = Template(
    "outcome_part_stopped",
    "Part of order {order} is cancelled",
    "Part of your order {order} is cancelled and will not be sent. The rest of the order goes on.\n\n{money}\n",
)

_MONEY = {
    "refunded": "The amount is on its way back to the payment method that you used.",
    "voided": "You have not been charged: the reservation on your payment method is released.",
    "not_captured": "You are charged only for what is sent.",
    "paid_back_by_others": "The amount was already paid back.",
}


def template_for(ends: set[Outcome], *, part: bool, let_ship: bool, came_back: CameBack = CameBack.NOTHING) -> Template:
    """``ends`` are those of all lines. ``part`` says that some of the order was not stopped; ``let_ship`` that whatever shipped
    did so because a person gave up the stop; ``came_back`` how much of it is back."""
    if came_back is not CameBack.NOTHING:
        return _CAME_BACK if came_back is CameBack.ALL else _PART_CAME_BACK
    if Outcome.SHIPPED in ends and ends & ENDS_WITHOUT_SHIPMENT:
        return _PART if let_ship else _MIXED
    if Outcome.SHIPPED in ends:
        return _LET_SHIP if let_ship else _OUTCOMES[Outcome.SHIPPED]
    if Outcome.STOPPED in ends and (part or len(ends) > 1):
        return _PART
    return _OUTCOMES[of_case(ends)]


def money_sentence(why: str) -> str:
    """One sentence on the money, "" when there is nothing true to say."""
    return _MONEY.get(why, "")
