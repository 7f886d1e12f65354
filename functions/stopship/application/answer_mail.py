"""Answers a mail, once: a receipt for a wish, or one question in its thread. Addresses are read when they are needed, and kept nowhere."""

from collections.abc import Sequence

from stopship.application.context import Desk
from stopship.application.mail_texts import TEXTS, MailTemplate
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import AlreadyRecorded, PartnerRefused
from stopship.domain.events import MailAnswered, MailAnswerRequested
from stopship.domain.ids import action_key
from stopship.domain.instant import seconds_between
from stopship.domain.letter import Letter, id_hash
from stopship.frozen import frozen

SOURCE = "mail"
THREAD = "mail-thread"
"""Deliveries under this name are the mails of threads in which somebody was asked, by the hash of their ids."""
SENT = "mail-sent"
"""The same for the questions themselves: whoever refers to one has got it."""
ASKED_ABOUT = "mail-asked"
"""Orders about which the address on the order was asked: not for every mail that a stranger cares to write."""
WORKER_SECONDS = 20
"""As long as a function that works the intake queue may run (contract.FUNCTIONS)."""
_IDS = 20
_RACES = 4

type Delivery = tuple[str, str]


@frozen
class Answer:
    """``to`` is the address now; ``order`` the order's public number. ``own_thread`` is false for whoever did not write the mail: he must
    learn nothing of it."""

    template: MailTemplate
    to: str
    own_thread: bool
    channel: str = ""
    order_ref: str = ""
    order: str = ""


def answer_mail(desk: Desk, case: Case, mail_id: str, letter: Letter, answer: Answer) -> None:
    """Safe to repeat; a crash between sending and recording may say the same once more. Raises PartnerUnavailable while mail cannot be sent."""
    key = action_key(case.case_id, "", "mail", mail_id, answer.template)
    done = f"{key}:answered"
    if done in case.keys or not _requested(desk, case, key, mail_id, letter, answer):
        return
    status, message_id = _send(desk, case, letter, answer)

    def build(_: Case) -> Step:
        step = Step()
        step.add(MailAnswered(mail_id, answer.template, status, message_id), done)
        if message_id and answer.template is not MailTemplate.RECEIVED:
            step.deliveries = _new(desk, case.merchant, [(SENT, id_hash(message_id.partition("@")[0]))])
        return step

    desk.cases.extend(case, build)


def _requested(desk: Desk, case: Case, key: str, mail_id: str, letter: Letter, answer: Answer) -> bool:
    """Records that it will be sent. False when it is somebody else's to send: he works on a copy of the mail, or was quicker to ask about
    this order."""
    own_thread = answer.own_thread
    fact = MailAnswerRequested(
        mail_id,
        answer.template,
        letter.language,
        "sender" if own_thread else "order",
        answer.channel,
        answer.order_ref,
    )
    first = False

    def build(current: Case) -> Step:
        nonlocal first
        first = key not in current.keys
        step = Step()
        step.add(fact, key)
        if first and answer.template is not MailTemplate.RECEIVED:
            step.deliveries = _named_by(desk, case.merchant, letter, answer)
        return step

    for _ in range(_RACES):
        if (
            key not in case.keys
            and not own_thread
            and asked_before(desk, case.merchant, answer.channel, answer.order_ref)
        ):
            return False
        try:
            desk.cases.extend(case, build)
        except AlreadyRecorded:
            continue
        return first or _left_undone(desk, case, key)
    raise AlreadyRecorded(f"the thread of mail {mail_id}")


def _left_undone(desk: Desk, case: Case, key: str) -> bool:
    """Whether whoever was to send it must be dead by now. Until then it is his; if he dies, his copy of the mail comes again."""
    recorded = desk.ledger.load(case.merchant, case.case_id)
    if any(r.key == f"{key}:answered" for r in recorded):
        return False
    at = next(r.at for r in recorded if r.key == key)
    return seconds_between(at, desk.clock.now()) >= WORKER_SECONDS


def asked_before(desk: Desk, merchant: str, channel: str, order_ref: str) -> bool:
    return bool(desk.ledger.delivery_case(merchant, ASKED_ABOUT, f"{channel}:{order_ref}"))


def _named_by(desk: Desk, merchant: str, letter: Letter, answer: Answer) -> Sequence[Delivery]:
    """By what an answer to the question will be known."""
    if not answer.own_thread:
        return [(ASKED_ABOUT, f"{answer.channel}:{answer.order_ref}")]
    ids = [x for x in (letter.id_hash, *reversed(letter.thread)) if x][:_IDS]
    return _new(desk, merchant, [(THREAD, x) for x in ids])


def _new(desk: Desk, merchant: str, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    return [x for x in dict.fromkeys(deliveries) if not desk.ledger.delivery_case(merchant, *x)]


def _send(desk: Desk, case: Case, letter: Letter, answer: Answer) -> tuple[str, str]:
    sender = desk.partners.sender(case.merchant)
    if not sender or not answer.to:
        return "skipped:no_sender" if not sender else "skipped:no_address", ""
    text = TEXTS[letter.language][answer.template]
    tags = {"merchant": case.merchant, "case": case.case_id, "template": str(answer.template)}
    try:
        sent = desk.mailer.send(
            sender,
            answer.to,
            text.subject.format(order=answer.order),
            text.text.format(order=answer.order),
            tags,
            _headers(letter, answer),
        )
    except PartnerRefused as error:
        return f"refused:{error.code}"[:100], ""
    return "sent", sent


def _headers(letter: Letter, answer: Answer) -> dict[str, str]:
    """What puts the answer into the thread. Of a mail that the addressee did not write he is told nothing, not even its id."""
    if not answer.own_thread or not letter.message_id:
        return {"Auto-Submitted": "auto-replied"}
    return {
        "Auto-Submitted": "auto-replied",
        "In-Reply-To": letter.message_id,
        "References": letter.references,
    }
