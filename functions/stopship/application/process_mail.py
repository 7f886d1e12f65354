"""One mail from the intake queue: a wish, a question, or something that a person must read. Only a sender whom the order knows makes a wish.

What a mail says is never more than "cancel this order" or "unclear". The address that it comes from is set beside the one on the order, as the
order system has it at that moment. Nobody but that address learns anything about the order.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from stopship.application.answer_mail import SENT, SOURCE, THREAD, Answer, answer_mail, asked_before
from stopship.application.context import Desk
from stopship.application.end_question import end_question
from stopship.application.keep_unmatched import CHANNEL, keep_unmatched
from stopship.application.mail_texts import MailTemplate
from stopship.application.note_terms import note_writer
from stopship.application.open_case import receive_request
from stopship.application.process_message import Processed
from stopship.application.take_in import IntakeMessage
from stopship.domain.case import Case
from stopship.domain.errors import InvalidInput, PartnerContractBroken, PartnerRefused
from stopship.domain.ids import case_id as derive_case_id
from stopship.domain.letter import Belief, Intent, Language, Letter, OrderName, same_address
from stopship.domain.privacy import of_order
from stopship.domain.request import CancelRequest, Reason, Requester
from stopship.frozen import frozen

type ReadLetter = Callable[[IntakeMessage, bytes], Letter]
type FindOrders = Callable[[str, OrderName], Sequence[str]]
"""Merchant and name to the order system's ids of the orders that are called so."""

_FOR_A_PERSON: Final = {
    Intent.KEEP: "asks not to cancel",
    Intent.ADDRESS: "is about an address",
    Intent.RETURN: "is about a return or a refund",
    Intent.STATUS: "asks where an order is",
    Intent.YES: "agrees to something that nobody has asked",
    Intent.NONE: "says nothing that is understood",
}


@frozen
class _Thread:
    """The question that was asked in the mail's thread. ``proves``: the mail refers to the question itself, so that whoever wrote it has
    what was sent to the address that was asked."""

    case: Case
    proves: bool

    @property
    def template(self) -> str:
        return self.case.mail_question.fact.template if self.case.mail_question else ""

    @property
    def language(self) -> Language:
        return Language(self.case.mail_question.fact.language) if self.case.mail_question else Language.EN

    @property
    def order(self) -> tuple[str, str]:
        fact = self.case.mail_question.fact if self.case.mail_question else None
        return (fact.channel, fact.order_ref) if fact else ("", "")


@frozen
class _Wish:
    channel: str
    order_ref: str
    answer: Answer


@frozen
class _Kept:
    why: str
    answer: Answer | None = None


def process_mail(desk: Desk, read: ReadLetter, find: FindOrders, message: IntakeMessage) -> Processed:
    """Safe to repeat: a mail acts once, however often and by whatever way it comes."""
    try:
        letter = read(message, desk.evidence.load(message.evidence_key))
    except InvalidInput as error:
        return Processed("kept", _keep(desk, message, str(error)))
    if letter.stop:
        return Processed("not_ours", "") if letter.silent else Processed("kept", _keep(desk, message, letter.stop))
    thread = _thread(desk, message, letter)
    if thread is not None and letter.intent in (Intent.YES, Intent.NONE):
        # A number, or a "yes", is of no language: it goes on in that of the question.
        letter = replace(letter, language=thread.language)
    try:
        decided = _decide(desk, message.merchant, letter, thread, find)
    except (PartnerRefused, PartnerContractBroken) as error:
        decided = _Kept(f"the order system does not say whose order it is: {type(error).__name__}")
    known = desk.ledger.delivery_case(message.merchant, SOURCE, message.delivery_id)
    if known and bool(desk.cases.load(message.merchant, known).requests) != isinstance(decided, _Wish):
        return Processed("repeated", known)
    if isinstance(decided, _Wish):
        _note(desk, message, decided.channel, decided.order_ref)
        return _wish(desk, message, letter, thread, decided)
    if decided.answer and decided.answer.order_ref:
        _note(desk, message, decided.answer.channel, decided.answer.order_ref)
    case_id = _keep(desk, message, f"{decided.why}; its sender is {letter.belief}")
    if decided.answer:
        answer_mail(desk, desk.cases.load(message.merchant, case_id), message.delivery_id, letter, decided.answer)
    return Processed("kept", case_id)


def _note(desk: Desk, message: IntakeMessage, channel: str, order_ref: str) -> None:
    """Before anything rests on it: what is not listed could not be erased."""
    desk.ledger.note_evidence(message.merchant, of_order(channel, order_ref), message.evidence_key)


def _keep(desk: Desk, message: IntakeMessage, why: str) -> str:
    m = message
    return keep_unmatched(desk, m.merchant, m.source, m.topic, m.delivery_id, f"a mail: {why}", m.raw_sha256)


