"""The plan of one answer: the steps of the machine, rehearsed from where the answer would let it go on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from stopship.application.answer_exception import Said, answer_facts
from stopship.application.apply_stop_ship_rule import apply_stop_ship_rule
from stopship.application.cancel_in_order_system import cancel_in_order_system
from stopship.application.check_fulfillment_state import check_fulfillment_state
from stopship.application.close_loop import close_loop
from stopship.application.context import Desk
from stopship.application.execute_stop_ship import execute_stop_ship
from stopship.application.next_step import Next
from stopship.application.ports import ExceptionItem, Recorded
from stopship.application.record import Step
from stopship.application.rehearsal import CANCELLED, Reached, Script, rehearsing, with_address
from stopship.application.take_payment_action import take_payment_action
from stopship.application.update_netsuite import outcome_of, update_netsuite
from stopship.application.verify_acknowledgment import verify_acknowledgment
from stopship.domain.answering import ANSWERS, EVIDENCE, NOTE
from stopship.domain.capabilities import CAPABILITIES
from stopship.domain.case import Case, fold
from stopship.domain.command import Command
from stopship.domain.errors import InvalidInput, PartnerBusy, PartnerError, StopshipError
from stopship.domain.events import OrderCancelled
from stopship.domain.money import MoveState
from stopship.domain.plan import Plan, PlannedMoney
from stopship.domain.resolution import NEEDS_APPROVAL, Resolution
from stopship.frozen import frozen

_TURNS = 6
"""Around a leg's rule and its readings. Whoever goes round more often waits for something."""
type CaseStep = Callable[[Desk, str, str], Next]
_CASE_STEPS: tuple[tuple[str, CaseStep], ...] = (
    ("cancel", cancel_in_order_system),
    ("erp", update_netsuite),
    ("payment", take_payment_action),
    ("close", close_loop),
)
_STAND_IN = "rehearsal"
"""Stands for the evidence that an answer will come with: what follows does not depend on what it says."""


@frozen
class _End:
    """How far the rehearsal came, as the end of a sentence. ``cut_short``: what would have followed is not known, nor what money it moves."""

    effect: str
    warnings: tuple[str, ...] = ()
    cut_short: bool = False


def plan_resolution(desk: Desk, item: ExceptionItem, recorded: Sequence[Recorded], command: Command) -> Plan:
    """``recorded`` are the events of the exception's case, now. Calls read partners; nothing is changed anywhere."""
    case, word = fold(item.merchant, item.case_id, recorded), Resolution(command.resolution)
    _check_address(case, command)
    rehearsed, script = rehearsing(desk, case, recorded)
    rehearsed = replace(rehearsed, evidence=with_address(desk.evidence, item, command.address))
    told = ANSWERS[word]
    documented = replace(
        Command(word, lines=command.lines, address=command.address),
        evidence=(_STAND_IN,) if EVIDENCE in told.needs else (),
    )
    end = _rehearse(rehearsed, item, documented)
    warnings = list(end.warnings)
    if word in NEEDS_APPROVAL and not script.money:
        warnings.append("which money will move cannot be told now")
    return Plan(
        effect=f"{_effect(told.effect, command, script)} {end.effect}",
        calls=tuple(script.calls),
        money=tuple(script.money),
        needs_evidence=tuple(x for x in told.needs if x in (NOTE, EVIDENCE)),
        needs_approval=word in NEEDS_APPROVAL and (end.cut_short or _two_people(desk, case, script.money)),
        warnings=tuple(warnings),
        resolution=word,
        lines=dict(command.lines),
        address_sha256=command.address.sha256 if command.address else "",
    )


def _check_address(case: Case, command: Command) -> None:
    """Raises InvalidInput where the order system takes none."""
    known = CAPABILITIES.get(case.channel)
    if command.address and not (known and known.takes_addresses):
        raise InvalidInput(
            "address", f"cannot be written at {case.channel}", "correct it there, and answer without an address"
        )


def _effect(told: str, command: Command, script: Script) -> str:
    if command.address is None:
        return told
    holds = sum(call.what.startswith("release the hold") for call in script.calls)
    return f"Writes the address in the order system, then releases {holds} hold{'' if holds == 1 else 's'}."


def _two_people(desk: Desk, case: Case, money: Sequence[PlannedMoney]) -> bool:
    """The limit is for the sum, in each currency: of all moves of the plan, and of what one person alone has had paid of the order before. Money
    that nobody can name needs a second person too."""
    limit, sums = desk.policy_of(case).two_people, _paid_on_one_word(desk, case)
    for move in money:
        sums[move.currency] = sums.get(move.currency, Decimal(0)) + Decimal(move.amount)
    return not money or any(limit.needed(sums[x.currency], x.currency) for x in money)


