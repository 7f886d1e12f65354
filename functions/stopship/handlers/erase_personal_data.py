"""Does what privacy law asks: names what is held of a customer, or erases it. No other function may erase."""

import json
from typing import Any

from stopship.application.answer_privacy import answer_privacy
from stopship.application.keep_unmatched import keep_unmatched
from stopship.application.take_in import IntakeMessage, take_in
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.privacy import of_person
from stopship.telemetry import about, logger
from stopship.wiring import desk, evidence, form_seal, merchants, shopify_bus
from stopship.wiring.batch import batch
from stopship.wiring.in_hand import InHand
from stopship.wiring.writers import note_kept


def answer(raw: str) -> None:
    _answer(_message(json.loads(raw), raw))


def _message(body: dict[str, Any], raw: str) -> IntakeMessage:
    if "detail-type" not in body:
        return IntakeMessage(**body)
    envelope = shopify_bus.envelope(body, merchants())
    return take_in(evidence(), InHand(), body=raw.encode(), says=shopify_bus.said, **envelope)


def _answer(message: IntakeMessage) -> None:
    """What cannot be understood is shown to a person, and nothing is erased on it."""
    from stopship.adapters.shopify.privacy import read_privacy

    try:
        if message.why:
            raise InvalidInput("message", message.why)
        body = shopify_bus.payload_of(evidence().load(message.evidence_key))
        request = read_privacy(
            message, body, _route, lambda person: of_person(message.merchant, person, form_seal().mac)
        )
    except InvalidInput as error:
        _keep(message, str(error))
        return
    except NotFound:
        if not desk().ledger.delivery_case(message.merchant, message.source, message.delivery_id):
            raise
        # Done before: the request itself was the last to be erased.
        return
    case_id = answer_privacy(desk(), request)
    extra = {**about({"merchant": message.merchant, "source": message.source}), "duty": request.duty}
    logger().info("privacy request answered", extra={**extra, "case_id": case_id})


def _route(shop: str) -> str:
    try:
        return merchants().route("shopify", shop)
    except NotFound:
        return ""


def _keep(message: IntakeMessage, why: str) -> None:
    note_kept(message)
    keep_unmatched(
        desk(), message.merchant, message.source, message.topic, message.delivery_id, why, message.raw_sha256
    )


handler = batch(answer)
