"""Works the intake queue. A message that fails goes back alone; the others of its batch are done."""

import json
from typing import Any

from stopship.application.process_message import Processed, process_message
from stopship.application.take_in import IntakeMessage, take_in
from stopship.telemetry import about, logger
from stopship.wiring import desk, evidence, merchants
from stopship.wiring.batch import batch
from stopship.wiring.in_hand import InHand
from stopship.wiring.normalise import AMAZON, bus_envelope, bus_event, bus_says, count_seen, normalise
from stopship.wiring.writers import note_kept


def process(raw: str) -> None:
    body = json.loads(raw)
    told = bus_event(body)
    message = _from_bus(told, raw) if told else IntakeMessage(**body)
    done = _process_mail(message) if is_mail(message) else process_message(desk(), normalise, message)
    if done.how == "kept" or (done.how == "repeated" and is_mail(message)):
        note_kept(message)
    if told and message.source == AMAZON and done.how != "kept":
        count_seen(desk().ledger, message.merchant, told)
    extra = {**about({"merchant": message.merchant, "source": message.source}), "how": done.how}
    logger().info("message processed", extra={**extra, "case_id": done.case_id})


def is_mail(message: IntakeMessage) -> bool:
    """A mail that is to be read, and not only shown to a person."""
    return message.source == "mail" and not message.why


def _process_mail(message: IntakeMessage) -> Processed:
    from stopship.application.process_mail import process_mail
    from stopship.wiring import mail

    return process_mail(desk(), mail.read_letter, mail.find_orders, message)


def _from_bus(event: dict[str, Any], raw: str) -> IntakeMessage:
    """A notification came without passing a door: its evidence is kept here, as it came."""
    return take_in(evidence(), InHand(), body=raw.encode(), says=bus_says, **bus_envelope(event, merchants()))


handler = batch(process)
