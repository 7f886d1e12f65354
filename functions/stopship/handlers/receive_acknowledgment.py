"""POST /acknowledgments/{callback_id}: a warehouse's answer to a stop-ship, signed, through its one-time door."""

from stopship.adapters.clock import SystemClock
from stopship.adapters.generic_3pl import answers, signature
from stopship.application.acknowledge import Heard, acknowledge
from stopship.application.ports import Callback
from stopship.domain.errors import NotAuthentic, NotFound
from stopship.domain.order import PlannedLeg
from stopship.wiring import desk, merchants
from stopship.wiring.doors import Request, Response, answer, door, parse_json, problem

CONTRACT = "generic_3pl"
"""The kind of warehouse that signs its answers."""


def receive(request: Request) -> Response:
    callback = desk().ledger.callback(request.path.get("callback_id", ""))
    if callback is None or callback.purpose != "acknowledgement":
        raise NotFound("callback: it is unknown, or not for acknowledgments")
    asked = _prove_sender(request, callback)
    said = answers.parse_callback(asked.warehouse, parse_json(request.body), asked.lines)
    heard = acknowledge(desk(), callback, said)
    if heard.how is Heard.USED:
        return problem(409, "Already used", "this callback has had its answer; the repeat is on record")
    if heard.how is Heard.LATE:
        return problem(410, "Too late", "the deadline has passed; the answer is on record as evidence")
    return answer(202, {"case_id": heard.case_id, "recorded": True})


def _prove_sender(request: Request, callback: Callback) -> PlannedLeg:
    """What was asked, of the warehouse that proves itself by its own secret: another merchant's or warehouse's does not fit."""
    asked = desk().cases.load(callback.merchant, callback.case_id).legs[callback.subject].plan
    connection = merchants().connections(callback.merchant)["warehouses"].get(asked.warehouse)
    if connection is None or connection.get("kind") != CONTRACT:
        # Whoever is asked in another way answers in another way: he has no secret with which to sign here.
        raise NotAuthentic
    header = request.proof("X-Stopship-Signature")
    signature.verify(request.body, header, connection["secrets"], SystemClock().now())
    return asked


handler = door(receive)
