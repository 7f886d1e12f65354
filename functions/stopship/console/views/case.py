"""A case as its page shows it: what was ordered, where each leg stands, what was paid, who knows what."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from stopship.application.ports import Recorded
from stopship.application.weigh_cancel import sentence
from stopship.console import spoken
from stopship.console.addresses import split
from stopship.domain.case import At, Case, Leg, MoveRecord
from stopship.domain.events import ErpUpdated, LinesCounted, name_of
from stopship.domain.instant import seconds_between
from stopship.domain.order import AckLevel
from stopship.domain.policy import Policy
from stopship.frozen import frozen

LADDER: Final = (AckLevel.SENT, AckLevel.ACCEPTED, AckLevel.SYSTEM_CANCELLED, AckLevel.PHYSICALLY_STOPPED)
"""What an answer proves, from nothing to everything."""


@frozen
class Rung:
    """``at`` is when the level was first reached, "" for one that is only passed over by a higher one."""

    level: str
    reached: bool
    at: str


@frozen
class PickState:
    """``fresh`` says that the reading is younger than the policy's limit for that warehouse; older is as good as unknown."""

    state: str
    source: str
    observed_at: str
    age: str
    fresh: bool


@frozen
class LegShown:
    leg: Leg
    rungs: tuple[Rung, ...]
    broken: str
    """"rejected" or "silent", where the warehouse said no or nothing."""
    pick: PickState | None
    attempts: int


@frozen
class Money:
    kind: str
    amount: str
    state: str
    reference: str
    at: str
    lines: Mapping[str, int]


def case_values(
    case: Case, recorded: Sequence[Recorded], policy: Policy, links: Mapping[str, Any], now: str
) -> dict[str, Any]:
    """All that the case's template needs. ``links`` are the merchant's own addresses, with a place for what is looked at."""
    order = case.order.fact if case.order else None
    return {
        "case": case,
        "order": order,
        "order_seen": lines_seen(case),
        "order_link": link_to(links, "order", order_ref=case.order_ref),
        "order_lines": order_lines(case),
        "legs": [leg_shown(leg, policy, now) for leg in case.legs.values()],
        "policy": policy,
        "moves": [_money(x) for x in case.moves.values()],
        "erp": [_erp(x, links) for x in case.erp_updated],
        "tickets": _tickets(case, links),
        "report": sentence(case.weighed[-1].fact) if case.weighed else "",
        "closed": case.closed.fact if case.closed else None,
        "root_cause_at": case.closed.fact.root_cause_evidence if case.closed else [],
        "sla": _sla(case),
        "timeline": [entry(r) for r in reversed(recorded)],
    }


def leg_shown(leg: Leg, policy: Policy, now: str) -> LegShown:
    reached = _reached(leg)
    top = max((LADDER.index(level) for level in reached), default=-1)
    rungs = tuple(Rung(level, n <= top, reached.get(level, "")) for n, level in enumerate(LADDER))
    return LegShown(leg, rungs, _broken(leg), _pick(leg, policy, now), len(leg.attempts))


def _reached(leg: Leg) -> dict[AckLevel, str]:
    """When each level was first reached, in any attempt and by any hold's answer that counts as one."""
    found: dict[AckLevel, str] = {}
    for attempt in leg.attempts.values():
        facts = [(attempt.sent.fact.level, attempt.sent.at)] if attempt.sent else []
        for level, at in [*facts, *((a.fact.level, a.at) for a in attempt.answers)]:
            if level in LADDER:
                found.setdefault(AckLevel(level), at)
        if facts:
            found.setdefault(AckLevel.SENT, facts[0][1])
    return found


def _broken(leg: Leg) -> str:
    current = leg.current
    if leg.settled or current is None:
        return ""
    if current.answers and current.answers[-1].fact.level == AckLevel.REJECTED:
        return "rejected"
    return "silent" if current.silence and not leg.answer else ""


def _pick(leg: Leg, policy: Policy, now: str) -> PickState | None:
    seen = leg.observation
    if seen is None:
        return None
    age = seconds_between(seen.fact.observed_at, now)
    fresh = age <= policy.freshness(leg.plan.warehouse)
    return PickState(seen.fact.state, seen.fact.source, seen.fact.observed_at, spoken.lasting(age), fresh)


