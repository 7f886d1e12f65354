"""From the form that a person filled in to the warehouse's answer. The person's name goes into evidence, never into the ledger."""

import json
from urllib.parse import parse_qsl

from stopship.adapters.email_vendor.links import Answer
from stopship.adapters.email_vendor.request import Asked
from stopship.domain.errors import InvalidInput
from stopship.domain.order import AckLevel, PickState, Quantities, StopAnswer
from stopship.frozen import frozen

ACTOR, CONFIRM, HANDED_OVER, QUANTITY = "actor", "confirm", "handed_over", "quantity."
YES = "yes"
MOST_BYTES = 20_000
_LONGEST_NAME, _SHORTEST_NAME = 80, 2
_DIGITS = 9


@frozen
class Form:
    """``held_back`` are the quantities of a partial answer, empty for the others. ``handed_over``: a carrier has the goods."""

    answer: Answer
    actor: str
    held_back: Quantities
    handed_over: bool = False


def read_form(answer: Answer, asked: Asked, body: bytes) -> Form:
    """Raises InvalidInput whose field is a key of ``Texts.wrong``: the form is shown again with what is wrong."""
    fields = _fields(body)
    actor = " ".join(fields.get(ACTOR, "").split())
    if not (_SHORTEST_NAME <= len(actor) <= _LONGEST_NAME and actor.isprintable()):
        raise InvalidInput("actor", "is no name", "2 to 80 characters")
    if fields.get(CONFIRM) != YES:
        raise InvalidInput("confirm", "is not ticked", "tick it")
    handed_over = fields.get(HANDED_OVER, "")
    if handed_over not in ("", YES) or (handed_over and answer is not Answer.TOO_LATE):
        raise InvalidInput("handed_over", "is not possible here", "leave it out")
    held_back = _held_back(asked, fields) if answer is Answer.PARTLY else {}
    return Form(answer, actor, held_back, handed_over=bool(handed_over))


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=500
        )
    except ValueError as error:
        raise InvalidInput("body", "is not a filled-in form", "send the page's own form") from error
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidInput("body", "names a field twice", "send the page's own form")
    return dict(pairs)


def _held_back(asked: Asked, fields: dict[str, str]) -> dict[str, int]:
    found = {line: _quantity(fields.get(QUANTITY + line, ""), most) for line, most in asked.lines.items()}
    if not any(found.values()):
        raise InvalidInput("nothing", "is held back", "use the link for too late")
    if found == dict(asked.lines):
        raise InvalidInput("everything", "is held back", "use the link for stopped")
    return {line: quantity for line, quantity in found.items() if quantity}


def _quantity(text: str, most: int) -> int:
    fits = text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) <= most
    if not fits:
        raise InvalidInput("quantity", "is not possible", f"0 to {most}")
    return int(text)


def evidence(form: Form, callback_id: str, now: str) -> bytes:
    """What was sent, with the name, as it is kept where it can be erased."""
    said = {
        "callback_id": callback_id,
        "answer": form.answer,
        "actor": form.actor,
        "held_back": dict(form.held_back),
        "handed_over": form.handed_over,
        "answered_at": now,
    }
    return json.dumps(said, sort_keys=True, ensure_ascii=False).encode()


def stop_answer(vendor: str, form: Form, now: str, reference: str) -> StopAnswer:
    """What the person's word proves. ``reference`` is the hash under which the form is kept."""
    level = AckLevel.REJECTED if form.answer is Answer.TOO_LATE else AckLevel.PHYSICALLY_STOPPED
    return StopAnswer(
        level=level,
        source=vendor,
        state=PickState.SHIPPED if form.handed_over else PickState.UNKNOWN,
        state_at=now,
        actor="operator",
        reference=reference,
        reason="" if form.answer is Answer.STOPPED else form.answer,
        stopped_lines=form.held_back,
        partial=form.answer is Answer.PARTLY,
    )
