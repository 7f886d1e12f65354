"""Which of the outcome's messages a customer gets, and in which language. What they say is in ``outcome_texts`` and ``buyer_texts``."""

from enum import StrEnum

from stopship.domain.case import Case
from stopship.domain.letter import Language
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT, Outcome, of_case


class CameBack(StrEnum):
    """How much of what had left its carrier brought back."""

    NOTHING = "nothing"
    SOME = "some"
    ALL = "all"


class Template(StrEnum):
    STOPPED = "outcome_stopped"
    PART_STOPPED = "outcome_part_stopped"
    MIXED = "outcome_mixed"
    """A part was stopped, another had left and goes back by a return."""
    SHIPPED = "outcome_shipped"
    LET_SHIP = "outcome_let_ship"
    """It shipped because a person gave up the stop."""
    BLOCKED = "outcome_blocked"
    SAVED = "outcome_saved"
    WITHDRAWN = "outcome_withdrawn"
    CAME_BACK = "outcome_came_back"
    SOME_CAME_BACK = "outcome_some_came_back"


def template_for(ends: set[Outcome], *, part: bool, let_ship: bool, came_back: CameBack = CameBack.NOTHING) -> Template:
    """``ends`` are those of all lines. ``part`` says that some of the order was not stopped; ``let_ship`` that whatever shipped
    did so because a person gave up the stop; ``came_back`` how much of it is back."""
    if came_back is not CameBack.NOTHING:
        return Template.CAME_BACK if came_back is CameBack.ALL else Template.SOME_CAME_BACK
    if Outcome.SHIPPED in ends and ends & ENDS_WITHOUT_SHIPMENT:
        return Template.PART_STOPPED if let_ship else Template.MIXED
    if Outcome.SHIPPED in ends:
        return Template.LET_SHIP if let_ship else Template.SHIPPED
    if Outcome.STOPPED in ends and (part or len(ends) > 1):
        return Template.PART_STOPPED
    return Template(f"outcome_{of_case(ends)}")


def language_of(case: Case) -> Language:
    """The order's, as far as the order system tells one that we write; else English."""
    told = case.order.fact.language if case.order else ""
    return Language(told) if told in Language else Language.EN
