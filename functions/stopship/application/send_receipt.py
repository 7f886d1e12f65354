"""Tells whoever made a statement that it was received, and when: never what will come of it."""

from stopship.application.context import Desk
from stopship.application.keep_unmatched import keep_unmatched
from stopship.application.record import Step
from stopship.domain.case import Case
from stopship.domain.errors import PartnerRefused
from stopship.domain.events import Event, MessageRequested, MessageSent
from stopship.domain.ids import action_key
from stopship.domain.request import CancelRequest, Receipt
from stopship.frozen import frozen

RECEIVED = "received"
"""What the template of every such message begins with."""


@frozen
class _Text:
    """``body`` knows {statement}, {moment} (UTC) and {reference}."""

    subject: str
    body: str


_TEXTS = {
    "en": _Text(
        "We have received your statement ({reference})",
        "We have received this statement of yours:\n\n    {statement}\n\nReceived on: {moment}\nReference: {reference}\n\n"
        "This confirms the receipt only. We now find out what can still be stopped; what was sent already becomes a return. We will "
        "write to you what came of it.\n",
    ),
    "de": _Text(
        "Wir haben Ihre Erklärung erhalten ({reference})",
        "Wir haben diese Erklärung von Ihnen erhalten:\n\n    {statement}\n\nEingegangen am: {moment}\nVorgangsnummer: {reference}\n\n"
        "Dies bestätigt nur den Eingang. Wir klären jetzt, was sich noch aufhalten lässt; was schon verschickt ist, wird zur "
        "Rücksendung. Wir schreiben Ihnen, was daraus geworden ist.\n",
    ),
    "fr": _Text(
        "Nous avons reçu votre déclaration ({reference})",
        "Nous avons reçu de votre part cette déclaration :\n\n    {statement}\n\nReçue le : {moment}\nRéférence : {reference}\n\n"
        "Ceci ne confirme que la réception. Nous cherchons maintenant ce qui peut encore être arrêté ; ce qui a déjà été expédié "
        "devient un retour. Nous vous écrirons ce qu'il en est.\n",
    ),
}


def send_receipt(desk: Desk, case_id: str, request: CancelRequest, receipt: Receipt) -> None:
    """Once for each statement. A mail service that is away raises, so that it is tried again; its refusal is put before a person. A
    repeat after a crash between sending and recording may tell the same truth again."""
    name = f"{RECEIVED}:{request.delivery_id}"
    if name in desk.cases.load(request.merchant, case_id).messages:
        return
    _record(desk, request, case_id, MessageRequested(name), action_key(case_id, "", "message", name))
    try:
        status, message_id = _send(desk, case_id, request, receipt)
    except PartnerRefused as refusal:
        status, message_id = f"refused:{refusal.code}"[:100], ""
        why = f"the confirmation of receipt of {request.delivery_id} could not be sent: {refusal.code}"
        keep_unmatched(
            desk, request.merchant, request.source, RECEIVED, f"{request.delivery_id}:receipt", why, request.raw_sha256
        )
    _record(
        desk, request, case_id, MessageSent(name, message_id, status), action_key(case_id, "", "message_sent", name)
    )


def _send(desk: Desk, case_id: str, request: CancelRequest, receipt: Receipt) -> tuple[str, str]:
    sender = desk.partners.sender(request.merchant)
    if not sender:
        return "skipped:no_sender", ""
    to = desk.partners.order_system(request.merchant, request.channel).contact(request.order_ref)
    if not to:
        return "skipped:no_address", ""
    text = _TEXTS[receipt.language]
    moment = f"{request.received_at[:10]} {request.received_at[11:19]} UTC"
    told = {"statement": receipt.statement, "moment": moment, "reference": request.delivery_id}
    tags = {"merchant": request.merchant, "case": case_id, "template": RECEIVED}
    return "sent", desk.mailer.send(sender, to, text.subject.format(**told), text.body.format(**told), tags)


def _record(desk: Desk, request: CancelRequest, case_id: str, fact: Event, key: str) -> None:
    def build(_: Case) -> Step:
        step = Step()
        step.add(fact, key)
        return step

    desk.cases.record(request.merchant, case_id, build)