def order_lines(case: Case) -> list[dict[str, Any]]:
    """The order's lines as last read or counted, with what the case stopped and paid back of each."""
    if case.order is None:
        return []
    stopped, refunded = case.stopped_lines, case.refunded_lines
    counted = _newest_count(case)
    now = {row["line_id"]: row for row in counted.fact.lines} if counted else {}
    rows = [{**row, **now.get(row["line_id"], {})} for row in case.order.fact.lines]
    return [
        {
            **row,
            "open": row["ordered"] - row["shipped"] - row["cancelled"],
            "asked": case.wants(row["line_id"], row["ordered"]),
            "stopped": stopped.get(row["line_id"], 0),
            "refunded": refunded.get(row["line_id"], 0),
        }
        for row in rows
    ]


def _newest_count(case: Case) -> At[LinesCounted] | None:
    """What the order system counted after a change of ours, where that is newer than the order as it was read."""
    counted = case.counted.get((case.channel, "after"))
    return counted if counted and case.order and counted.version > case.order.version else None


def lines_seen(case: Case) -> str:
    counted = _newest_count(case)
    if counted:
        return counted.at
    return case.order.at if case.order else ""


def _money(move: MoveRecord) -> Money:
    asked = move.requested.fact
    state, reference, at = "asked for", "", move.requested.at
    if move.moved:
        state, reference, at = move.moved.fact.status, move.moved.fact.reference, move.moved.at
    if move.failed:
        state, at = f"failed: {move.failed.fact.code}", move.failed.at
    return Money(asked.kind, spoken.money(asked.amount, asked.currency), state, reference, at, asked.lines)


def _erp(x: At[ErpUpdated], links: Mapping[str, Any]) -> dict[str, Any]:
    link = link_to(links, "netsuite", record=x.fact.record)
    return {"record": x.fact.record, "at": x.at, "fields": x.fact.fields, "link": link}


def _tickets(case: Case, links: Mapping[str, Any]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for request in case.requests:
        fact = request.fact
        if fact.ticket_ref:
            link = safe_link(fact.ticket_link) or link_to(links, "ticket", ticket=fact.ticket_ref)
            found.setdefault(fact.ticket_ref, {"ref": fact.ticket_ref, "source": fact.source, "link": link})
    return list(found.values())


def _sla(case: Case) -> dict[str, str]:
    """The four moments that count."""
    if case.closed:
        return {spoken.words(name): str(at) for name, at in case.closed.fact.timestamps.items() if at}
    sent = [a.sent.at for leg in case.legs.values() for a in leg.attempts.values() if a.sent]
    told = {"requested": case.requested_at if case.requests else "", "stop-ship sent": min(sent, default="")}
    return {name: at for name, at in told.items() if at}


def link_to(links: Mapping[str, Any], name: str, **values: str) -> str:
    """The merchant's own address for it, "" where it has given none, or one that is not https."""
    pattern = str(links.get(name, ""))
    for key, value in values.items():
        pattern = pattern.replace(f"{{{key}}}", quote(value, safe=""))
    return safe_link(pattern)


def safe_link(address: str) -> str:
    """A link from outside is followed only over https: anything else could run in the page."""
    return address if split(address).scheme == "https" else ""


# ------------------------------------------------------------------------------------------------ timeline


def entry(recorded: Recorded) -> dict[str, Any]:
    """``about`` are the few values that say what happened; the rest is in ``data``. ``raw`` says that a message lies behind the fact."""
    data = recorded.event.data()
    about = [f"{spoken.words(data[name])}" for name in _TOLD if isinstance(data.get(name), str) and data[name]]
    return {
        "version": recorded.version,
        "at": recorded.at,
        "title": _titled(name_of(recorded.event)),
        "about": about[:4],
        "data": plainly(data),
        "hash": recorded.hash,
        "raw": bool(data.get("raw_sha256") or data.get("note_sha256")),
    }


_TOLD: Final = (
    "leg_id",
    "system",
    "level",
    "state",
    "action",
    "reason",
    "cause",
    "outcome",
    "resolution",
    "kind",
    "amount",
    "currency",
    "status",
    "template",
    "code",
    "why",
)


def _titled(name: str) -> str:
    """``StopShipRequested`` as "Stop ship requested"."""
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in name)
    return spaced.strip().capitalize().replace("Erp ", "NetSuite ")


def plainly(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)
