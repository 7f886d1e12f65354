"""A ticket whose fields make no wish is asked back where it was written, once for what it says."""

from stopship.application.context import Desk
from stopship.application.ports import TicketMessage
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, UnclearTicket
from stopship.domain.events import TicketAsked
from stopship.domain.ids import action_key

TAG = "stopship-unclear"
_QUESTION = (
    "We have received your wish to cancel, and nothing has been cancelled yet: we cannot read the {field} on this ticket.\n"
    "Please tell us, and we will take care of it at once.\n"
)
_WORDS = {"order": "order number", "lines": "items to cancel", "reason": "reason"}


def ask_back(desk: Desk, merchant: str, source: str, case_id: str, unclear: UnclearTicket) -> None:
    """``case_id`` is the case that keeps the message before a person. An unreachable help desk raises, so that it is tried again; a
    refusal is recorded there, and the person asks."""
    key = action_key(case_id, "", "ask_back")
    tickets = desk.partners.tickets(merchant, source)
    if tickets is None or key in desk.cases.load(merchant, case_id).keys:
        return
    message = TicketMessage(
        note=f"No case was opened. {unclear}",
        reply=_QUESTION.format(field=_WORDS.get(unclear.field, "details")),
        tag=TAG,
        key=key,
    )
    try:
        tickets.tell(unclear.ticket_ref, message)
        status = "asked"
    except PartnerRefused as error:
        status = f"refused:{error.code}"[:100]
    except PartnerContractBroken:
        status = "refused:contract_broken"

    def build(_: Case) -> Step:
        step = Step()
        step.add(TicketAsked(source, unclear.ticket_ref, unclear.field, status), key)
        return step

    desk.cases.record(merchant, case_id, build)