def _paid_on_one_word(desk: Desk, case: Case) -> dict[str, Decimal]:
    """By currency, over all cases of the order. What is under way in this one is in the plan again."""
    booked, _ = desk.ledger.book(case.merchant, case.channel, case.order_ref)
    earlier = {x.case_id for x in booked if x.state is not MoveState.FAILED} - {case.case_id}
    moves = [m for m in case.moves_on_one_word if not m.pending]
    for name in sorted(earlier):
        moves += desk.cases.load(case.merchant, name).moves_on_one_word
    sums: dict[str, Decimal] = {}
    for fact in (m.requested.fact for m in moves):
        sums[fact.currency] = sums.get(fact.currency, Decimal(0)) + Decimal(fact.amount)
    return sums


def _rehearse(desk: Desk, item: ExceptionItem, command: Command) -> _End:
    merchant, case_id = item.merchant, item.case_id
    case = desk.cases.load(merchant, case_id)
    step = answer_facts(case, item, command, Said(_STAND_IN, _STAND_IN, "", desk.clock.now()))
    case = desk.cases.append(case, step)
    try:
        if item.leg_id:
            return _legs(desk, case)
        return _case(desk, case, str(case.exceptions[item.exception_id].opened.fact.evidence.get("step", "")))
    except PartnerBusy as error:
        return _End("What follows cannot be looked up now.", (f"{error.partner} takes no call now",), cut_short=True)
    except PartnerError as error:
        return _End("What follows cannot be looked up now.", (f"{error.partner} could not be read",), cut_short=True)
    except StopshipError as error:
        return _End("Then a person is asked again.", (f"{type(error).__name__}: {error}"[:200],), cut_short=True)


def _legs(desk: Desk, case: Case) -> _End:
    """Every leg for which nobody else is asked goes on at once."""
    for leg_id in [x for x, leg in case.legs.items() if leg.settled is None and case.exception_of(x) is None]:
        end = _leg(desk, case.merchant, case.case_id, leg_id)
        if end:
            return end
    case = desk.cases.load(case.merchant, case.case_id)
    if not case.all_settled:
        waiting = sum(leg.settled is None for leg in case.legs.values())
        return _End(f"{waiting} other legs of the order have not ended yet; the case goes on when they have.")
    return _case(desk, case, "cancel")


def _leg(desk: Desk, merchant: str, case_id: str, leg_id: str) -> _End | None:
    """None when the leg ends."""
    check_fulfillment_state(desk, merchant, case_id, leg_id)
    found = apply_stop_ship_rule(desk, merchant, case_id, leg_id)
    for _ in range(_TURNS):
        match found["next"]:
            case "ended":
                return None
            case "stop":
                if execute_stop_ship(desk, merchant, case_id, leg_id, _STAND_IN)["next"] == "waiting":
                    return _End("What follows depends on the warehouse's answer.")
            case "person":
                return _End(f"Then a person is asked again: {str(found['cause']).replace('_', ' ')}.")
        found = verify_acknowledgment(desk, merchant, case_id, leg_id)
    return _End("What follows depends on what the warehouse says.")


def _case(desk: Desk, case: Case, step: str) -> _End:
    names = [name for name, _ in _CASE_STEPS]
    if step not in names:
        return _End("The order is read again, and the stop begins with what it then shows.")
    for name, run in _CASE_STEPS[names.index(step) :]:
        found = _run(desk, case, run)
        if found["next"] != "go":
            return _stopped_at(name, found)
    case = desk.cases.load(case.merchant, case.case_id)
    return _End(f"The case ends: {outcome_of(case)}.")


def _run(desk: Desk, case: Case, run: CaseStep) -> Next:
    """A partner's yes is taken for granted: the plan is what will be done if nobody objects."""
    try:
        return run(desk, case.merchant, case.case_id)
    except Reached as reached:
        if reached.what == CANCELLED:
            desk.cases.record(case.merchant, case.case_id, _cancelled)
        return {"next": "go"}


def _cancelled(case: Case) -> Step:
    if case.cancel_requested is None:
        raise ValueError("a cancel is recorded before it is asked for")
    wanted, step = case.cancel_requested.fact, Step()
    step.add(OrderCancelled(wanted.system, wanted.scope, wanted.lines, _STAND_IN, by_us=True))
    return step


def _stopped_at(name: str, found: Next) -> _End:
    match found["next"]:
        case "person":
            return _End(f"Then a person is asked again: {str(found['cause']).replace('_', ' ')}.")
        case "legs":
            return _End("Then legs of the order are looked at again.")
    return _End(f"Then the case waits for a partner ({name}).")
