"""One message from the intake queue: normalise it, then open, join, signal, or keep it for a person."""

from collections.abc import Callable

from stopship.application.ask_back import ask_back
from stopship.application.await_submission import receive_end
from stopship.application.context import Desk
from stopship.application.keep_unmatched import keep_unmatched, kept_as
from stopship.application.note_terms import note_writers
from stopship.application.open_case import receive_request
from stopship.application.receive_signal import receive_signal
from stopship.application.recordable import check_recordable
from stopship.application.send_receipt import send_receipt
from stopship.application.take_in import UNROUTED, IntakeMessage
from stopship.domain.errors import InvalidInput, UnclearTicket
from stopship.domain.privacy import of_order
from stopship.domain.request import CancelRequest
from stopship.domain.signal import Signal, SubmissionEnd
from stopship.frozen import frozen

type Normalised = CancelRequest | Signal | SubmissionEnd | None
type Normalise = Callable[[IntakeMessage, bytes], Normalised]
"""Gives None for a message that is known and concerns no cancel. Raises InvalidInput for one that fits nothing."""

MOST_STRANGERS = 50
"""Open exceptions of unknown senders that have one of their own."""


@frozen
class Processed:
    """``how`` is opened, joined, repeated, echo, signal, no_case, not_ours or kept."""

    how: str
    case_id: str


def process_message(desk: Desk, normalise: Normalise, message: IntakeMessage) -> Processed:
    """Safe to repeat. An error leaves the message in the queue; after its tries it is in the DLQ, with an alarm."""
    if message.why:
        return _keep(desk, message, message.why, _with_others(desk, message))
    body = desk.evidence.load(message.evidence_key)
    try:
        normal = normalise(message, body)
        if normal is not None:
            check_recordable(normal)
    except UnclearTicket as error:
        kept = _keep(desk, message, str(error), error.wish_id)
        ask_back(desk, message.merchant, message.source, kept.case_id, error)
        return kept
    except InvalidInput as error:
        return _keep(desk, message, str(error))
    if isinstance(normal, CancelRequest | Signal):
        # Before anything rests on it: what is not listed could not be erased. The end of a submission is about nobody's order.
        subject = of_order(normal.channel, normal.order_ref)
        desk.ledger.note_evidence(message.merchant, subject, message.evidence_key)
    if isinstance(normal, CancelRequest):
        received = receive_request(desk, normal)
        if normal.receipt:
            send_receipt(desk, received.case_id, normal, normal.receipt)
        # The case is on its way: nobody waits for this.
        note_writers(desk.ledger, message.merchant, received.case_id, body)
        return Processed(received.how, received.case_id)
    if isinstance(normal, Signal):
        case_id = receive_signal(desk, normal)
        return Processed("signal" if case_id else "no_case", case_id)
    if isinstance(normal, SubmissionEnd):
        case_id = receive_end(desk, normal)
        return Processed("signal" if case_id else "no_case", case_id)
    return Processed("not_ours", "")


def _with_others(desk: Desk, message: IntakeMessage) -> str:
    """Anybody can send in any number of names: when so many strangers are open, those that come new share one exception a day. "" for
    an exception of its own."""
    if message.merchant != UNROUTED:
        return ""
    opened = desk.ledger.exceptions(UNROUTED, limit=MOST_STRANGERS).items
    known = kept_as(message.merchant, message.source, message.delivery_id)
    if len(opened) < MOST_STRANGERS or desk.ledger.load(message.merchant, known):
        return ""
    return f"many unknown senders {message.received_at[:10]}"


def _keep(desk: Desk, message: IntakeMessage, why: str, delivery_id: str = "") -> Processed:
    """``delivery_id`` stands for messages that come by several deliveries and say the same."""
    known_by = delivery_id or message.delivery_id
    case_id = keep_unmatched(desk, message.merchant, message.source, message.topic, known_by, why, message.raw_sha256)
    return Processed("kept", case_id)
