"""The decision as a table: what is known about a leg, row by row, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from stopship.adapters.policy_file import load_default
from stopship.domain import events as e
from stopship.domain.case import Case, apply
from stopship.domain.decide import Decision, decide_leg
from stopship.domain.policy import PickRule, Policy
from stopship.domain.request import Reason

LEG = "fo-1"
PLACE = "north"
RECEIVED = "2026-11-24T12:00:00.000000Z"

type Fact = e.Event | Callable[[str], e.Event]
type Decide = Callable[..., Decision]


def at(seconds: int) -> str:
    """So long after the wish came in."""
    return f"2026-11-24T12:{seconds // 60:02}:{seconds % 60:02}.000000Z"


@dataclass(frozen=True)
class Row:
    """``facts`` are recorded ten seconds apart, from ten seconds after the wish; the decision falls ten seconds after the last.

    ``expected`` is action, outcome or cause, proof: as a person would write it. ``partner`` is what runs the place; ``unreadable`` is a
    merchant's own rule for a pick state that no system tells; ``blocks`` that its policy records a stop for this reason as blocked.
    """

    name: str
    facts: tuple[e.Event, ...]
    expected: str
    evidence: tuple[int, ...]
    reason: str = "customer_request"
    documents: tuple[str, ...] = ()
    place: str = PLACE
    wait: int = 10
    partner: str = ""
    unreadable: PickRule | None = None
    requester: str = "customer"
    leg: str = LEG
    blocks: bool = False


def wish(row: Row) -> list[e.Event]:
    request = e.RequestReceived(
        "r", row.reason, row.requester, "flow", RECEIVED, RECEIVED, {}, "", False, list(row.documents), "0" * 64
    )
    return [
        e.CaseOpened("shopify", "1001", 1, "1", "h"),
        request,
        e.LegPlanned(LEG, row.place, "third_party", "gid", {"L1": 1}, {}, LEG, row.partner),
    ]


def case_of(row: Row) -> Case:
    case = Case("acme", "case-1")
    for version, fact in enumerate(wish(row), 1):
        apply(case, fact, version, RECEIVED)
    for index, fact in enumerate(row.facts):
        apply(case, fact, 4 + index, at(10 + 10 * index))
    return case


def decide(row: Row, by: Decide = decide_leg, policy: Policy | None = None) -> Decision:
    case = case_of(row)
    now = at(10 * len(row.facts) + row.wait)
    policy = _with_rules(row, policy or load_default())
    return by(case, case.legs[row.leg], policy, now)


def _with_rules(row: Row, policy: Policy) -> Policy:
    reason = Reason(row.reason)
    outcome = "blocked" if row.blocks else policy.reasons[reason].outcome
    reasons = {**policy.reasons, reason: replace(policy.reasons[reason], outcome=outcome)}
    return replace(policy, reasons=reasons, unreadable=row.unreadable or policy.unreadable)


def said(decision: Decision) -> str:
    """The decision in one line."""
    return " ".join(str(x) for x in (decision.action, decision.outcome, decision.cause, decision.proof) if x)


def seen(state: str, observed: str, shipped: int = 0) -> e.Event:
    return e.PickStateObserved(LEG, state, PLACE, observed, "system", shipped_lines={"L1": shipped} if shipped else {})


def asked(attempt: int = 1, *, physical: bool = False) -> e.Event:
    return e.StopShipRequested(LEG, PLACE, attempt, physical, f"cb-{attempt}", at(900))


def answered(level: str, state: str = "released", attempt: int = 1, *, partial: bool = False) -> e.Event:
    return e.AcknowledgementReceived(
        LEG, attempt, level, PLACE, state, at(30), "dock", "ref", "", {"L1": 1}, partial=partial
    )


def signal(*, departed: bool) -> e.Event:
    return e.ShipmentSeen(LEG, "north", at(20), departed, {"L1": 1}, "")


def opened(leg_id: str = LEG, number: int = 1) -> e.Event:
    return e.ExceptionOpened(f"x-{number}", leg_id, "silent_warehouse", "P2", "warehouse", "call", at(900), "")


def word(resolution: str, number: int = 1) -> e.Event:
    return e.ExceptionResolved(f"x-{number}", resolution, "ann", "", "")


def elsewhere(instead_of: str = LEG) -> e.Event:
    """A leg at a second place, where the goods may lie instead."""
    return e.LegPlanned("fo-2", "south", "third_party", "", {"L1": 1}, instead_of=instead_of)


def order(risk: str = "", payment: str = "") -> e.Event:
    return e.OrderRead("#1001", [], "10.00", "EUR", False, False, risk, at(1), payment)


def settled(outcome: str) -> e.Event:
    return e.LegSettled(LEG, outcome, {"L1": 1}, {"kind": "system_cancelled", "evidence": []})


def dear() -> e.Event:
    """Goods that are worth a question."""
    return e.OrderRead("#1001", [], "200.00", "EUR", False, False, "", at(1))


def read(state: str = "in_transit", offer: str = "yes", cost: str = "18.50") -> e.Event:
    """What the carrier says."""
    return e.CarrierRead(LEG, "ups", state, ["sha"], offer, "", cost, "EUR", "200.00", "EUR", at(20))


def requested() -> e.Event:
    return e.InterceptRequested(LEG, "ups", "sha", "18.50", "EUR", "policy")


def taken(level: str = "accepted") -> e.Event:
    return e.InterceptAnswered(LEG, "ups", "sha", level, "")


def void(state: str) -> tuple[e.Event, ...]:
    return e.LabelVoidRequested(LEG, "ups", "sha"), e.LabelVoidAnswered(LEG, "ups", "sha", state, "")


LEAKED = (
    dear(),
    seen("released", at(5)),
    asked(),
    answered("physically_stopped"),
    settled("stopped"),
    signal(departed=True),
    opened(),
)
"""It left after the stop, and a person is asked: versions 4 to 10."""


READ, SENT, ANSWER, AGAIN = 4, 5, 6, 7
"""The versions of the facts of a plain stop: the reading, the request, the answer, the reading after it."""

SILENT = (seen("released", at(5)), asked(), e.SilenceRecorded(LEG, 1, at(900)), opened())

TABLE: tuple[Row, ...] = (
    # By pick state, before anything was asked of the warehouse.
    Row("not released", (seen("not_released", at(5)),), "stop", (READ,)),
    Row("released", (seen("released", at(5)),), "stop", (READ,)),
    Row("picking", (seen("picking", at(5)),), "stop_physically", (READ,)),
    Row("picked", (seen("picked", at(5)),), "stop_physically", (READ,)),
    Row("packed", (seen("packed", at(5)),), "stop_physically", (READ,)),
    Row("labelled", (seen("labelled", at(5)),), "stop_physically", (READ,)),
    Row("shipped", (seen("shipped", at(5)),), "settle shipped departure", (READ,)),
    Row("delivered", (seen("delivered", at(5)),), "settle shipped departure", (READ,)),
    Row("unknown", (seen("unknown", at(5)),), "ask pick_state_unknown", (READ,)),
    Row("never read", (), "ask pick_state_unknown", ()),
    Row("read just within the limit", (seen("released", at(10)),), "stop", (READ,), wait=300),
    Row("read too long ago", (seen("released", at(10)),), "ask pick_state_unknown", (READ,), wait=301),
    Row("nobody is connected there", (seen("released", at(5)),), "ask no_warehouse", (3,), place=""),
    Row("a label is not a departure", (seen("released", at(5)), signal(departed=False)), "stop_physically", (5,)),
    # A partner without a system: its people are the only ones to ask.
    Row("only its people know", (seen("unknown", at(5)),), "stop_physically", (3, READ), partner="email_vendor"),
    Row("only its people know, and nobody has looked", (), "stop_physically", (3,), partner="email_vendor"),
    Row(
        "only its people know, and the merchant has its own ask first",
        (seen("unknown", at(5)),),
        "ask pick_state_unknown",
        (3, READ),
        partner="email_vendor",
        unreadable=PickRule.ASK_PERSON,
    ),
    Row(
        "only its people know, and one of them said",
        (seen("picked", at(5)),),
        "stop_physically",
        (READ,),
        partner="email_vendor",
    ),
    Row(
        "only its people know, and it is not begun", (seen("released", at(5)),), "stop", (READ,), partner="email_vendor"
    ),
    Row(
        "only its people know, and there is a label",
        (seen("unknown", at(5)), signal(departed=False)),
        "stop_physically",
        (5,),
        partner="email_vendor",
    ),
    Row(
        "only its people know, and it left",
        (seen("unknown", at(5)), signal(departed=True)),
        "settle shipped departure",
        (5,),
        partner="email_vendor",
    ),
    Row(
        "only its people know, and they were asked",
        (seen("unknown", at(5)), asked(physical=True)),
        "stop_physically",
        (SENT,),
        partner="email_vendor",
    ),
    Row(
        "a label tool knows no shelf",
        (seen("unknown", at(5)),),
        "ask pick_state_unknown",
        (READ,),
        partner="shipstation",
    ),
    Row(
        "a system that does not know it",
        (seen("unknown", at(5)),),
        "ask pick_state_unknown",
        (READ,),
        partner="generic_3pl",
    ),
    Row("a partner that nobody knows", (seen("unknown", at(5)),), "ask pick_state_unknown", (READ,), partner="fax"),
    # Evidence that it left.
    Row("it left", (seen("released", at(5)), signal(departed=True)), "settle shipped departure", (5,)),
    Row(
        "it left while a stop is under way",
        (seen("released", at(5)), asked(), signal(departed=True)),
        "settle shipped departure",
        (ANSWER,),
    ),
    Row(
        "the answer says that it left",
        (seen("picked", at(5)), asked(physical=True), answered("rejected", "shipped")),
        "settle shipped departure",
        (ANSWER,),
    ),
    Row(
        "it left after it was stopped",
        (seen("released", at(5)), asked(), answered("physically_stopped"), settled("stopped"), signal(departed=True)),
        "ask shipped_after_stop",
        (8,),
    ),
    Row(
        "it left after it was stopped, and was opened again",
        (
            seen("released", at(5)),
            asked(),
            answered("physically_stopped"),
            settled("stopped"),
            signal(departed=True),
            e.LegReopened(LEG, "it left"),
        ),
        "ask shipped_after_stop",
        (8,),
    ),
    # It left with a carrier, which may bring it back; the verdict itself has a table of its own.
    Row("it left, and may be worth having back", (dear(), seen("shipped", at(5))), "weigh", (5,)),
    Row("the carrier would", (dear(), seen("shipped", at(5)), read()), "ask carrier_intercept", (6,)),
    Row(
        "a person wants it back, and the carrier was read since",
        (dear(), seen("shipped", at(5)), read(), opened(), word("intercept"), read()),
        "intercept",
        (9, 8),
    ),
    Row(
        "the carrier was asked",
        (dear(), seen("shipped", at(5)), read(), requested(), taken()),
        "settle shipped departure",
        (7, 8),
    ),
    Row(
        "it is back already",
        (dear(), seen("shipped", at(5)), read("returned", "no")),
        "settle shipped carrier_returned",
        (6,),
    ),
    Row("the carrier will not", (dear(), seen("shipped", at(5)), read(offer="no")), "settle shipped departure", (6,)),
    Row("the carrier's scan is a departure", (dear(), seen("picked", at(5)), read()), "ask carrier_intercept", (6,)),
    Row("a used label is a departure", (seen("labelled", at(5)), *void("used")), "settle shipped departure", (6,)),
    Row(
        "a label that is not voided says nothing", (seen("labelled", at(5)), *void("refused")), "stop_physically", (4,)
    ),
    Row(
        "a person says that it is back",
        (dear(), seen("shipped", at(5)), read(), opened(), word("came_back")),
        "settle shipped human_returned",
        (8,),
    ),
    # Nobody can tell at which of two places the goods lie.
    Row("it left one of two places", (elsewhere(), seen("shipped", at(5))), "ask stop_partial", (5,)),
    Row(
        "it left one of two places, and its carrier was asked",
        (elsewhere(), dear(), seen("shipped", at(5)), read(), requested(), taken()),
        "settle shipped departure",
        (8, 9),
    ),
    Row(
        "it left one of two places, and a person knows what",
        (elsewhere(), seen("shipped", at(5)), opened(), word("it_shipped")),
        "settle shipped human",
        (7,),
    ),
    Row(
        "another leg of the order is about other goods",
        (elsewhere(""), seen("shipped", at(5))),
        "settle shipped departure",
        (5,),
    ),
    # It left, says a system, and its carrier has never scanned it.
    Row("never scanned", (dear(), seen("shipped", at(5)), read("labelled")), "stop_physically", (6,)),
    Row(
        "never scanned, where nobody is connected",
        (dear(), signal(departed=True), read("labelled")),
        "ask pick_state_unknown",
        (6,),
        place="",
    ),
    Row(
        "never scanned, and the stop is under way",
        (dear(), seen("shipped", at(5)), read("labelled"), asked(physical=True)),
        "stop_physically",
        (7,),
    ),
    Row(
        "never scanned, and the first stop is answered after all",
        (
            dear(),
            seen("picked", at(5)),
            asked(physical=True),
            opened(),
            word("retry"),
            seen("shipped", at(50)),
            read("labelled"),
            answered("physically_stopped", "picked"),
        ),
        "settle stopped physically_stopped",
        (6, 11),
    ),
    Row(
        "never scanned, and then it left",
        (dear(), seen("shipped", at(5)), read("labelled", "no"), signal(departed=True)),
        "settle shipped departure",
        (6,),
    ),
    Row(
        "never scanned before a retry",
        (dear(), seen("shipped", at(5)), read("labelled", "no"), opened(), word("retry")),
        "weigh",
        (5,),
    ),
    # It left after the stop.
    Row(
        "after a leak a person wants it back",
        (*LEAKED, word("intercept")),
        "weigh",
        (9,),
    ),
    Row(
        "after a leak the carrier would",
        (*LEAKED, word("intercept"), read()),
        "intercept",
        (12, 11),
    ),
    Row(
        "after a leak the carrier was asked",
        (*LEAKED, word("intercept"), read(), requested(), taken()),
        "settle shipped departure",
        (13, 14),
    ),
    Row(
        "after a leak the carrier will not",
        (*LEAKED, word("intercept"), read(offer="no")),
        "ask shipped_after_stop",
        (12, 11),
    ),
    # Ended, and nothing new.
    Row(
        "stopped",
        (seen("released", at(5)), asked(), answered("physically_stopped"), settled("stopped")),
        "none",
        (7,),
    ),
    Row("shipped, and settled", (seen("shipped", at(5)), settled("shipped")), "none", (5,)),
    Row(
        "shipped, settled, and told again",
        (seen("shipped", at(5)), settled("shipped"), signal(departed=True)),
        "none",
        (5,),
    ),
    # The stop under way, its answer or its absence.
    Row("a stop is under way", (seen("released", at(5)), asked()), "stop", (SENT,)),
    Row(
        "a physical stop is under way",
        (seen("picked", at(5)), asked(physical=True)),
        "stop_physically",
        (SENT,),
    ),
    Row(
        "accepted is no answer",
        (seen("released", at(5)), asked(), answered("accepted")),
        "stop",
        (SENT,),
    ),
    Row("silence", SILENT, "ask silent_warehouse", (ANSWER,)),
    Row(
        "an answer after the silence counts",
        (*SILENT, answered("physically_stopped", "picked")),
        "settle stopped physically_stopped",
        (SENT, 8),
    ),
    Row(
        "held back",
        (seen("picked", at(5)), asked(physical=True), answered("physically_stopped", "picked")),
        "settle stopped physically_stopped",
        (SENT, ANSWER),
    ),
    Row(
        "only part was held back",
        (seen("picked", at(5)), asked(physical=True), answered("physically_stopped", "picked", partial=True)),
        "ask stop_partial",
        (SENT, ANSWER),
    ),
    Row(
        "only part was cancelled",
        (seen("released", at(5)), asked(), answered("system_cancelled", partial=True)),
        "ask stop_partial",
        (SENT, ANSWER),
    ),
    Row(
        "held back, and some of it counted as shipped before",
        (seen("picked", at(5), 1), asked(physical=True), answered("physically_stopped", "picked")),
        "ask stop_partial",
        (SENT, ANSWER, 4),
    ),
    Row(
        "cancelled in the system, and some of it counted as shipped after",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("released", at(35), 1)),
        "ask stop_partial",
        (SENT, ANSWER, 7),
    ),
    Row(
        "a reading that counts nothing takes back nothing of what was counted",
        (seen("released", at(5), 1), asked(), answered("system_cancelled"), seen("released", at(35))),
        "ask stop_partial",
        (SENT, ANSWER, 4),
    ),
    Row(
        "counted as shipped before a retry only",
        (
            seen("picked", at(5), 1),
            asked(physical=True),
            answered("rejected"),
            opened(),
            word("retry"),
            seen("picked", at(60)),
            asked(2, physical=True),
            answered("physically_stopped", "picked", 2),
        ),
        "settle stopped physically_stopped",
        (10, 11),
    ),
    Row(
        "rejected",
        (seen("released", at(5)), asked(), answered("rejected")),
        "ask stop_rejected",
        (SENT, ANSWER),
    ),
    Row(
        "cancelled in the system, and not read since",
        (seen("released", at(5)), asked(), answered("system_cancelled")),
        "verify",
        (SENT, ANSWER),
    ),
    Row(
        "cancelled in the system, and read back as not released",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("not_released", at(40))),
        "settle stopped system_cancelled",
        (SENT, ANSWER, AGAIN),
    ),
    Row(
        "cancelled in the system, and read back as before",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("released", at(40))),
        "settle stopped system_cancelled",
        (SENT, ANSWER, AGAIN),
    ),
    Row(
        "cancelled in the system, and the goods are in work",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("picking", at(40))),
        "ask stop_contradicted",
        (SENT, ANSWER, AGAIN, AGAIN),
    ),
    Row(
        "cancelled in the system, in work once, and back again",
        (
            seen("released", at(5)),
            asked(),
            answered("system_cancelled"),
            seen("picking", at(40)),
            seen("released", at(50)),
        ),
        "ask stop_contradicted",
        (SENT, ANSWER, 8, AGAIN),
    ),
    Row(
        "cancelled in the system, and labelled",
        (
            seen("released", at(5)),
            asked(),
            answered("system_cancelled"),
            signal(departed=False),
            seen("released", at(50)),
        ),
        "ask stop_contradicted",
        (SENT, ANSWER, 8, AGAIN),
    ),
    Row(
        "cancelled in the system, and in work by its own word",
        (seen("released", at(5)), asked(), answered("system_cancelled", "packed")),
        "ask stop_contradicted",
        (SENT, ANSWER),
    ),
    Row(
        "cancelled in the system, and the warehouse does not know where the goods are",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("unknown", at(40))),
        "ask stop_unproven",
        (SENT, ANSWER, AGAIN),
    ),
    Row(
        "cancelled in the system, and the reading after it is too old",
        (
            *(seen("released", at(5)), asked(), answered("system_cancelled")),
            *(opened(number=n) for n in range(31)),
            seen("released", at(40)),
        ),
        "ask stop_unproven",
        (SENT, ANSWER, 38),
    ),
    Row(
        "cancelled in the system, and the reading after it is just within the limit",
        (
            *(seen("released", at(5)), asked(), answered("system_cancelled")),
            *(opened(number=n) for n in range(30)),
            seen("released", at(40)),
        ),
        "settle stopped system_cancelled",
        (SENT, ANSWER, 37),
    ),
    Row(
        "cancelled in the system, and what is read after it is a copy from before it",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("released", at(28))),
        "verify",
        (SENT, ANSWER, AGAIN),
    ),
    Row(
        "cancelled in the system, and read back in the whole seconds of the partner's clock",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("released", at(29))),
        "settle stopped system_cancelled",
        (SENT, ANSWER, AGAIN),
    ),
    Row(
        "cancelled in the system, and the copy is still behind when a reading would be too old",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("released", at(28))),
        "ask stop_unproven",
        (SENT, ANSWER, AGAIN),
        wait=291,
    ),
    Row(
        "cancelled in the system, and the copy has just the time to catch up",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("released", at(28))),
        "verify",
        (SENT, ANSWER, AGAIN),
        wait=290,
    ),
    Row(
        "cancelled in the system, and the copy says that the goods are in work",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("picking", at(28))),
        "ask stop_contradicted",
        (SENT, ANSWER, AGAIN, AGAIN),
    ),
    Row(
        "cancelled in the system, and the copy knows nothing of it",
        (seen("released", at(5)), asked(), answered("system_cancelled"), seen("unknown", at(28))),
        "ask stop_unproven",
        (SENT, ANSWER, AGAIN),
    ),
    # A person's word.
    Row("a person says: they stopped it", (*SILENT, word("they_stopped_it")), "settle stopped human", (8,)),
    Row("a person says: it shipped", (*SILENT, word("it_shipped")), "settle shipped human", (8,)),
    Row("a person says: let it ship", (*SILENT, word("let_it_ship")), "settle shipped human", (8,)),
    Row("a person says: saved", (*SILENT, word("saved")), "settle saved human", (8,)),
    Row("a person says: the address is right now", (*SILENT, word("address_fixed")), "settle saved human", (8,)),
    Row(
        "a person let it go, and somebody asks for it again",
        (*SILENT, word("let_it_ship"), e.LegReopened(LEG, "asked again", anew=True)),
        "stop",
        (READ,),
    ),
    Row(
        "it was opened again because it left, and the older word does not decide on that",
        (*SILENT, word("they_stopped_it"), signal(departed=True), e.LegReopened(LEG, "it left")),
        "settle shipped departure",
        (9,),
    ),
    Row(
        "a person says: a part is stopped, and this is the part",
        (*SILENT, e.LegSplit(LEG, f"{LEG}~2", {"L1": 1}, {"L1": 1}), word("stopped_in_part")),
        "settle stopped human",
        (9,),
    ),
    Row(
        "a person says: a part is stopped, and this is the rest",
        (*SILENT, e.LegSplit(LEG, f"{LEG}~2", {"L1": 1}, {"L1": 1}), word("stopped_in_part")),
        "settle shipped human",
        (9,),
        leg=f"{LEG}~2",
    ),
    Row(
        "a person says: a part is stopped, and this is an older rest, with a word of its own",
        (
            *(*SILENT, word("let_it_ship"), e.LegSplit(LEG, f"{LEG}~2", {"L1": 1}, {"L1": 1})),
            *(e.LegReopened(LEG, "asked again", anew=True), opened(number=2)),
            *(e.LegSplit(LEG, f"{LEG}~3", {"L1": 1}, {"L1": 1}), word("stopped_in_part", 2)),
        ),
        "settle shipped human",
        (8,),
        leg=f"{LEG}~2",
    ),
    Row(
        "a person says: a part of what was a rest is stopped, and this is the part",
        (
            *(*SILENT, e.LegSplit(LEG, f"{LEG}~2", {"L1": 2}, {"L1": 2}), word("let_it_ship")),
            *(opened(f"{LEG}~2", 2), e.LegSplit(f"{LEG}~2", f"{LEG}~3", {"L1": 1}, {"L1": 1})),
            word("stopped_in_part", 2),
        ),
        "settle stopped human",
        (12,),
        leg=f"{LEG}~2",
    ),
    Row("a person says: withdrawn", (*SILENT, word("withdrawn")), "settle withdrawn human", (8,)),
    Row("a person says: retry", (*SILENT, word("retry")), "stop", (READ,)),
    Row(
        "a second attempt is under way",
        (*SILENT, word("retry"), asked(2)),
        "stop",
        (9,),
    ),
    Row(
        "what was answered before a retry is forgotten",
        (
            *(seen("released", at(5)), asked(), answered("rejected"), opened(), word("retry"), asked(2)),
            answered("system_cancelled", attempt=2),
        ),
        "verify",
        (9, 10),
    ),
    Row(
        "it left after a person's word",
        (*SILENT, word("they_stopped_it"), signal(departed=True)),
        "settle shipped departure",
        (9,),
    ),
    Row(
        "a person's word that is newer than the departure",
        (*SILENT, signal(departed=True), word("they_stopped_it")),
        "settle stopped human",
        (9,),
    ),
    # What its warehouse says after a person spoke.
    Row(
        "a person says stopped, and then its warehouse says no",
        (*SILENT, word("they_stopped_it"), answered("rejected")),
        "ask stop_rejected",
        (SENT, 9),
    ),
    Row(
        "a person says stopped once more, after its warehouse's no",
        (*SILENT, word("they_stopped_it"), answered("rejected"), opened(number=2), word("they_stopped_it", 2)),
        "settle stopped human",
        (11,),
    ),
    Row(
        "a person says stopped, and then its warehouse confirms it",
        (*SILENT, word("they_stopped_it"), answered("physically_stopped", "picked")),
        "settle stopped human",
        (8,),
    ),
    Row(
        "a person says that a part is stopped, and then its warehouse says no",
        (*SILENT, e.LegSplit(LEG, f"{LEG}~2", {"L1": 1}, {"L1": 1}), word("stopped_in_part"), answered("rejected")),
        "ask stop_rejected",
        (SENT, 10),
    ),
    Row(
        "a person says stopped, its warehouse says no, and the whole wish was taken back",
        (*SILENT, word("they_stopped_it"), answered("rejected"), opened("", 2), word("withdrawn", 2)),
        "settle withdrawn human",
        (11,),
    ),
    Row(
        "a person lets it ship, and then its warehouse says no",
        (*SILENT, word("let_it_ship"), answered("rejected")),
        "settle shipped human",
        (8,),
    ),
    Row(
        "a person lets it ship, and then it is held back",
        (*SILENT, word("let_it_ship"), answered("physically_stopped", "picked")),
        "settle shipped human",
        (8,),
    ),
    Row(
        "a person says shipped, and then it is held back",
        (*SILENT, word("it_shipped"), answered("physically_stopped", "picked")),
        "settle stopped physically_stopped",
        (SENT, 9),
    ),
    Row(
        "a person says shipped, it was held back before, and nothing is newer",
        (*SILENT, answered("physically_stopped", "picked"), word("it_shipped")),
        "settle shipped human",
        (9,),
    ),
    Row(
        "a person says shipped, and then only part is held back",
        (*SILENT, word("it_shipped"), answered("physically_stopped", "picked", partial=True)),
        "settle shipped human",
        (8,),
    ),
    Row(
        "it left, a person says shipped, and then it is held back",
        (*SILENT, signal(departed=True), word("it_shipped"), answered("physically_stopped", "picked")),
        "settle shipped human",
        (9,),
    ),
    Row(
        "a person says shipped, a return was opened, and then it is held back",
        (*SILENT, word("it_shipped"), e.ReturnOpened({"L1": 1}, "r"), answered("physically_stopped", "picked")),
        "ask stop_contradicted",
        (10, 9),
    ),
    Row(
        "a person says shipped, a return was opened for another line, and then it is held back",
        (*SILENT, word("it_shipped"), e.ReturnOpened({"L2": 1}, "r"), answered("physically_stopped", "picked")),
        "settle stopped physically_stopped",
        (SENT, 10),
    ),
    Row(
        "a person says stopped after a return was opened, and then its warehouse says no",
        (*SILENT, e.ReturnOpened({"L1": 1}, "r"), word("they_stopped_it"), answered("rejected")),
        "ask stop_rejected",
        (SENT, 10),
    ),
    Row(
        "the whole wish was taken back",
        (seen("released", at(5)), opened(""), word("withdrawn")),
        "settle withdrawn human",
        (6,),
    ),
    Row(
        "the whole wish was taken back, and then it left",
        (seen("released", at(5)), opened(""), word("withdrawn"), signal(departed=True)),
        "settle shipped departure",
        (7,),
    ),
    # An order that nobody paid, until somebody did.
    Row(
        "the only reason was that it was not paid, and now it is",
        (order(payment="made"), seen("released", at(5))),
        "settle withdrawn paid",
        (4,),
        reason="payment_timeout",
        requester="system",
    ),
    Row(
        "it is not paid",
        (order(payment="open"), seen("released", at(5))),
        "stop",
        (5,),
        reason="payment_timeout",
        requester="system",
    ),
    Row(
        "it is paid, and it left",
        (order(payment="made"), signal(departed=True)),
        "settle withdrawn paid",
        (4,),
        reason="payment_timeout",
        requester="system",
    ),
    Row(
        "it is paid, and its stop is under way",
        (order(payment="made"), seen("released", at(5)), asked()),
        "stop",
        (6,),
        reason="payment_timeout",
        requester="system",
    ),
    Row(
        "it is paid, and ops asks",
        (order(payment="made"), seen("released", at(5))),
        "stop",
        (5,),
        reason="payment_timeout",
        requester="ops",
    ),
    Row(
        "it is paid, and the desk asks for another reason",
        (order(payment="made"), seen("released", at(5))),
        "stop",
        (5,),
        reason="stockout",
        requester="system",
    ),
    Row(
        "nobody has read whether it is paid",
        (seen("released", at(5)),),
        "stop",
        (READ,),
        reason="payment_timeout",
        requester="system",
    ),
    # Fraud: a block has to be documented.
    Row(
        "a block without evidence",
        (seen("picked", at(5)), asked(physical=True), answered("physically_stopped", "picked")),
        "ask fraud_without_evidence",
        (SENT, ANSWER),
        reason="fraud",
    ),
    Row(
        "a block with a document",
        (seen("picked", at(5)), asked(physical=True), answered("physically_stopped", "picked")),
        "settle blocked physically_stopped",
        (SENT, ANSWER),
        reason="fraud",
        documents=("doc-1",),
    ),
    Row(
        "a block that the order system's risk supports",
        (order("high"), seen("picked", at(5)), asked(physical=True), answered("physically_stopped", "picked")),
        "settle blocked physically_stopped",
        (6, 7),
        reason="fraud",
    ),
    Row(
        "a block that a low risk does not support",
        (order("low"), seen("picked", at(5)), asked(physical=True), answered("physically_stopped", "picked")),
        "ask fraud_without_evidence",
        (6, 7),
        reason="fraud",
    ),
    Row(
        "a block for another reason, which the order system's risk does not support",
        (order("high"), seen("picked", at(5)), asked(physical=True), answered("physically_stopped", "picked")),
        "ask fraud_without_evidence",
        (6, 7),
        blocks=True,
    ),
    Row(
        "a person's word on a block without evidence",
        (*SILENT, word("they_stopped_it")),
        "ask fraud_without_evidence",
        (8,),
        reason="fraud",
    ),
)
