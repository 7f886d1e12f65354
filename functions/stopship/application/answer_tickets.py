"""Tells the outcome on every ticket that asked for it: a note for the desk's people, a reply, and a tag."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stopship.application.context import Desk
from stopship.application.messages import Template, language_of
from stopship.application.next_step import person_was_asked
from stopship.application.outcome_texts import outcome_text
from stopship.application.ports import TicketMessage, Tickets
from stopship.application.record import Demand, Step
from stopship.application.update_netsuite import outcome_of
from stopship.domain.case import Case
from stopship.domain.errors import PartnerBusy, PartnerDown, PartnerUnavailable, StopshipError
from stopship.domain.events import Event, TicketAnswered, TicketAnswerFailed, TicketAnswerRequested
from stopship.domain.ids import action_key
from stopship.domain.resolution import Resolution

TRIES = 3
"""How often whoever is to carry a message, and is away, is tried before a person is asked to tell it."""
TAG = "stopship-"

type Rows = Sequence[dict[str, Any]]
"""[{line_id, quantity, outcome}]"""
type Place = tuple[str, str, str]
"""Source and reference of a ticket, and which answer it is."""


class MessageFailed(StopshipError):
    """Somebody who asked could not be told. The case stays open until a person sees to it."""


def answer_tickets(desk: Desk, case: Case, step: str, template: Template, rows: Rows, demand: Demand) -> Case:
    """Each ticket once each time the case ends. Raises PartnerUnavailable for the first tries, then MessageFailed; and what ``demand`` raises
    of the newest case, before each ticket is told."""
    name = f"{template}:{len(case.reopened)}"
    for source, ticket_ref in case.asked_on:
        tickets = desk.partners_of(case).tickets(case.merchant, source)
        if tickets is not None:
            place = source, ticket_ref, name
            case = desk.cases.intend(case, demand, TicketAnswerRequested(*place), _key(case, place))
            case = _answer(desk, case, step, place, tickets, _message(case, template, rows))
    return case


def _key(case: Case, place: Place) -> str:
    return action_key(case.case_id, "", "ticket", *place)


def _answer(desk: Desk, case: Case, step: str, place: Place, tickets: Tickets, message: TicketMessage) -> Case:
    state, key = case.tickets[place], _key(case, place)
    source, ticket_ref, _ = place
    if state.answered:
        return case
    since = max([state.requested.version, *state.failed])
    if person_was_asked(case, step, since, (Resolution.DONE_BY_HAND,)):
        return _record(desk, case, TicketAnswered(*place, "skipped:by_hand"), f"{key}:answered")
    try:
        tickets.tell(ticket_ref, replace(message, key=key))
    except (PartnerBusy, PartnerDown):
        # Nobody was asked: that is no try.
        raise
    except PartnerUnavailable as error:
        case = _record(desk, case, TicketAnswerFailed(*place, type(error).__name__), "")
        if tries(case, case.tickets[place].failed) < TRIES:
            raise
        raise MessageFailed(f"{source} is away: ticket {ticket_ref} has no answer") from error
    except StopshipError as error:
        _record(desk, case, TicketAnswerFailed(*place, type(error).__name__), "")
        raise MessageFailed(f"ticket {ticket_ref} has no answer: {error}"[:500]) from error
    return _record(desk, case, TicketAnswered(*place, "answered"), f"{key}:answered")


def tries(case: Case, failed: Sequence[int]) -> int:
    """Those since the last word of a person, who may have asked for a retry."""
    since = case.case_human.version if case.case_human else 0
    return sum(version > since for version in failed)


def _record(desk: Desk, case: Case, fact: Event, key: str) -> Case:
    def build(_: Case) -> Step:
        step = Step()
        step.add(fact, key)
        return step

    return desk.cases.extend(case, build)


def _message(case: Case, template: Template, rows: Rows) -> TicketMessage:
    """The note is for the desk's people, in English; the reply for the customer, in his language."""
    order = case.order.fact.display_ref if case.order else case.order_ref
    why = case.money_settled.fact.why if case.money_settled else ""
    outcome = outcome_of(case)
    note = [f"Case {case.case_id} on order {order} has ended: {outcome}."]
    note += [f"- line {row['line_id']}: {row['quantity']} {row['outcome']}" for row in rows]
    note += [f"Money: {why}."] if why else []
    reply = outcome_text(template, language_of(case), order, why).text
    return TicketMessage("\n".join(note), reply, f"{TAG}{outcome}", "")
