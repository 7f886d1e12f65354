"""POST /acknowledgments/{callback_id}: a warehouse's answer to a stop-ship, signed, through its one-time door."""

from stopship.adapters.clock import SystemClock
from stopship.adapters.generic_3pl import signature
from stopship.application.acknowledge import Heard, acknowledge, refuse
from stopship.application.execute_stop_ship import stop_key
from stopship.application.ports import Callback
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
    if not _signed_by(request, callback.merchant, warehouse):
        _note_who_else(request, callback)
        raise NotAuthentic
    # The contract's models take longer to build than all else here: who proves nothing does not make the desk do it.
    from stopship.adapters.generic_3pl import answers

    key = stop_key(case, leg, callback.attempt)
    heard = acknowledge(desk(), callback, answers.parse_callback(warehouse, parse_json(request.body), lines, key))
    if heard.how is Heard.USED:
        return problem(409, "Already used", "this callback has had its answer; the repeat is on record")
    if heard.how is Heard.LATE:
        return problem(410, "Too late", "the deadline has passed; the answer is on record as evidence")
    return answer(202, {"case_id": heard.case_id, "recorded": True})


def _signed_by(request: Request, merchant: str, warehouse: str) -> bool:
    """By its own secret: another merchant's or warehouse's does not fit. Raises NotFound for a merchant that nobody has connected."""
    connection = merchants().connections(merchant).get("warehouses", {}).get(warehouse)
    if connection is None or connection.get("kind") != CONTRACT:
        # Whoever is asked in another way answers in another way: he has no secret with which to sign here.
        return False
    try:
        signature.verify(
            request.body, request.proof("X-Stopship-Signature"), connection["secrets"], SystemClock().now()
        )
    except NotAuthentic:
        return False
    return True


def _note_who_else(request: Request, callback: Callback) -> None:
    """One fact for each sender who proves that he is somebody else. Of another merchant's warehouse the case does not say which, and
    of a stranger it says nothing: anybody could then write to it."""
    for name in merchants().connections(callback.merchant)["warehouses"]:
        if _signed_by(request, callback.merchant, name):
            refuse(desk(), callback, f"signed by another warehouse: {name}")
            return
    if _is_another_merchants(request, callback.merchant):
        refuse(desk(), callback, "signed by another merchant's warehouse")


def _is_another_merchants(request: Request, merchant: str) -> bool:
    """Only who names himself can be looked up."""
    other, name = (request.headers.get(header, "") for header in ("x-stopship-merchant", "x-stopship-warehouse"))
    if not other or other == merchant:
        return False
    try:
        return _signed_by(request, other, name)
    except NotFound:
        return False


handler = door(receive)
