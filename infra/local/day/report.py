"""What came of the day: outcomes, exceptions, invariants with counts, transitions, and what the partners really did."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.local.day.director import Play
from infra.local.desk import LocalDesk
from stopship.adapters.clock import SystemClock
from stopship.adapters.ledger_dynamodb import DynamoLedger
from stopship.application.audit import AuditReport
from stopship.application.audit_live import verify_live
from stopship.application.invariants import Subject, Tally, check
from stopship.domain.case import fold


@dataclass(frozen=True, slots=True)
class Report:
    """``unexpected`` names plays that ended otherwise than told. ``transitions`` are counted from execution histories."""

    outcomes: dict[str, int]
    exceptions: dict[str, int]
    invariants: dict[str, Tally]
    transitions: dict[str, int]
    unexpected: list[str]
    audit: AuditReport
    elapsed_seconds: float

    @property
    def violations(self) -> list[str]:
        return [f"{name} {v}" for name, tally in self.invariants.items() for v in tally.violations]

    def as_json(self) -> dict[str, Any]:
        return {
            "outcomes": self.outcomes,
            "exceptions": self.exceptions,
            "invariants": {
                name: {"checked": t.checked, "violations": len(t.violations)} for name, t in self.invariants.items()
            },
            "transitions": self.transitions,
            "audit": {
                "cases": self.audit.cases,
                "events": self.audit.events,
                "items": self.audit.items,
                "problems": len(self.audit.problems),
                "fingerprint": self.audit.fingerprint,
            },
            "unexpected": self.unexpected,
            "elapsed_seconds": round(self.elapsed_seconds, 1),
        }


def report(desk: LocalDesk, plays: Sequence[Play], elapsed_seconds: float) -> Report:
    """Reads everything again from the ledger and from the partners' journals."""
    ledger = DynamoLedger(desk.emulator.client("dynamodb"), desk.outputs["TableName"])
    audit = verify_live(ledger.scan)
    problems = [f"{p.where}: {p.what}" for p in audit.problems]
    invariants = check(subjects(ledger, plays), problems, audit.items, ledger.scan())
    _ask_partners(desk, plays, invariants)
    tiers = Counter(x.opened.fact.tier for play in plays if play.case for x in play.case.exceptions.values())
    return Report(
        outcomes=dict(Counter(_outcome(p) for p in plays)),
        exceptions={tier: tiers.get(tier, 0) for tier in ("P1", "P2", "P3")},
        invariants=invariants,
        transitions={p.case.case_id: transitions(desk, p) for p in plays if p.case},
        unexpected=[f"{p.name} {p.order.order_ref}: {_outcome(p)}" for p in plays if _outcome(p) != p.outcome],
        audit=audit,
        elapsed_seconds=elapsed_seconds,
    )


def subjects(ledger: DynamoLedger, plays: Iterable[Play]) -> Iterable[Subject]:
    for play in plays:
        if play.case is None:
            continue
        recorded = ledger.load(play.order.merchant, play.case.case_id)
        book, _ = ledger.book(play.order.merchant, play.order.channel, play.order.order_ref)
        case = fold(play.order.merchant, play.case.case_id, recorded)
        yield Subject(case, recorded, book, SystemClock().now())


def _outcome(play: Play) -> str:
    return play.case.closed.fact.outcome if play.case and play.case.closed else "open"


def _ask_partners(desk: LocalDesk, plays: Sequence[Play], invariants: dict[str, Tally]) -> None:
    """The other side's books: what really took effect there, once, and never more money than was paid."""
    by_order: dict[tuple[str, str], list[Any]] = {}
    for entry in desk.sandboxes.journal():
        by_order.setdefault((entry.merchant, entry.order_ref), []).append(entry)
    for play in plays:
        entries = by_order.get((play.order.merchant, play.order.order_ref), [])
        effects = Counter((e.partner, e.operation, e.key) for e in entries if e.key and e.partner != "netsuite")
        for effect, times in effects.items():
            invariants["I6"].expect(times == 1, f"{play.order.order_ref}: {effect} took effect {times} times")
        paid_back = sum((_amount(e) for e in entries if e.operation in ("refund", "void")), Decimal(0))
        total = sum((Decimal(x.price) * x.quantity for x in play.order.lines), Decimal(0))
        invariants["I3"].expect(paid_back <= total, f"{play.order.order_ref}: {paid_back} of {total} paid back")


def _amount(entry: Any) -> Decimal:
    """Stripe counts in cents."""
    amount = Decimal(str(entry.detail.get("amount", "0")))
    return amount / 100 if entry.partner == "stripe" else amount


def transitions(desk: LocalDesk, play: Play) -> int:
    """States entered, over all executions of the case, as AWS bills them."""
    return sum(event["type"].endswith("StateEntered") for event in history(desk, play))


def history(desk: LocalDesk, play: Play) -> Iterator[Mapping[str, Any]]:
    """What Step Functions recorded of all executions of the case. One that the ledger names may never have begun: the machine died between
    the two, and the sweep has started the next."""
    states, machine = desk.emulator.client("stepfunctions"), desk.outputs["StateMachineArn"]
    pages = states.get_paginator("get_execution_history")
    for execution in play.case.executions if play.case else ():
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{execution.fact.name}"
        try:
            for page in pages.paginate(executionArn=arn, PaginationConfig={"PageSize": 1000}):
                yield from page["events"]
        except states.exceptions.ExecutionDoesNotExist:
            continue
