"""The ten invariants, checked on what the ledger holds: what must be true of every case, whatever happened to it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from stopship.application.next_step import answers
from stopship.application.ports import Recorded, Stored
from stopship.application.send_receipt import RECEIVED
from stopship.application.take_payment_action import PROOFS, lines_to_pay
from stopship.domain import events as e
from stopship.domain.case import BY_HAND, ENDS_MONEY, PAYMENT_STEP, Case, Leg, fold, most, subtract, total
from stopship.domain.conservation import LineCount, not_cancelled
from stopship.domain.decide import is_behind
from stopship.domain.instant import seconds_between
from stopship.domain.money import BookedMove, MoveKind, MoveState
from stopship.domain.order import PRE_PICK
from stopship.domain.outcome import ENDS_WITHOUT_SHIPMENT
from stopship.frozen import frozen


@dataclass(slots=True)
class Tally:
    """How often an invariant was looked at, and where it did not hold."""

    checked: int = 0
    violations: list[str] = field(default_factory=list)

    def expect(self, holds: bool, where: str) -> None:  # noqa: FBT001
        self.checked += 1
        if not holds:
            self.violations.append(where)


BY_WAREHOUSE = frozenset({"system_cancelled", "physically_stopped"})
"""Proofs that are a warehouse's word alone."""
GRACE_SECONDS = 600
"""How long after its deadline an exception may go without being passed on: a timer that was lost is found by the sweep."""
NAMES = tuple(f"I{n}" for n in range(1, 11))


@frozen
class Subject:
    """One case: its recorded events, their fold, and its order's money book."""

    case: Case
    recorded: Sequence[Recorded]
    book: Sequence[BookedMove]
    now: str
    """When it was looked at."""

    def of[T: e.Event](self, kind: type[T]) -> list[tuple[int, T]]:
        return [(r.version, r.event) for r in self.recorded if isinstance(r.event, kind)]

    def before(self, version: int) -> Case:
        """The case as it stood just before that version."""
        return fold(self.case.merchant, self.case.case_id, [r for r in self.recorded if r.version < version])


def check(
    subjects: Iterable[Subject], chain_problems: Sequence[str], chain_checked: int, items: Iterable[Stored]
) -> dict[str, Tally]:
    """The tally per invariant. ``chain_problems`` come from verifying the whole ledger, ``items`` are all that lies in it."""
    tallies = {name: Tally() for name in NAMES}
    for subject in subjects:
        for name, rule in _RULES.items():
            rule(subject, tallies[name])
    tallies["I7"].checked += chain_checked
    tallies["I7"].violations += list(chain_problems)
    _kept_apart(items, tallies["I9"])
    return tallies


def _kept_apart(items: Iterable[Stored], tally: Tally) -> None:
    """An item names one merchant: in what it says, in its own place and in those by which it is found. So does a case, wherever it is named."""
    owners: dict[str, str] = {}
    for item in items:
        where, merchant = f"{item.pk} {item.sk}", str(item.attributes.get("merchant"))
        places = [x for x in (item.pk, *item.attributes.values()) if isinstance(x, str) and x.startswith("M#")]
        tally.expect(
            all(x.startswith(f"M#{merchant}#") for x in places), f"{where} names another merchant than {merchant}"
        )
        if case_id := str(item.attributes.get("case_id") or ""):
            owner = owners.setdefault(case_id, merchant)
            tally.expect(owner == merchant, f"{where} is about {case_id}, which is another merchant's")


def _line_conservation(s: Subject, tally: Tally) -> None:
    for version, order in s.of(e.OrderRead):
        for row in order.lines:
            rest = row["ordered"] - row["shipped"] - row["cancelled"]
            tally.expect(rest >= 0, f"{s.case.case_id} v{version}: line {row['line_id']} does not add up")
    for version, counted in s.of(e.LinesCounted):
        found = [LineCount(**row) for row in counted.lines]
        for count in found:
            tally.expect(count.open >= 0, f"{s.case.case_id} v{version}: {counted.system} line {count.line_id}")
        if counted.moment == "after" and counted.system == s.case.channel:
            then = s.before(version)
            due = total([then.cancelled_before, then.stopped_lines])
            left = not_cancelled(found, due)
            tally.expect(not left or _by_hand(then), f"{s.case.case_id} v{version}: {left} still counted")
    for version, closed in s.of(e.CaseClosed):
        ends: dict[str, int] = {}
        for row in closed.lines:
            ends[row["line_id"]] = ends.get(row["line_id"], 0) + row["quantity"]
        ordered = {r["line_id"]: r["ordered"] for r in s.case.order.fact.lines} if s.case.order else {}
        for line, quantity in ends.items():
            tally.expect(quantity <= ordered.get(line, 0), f"{s.case.case_id} v{version}: line {line} ended twice")


def _by_hand(case: Case) -> bool:
    return any(x.resolved and x.resolved.fact.resolution == "done_by_hand" for x in case.exceptions.values())


