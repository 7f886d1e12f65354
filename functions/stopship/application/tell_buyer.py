"""Writing to a buyer through the marketplace: once, and never again by ourselves when nobody can say whether it went out.

The marketplace has no key that would make a message one message, and nothing to read back. So the intent is a fact of its own before the
call, a call that certainly did nothing takes it back, and an intent without an end is a doubt, which a person decides.
"""

from stopship.application.answer_tickets import MessageFailed
from stopship.application.buyer_texts import ASK_OFFICIAL, buyer_texts
from stopship.application.context import Desk
from stopship.application.next_step import person_was_asked
from stopship.application.ports import BuyerMessages
from stopship.application.record import Demand, Step
from stopship.domain.case import Case
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.events import MessageNotSent, MessageRequested, MessageSent
from stopship.domain.ids import action_key
from stopship.domain.resolution import Resolution
from stopship.frozen import frozen


@frozen
class Told:
    """``status`` is sent, "skipped:" with the reason, or in_doubt."""

    case: Case
    status: str


def tell_outcome(
    desk: Desk, case: Case, messages: BuyerMessages, name: str, template: str, step: str, demand: Demand
) -> Case:
    """Raises MessageFailed when it is in doubt, so that a person decides: retry sends it once more, done_by_hand ends it. Raises what
    ``demand`` raises of the newest case, before it is sent."""
    requested = case.message_requests.get(name)
    if requested:
        if person_was_asked(case, step, requested.version, (Resolution.DONE_BY_HAND,)):
            return _ended(desk, case, name, "skipped:by_hand")
        if not person_was_asked(case, step, requested.version, (Resolution.RETRY,)):
            raise MessageFailed(f"{name} may or may not have reached the buyer")
    told = _send(desk, case, messages, name, template, demand)
    if told.status == "in_doubt":
        raise MessageFailed(f"{name} may or may not have reached the buyer")
    return _ended(desk, told.case, name, told.status)


def ask_official(desk: Desk, case: Case, demand: Demand) -> Told:
    """Asks the buyer, once in a case, to use the marketplace's own button. What is in the way never keeps the case from a person; a case
    that does not meet ``demand`` any more goes another way."""
    messages = desk.partners_of(case).buyer_messages(case.merchant, case.channel)
    if messages is None:
        return Told(case, "skipped:no_messages")
    if ASK_OFFICIAL in case.messages:
        return Told(case, case.messages[ASK_OFFICIAL].fact.status)
    if ASK_OFFICIAL in case.message_requests:
        return Told(_ended(desk, case, ASK_OFFICIAL, "in_doubt"), "in_doubt")
    try:
        told = _send(desk, case, messages, ASK_OFFICIAL, ASK_OFFICIAL, demand)
    except (PartnerUnavailable, PartnerContractBroken) as error:
        return Told(desk.cases.load(case.merchant, case.case_id), f"not_sent:{type(error).__name__}")
    return Told(_ended(desk, told.case, ASK_OFFICIAL, told.status), told.status)


def _send(desk: Desk, case: Case, messages: BuyerMessages, name: str, template: str, demand: Demand) -> Told:
    """One try, with its intent before it. Raises what certainly kept it from being sent, after the intent is taken back."""
    number = str(case.message_tries.get(name, 0) + 1)
    key = action_key(case.case_id, "", "message", name, number)
    case = desk.cases.intend(case, demand, MessageRequested(name), key)
    try:
        return Told(case, messages.send(case.order_ref, buyer_texts(template, case.order_ref)))
    except PartnerRefused as refusal:
        return Told(case, f"skipped:{refusal.code}")
    except PartnerUnavailable as error:
        if error.in_doubt:
            return Told(case, "in_doubt")
        _record(desk, case, MessageNotSent(name, "unavailable"))
        raise
    except PartnerContractBroken:
        _record(desk, case, MessageNotSent(name, "contract_broken"))
        raise


def _ended(desk: Desk, case: Case, name: str, status: str) -> Case:
    return _record(desk, case, MessageSent(name, "", status), action_key(case.case_id, "", "message_sent", name))


def _record(desk: Desk, case: Case, fact: MessageNotSent | MessageSent, key: str = "") -> Case:
    def build(_: Case) -> Step:
        step = Step()
        step.add(fact, key)
        return step

    return desk.cases.extend(case, build)
