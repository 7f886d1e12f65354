"""POST /acknowledgments/{callback_id}: a warehouse's answer to a stop-ship, signed, through its one-time door."""

from stopship.adapters.clock import SystemClock
from stopship.adapters.generic_3pl import answers, signature
from stopship.application.acknowledge import Heard, acknowledge
from stopship.application.execute_stop_ship import stop_key
from stopship.domain.errors import NotAuthentic, NotFound
from stopship.wiring import desk, merchants
from stopship.wiring.doors import Request, Response, answer, door, parse_json, problem

CONTRACT = "generic_3pl"
"""The kind of warehouse that signs its answers."""


def receive(request: Request) -> Response:
    callback = desk().ledger.callback(request.path.get("callback_id", ""))
    if callback is None or callback.purpose != "acknowledgement":
        raise NotFound("callback: it is unknown, or not for acknowledgments")
    case = desk().cases.load(callback.merchant, callback.case_id)
    leg = case.legs[callback.subject]
    warehouse, lines = leg.plan.warehouse, leg.plan.lines
    _prove_sender(request, callback.merchant, warehouse)
    key = stop_key(case, leg, callback.attempt)
    heard = acknowledge(desk(), callback, answers.parse_callback(warehouse, parse_json(request.body), lines, key))
    if heard.how is Heard.USED:
        return problem(409, "Already used", "this callback has had its answer; the repeat is on record")
    if heard.how is Heard.LATE:
        return problem(410, "Too late", "the deadline has passed; the answer is on record as evidence")
    return answer(202, {"case_id": heard.case_id, "recorded": True})


def _prove_sender(request: Request, merchant: str, warehouse: str) -> None:
    """The warehouse that the leg was sent to, by its own secret: another merchant's or warehouse's does not fit."""
    connection = merchants().connections(merchant)["warehouses"].get(warehouse)
    if connection is None or connection.get("kind") != CONTRACT:
        # Whoever is asked in another way answers in another way: he has no secret with which to sign here.
        raise NotAuthentic
    header = request.proof("X-Stopship-Signature")
    signature.verify(request.body, header, connection["secrets"], SystemClock().now())


handler = door(receive)