def _proof_before_money(s: Subject, tally: Tally) -> None:
    for version, move in s.of(e.MoneyRequested):
        then = s.before(version)
        where = f"{s.case.case_id} v{version}"
        approved = then.refund_approved
        if s.case.channel == "amazon":
            shown = all(q <= then.approved_lines.get(line, 0) for line, q in move.lines.items())
            tally.expect(shown, f"{where}: money for an Amazon order that nobody approved, or that did not ship")
        stopped = [leg for leg in then.legs.values() if leg.outcome in ENDS_WITHOUT_SHIPMENT]
        back = [leg for leg in then.legs.values() if leg.came_back]
        tally.expect(bool(stopped or back) or approved, f"{where}: money without a leg that is stopped or back")
        for leg in stopped:
            kind = leg.settled.fact.proof.get("kind") if leg.settled else ""
            tally.expect(kind in PROOFS or approved, f"{where}: leg {leg.plan.leg_id} rests on {kind!r}")
            if kind in BY_WAREHOUSE:
                tally.expect(not _only_part(leg), f"{where}: leg {leg.plan.leg_id} was stopped in part only")
            if kind == "system_cancelled":
                seen = [o for o in leg.observations if o.fact.state in PRE_PICK]
                newer = leg.answer and any(not is_behind(o.fact, leg.answer.at) for o in seen)
                tally.expect(bool(newer), f"{where}: leg {leg.plan.leg_id} has no pre-pick reading newer than its stop")
        due = total([then.stopped_lines, then.left_and_due])
        covered = all(q <= due.get(line, 0) for line, q in move.lines.items())
        tally.expect(covered, f"{where}: more lines paid than proven")
    for version, cancel in s.of(e.OrderCancelRequested):
        then = s.before(version)
        proven = then.all_settled and not then.wishes_unread and dict(cancel.lines) == then.stopped_lines
        tally.expect(proven, f"{s.case.case_id} v{version}: a cancel was asked for while a leg spoke up")


def _only_part(leg: Leg) -> bool:
    return bool(leg.part_left or (leg.answer and leg.answer.fact.partial))


def _never_twice(s: Subject, tally: Tally) -> None:
    moved: dict[str, int] = {}
    for _, move in s.of(e.MoneyMoved):
        if move.status == MoveState.DONE:
            moved[move.money_key] = moved.get(move.money_key, 0) + 1
    for key, times in moved.items():
        tally.expect(times == 1, f"{s.case.case_id}: {key} moved {times} times")
    ordered = {r["line_id"]: r["ordered"] for r in s.case.order.fact.lines} if s.case.order else {}
    paid: dict[str, int] = {}
    for entry in s.book:
        if entry.state is not MoveState.FAILED and entry.move.kind is MoveKind.REFUND:
            for line, quantity in entry.move.lines.items():
                paid[line] = paid.get(line, 0) + quantity
    for line, quantity in paid.items():
        tally.expect(
            quantity <= ordered.get(line, quantity), f"{s.case.case_id}: line {line} paid back {quantity} times"
        )
    for version, end in s.of(e.MoneySettled):
        tally.expect(not end.net_payment.startswith("-"), f"{s.case.case_id} v{version}: more was paid back than paid")
        _nothing_left_out(s, version, end, tally)
    for version, asked in s.of(e.MoneyRequested):
        where = f"{s.case.case_id} v{version}: beside {asked.beside} of others, nobody says for which lines"
        tally.expect(not asked.beside or s.before(version).refund_approved, where)
    _words_cover_what_rests_on_them(s, tally)


def _words_cover_what_rests_on_them(s: Subject, tally: Tally) -> None:
    """A person's word is about nothing that came to the case after the question."""
    for version, cancel in s.of(e.OrderCancelled):
        if cancel.reference == BY_HAND:
            rest = subtract(cancel.lines, _asked_about(s.before(version), "cancel"))
            tally.expect(not rest, f"{s.case.case_id} v{version}: nobody cancelled {rest}")
    for version, _ in s.of(e.CaseClosed):
        then = s.before(version)
        if _erp_by_hand(then):
            rest = subtract(then.stopped_lines, _asked_about(then, "erp"))
            tally.expect(not rest, f"{s.case.case_id} v{version}: nobody closed {rest}")
    for version, end in s.of(e.MoneySettled):
        if end.why in ("by_hand", "no_refund_by_person") and s.case.channel != "amazon":
            then = s.before(version)
            rest = subtract(lines_to_pay(then), then.refunded_lines)
            tally.expect(not rest, f"{s.case.case_id} v{version}: nobody said how {rest} is paid back")


def _erp_by_hand(case: Case) -> bool:
    skipped, requested = case.erp_skipped, case.erp_requested
    if skipped is None or skipped.fact.why != "by_hand":
        return False
    return requested is None or skipped.version > requested.version


def _asked_about(case: Case, step: str) -> dict[str, int]:
    return most(x.about.stopped for x in answers(case, step, ("done_by_hand",)))