def _wish(desk: Desk, message: IntakeMessage, letter: Letter, thread: _Thread | None, wish: _Wish) -> Processed:
    received = receive_request(desk, _request(message, wish))
    case = desk.cases.load(message.merchant, received.case_id)
    answer_mail(desk, case, message.delivery_id, letter, wish.answer)
    note_writer(desk.ledger, message.merchant, received.case_id, letter.sender)
    if thread is not None:
        end_question(desk, thread.case, received.case_id)
    return Processed(received.how, received.case_id)


def _request(message: IntakeMessage, wish: _Wish) -> CancelRequest:
    return CancelRequest(
        merchant=message.merchant,
        channel=wish.channel,
        order_ref=wish.order_ref,
        reason=Reason.CUSTOMER_REQUEST,
        requester=Requester.CUSTOMER,
        source=SOURCE,
        delivery_id=message.delivery_id,
        requested_at=message.received_at,
        received_at=message.received_at,
        raw_sha256=message.raw_sha256,
    )


def _thread(desk: Desk, message: IntakeMessage, letter: Letter) -> _Thread | None:
    """The newest question in the thread. A mail is no answer to the question that it led to itself."""
    own = derive_case_id(message.merchant, CHANNEL, f"{SOURCE}:{message.delivery_id}", 1)
    for source in (SENT, THREAD):
        for one in reversed(letter.thread):
            case_id = desk.ledger.delivery_case(message.merchant, source, one)
            if case_id and case_id != own:
                return _Thread(desk.cases.load(message.merchant, case_id), source == SENT)
    return None


def _decide(desk: Desk, merchant: str, letter: Letter, thread: _Thread | None, find: FindOrders) -> _Wish | _Kept:
    wants = _wants(letter.intent, thread)
    if not wants and letter.intent is not Intent.UNCLEAR:
        return _Kept(f"it {_FOR_A_PERSON[letter.intent]}")
    names = {x: find(merchant, x) for x in letter.names}
    if thread and thread.template == MailTemplate.WHICH_ORDER:
        # A number that is no order's is a telephone's, or a street's.
        names |= {x: found for x in letter.bare if (found := find(merchant, x))}
    orders = {(x.channel, ref): x.name for x, found in names.items() for ref in found}
    if not names and thread and thread.order[1]:
        orders = {thread.order: ""}
    if len(orders) != 1 or not all(names.values()):
        return _which_order(letter, thread, len(names), len(orders))
    (((channel, order_ref), name),) = orders.items()
    contact = desk.partners.order_system(merchant, channel).contact(order_ref)
    its_own = same_address(letter.sender, contact)
    believed = letter.belief is not Belief.CONTRADICTED or bool(thread and thread.proves)
    called = name or order_ref
    if wants and its_own and believed:
        return _Wish(channel, order_ref, Answer(MailTemplate.RECEIVED, contact, True, channel, order_ref, called))
    if wants:
        return _is_it_you(
            desk, merchant, thread, Answer(MailTemplate.IS_IT_YOU, contact, False, channel, order_ref, called)
        )
    question = Answer(MailTemplate.WHOLE_ORDER, contact, True, channel, order_ref, called)
    why = "it speaks of cancelling an order, in words that are not clear"
    return _Kept(why, question if its_own and believed and thread is None else None)


def _wants(intent: Intent, thread: _Thread | None) -> bool:
    """Whether it asks to cancel: in so many words, or by answering what it was asked."""
    if intent is Intent.CANCEL:
        return True
    if thread is None:
        return False
    return intent is Intent.YES or (intent is Intent.NONE and thread.template == MailTemplate.WHICH_ORDER)


def _which_order(letter: Letter, thread: _Thread | None, named: int, found: int) -> _Kept:
    """Only a proven sender is asked: an answer to a forged address would go to somebody who never wrote."""
    why = (
        "names several orders"
        if max(named, found) > 1
        else "names an order that is not known"
        if named
        else "names no order"
    )
    may_ask = letter.belief is Belief.PROVEN and thread is None
    question = Answer(MailTemplate.WHICH_ORDER, letter.sender, True) if may_ask else None
    return _Kept(f"it speaks of cancelling and {why}", question)


def _is_it_you(desk: Desk, merchant: str, thread: _Thread | None, question: Answer) -> _Kept:
    """The address on the order is asked, once for an order, whoever writes about it and however often."""
    why = "it asks to cancel an order, and is not proven to come from the address on it"
    if not question.to:
        return _Kept(f"{why}: the order has none")
    again = asked_before(desk, merchant, question.channel, question.order_ref) or thread is not None
    return _Kept(why, None if again else question)