def _nothing_left_out(s: Subject, version: int, end: e.MoneySettled, tally: Tally) -> None:
    then, where = s.before(version), f"{s.case.case_id} v{version}: the money ended as {end.why}"
    tally.expect(then.all_settled and not then.wishes_unread, f"{where} over a leg without an end")
    parts = [m for m in then.moves.values() if m.partly or (m.failed and m.failed.fact.code == "REFUND_PARTLY_FAILED")]
    tally.expect(
        not parts or bool(answers(then, PAYMENT_STEP, ENDS_MONEY)), f"{where} although only a part of a refund moved"
    )
    if end.why == "refunded" and s.case.channel != "amazon":
        left = subtract(lines_to_pay(then), then.refunded_lines)
        tally.expect(not left, f"{where} without {left}")


def _no_closure_without_answer(s: Subject, tally: Tally) -> None:
    for version, _closed in s.of(e.CaseClosed):
        then = s.before(version)
        for leg_id, leg in then.legs.items():
            where = f"{s.case.case_id} v{version}: leg {leg_id}"
            tally.expect(leg.settled is not None, f"{where} is closed without an end")
            if leg.settled:
                tally.expect(bool(leg.settled.fact.proof.get("evidence")), f"{where} ended without evidence")


def _exceptions_are_owned(s: Subject, tally: Tally) -> None:
    for name, state in s.case.exceptions.items():
        opened = state.opened.fact
        whole = all((opened.tier, opened.owner, opened.next_action, opened.deadline))
        tally.expect(whole, f"{s.case.case_id}: {name} lacks owner, next action or deadline")
        end = state.resolved.at if state.resolved else s.now
        late = seconds_between(state.deadline, end)
        tally.expect(late <= GRACE_SECONDS, f"{s.case.case_id}: {name} was left {late:.0f} s beyond its deadline")
        if state.resolved:
            tally.expect(bool(state.resolved.fact.by), f"{s.case.case_id}: {name} was cleared by nobody")


def _acts_once(s: Subject, tally: Tally) -> None:
    ids = [r.request_id for _, r in s.of(e.RequestReceived)]
    tally.expect(len(ids) == len(set(ids)), f"{s.case.case_id}: a delivery was counted twice")
    for kind in (e.OrderCancelled, e.MoneyRequested, e.StopShipSent, e.InterceptRequested):
        keys = [r.key for r in s.recorded if isinstance(r.event, kind) and r.key]
        tally.expect(len(keys) == len(set(keys)), f"{s.case.case_id}: {kind.__name__} is recorded twice")


def _told_only_the_outcome(s: Subject, tally: Tally) -> None:
    told: list[tuple[int, e.MessageSent | e.TicketAnswered]] = [*s.of(e.MessageSent), *s.of(e.TicketAnswered)]
    for version, message in told:
        then = s.before(_decided(s.before(version), message) or version)
        where = f"{s.case.case_id} v{version}: {message.template}"
        if isinstance(message, e.MessageSent) and message.template.startswith(f"{RECEIVED}:"):
            # It says that a wish was received, and nothing of its outcome.
            continue
        tally.expect(then.all_settled, f"{where} was sent before the outcome")
        if message.template.startswith(("outcome_stopped", "outcome_part", "outcome_mixed")):
            ends = {leg.outcome for leg in then.legs.values()}
            tally.expect(
                not then.legs or bool(ends & ENDS_WITHOUT_SHIPMENT), f"{where} says cancelled, and nothing was stopped"
            )


def _decided(then: Case, message: e.MessageSent | e.TicketAnswered) -> int:
    """The version at which somebody was last about to say it, 0 where nothing tells: what comes in while a message is on its way is
    not what it was sent upon."""
    if isinstance(message, e.MessageSent):
        asked = then.message_requests.get(message.template)
        return asked.version if asked else 0
    ticket = then.tickets.get((message.system, message.ticket_ref, message.template))
    return max(ticket.requested.version, *ticket.failed, 0) if ticket else 0


def _pinned_policy(s: Subject, tally: Tally) -> None:
    for version, decided in s.of(e.Decided):
        tally.expect(decided.policy_hash == s.case.policy_hash, f"{s.case.case_id} v{version}: another policy decided")


def _watched_after_closing(s: Subject, tally: Tally) -> None:
    for version, closed in s.of(e.CaseClosed):
        if s.case.channel == "unmatched":
            continue
        tally.expect(bool(closed.watch_until), f"{s.case.case_id} v{version}: closed without a watch")
    for version, seen in s.of(e.ShipmentSeen):
        then = s.before(version)
        leg = then.legs.get(seen.leg_id)
        if seen.departed and then.closed and leg and leg.outcome in ENDS_WITHOUT_SHIPMENT:
            after = [v for v, _ in s.of(e.CaseReopened) if v > version]
            tally.expect(bool(after), f"{s.case.case_id} v{version}: it shipped after the stop and nobody was told")


_RULES: dict[str, Callable[[Subject, Tally], None]] = {
    "I1": _line_conservation,
    "I2": _proof_before_money,
    "I3": _never_twice,
    "I4": _no_closure_without_answer,
    "I5": _exceptions_are_owned,
    "I6": _acts_once,
    "I8": _told_only_the_outcome,
    "I9": _pinned_policy,
    "I10": _watched_after_closing,
}
